"""A run as it is shown, small enough to take home: what `Arm` gives the canvas, quantised and packed.

Positions are kept of every step, all else where it changed: of users, groups and pay at as many steps as fit.
"""

from __future__ import annotations

import copy
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from ecosystem_server.board import Json
from ecosystem_server.live.arm import DRAWN, Arm
from ecosystem_server.live.courier import told
from ecosystem_server.live.hands import FEW
from ecosystem_server.live.history import padded
from ecosystem_server.live.setting import FORK, Change

LEVELS = 65534
"""A quantised number is 0 to this; one more says that there is none."""
FIT = 600_000
"""How many numbers of an arm may be kept that are not of every step."""
FIGURES = ("alive", "present", "moved", "movers", *DRAWN)
WORDS = ("mechanism", "title", "uses_weights")
TERMS = ("weight", "beta", "K")
CHARTED = ("utility", "pay", "group_weights", "group_utilities")


class Pack:
    """Arrays as bytes, deflated together; what adds one returns where it is and how to read it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._count = 0

    def exact(self, values: np.ndarray) -> Json:
        """Add 32-bit floats: first all their first bytes, then all their second ones, as these are alike."""
        return self._add(values.astype("<f4"), {})

    def quantised(self, rows: np.ndarray) -> Json:
        """Add rows (k, ...), NaN for none, in steps between extremes, each as its difference from the last."""
        there = rows[np.isfinite(rows)]
        low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 0.0)
        levels = np.rint((rows.astype(float) - low) * (LEVELS / (high - low or 1.0)))
        whole = np.where(np.isfinite(levels), levels, LEVELS + 1).astype("<u2")
        whole[1:] -= whole[:-1].copy()
        return self._add(whole, {"low": low, "high": high})

    def deflated(self) -> bytes:
        """Return all bytes, as a browser's ``deflate-raw`` takes them."""
        squeeze = zlib.compressobj(9, wbits=-15)
        return squeeze.compress(b"".join(self._parts)) + squeeze.flush()

    def _add(self, array: np.ndarray, more: Json) -> Json:
        about = {"at": self._count, "shape": list(array.shape), **more}
        self._parts.append(array.reshape(-1, 1).view(np.uint8).T.tobytes())
        self._count += array.nbytes
        return about


class Recording:
    """What one arm showed so far."""

    def __init__(self, arm: Arm, steps: int) -> None:
        model, self._last, self._terms_seen = arm.model, steps, -1
        self._every = max(1, -(-steps * (model.n_users + 2 * model.n_groups + arm.trail.width) // FIT))
        self._one_each = np.unique(model.groups, return_index=True)[1]  # a user of each group
        self._figures: list[list[float]] = []
        self._words: list[tuple[int, Json]] = []
        self._rows: dict[str, list[tuple[int, np.ndarray]]] = defaultdict(list)

    def note(self, arm: Arm) -> None:
        """Note what an arm shows now."""
        step = arm.step_count
        about, arrays = arm.frame(arm.trail.count - 1, self._terms_seen)
        self._terms_seen = arm.terms
        if "numbers" in arrays and arm.model.n_users <= FEW:  # or none can have been dragged
            arrays["users"] = arm.plane(arm.model.users)
        if step % self._every == 0 or step == self._last:
            charts = arm.charts()[1]
            arrays |= {name: charts[name] for name in CHARTED}
        self._figures.append([np.nan if about[name] is None else about[name] for name in FIGURES])
        words = {name: about[name] for name in WORDS}
        if not self._words or self._words[-1][1] != words:
            self._words.append((step, words))
        for name, array in arrays.items():
            rows, row = self._rows[name], np.array(array, dtype=np.float32)
            if name in TERMS and np.array_equal((of_groups := row[self._one_each])[arm.model.groups], row):
                row = of_groups
            if name == "path" or not rows or not np.array_equal(rows[-1][1], row, equal_nan=True):
                rows.append((step, row[0] if name == "path" else row))

    def packed(self, arm: Arm, pack: Pack) -> Json:
        """Return all of it, for the arm as it stands at the end."""
        scene, arrays = arm.scene()
        tracks = {}
        for name, rows in self._rows.items():
            add = pack.quantised if name in ("path", *CHARTED) else pack.exact
            tracks[name] = {
                "steps": [step for step, _ in rows],
                "rows": add(_together([row for _, row in rows])),
            }
        return {
            "scene": scene,
            "arrays": {name: pack.exact(one) for name, one in arrays.items()},
            "figures": {
                name: pack.exact(row) for name, row in zip(FIGURES, np.array(self._figures).T, strict=True)
            },
            "words": self._words,
            "path": tracks.pop("path")["rows"],
            "tracks": tracks,
            "swaps": arm.swaps,
        }


def record(
    arms: list[Arm],
    steps: Sequence[int],
    script: Sequence[Change] = (),
    report: Callable[[int], None] = lambda step: None,
) -> tuple[Json, bytes]:
    """Play new arms, each for so many steps and with changes on the way; return what they showed.

    `report` is called after each step, and ends the play by what it raises. A fork makes two arms of the first one,
    with its past.
    """
    recordings, lasts, waiting = (
        [Recording(*one) for one in zip(arms, steps, strict=True)],
        [*steps],
        [*script],
    )
    made: list[Change] = []
    events: list[tuple[int, list[str]]] = []
    for step in range(max(lasts) + 1):
        while waiting and waiting[0].step <= step:
            made.append(change := waiting.pop(0))
            if change.name == FORK:
                arms, lasts = [arms[0], copy.deepcopy(arms[0])], lasts[:1] * 2
                recordings = [recordings[0], copy.deepcopy(recordings[0])]
            else:
                for arm in change.among(arms):
                    arm.change(change)
        if (sentences := told(arms, made, arms[0].found)) != (events[-1][1] if events else None):
            events.append((step, sentences))
        for arm, recording, last in zip(arms, recordings, lasts, strict=True):
            if step <= last:
                recording.note(arm)
            if step < last:
                arm.step()
        report(step)
    pack, first = Pack(), arms[0].model
    shown = [one.packed(arm, pack) for one, arm in zip(recordings, arms, strict=True)]
    about = {"environment": first.environment, "epoch_length": first.epoch_length, "steps": max(lasts)}
    return about | {"events": events, "arms": shown}, pack.deflated()


def _together(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows (n, ...) of different n as one array, NaN where a row ends: creators came, or groups differ."""
    return padded(rows, (max(map(len, rows)), *rows[0].shape[1:]))
