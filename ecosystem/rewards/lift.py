"""Lift pay: relevance over the first creator left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem.rewards.reward import first_left_out


@dataclass(frozen=True)
class LiftPay:
    """A match pays its relevance less that of the first creator left out: R_i = sigma_i - sigma_h.

    The simple cousin of contribution pay. Where nobody is left out (K >= n), sigma_h counts 0. Those tied at the
    K-th place leave an equal out: they are paid 0.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.75, 0.5]]), np.array([[1.0, 0.0]])  # a list of one
    >>> LiftPay().pay(sigma, probabilities, beta=np.array([0.1]), K=np.array([1])).tolist()
    [[0.25, 0.0]]
    """

    name: ClassVar[str] = "lift"
    reference: ClassVar[str] = "this project"
    needs: ClassVar[str] = "relevance of every match and of the first creator left out"
    terms: ClassVar[tuple[str, ...]] = ("K",)

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return P (sigma - sigma_h), (m, n)."""
        return np.asarray(probabilities * (relevance - first_left_out(relevance, K)[:, None]))
