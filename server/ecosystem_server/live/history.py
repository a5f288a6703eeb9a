"""What a page remembers of a run: series of every step, compactly, and the latest stretch of every path."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

STRETCH = 50
"""Steps in which nobody leaves or comes after which another sentence begins."""


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
    """The last positions in the plane from `start` (n, 2) on: a column a slot of creators, NaN where it is free."""

    def __init__(self, start: np.ndarray) -> None:
        self.count, self.width = 0, len(start)
        self._rows: deque[np.ndarray] = deque()
        self.append(start, np.arange(len(start)))

    @property
    def length(self) -> int:
        """How many steps are remembered."""
        return trail_length(self.width)

    def append(self, positions: np.ndarray, slots: np.ndarray) -> None:
        """Add the positions (n, 2) of those in these slots (n,); where there are more than columns, these double."""
        if (needed := int(slots.max(initial=-1)) + 1) > self.width:
            self.width = 2 * needed
        self._rows.append(np.full((self.width, 2), np.nan, dtype=np.float32))
        self._rows[-1][slots] = positions
        self.count += 1
        while len(self._rows) > self.length:
            self._rows.popleft()

    def amend(self, positions: np.ndarray, slots: np.ndarray) -> None:
        """Put other positions in the place of the last ones."""
        self._rows.pop()
        self.count -= 1
        self.append(positions, slots)

    def __copy__(self) -> Trail:
        """Return one that goes on by itself; rows that are there are never written to again."""
        other = object.__new__(Trail)
        vars(other).update(vars(self), _rows=self._rows.copy())
        return other

    def since(self, count: int) -> np.ndarray:
        """Return what was added after the first `count` positions, as far as remembered, (k, width, 2)."""
        rows = list(self._rows)[max(len(self._rows) - self.count + count, 0) :]
        return padded(rows, (self.width, 2))


def padded(rows: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Return rows as one array (rows, *shape), NaN where a row is shorter: creators came."""
    found = np.full((len(rows), *shape), np.nan, dtype=np.float32)
    for k, row in enumerate(rows):
        found[k, : len(row)] = row
    return found


def comings(series: Series, who: str) -> list[tuple[int, str]]:
    """Return sentences such as ``t=125  B: 1 creator left, 1 came`` on the last two stretches, and when these end."""
    counts = series.rows[:, [series.names.index(name) for name in ("left", "entered")]].astype(int)
    steps, told = np.flatnonzero(counts.any(axis=1)), []
    breaks = np.flatnonzero(np.diff(steps) > STRETCH) + 1
    for stretch in np.split(steps, breaks)[-2:] if len(steps) else []:
        words = [
            f"{n} {verb}" for n, verb in zip(counts[stretch].sum(axis=0), ("left", "came"), strict=True) if n
        ]
        words[0] = words[0].replace(" ", " creator " if words[0].startswith("1 ") else " creators ")
        span = "-".join(str(step) for step in sorted({stretch[0], stretch[-1]}))
        told.append((int(stretch[-1]), f"t={span}  {who}: {', '.join(words)}"))
    return told


def trail_length(n_creators: int) -> int:
    """Return how many steps of path are shown: a run of five creators whole, 100 steps of 200."""
    return int(np.clip(20_000 // n_creators, 20, 2000))
