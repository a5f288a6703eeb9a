"""The past of a run: its state at some of its steps, from which any other step is played again."""

from __future__ import annotations

import bisect
import io
import math
import pickle
from collections.abc import Sequence
from copy import copy
from types import FunctionType
from typing import Any, NamedTuple

from ecosystem.sizes import world_bytes
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.history import Series, Trail

EVERY = 40
"""Steps between states that are kept: to pack one takes as long as two or three steps."""
SHARED = (type, FunctionType, Series, Trail)
"""Not packed: code is what it is, and of what only grows every state has a copy as long as it was then."""


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.shared = shared

    def persistent_id(self, one: Any) -> int | None:
        if not isinstance(one, SHARED):
            return None
        self.shared.append(copy(one))
        return len(self.shared) - 1


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self.shared = shared

    def persistent_load(self, place: int) -> Any:
        return copy(self.shared[place])


class _Kept(NamedTuple):
    step: int
    packed: bytes
    shared: list[Any]

    @property
    def size(self) -> int:
        return len(self.packed) + 16 * len(self.shared)


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
        """Take note of a step that is completed, and keep every so many."""
        step = arms[0].step_count
        self.last = max(self.last, step)
        if step % EVERY == 0 or step == self.also:
            self._keep(step, arms)

    def _keep(self, step: int, arms: Sequence[Arm]) -> None:
        """Keep a state if there is none of its step, and it is neither large nor holds what cannot be packed."""
        models = [arm.model for arm in arms]
        size = sum(world_bytes(model.n_users, model.n_creators, model.dim, model.K) for model in models)
        if size > self.room / 4 or any(kept.step == step for kept in self._kept):
            return
        file, shared = io.BytesIO(), list[Any]()
        try:
            _Packer(file, shared).dump(list(arms))
        except (TypeError, AttributeError, pickle.PicklingError):
            return
        bisect.insort(self._kept, _Kept(step, file.getvalue(), shared), key=lambda kept: kept.step)
        while len(self._kept) > 2 and sum(kept.size for kept in self._kept) > self.room:
            self._thin(step)

    def before(self, step: int) -> tuple[int, _Kept | None]:
        """Return the last step up to this one of which there is a state, and that; 0 and None without."""
        kept = next((kept for kept in reversed(self._kept) if kept.step <= step), None)
        return (kept.step, kept) if kept else (0, None)

    def cut(self, step: int) -> None:
        """Forget what came after a step: another future begins."""
        self.last, self._kept = step, [kept for kept in self._kept if kept.step <= step]

    def _thin(self, now: int) -> None:
        """Forget the state that is missed least: whose neighbours are near each other, as seen from this step."""
        steps = [kept.step for kept in self._kept]
        gaps = [
            (after - before) / math.sqrt(1 + abs(now - step))
            for before, step, after in zip(steps, steps[1:], steps[2:], strict=False)
        ]
        del self._kept[1 + gaps.index(min(gaps))]


def unpacked(kept: _Kept) -> list[Arm]:
    """Return the arms of a kept state, which stays as it is."""
    return list(_Unpacker(io.BytesIO(kept.packed), kept.shared).load())
