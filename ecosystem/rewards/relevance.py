"""Relevance pay: the user's relevance for the match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class RelevancePay:
    """A match pays its relevance: u_i = E[sigma_i P_i], Eq. (5).

    Those tied at the K-th place share it as they share the place.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.8, 0.8]]), np.array([[0.5, 0.5]])
    >>> RelevancePay().pay(sigma, probabilities, beta=np.array([0.1]), K=np.array([2])).tolist()
    [[0.4, 0.4]]
    """

    name: ClassVar[str] = "relevance"
    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Eq. (5)"
    needs: ClassVar[str] = "relevance of every match"
    terms: ClassVar[tuple[str, ...]] = ()

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return P sigma, (m, n)."""
        return np.asarray(probabilities * relevance)
