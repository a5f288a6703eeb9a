"""One user's rewards halved: the right panel of Figure 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, whole
from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class HalvedUser:
    """Rewards from one user count by half, whatever the weights: the right panel of Figure 1 (Section 4.1).

    Parameters
    ----------
    user : int
        Whose rewards are halved; the first user by default, the centre in Figure 1.

    Raises
    ------
    BadInput
        If `user` is no whole number at least 0.

    Examples
    --------
    >>> HalvedUser(user=1).deploy(np.ones(3), beta=0.1, K=3, n_creators=5).reward_weight.tolist()
    [1.0, 0.5, 1.0]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Section 4.1 and Figure 1"
    needs: ClassVar[str] = "which user stands at the centre"
    uses_weights: ClassVar[bool] = False
    singles_out_users: ClassVar[bool] = True

    user: int = 0

    def __post_init__(self) -> None:
        whole("user of halved", self.user, at_least=0)

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return reward weight 0.5 for that user and 1 for all others, with the default beta and K.

        Raises
        ------
        BadInput
            If there is no such user.
        """
        if self.user >= len(weights):
            raise BadInput(
                f"user of halved is {self.user}; there are {len(weights)} users: give 0 to {len(weights) - 1}"
            )
        default = default_terms(weights, beta, K, n_creators)
        default.reward_weight[self.user] = 0.5
        return default
