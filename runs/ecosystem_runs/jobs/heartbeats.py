"""Whether workers go on: the signs that they give, and how long each has given none."""

from __future__ import annotations

import sys
import time
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from ecosystem import heartbeat
from ecosystem_runs.jobs import queue

Who = TypeVar("Who", bound=Hashable)

LOOK = 0.5
"""Seconds between looks at the workers."""
PREPARES = ("importlib.", "numba.core.")
"""Modules that are at work while a job imports or compiles: that may take long, and cannot give heartbeats."""


def excused(thread: int) -> bool:
    """Whether a thread of this process need not give heartbeats: it is in no job, or a job imports or compiles."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code is not queue.attempt.__code__:
        if frame.f_globals.get("__name__", "").startswith(PREPARES):
            return True
        frame = frame.f_back
    return frame is None


class Pulse:
    """The signs of life of the thread that runs jobs, as another thread of its process reads them."""

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self.reads = self.excuses = 0

    def read(self) -> tuple[int, int, int]:
        """Return numbers that grow while the process runs; with each job, or while excused; with each heartbeat."""
        self.reads += 1
        self.excuses += excused(self.thread)
        return self.reads, self.excuses + queue.attempts, heartbeat.beats


class Watch(Generic[Who]):
    """How long each of some workers has given the same sign.

    Time in which nobody looked counts for little: then this process was stopped, and perhaps the workers with it.
    """

    def __init__(self, every: float = LOOK) -> None:
        self.every = every
        self.looked = time.monotonic()
        self.known: dict[Who, tuple[object, float]] = {}

    @property
    def is_due(self) -> bool:
        """Whether the last look was long enough ago."""
        return time.monotonic() - self.looked >= self.every

    def look(self, signs: Mapping[Who, object]) -> dict[Who, float]:
        """Return for how many seconds each has given the sign that it gives now."""
        now = time.monotonic()
        passed, self.looked = min(now - self.looked, 2 * self.every), now
        before, self.known = self.known, {}
        for who, sign in signs.items():
            last, seconds = before.get(who, (sign, 0.0))
            self.known[who] = sign, (seconds + passed if who in before and last == sign else 0.0)
        return {who: seconds for who, (_, seconds) in self.known.items()}
