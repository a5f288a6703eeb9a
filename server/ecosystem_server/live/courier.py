"""What goes to the canvas, and when: a browser that is behind gets fewer frames, never a queue of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ecosystem_server.board import Json
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.history import comings
from ecosystem_server.live.setting import Change

Publish = Callable[[Json, list[np.ndarray]], None]

FRAME_GAP = 1 / 50
CHART_GAP = 0.25
AHEAD = 4
"""Frames that may be on their way to the browser at the same time; it acknowledges every other one."""
LATE = 1.5
"""Seconds after which unpainted frames are given up and another one is sent."""


class Courier:
    """Sends scenes and frames by `publish`, and keeps account of what the browser has got."""

    def __init__(self, publish: Publish) -> None:
        self.publish = publish
        self.stale = self.charts_stale = False  # whether picture and charts are behind the models
        self.last = self._frame = self._painted = 0  # the furthest step there is; frames sent, and painted
        self._sent_at = self._charts_at = -1e9
        self._seen: list[tuple[int, int]] = []

    def due(self, playing: bool) -> float:
        """Return when the next frame may be sent; infinity if there is nothing to show."""
        if not (self.stale or self.charts_stale):
            return float("inf")
        due = self._sent_at + (FRAME_GAP if self._frame - self._painted < AHEAD else LATE)
        return due if self.stale or not playing else max(due, self._charts_at + CHART_GAP)

    def painted(self, frame: Any) -> None:
        """Note that a frame, and so all before it, was painted."""
        if isinstance(frame, int) and self._painted < frame <= self._frame:
            self._painted = frame

    def send_scene(self, environment: str, arms: Sequence[Arm]) -> None:
        """Send all that stays the same while it plays; a whole frame is due next."""
        message: Json = {"kind": "scene", "environment": environment, "hands": True, "arms": []}
        arrays: list[np.ndarray] = []
        for arm in arms:
            about, parts = arm.scene()
            message["arms"].append(about | packed(parts, arrays))
        self.publish(message, arrays)
        self._seen = [(0, -1)] * len(arms)
        self.stale = self.charts_stale = True
        self._sent_at = self._charts_at = -1e9
        self._painted = self._frame

    def send_frame(
        self,
        arms: Sequence[Arm],
        changes: Sequence[Change],
        found: Sequence[str],
        step_seconds: float,
        now: float,
        playing: bool,
    ) -> None:
        """Send what is new in the arms of the last scene, with the charts where they are due.

        `step_seconds` is the CPU time of all steps so far, which the page's own cost is counted without.
        """
        with_charts = self.charts_stale and (not playing or now >= self._charts_at + CHART_GAP)
        self._frame += 1
        message: Json = {
            "kind": "frame",
            "frame": self._frame,
            "last": self.last,
            "step_seconds": round(step_seconds, 4),
            "arms": [],
        }
        if with_charts:
            message["events"] = told(arms, changes, found)
        arrays: list[np.ndarray] = []
        for index, arm in enumerate(arms):
            about, parts = arm.frame(*self._seen[index])
            if with_charts:
                more, charts = arm.charts()
                about, parts = about | more, parts | charts
            message["arms"].append(about | packed(parts, arrays))
            self._seen[index] = (arm.trail.count, arm.terms)
        self.publish(message, arrays)
        self.stale, self._sent_at = False, now
        if with_charts:
            self.charts_stale, self._charts_at = False, now


def told(arms: Sequence[Arm], changes: Sequence[Change], found: Sequence[str]) -> list[str]:
    """Return what was found at the start and what happened so far, a sentence each, in its order."""
    lines = [(0, line) for line in found] + [(change.step, change.sentence()) for change in changes]
    lines += [one for arm, who in zip(arms, "AB", strict=False) for one in comings(arm.series, who)]
    return [sentence for _, sentence in sorted(lines, key=lambda one: one[0])]


def packed(parts: dict[str, np.ndarray], arrays: list[np.ndarray]) -> Json:
    """Append arrays to the message's list; return where each one is found there."""
    places = {}
    for name, array in parts.items():
        places[name] = len(arrays)
        arrays.append(np.ascontiguousarray(array, dtype=np.float32))
    return {"arrays": places}
