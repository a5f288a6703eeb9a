"""What has been made: all items of one arm, in order of publication, and who has seen the live ones."""

from __future__ import annotations

import numpy as np

from ecosystem.shortvideo.kernels import Items


class Contents:
    """A growing table of items; item numbers are rows, and a later item has a higher number."""

    def __init__(self, n_users: int, dim: int) -> None:
        self.count = 0
        self.first = 0  # item that may still be live, a multiple of 8
        capacity = 1024
        self.items = Items(
            vector=np.zeros((capacity, dim), np.float32),
            creator=np.zeros(capacity, np.int64),
            topic=np.zeros(capacity, np.int64),
            born=np.zeros(capacity, np.int64),
            at_candidate=np.zeros(capacity, np.bool_),
            round=np.zeros(capacity, np.int64),
            impressions=np.zeros(capacity, np.int64),
            reward=np.zeros(capacity),
        )
        self.seen = np.zeros((n_users, 128), np.uint8)

    def publish(
        self,
        vector: np.ndarray,
        creator: np.ndarray,
        topic: np.ndarray,
        born: np.ndarray,
        at_candidate: np.ndarray,
        round_: np.ndarray,
    ) -> None:
        """Add k items, `born` not falling and not before any item there is: see `Items`."""
        begin, end = self.count, self.count + len(creator)
        if end > len(self.items.creator):
            grow = max(end, 2 * len(self.items.creator)) - len(self.items.creator)
            self.items = Items(*(_longer(array, grow) for array in self.items))
        for array, value in zip(
            self.items, (vector, creator, topic, born, at_candidate, round_), strict=False
        ):
            array[begin:end] = value
        self.count = end
        needed = (end - self.first + 7) // 8
        if needed > self.seen.shape[1]:
            more = np.zeros((len(self.seen), needed + needed // 4 - self.seen.shape[1]), np.uint8)
            self.seen = np.concatenate((self.seen, more), axis=1)

    def retire(self, before_hour: int) -> None:
        """Take items born before that hour out of circulation, in lots of 8: the width of a byte of `seen`."""
        alive = int(np.searchsorted(self.items.born[: self.count], before_hour))
        lots = (alive - self.first) // 8
        if lots > 0:
            self.seen[:, :-lots] = self.seen[:, lots:].copy() if lots < self.seen.shape[1] else 0
            self.seen[:, -lots:] = 0
            self.first += 8 * lots


def _longer(array: np.ndarray, by: int) -> np.ndarray:
    return np.concatenate((array, np.zeros((by, *array.shape[1:]), array.dtype)))
