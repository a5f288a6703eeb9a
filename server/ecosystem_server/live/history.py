"""What a page remembers of a run: series of every step, compactly, and the latest stretch of every path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Series:
    """Named figures, a row a step, in one growing array."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._rows = np.empty((1024, len(self.names)))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, row: Sequence[float]) -> None:
        """Add the figures of a step."""
        if self._length == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._length] = row
        self._length += 1

    def column(self, name: str) -> np.ndarray:
        """Return a column (steps,); a view."""
        return self._rows[: self._length, self.names.index(name)]

    @property
    def rows(self) -> np.ndarray:
        """All figures so far, (steps, columns); a view."""
        return self._rows[: self._length]


def thinned(values: np.ndarray, points: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return steps (k,) and values (k,) to draw of a series (t,), k <= points: extremes of stretches, both ends."""
    t = len(values)
    if t <= points:
        return np.arange(t), np.array(values)
    width = -(-t // ((points - 2) // 2))
    whole = t // width * width
    blocks = values[:whole].reshape(-1, width)
    begin = np.arange(0, whole, width)
    keep = np.concatenate([begin + blocks.argmin(axis=1), begin + blocks.argmax(axis=1), [0, t - 1]])
    if whole < t:
        keep = np.concatenate([keep, whole + np.array([values[whole:].argmin(), values[whole:].argmax()])])
    steps = np.unique(keep)
    return steps, values[steps]


class Trail:
    """The last positions of all creators in the plane, from their `start` (n, 2) on: so many as its length."""

    def __init__(self, start: np.ndarray, length: int) -> None:
        self._ring = np.empty((length, *start.shape), dtype=np.float32)
        self._ring[0] = start
        self.count = 1

    def append(self, positions: np.ndarray) -> None:
        """Add positions (n, 2)."""
        self._ring[self.count % len(self._ring)] = positions
        self.count += 1

    def since(self, count: int) -> np.ndarray:
        """Return what was added after the first `count` positions, as far as remembered, (k, n, 2)."""
        first = max(count, self.count - len(self._ring))
        return self._ring[np.arange(first, self.count) % len(self._ring)]


def trail_length(n_creators: int) -> int:
    """Return how many steps of path are shown: a run of five creators whole, 100 steps of 200."""
    return int(np.clip(20_000 // n_creators, 20, 2000))
