"""The rules of turnover and retention: an answer for each, the same each time."""

from __future__ import annotations

import numpy as np

from ecosystem.retention import Retention, retention_of
from ecosystem.testing.subject import Subject, name_of
from ecosystem.turnover import Turnover, turnover_of

HORIZON = 30


def check_turnover(turnover: str | Turnover) -> None:
    """Check that a turnover rule keeps the rules; the name of the broken one comes first in the line raised.

    Raises
    ------
    BadInput
        "shape": `exits` returned no (n,) bool. "finite": it put something else into `memory`. "mutation": it changed
        `pay`. "determinism": a second run of the same pay went another way, or it drew from global random numbers;
        what a rule remembers is in `memory`, not in itself.

    Examples
    --------
    >>> check_turnover("patience(steps=3)")  # keeps every rule
    """
    subject, made = Subject("turnover", name_of(turnover)), turnover_of(turnover)
    first, again = ([_left(subject, made, n) for n in (1, 5, 40)] for _ in range(2))
    subject.equal("determinism", "exits twice on the same pay gave", first, again)


def check_retention(retention: str | Retention) -> None:
    """Check that a retention rule keeps the rules; the name of the broken one comes first in the line raised.

    Raises
    ------
    BadInput
        "bounds": a chance is not in [0, 1]. "shape", "finite": `stays` returned no (m,) finite numbers. "mutation":
        it changed its input. "determinism": the same input gave other chances. "user by user": without some users
        others got other chances. And what `retention_of` refuses: a `smoothing` or `back` out of range.

    Examples
    --------
    >>> check_retention("returning")  # keeps every rule
    """
    subject, made = Subject("retention", name_of(retention)), retention_of(retention)
    smoothed = np.concatenate([[0.0, 1.0, 2.0], np.random.default_rng(2).normal(0.5, 0.5, 40)])
    first, again, some = (_chances(subject, made, got) for got in (smoothed, smoothed, smoothed[::3]))
    subject.equal("determinism", "stays twice on the same users gave", first, again)
    subject.equal("user by user", "without others users stay with", first[::3], some)


def _left(subject: Subject, rule: Turnover, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return who left in each step, and what was remembered."""
    rng, memory, seen = np.random.default_rng(n), np.zeros(n), []
    for step in range(1, HORIZON + 1):
        pay = rng.exponential(size=n) * (step % 7 > 0)
        handed = pay.copy()
        found = subject.leaves_global_numbers_alone("exits", rule.exits, step, HORIZON, handed, memory)
        subject.unchanged("exits", {"pay": pay}, {"pay": handed})
        leaves = subject.array("exits", found, (n,), "b").copy()
        seen.append((leaves, subject.array("memory", memory, (n,)).copy()))
        memory[leaves] = 0  # newcomers
    return seen


def _chances(subject: Subject, rule: Retention, smoothed: np.ndarray) -> np.ndarray:
    handed = smoothed.copy()
    found = subject.leaves_global_numbers_alone("stays", rule.stays, handed)
    subject.unchanged("stays", {"smoothed": smoothed}, {"smoothed": handed})
    chances = subject.array("stays", found, smoothed.shape)
    most = chances[np.argmax(np.abs(chances - 0.5))]
    subject.require(0 <= most <= 1, "bounds", f"stays gave {most:g}; a chance is from 0 to 1")
    return chances
