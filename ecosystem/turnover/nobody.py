"""Nobody gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class Nobody:
    """All creators stay, as in the paper.

    Examples
    --------
    >>> Nobody().exits(1, 100, np.array([0.0, 5.0]), np.zeros(2)).tolist()
    [False, False]
    """

    reference: ClassVar[str] = "Yao et al., User Welfare Optimization, Section 3"

    def exits(self, step: int, horizon: int, pay: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Return that nobody leaves, (n,)."""
        return np.zeros(len(pay), dtype=np.bool_)
