"""A mechanism: users who get little see a short list, and their creators earn more."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem.plugins import Terms, default_terms, real


@dataclass(frozen=True)
class Quota:
    """The `share` of users with the largest weights get half the list and pay half as much again.

    Parameters
    ----------
    share : float
        Between 0 and 1.
    """

    reference: ClassVar[str] = "an example"
    needs: ClassVar[str] = "group weights"

    share: float = 0.25

    def __post_init__(self) -> None:
        real("share", self.share, at_least=0, at_most=1)

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the terms for per-user weights (m,)."""
        default = default_terms(weights, beta, K, n_creators)
        first = weights > np.quantile(weights, 1 - self.share)
        lengths = np.where(first, np.maximum(default.K // 2, 1), default.K)
        return Terms(np.where(first, 1.5, 1.0), default.beta, lengths)
