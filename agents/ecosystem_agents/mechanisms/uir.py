"""User Importance Reweighting: pay follows the weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class UIR:
    """User Importance Reweighting, Eq. (8), Algorithm 3: rewards are multiplied by the user's weight.

    Examples
    --------
    >>> UIR().deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).reward_weight.tolist()
    [0.5, 2.0]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eq. (8) and Algorithm 3"
    needs: ClassVar[str] = "group utilities"
    user_by_user: ClassVar[bool] = True

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the weights as reward weights, with the default beta and K."""
        default = default_terms(weights, beta, K, n_creators)
        return Terms(np.array(weights, dtype=np.float64), default.beta, default.K)
