"""A reward in plain NumPy: only what is better than the average of the list is paid."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Margin:
    """A match pays the relevance above the mean relevance that the user is shown, and nothing below it."""

    name: ClassVar[str] = "margin"
    reference: ClassVar[str] = "an example"
    needs: ClassVar[str] = "relevance of a user's whole list"

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return what each user pays each creator, (m, n)."""
        shown = (probabilities * relevance).sum(axis=1, keepdims=True)
        return probabilities * np.maximum(relevance - shown, 0.0)
