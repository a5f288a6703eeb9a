"""Users by the chunk: what is worked out over all of them takes the memory of one chunk."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

CHUNK = 65_536
"""Users in a chunk. What is added up over users is added chunk by chunk, in their order."""
EVERYBODY = range(sys.maxsize)
"""The numbers of all users, however many there are."""


class Rows(Protocol):
    """An array, (m, ...), or what is read from a file as if it were one, a range of rows at a time."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> np.ndarray: ...


def chunks(rows: Rows) -> Iterator[np.ndarray]:
    """Yield all rows, chunk by chunk; of no rows one chunk without any."""
    for first in range(0, max(len(rows), 1), CHUNK):
        yield rows[first : first + CHUNK]


def kept(all_chunks: Iterable[np.ndarray], rows: range) -> np.ndarray:
    """Return the rows of these numbers, as chunks of all are made and let go."""
    first, found = 0, []
    for chunk in all_chunks:
        # A copy, since a view would hold the whole chunk.
        found.append(chunk[max(rows.start - first, 0) : max(rows.stop - first, 0)].copy())
        first += len(chunk)
    return np.concatenate(found)


def picked(rows: Rows, numbers: np.ndarray) -> np.ndarray:
    """Return the rows of these numbers, in any order, passing over all of them once."""
    found = np.empty((len(numbers), *rows.shape[1:]))
    for k, chunk in enumerate(chunks(rows)):
        here = numbers // CHUNK == k
        found[here] = chunk[numbers[here] - k * CHUNK]
    return found


def nearest(centres: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return which of `centres` (L, d) is nearest to each user, (m,), the first in a tie; by that user alone."""
    from scipy.spatial.distance import cdist  # no matrix product: BLAS rounds by the number of rows

    found = [cdist(chunk, centres, "sqeuclidean").argmin(axis=1) for chunk in chunks(users) if len(chunk)]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])
