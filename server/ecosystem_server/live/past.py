"""The past of a run: copies of its worlds at some of its steps, from which any other step is played again."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from copy import copy, deepcopy
from typing import NamedTuple

from ecosystem.sizes import world_bytes
from ecosystem_server.live.arm import Arm

EVERY = 80
"""Steps between copies: to make one takes as long as three or four steps."""
SMALLEST = 100_000
"""Bytes of a copy beside what grows with the world."""


class _Kept(NamedTuple):
    step: int
    arms: list[Arm]
    size: int


class Past:
    """States of arms by step, each as it was before anything was changed there.

    Parameters
    ----------
    room : int
        Bytes that they may take together.

    Attributes
    ----------
    last : int
        The furthest step there is.
    also : int
        A step to keep as well when it is reached.
    """

    def __init__(self, room: int) -> None:
        self.room, self.also = room, 0
        self.forget()

    def forget(self, last: int = 0) -> None:
        """Keep nothing, of a run that is so far."""
        self.last, self._kept = last, list[_Kept]()

    def note(self, arms: Sequence[Arm]) -> None:
        """Take note of a step that is completed, and keep every so many, of worlds that are not too large."""
        step = arms[0].step_count
        self.last = max(self.last, step)
        models = [arm.model for arm in arms]
        size = sum(SMALLEST + world_bytes(m.n_users, m.n_creators, m.dim, m.K) for m in models)
        known = any(kept.step == step for kept in self._kept)
        if (step % EVERY == 0 or step == self.also) and size < self.room / 4 and not known:
            bisect.insort(self._kept, _Kept(step, copied(arms), size), key=lambda kept: kept.step)
            while sum(kept.size for kept in self._kept) > self.room:
                self._thin(step)

    def before(self, step: int) -> tuple[int, list[Arm]]:
        """Return the last step up to this one with a state, and that, to be `copied`; 0 and nothing without."""
        return next(((kept.step, kept.arms) for kept in reversed(self._kept) if kept.step <= step), (0, []))

    def cut(self, step: int) -> None:
        """Forget what came after a step: another future begins."""
        self.last, self._kept = step, [kept for kept in self._kept if kept.step <= step]

    def _thin(self, now: int) -> None:
        """Forget the state that is missed least: whose neighbours are near each other, as seen from this step."""
        steps = [kept.step for kept in self._kept]
        gaps = [
            (c - a) / math.sqrt(1 + abs(now - b))
            for a, b, c in zip(steps, steps[1:], steps[2:], strict=False)
        ]
        del self._kept[1 + gaps.index(min(gaps))]


def copied(arms: Sequence[Arm]) -> list[Arm]:
    """Return a copy of arms that goes on by itself, and shares with them what is only ever added to."""
    return deepcopy(list(arms), {id(one): copy(one) for arm in arms for one in (arm.series, arm.trail)})
