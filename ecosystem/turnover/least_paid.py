"""From time to time the creator paid least gives up, ever more rarely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import real, whole


@dataclass(frozen=True)
class LeastPaid:
    """Every so many steps the creator paid least leaves if its pay is below kappa times the mean.

    kappa falls geometrically from `first` at the start to `last` at `until` T, after which nobody leaves; nobody does
    where the mean is not above 0.

    Parameters
    ----------
    every : int
        Steps between two decisions, at least 1.
    first, last : float
        Shares of the mean pay, above 0.
    until : float
        Share of the horizon, in (0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> rule, pay = LeastPaid(every=10, first=1.0, last=0.25, until=1.0), np.array([1.0, 5.0, 9.0])
    >>> [rule.exits(step, 40, pay, np.zeros(3)).tolist() for step in (10, 15)]  # kappa is 0.25^(1/4), the mean 5
    [[True, False, False], [False, False, False]]
    """

    reference: ClassVar[str] = "this project"

    every: int = 25
    first: float = 1.0
    last: float = 0.05
    until: float = 0.7

    def __post_init__(self) -> None:
        whole("every of least_paid", self.every, at_least=1)
        real("first of least_paid", self.first, above=0)
        real("last of least_paid", self.last, above=0)
        real("until of least_paid", self.until, above=0, at_most=1)

    def exits(self, step: int, horizon: int, pay: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Return who leaves, (n,): nobody, or the first of those paid least."""
        leaves, end, mean = np.zeros(len(pay), dtype=np.bool_), self.until * horizon, pay.mean()
        if step % self.every == 0 and step <= end and mean > 0:
            kappa, least = self.first * (self.last / self.first) ** (step / end), int(np.argmin(pay))
            leaves[least] = pay[least] < kappa * mean
        return leaves
