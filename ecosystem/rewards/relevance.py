"""Relevance pay: the user's relevance for the match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class RelevancePay:
    """A match pays its relevance: u_i = E[sigma_i P_i], Eq. (5).

    Those tied at the K-th place share it as they share the place.
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
