"""The same reward, compiled: what one user's list pays, in a few lines that numba understands."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


def margins(relevance: np.ndarray, probability: np.ndarray, left_out: float, beta: float) -> np.ndarray:
    """Return what a list pays, best creator first: relevances (k,) and probabilities (k,) to pays (k,)."""
    shown = 0.0
    for k in range(len(relevance)):
        shown += probability[k] * relevance[k]
    pays = np.zeros(len(relevance))
    for k in range(len(relevance)):
        pays[k] = probability[k] * max(relevance[k] - shown, 0.0)
    return pays


@dataclass(frozen=True)
class FastMargin:
    """A match pays the relevance above the mean relevance that the user is shown, and nothing below it."""

    name: ClassVar[str] = "fast_margin"
    reference: ClassVar[str] = "an example"
    needs: ClassVar[str] = "relevance of a user's whole list"
    listed = staticmethod(margins)

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return what each user pays each creator, (m, n): the reference for the compiled form."""
        shown = (probabilities * relevance).sum(axis=1, keepdims=True)
        return probabilities * np.maximum(relevance - shown, 0.0)
