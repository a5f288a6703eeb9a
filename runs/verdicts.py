"""Whether a claim holds: from one number a seed to a verdict, and from verdicts under readings to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from runs.intervals import mean_interval

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided"


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about one claim under one reading.

    Attributes
    ----------
    mean : float
        Mean over seeds of the number that decides: above 0 speaks for the claim.
    low, high : float
        Its 95 % bootstrap interval, paired by seed; NaN with fewer than two seeds.
    seeds : int
    for_it : int
        Seeds in which the number is above 0.
    """

    mean: float
    low: float
    high: float
    seeds: int
    for_it: int

    @property
    def says(self) -> str:
        """ "holds" where the interval is above 0, "fails" where it is below, else "undecided"."""
        return HOLDS if self.low > 0 else FAILS if self.high < 0 else UNDECIDED

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for ``--json``; NaN, which JSON lacks, becomes None."""
        plain = {name: getattr(self, name) for name in ("mean", "low", "high")}
        numbers = {name: float(v) if np.isfinite(v) else None for name, v in plain.items()}
        return numbers | {"seeds": self.seeds, "for_it": self.for_it, "verdict": self.says}


def verdict(numbers: np.ndarray) -> Verdict:
    """Judge one number a seed, (s,), each positive where its seed speaks for the claim."""
    numbers = np.asarray(numbers, dtype=np.float64)
    low, high = mean_interval(numbers)
    return Verdict(float(numbers.mean()), low, high, len(numbers), int((numbers > 0).sum()))


def overall(verdicts: Mapping[str, Verdict]) -> str:
    """Return the answer over readings: holds, fails, undecided, or which readings say what."""
    names: dict[str, list[str]] = {HOLDS: [], FAILS: [], UNDECIDED: []}
    for reading, one in verdicts.items():
        names[one.says].append(reading)
    said = [says for says, readings in names.items() if readings]
    if len(said) <= 1:
        return said[0] if said else "not run"
    if set(said) == {HOLDS, UNDECIDED} or set(said) == {FAILS, UNDECIDED}:
        return f"{said[0]}; undecided under: {', '.join(names[UNDECIDED])}"
    parts = [f"{says} under: {', '.join(names[says])}" for says in said]
    return "depends on the reading; " + "; ".join(parts)
