"""What the board looks into, and when it is told: between steps, a few times a second, as finely as there is time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ecosystem_server.board import Json
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.courier import Publish, packed
from ecosystem_server.live.landscape import Mark, why

GAP = 0.25
"""Seconds between two answers, at least; and three times as long as the last one took."""
SIDES = (12, 24, 48)
"""Places along a side of a landscape, from coarse to fine."""
TIME = {True: 0.03, False: 0.25}
"""Seconds that the landscape of an arm may take, while it plays and while it stands."""


class Gaze:
    """What one visitor's board looks into."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self._mark: Mark | None = None
        self._box: tuple[float, ...] = (0.0, 1.0, 0.0, 1.0)
        self._seen: Any = None  # what was answered last: which worlds, where, and how finely
        self._next = 0.0
        self._cost = math.inf  # seconds a place of this mark's landscape takes

    def turn_to(self, message: Json) -> None:
        """Look into what a message names, or away."""
        before, self._mark, self._seen = self._mark, None, None
        match message:
            case {"mark": {"kind": "creator" | "user" as kind, "index": int(index)}, "box": [*box]} if (
                0 <= index < 2**31
                and len(box) == 4
                and all(isinstance(x, int | float) and abs(x) < 1e9 for x in box)
                and box[0] < box[1]
                and box[2] < box[3]
            ):
                self._mark, self._box = Mark(kind, index), tuple(map(float, box))
        if self._mark != before:
            self._cost = math.inf

    def due(self, arms: Sequence[Arm], playing: bool) -> float:
        """Return when the next answer is due; infinity if there is none."""
        if self._mark is None or not arms or self._seen == self._state(arms, playing):
            return math.inf
        return self._next

    def answer(self, arms: Sequence[Arm], playing: bool) -> None:
        """Send what explains the mark in each arm."""
        if (mark := self._mark) is None:
            return
        state, side, began = self._state(arms, playing), self._side(playing), time.monotonic()
        message: Json = {"kind": "look", "mark": asdict(mark), "arms": []}
        arrays: list[np.ndarray] = []
        self._mark = None  # for good where it fails
        for arm in arms:
            about, parts = why(arm, mark, self._box, side)
            message["arms"].append(about | packed(parts, arrays))
        self.publish(message, arrays)
        took = time.monotonic() - began
        self._cost = min(self._cost, took / (len(arms) * side**2))
        self._mark, self._seen, self._next = mark, state, began + max(GAP, 4 * took)

    def _side(self, playing: bool) -> int:
        return max((side for side in SIDES if side**2 * self._cost < TIME[playing]), default=SIDES[0])

    def _state(self, arms: Sequence[Arm], playing: bool) -> Any:
        return [(id(arm.model), arm.step_count, arm.terms) for arm in arms], self._side(playing)
