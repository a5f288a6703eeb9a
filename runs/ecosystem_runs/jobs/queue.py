"""Jobs as engines see them: handed out in chunks, attempted, given back finished."""

from __future__ import annotations

import builtins
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ecosystem_agents.inputs.checks import BadInput

CHUNK_SECONDS = 0.25
CHUNK_JOBS = 64
STRIKES = 3
"""How many workers a job may take down with it before it counts as failed."""
STALL = 60.0
"""Seconds without a sign of life after which a worker is replaced, at the least, unless somebody says otherwise."""

attempts = 0
"""How many jobs were begun in this process."""


@dataclass(frozen=True)
class Done:
    """A finished job: its place in the list, what it returned or a line on what it raised, and how long it took."""

    index: int
    value: Any
    error: str | None
    seconds: float


class EngineLost(BadInput):
    """The engine is gone (its scheduler died, its workers cannot start); what finished before stands."""


def attempt(function: Callable[[Any], Any], index: int, job: Any) -> Done:
    """Run one job; an error becomes a line of text."""
    global attempts
    attempts += 1
    start = time.perf_counter()
    value, error = None, None
    try:
        value = function(job)
    except Exception as problem:
        error = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
    return Done(index, value, error, time.perf_counter() - start)


def by_machine(error: str) -> bool:
    """Whether an error is of the machine, which may have room or peace later, not of the job.

    Examples
    --------
    >>> [by_machine(one) for one in ("MemoryError: ", "FileNotFoundError: a.csv", "ValueError: a is 1")]
    [True, True, False]
    """
    name = error.partition(":")[0]
    kind = getattr(builtins, name, None)
    # NumPy has an error of its own where an array finds no room.
    return name in ("WorkerLost", "_ArrayMemoryError") or (
        isinstance(kind, type) and issubclass(kind, (MemoryError, OSError))
    )


def attempt_all(function: Callable[[Any], Any], pairs: Sequence[tuple[int, Any]]) -> list[Done]:
    """Run a chunk of (index, job) pairs, where the jobs are sent to."""
    return [attempt(function, index, job) for index, job in pairs]


class Queue:
    """The jobs not handed out yet, given in chunks that follow the pace of those finished."""

    def __init__(self, count: int, stall: float | None = None) -> None:
        self.stall = stall
        self.longest = 0.0
        self.fresh = deque(range(count))
        self.again: deque[int] = deque()
        self.strikes: Counter[int] = Counter()
        self.pace: float | None = None

    def __bool__(self) -> bool:
        return bool(self.fresh or self.again)

    def take(self, hands: int) -> list[int]:
        """Return the next chunk; a single job where its worker died before, or while the pace is unknown."""
        if self.again:
            return [self.again.popleft()]
        size = 1 if self.pace is None else int(CHUNK_SECONDS / max(self.pace, 1e-9))
        size = max(1, min(size, CHUNK_JOBS, len(self.fresh) // (2 * hands)))  # all hands busy to the end
        return [self.fresh.popleft() for _ in range(min(size, len(self.fresh)))]

    def timed(self, finished: list[Done]) -> None:
        """Learn the pace, in seconds a job, and the longest from a finished chunk."""
        self.longest = max(self.longest, *(done.seconds for done in finished))
        self.pace = sum(done.seconds for done in finished) / len(finished)

    @property
    def patience(self) -> float:
        """For how many seconds a worker may give no sign of life."""
        return max(STALL, 10 * self.longest) if self.stall is None else self.stall

    def back(self, chunk: list[int]) -> None:
        """Take back a chunk that never started."""
        self.fresh.extendleft(reversed(chunk))

    def lost(self, chunk: list[int], why: str) -> list[Done]:
        """Take back a chunk whose worker died; return the jobs that took too many workers with them."""
        self.strikes.update(chunk)
        given_up = [index for index in chunk if self.strikes[index] >= STRIKES]
        self.again.extend(index for index in chunk if index not in given_up)
        return [Done(index, None, f"WorkerLost: {why}, {STRIKES} times", 0.0) for index in given_up]
