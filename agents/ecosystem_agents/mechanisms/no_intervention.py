"""The default terms for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class NoIntervention:
    """The default terms for everybody: Eq. (5) pay and Eq. (1) matching.

    Examples
    --------
    >>> NoIntervention().deploy(np.array([0.5, 2.0]), beta=0.1, K=20, n_creators=200).K.tolist()
    [20, 20]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eqs. (1) and (5)"
    needs: ClassVar[str] = "nothing"
    user_by_user: ClassVar[bool] = True
    uses_weights: ClassVar[bool] = False

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return unit reward weights and the default beta and K (capped at `n_creators`)."""
        return default_terms(weights, beta, K, n_creators)
