"""The arrays of a market: where everybody stands, and each user's list of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, StrategySet
from ecosystem_agents.inputs.checks import BadInput

DISTANCE, DOT = 0, 1
RELEVANCE, TRAFFIC, LIFT, CONTRIBUTION = 0, 1, 2, 3
FREE, BALL, CATALOGUE = 0, 1, 2
PRINTED, PROJECTED = 0, 1

LIST = np.dtype(
    (
        np.record,
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
        ],
    )
)
"""What the book knows of one user: a record, so that it arrives in one or two cache lines.

Its fields are attributes in plain Python as they are in compiled code."""


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


def new_book(
    users: np.ndarray,
    items: np.ndarray,
    relevance: Relevance,
    beta: np.ndarray,
    K: np.ndarray,
    weight: np.ndarray,
) -> Book:
    """Return a book with empty lists, to be given room and filled.

    `items` (N, d), creators' strategies and then static items, are kept, not copied; `beta` and `K` (m,) are the
    terms of pay, `weight` (m,) is mass times reward weight.

    Raises
    ------
    BadInput
        If the relevance is of an unknown kind.
    """
    kind, origin, slope = relevance_code(relevance)
    m, N = len(users), len(items)
    lists = np.zeros(m, dtype=LIST)
    lists["beta"], lists["K"], lists["weight"] = beta, K, weight
    return Book(
        kind=kind,
        origin=origin,
        slope=slope,
        users=np.ascontiguousarray(users.T),
        strategies=items,
        lists=lists,
        value=np.empty(0),
        item=np.empty(0, dtype=np.int16 if np.iinfo(np.int16).max >= N else np.int32),
        slot=np.full((N, m), np.iinfo(np.uint8).max, dtype=np.uint8),
        nowhere=int(np.iinfo(np.uint8).max),
        entry=np.empty(m),
        floor=np.empty(m),
    )


def relevance_code(relevance: Relevance) -> tuple[int, float, float]:
    """Return kind, origin and slope of a relevance, as kernels read it: see `Book`.

    Raises
    ------
    BadInput
        If it is of an unknown kind.
    """
    if isinstance(relevance, DistanceRelevance):
        return DISTANCE, float(relevance.ceiling), float(1.0 / relevance.scale)
    if isinstance(relevance, DotRelevance):
        return DOT, float(relevance.low), float(1.0 / (relevance.high - relevance.low))
    raise BadInput(f"relevance is {relevance!r}; it must be a DistanceRelevance or a DotRelevance")


def strategy_arrays(sets: Sequence[StrategySet], dim: int) -> Sets:
    """Return strategy sets, one a creator, as the arrays the kernels read.

    Creators that share a `Catalogue` object share its items there.

    Raises
    ------
    BadInput
        If a catalogue's dimension is not `dim` or a set is of an unknown kind.
    """
    kind, radius = np.empty(len(sets), dtype=np.int64), np.ones(len(sets))
    begin, end = np.zeros(len(sets), dtype=np.int64), np.zeros(len(sets), dtype=np.int64)
    stored: dict[int, tuple[int, int]] = {}
    items = [np.empty((0, dim))]
    for i, one in enumerate(sets):
        if isinstance(one, Catalogue):
            if one.items.shape[1] != dim:
                raise BadInput(
                    f"items have {one.items.shape[1]} dimensions and strategies {dim}; give as many"
                )
            if id(one) not in stored:
                first = sum(len(block) for block in items)
                stored[id(one)] = first, first + len(one.items)
                items.append(one.items)
            kind[i], (begin[i], end[i]) = CATALOGUE, stored[id(one)]
        elif isinstance(one, Ball):
            kind[i], radius[i] = BALL, one.radius
        elif isinstance(one, FreeSpace):
            kind[i] = FREE
        else:
            raise BadInput(f"strategy set {one!r} is unknown; use FreeSpace, Ball or Catalogue")
    return Sets(kind, radius, begin, end, np.vstack(items))
