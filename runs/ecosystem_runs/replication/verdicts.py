"""Whether a claim holds: one number a seed makes a verdict, verdicts under readings an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from ecosystem.yardsticks.intervals import holm, mean_interval, p_value
from ecosystem_runs.plain import plain

ROUNDING = 1e-12
"""What differs by less is equal: rounding decides nothing."""

FEWEST = 10
"""Seeds that a verdict needs: an interval over fewer leans on how they are distributed."""
NO_VERDICTS = f"too few seeds for verdicts ({{}}; at least {FEWEST} are needed)"
"""What is said where there is none, of how many seeds."""
LEVEL = 0.05
"""What a p value, corrected for the claims judged together, must be below."""

HOLDS, FAILS, UNDECIDED, TOO_FEW = "holds", "fails", "undecided", "too few seeds"


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about one claim under one reading."""

    mean: float  # over seeds, of the number that decides: above 0 speaks for the claim
    low: float  # its 95 % interval, paired by seed; NaN with fewer than two seeds
    high: float
    seeds: int
    above: int  # seeds in which the number is above 0
    p: float  # of the two-sided t test that the mean is 0
    p_holm: float  # the same, corrected for the claims judged together

    @property
    def says(self) -> str:
        """Say "holds" where the interval is above 0, "fails" where it is below, else "undecided".

        With fewer than `FEWEST` seeds it is none of these, and says so.
        """
        if self.seeds < FEWEST:
            return TOO_FEW
        return HOLDS if self.low > 0 else FAILS if self.high < 0 else UNDECIDED

    @property
    def corrected(self) -> str:
        """What the verdict says once it is corrected for the claims judged together: never more than before."""
        plain_one = self.says
        return UNDECIDED if plain_one in (HOLDS, FAILS) and not self.p_holm < LEVEL else plain_one

    def as_dict(self, together: bool = True) -> dict[str, Any]:
        """Return the verdict for ``--json``, corrected too where it was judged `together` with others.

        NaN, which JSON lacks, becomes None; where there is no number there is no verdict.
        """
        decided = np.isfinite(self.mean)
        found = asdict(self) | {"verdict": self.says if decided else None}
        if together:
            found["verdict_holm"] = self.corrected if decided else None
        else:
            del found["p_holm"]
        return plain(found)


def number(one: Verdict) -> str:
    """Return a verdict's mean with its interval, as text; "-" where there is no number."""
    if not np.isfinite(one.mean):
        return "-"
    if one.seeds < 2:
        return f"{one.mean:+.4f} (one seed)"
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"


HEADINGS = ("mean and interval", "seeds for it", "verdict", "after Holm")


def cells(one: Verdict) -> tuple[str, str, str, str]:
    """Return a verdict as text, under `HEADINGS`."""
    return number(one), f"{one.above}/{one.seeds}", one.says, one.corrected


def verdict(numbers: np.ndarray) -> Verdict:
    """Judge one number a seed, (s,), each positive where its seed speaks for the claim."""
    numbers = np.asarray(numbers, dtype=np.float64)
    numbers = np.where(np.abs(numbers) < ROUNDING, 0.0, numbers)
    p = p_value(numbers)
    return Verdict(
        float(numbers.mean()), *mean_interval(numbers), len(numbers), int((numbers > 0).sum()), p, p_holm=p
    )


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
        """The verdict under the first reading that has the claim's arms: the rules of this project."""
        return next(iter(self.verdicts.values()))


def judge(claims: Iterable[Claim[Found]], runs: Mapping[str, Found]) -> list[Judged]:
    """Judge claims on runs by reading, those under one reading together: Holm's correction is over these.

    Claims whose arms no reading has are left out.
    """
    judged = [Judged(claim, {}) for claim in claims]
    for reading, own in runs.items():
        found = [one for one in judged if own.arms.keys() >= set(one.claim.controls)]
        verdicts = [verdict(one.claim.number(own)) for one in found]
        adjusted = holm([one.p for one in verdicts])
        for one, plain_one, p in zip(found, verdicts, adjusted, strict=True):
            one.verdicts[reading] = replace(plain_one, p_holm=p)
    return [one for one in judged if one.verdicts]


def changed(judged: Iterable[Judged]) -> str:
    """Say how many verdicts, over all readings, the correction takes back."""
    verdicts = [by for one in judged for by in one.verdicts.values()]
    gone = sum(by.says != by.corrected for by in verdicts)
    return (
        f"Holm's correction over the claims under one reading takes back {gone} of {len(verdicts)} verdicts"
    )


def overall(verdicts: Mapping[str, Verdict]) -> str:
    """Return the answer over readings: one word where all agree, else which readings say what."""
    names: dict[str, list[str]] = {HOLDS: [], FAILS: [], UNDECIDED: [], TOO_FEW: []}
    for reading, one in verdicts.items():
        names[one.says].append(reading)
    found = [says for says in names if names[says]]
    if len(found) <= 1:
        return f"{found[0]} ({len(verdicts)} of {len(verdicts)})" if found else "not run"
    parts = [f"{says} ({len(names[says])}): {'; '.join(names[says])}" for says in found]
    disputed = names[HOLDS] and names[FAILS]
    return ("depends on the reading: " if disputed else "") + " / ".join(parts)
