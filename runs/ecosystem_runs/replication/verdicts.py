"""Whether a claim holds: one number a seed makes a verdict, verdicts under readings an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_runs.plain import plain

ROUNDING = 1e-12
"""What differs by less is equal: rounding decides nothing."""

FEWEST = 4
"""Seeds that a verdict needs: an interval over fewer says little more than that the seeds are few."""

HOLDS, FAILS, UNDECIDED, TOO_FEW = "holds", "fails", "undecided", "too few seeds"


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about one claim under one reading."""

    mean: float  # over seeds, of the number that decides: above 0 speaks for the claim
    low: float  # its 95 % bootstrap interval, paired by seed; NaN with fewer than two seeds
    high: float
    seeds: int
    above: int  # seeds in which the number is above 0

    @property
    def says(self) -> str:
        """Say "holds" where the interval is above 0, "fails" where it is below, else "undecided".

        With fewer than `FEWEST` seeds it is none of these, and says so.
        """
        if self.seeds < FEWEST:
            return TOO_FEW
        return HOLDS if self.low > 0 else FAILS if self.high < 0 else UNDECIDED

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for ``--json``; NaN, which JSON lacks, becomes None."""
        return plain(asdict(self) | {"verdict": self.says})


def number(one: Verdict) -> str:
    """Return a verdict's mean with its interval, as text."""
    if one.seeds < 2:
        return f"{one.mean:+.4f} (one seed)"
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"


HEADINGS = ("mean and interval", "seeds for it", "verdict")


def cells(one: Verdict) -> tuple[str, str, str]:
    """Return a verdict as text, under `HEADINGS`."""
    return number(one), f"{one.above}/{one.seeds}", one.says


def verdict(numbers: np.ndarray) -> Verdict:
    """Judge one number a seed, (s,), each positive where its seed speaks for the claim."""
    numbers = np.asarray(numbers, dtype=np.float64)
    numbers = np.where(np.abs(numbers) < ROUNDING, 0.0, numbers)
    low, high = mean_interval(numbers)
    return Verdict(float(numbers.mean()), low, high, len(numbers), int((numbers > 0).sum()))


Run = TypeVar("Run")


@dataclass(frozen=True)
class ByArm(Generic[Run]):
    """Runs under one reading: by arm, what is kept of each seed's, in order."""

    arms: Mapping[str, Sequence[Run]]

    def each(self, arm: str, name: str) -> np.ndarray:
        """Return what each of an arm's runs has of that name."""
        return np.array([getattr(run, name) for run in self.arms[arm]])


Found = TypeVar("Found", bound=ByArm[Any])


@dataclass(frozen=True)
class Claim(Generic[Found]):
    """A claim, in our words, and the number that decides it: one a seed, above 0 where the claim holds."""

    name: str
    where: str  # where the paper says it, or "control" for what it does not ask
    text: str
    number: Callable[[Found], np.ndarray]
    measured: str  # what the number is
    controls: tuple[str, ...] = ()  # arms it takes besides those that every reading has


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict under each reading that has the arms it takes."""

    claim: Claim[Any]
    verdicts: dict[str, Verdict]

    @property
    def default(self) -> Verdict:
        """The verdict under the rules of this project."""
        return self.verdicts["default"]


def judge(claims: Iterable[Claim[Found]], runs: Mapping[str, Found]) -> list[Judged]:
    """Judge claims on runs by reading."""
    return [
        Judged(
            claim,
            {
                reading: verdict(claim.number(own))
                for reading, own in runs.items()
                if own.arms.keys() >= set(claim.controls)
            },
        )
        for claim in claims
    ]


def overall(verdicts: Mapping[str, Verdict]) -> str:
    """Return the answer over readings: one word where all agree, else which readings say what."""
    names: dict[str, list[str]] = {HOLDS: [], FAILS: [], UNDECIDED: [], TOO_FEW: []}
    for reading, one in verdicts.items():
        names[one.says].append(reading)
    found = [says for says in names if names[says]]
    if len(found) <= 1:
        return f"{found[0]} ({len(verdicts)} of {len(verdicts)})" if found else "not run"
    parts = [f"{says} ({len(names[says])}): {', '.join(names[says])}" for says in found]
    disputed = names[HOLDS] and names[FAILS]
    return ("depends on the reading; " if disputed else "") + "; ".join(parts)
