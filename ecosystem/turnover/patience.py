"""Creators whose pay stays low give up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import real, whole


@dataclass(frozen=True)
class Patience:
    """A creator leaves whose pay was too low for so many steps on end: viability of providers.

    Parameters
    ----------
    share : float
        Too low is what is below this share of the mean pay, at least 0.
    steps : int
        How many steps it stays, at least 1.
    outside : float, optional
        Pay that it could have elsewhere: too low is then what is below it, whatever others are paid.

    Examples
    --------
    >>> import numpy as np
    >>> memory = np.zeros(3)
    >>> rule = Patience(share=0.5, steps=2)
    >>> [rule.exits(step, 10, np.array([4.0, 1.0, 1.0]), memory).tolist() for step in (1, 2)]
    [[False, False, False], [False, False, False]]
    >>> rule.exits(3, 10, np.array([4.0, 1.0, 0.0]), memory).tolist()
    [False, False, False]
    >>> rule.exits(4, 10, np.array([4.0, 2.0, 0.0]), memory).tolist()
    [False, False, True]
    """

    reference: ClassVar[str] = "Mladenov et al. 2020, viability of providers"

    share: float = 0.2
    steps: int = 50
    outside: float | None = None

    def __post_init__(self) -> None:
        real("share of patience", self.share, at_least=0)
        whole("steps of patience", self.steps, at_least=1)
        if self.outside is not None:
            real("outside of patience", self.outside)

    def exits(self, step: int, horizon: int, pay: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Return who leaves, (n,); `memory` counts for how many steps on end pay was too low."""
        enough = self.share * pay.mean() if self.outside is None else self.outside
        memory[:] = np.where(pay < enough, memory + 1, 0)
        return np.asarray(memory >= self.steps)
