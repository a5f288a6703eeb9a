"""The arrays of a market: where everybody stands, and each user's list of candidates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

DISTANCE, DOT = 0, 1
RELEVANCE, TRAFFIC, LIFT, CONTRIBUTION = 0, 1, 2, 3
FREE, BALL, CATALOGUE = 0, 1, 2
PRINTED, PROJECTED = 0, 1

LIST = np.dtype(
    [
        ("first", np.int64),  # where the list begins in `value` and `item`
        ("room", np.int32),  # how many entries fit
        ("length", np.int32),  # how many are filled
        ("K", np.int32),  # terms that pay is computed on: the first K entries are the top
        ("lowest", np.int32),  # position of the lowest of the top, and of the highest on the bench
        ("highest", np.int32),
        ("spare", np.int32),
        ("beta", np.float64),
        ("weight", np.float64),  # mass times reward weight
        ("kth", np.float64),  # relevance of the K-th and the (K+1)-th item, -inf where nobody is left out
        ("following", np.float64),
        ("floor", np.float64),  # nobody outside the list is above it; -inf where all are on it
        ("anchor", np.float64),  # a relevance near the best, so that no exponential over- or underflows
        ("total", np.float64),  # sums of e and of relevance * e over the top,
        ("worth", np.float64),  # e = exp((relevance - anchor) / beta)
    ]
)
"""What the book knows of one user: a record, so that it arrives in one or two cache lines."""


class Book(NamedTuple):
    """The state of a market: where everybody stands, and each user's list.

    Attributes
    ----------
    kind, origin, slope : relevance as ``max(origin - |s - x| * slope, 0)`` or
        ``clip((s . x - origin) * slope, 0, 1)``
    users : (d, m), dimension-major, so that a pass over users runs along memory
    strategies : (N, d), creators first, then static items
    lists : (m,) of `LIST`
    value, item : relevance and item of all lists' entries
    slot : (N, m), position of each item on each list, `nowhere` if it is not on it
    nowhere : largest value of the slots' type
    entry, floor : (m,) for the passes over all users: the relevance from which an item matters to pay (the K-th;
        -inf where a tie reaches beyond the list), and a copy of the lists' floors
    """

    kind: int
    origin: float
    slope: float
    users: np.ndarray
    strategies: np.ndarray
    lists: np.ndarray
    value: np.ndarray
    item: np.ndarray
    slot: np.ndarray
    nowhere: int
    entry: np.ndarray
    floor: np.ndarray


class Sets(NamedTuple):
    """Strategy sets of all creators: kind and radius (n,), and items[begin[i]:end[i]] of catalogues."""

    kind: np.ndarray
    radius: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    items: np.ndarray
