"""Traffic pay: the same for every match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class TrafficPay:
    """Every match pays 1: u_i = E[P_i], Eq. (6), called exposure in "Rethinking Incentives".

    Those tied at the K-th place share it as they share the place.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.8, 0.8]]), np.array([[0.5, 0.5]])
    >>> TrafficPay().pay(sigma, probabilities, beta=np.array([0.1]), K=np.array([2])).tolist()
    [[0.5, 0.5]]
    """

    name: ClassVar[str] = "traffic"
    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eq. (6)"
    needs: ClassVar[str] = "number of matches"
    terms: ClassVar[tuple[str, ...]] = ()

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return P, (m, n)."""
        return np.array(probabilities)
