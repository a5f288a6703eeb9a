"""The arrays of a market: where everybody stands, and each user's list of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecosystem import sizes
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, Nearby, StrategySet
from ecosystem_agents.inputs.checks import BadInput

BLOCK = 16
"""Users that lie together: a cache line of float32."""
ALWAYS = 1e30
"""A squared distance that every strategy is below."""
NOWHERE = 1e15
"""A coordinate of nobody."""

DISTANCE, DOT = 0, 1
RELEVANCE, TRAFFIC, LIFT, CONTRIBUTION, LISTED = 0, 1, 2, 3, 4
FREE, BALL, CATALOGUE, NEARBY = 0, 1, 2, 3
PRINTED, PROJECTED = 0, 1

# Rows of `Book.screen`: squared distances (or dot products, negated) below which a strategy stands above a user's
# K-th item, above the (K+1)-th, halfway between, above everybody outside the list; what else pay is made of; and
# from COORDINATES on, where users are.
KTH, FOLLOWING, MIDDLE, FLOOR, TOTAL, WORTH, ANCHOR, SHARPNESS, WEIGHT, SEVERAL, COORDINATES = range(11)

LIST = np.dtype(
    (
        np.record,
        [
            ("length", np.int32),  # how many entries are filled, the best first, equals by item
            ("K", np.int32),  # terms that pay is computed on: the first K entries are the top
            ("beta", np.float64),
            ("sharpness", np.float64),  # 1 / beta
            ("weight", np.float64),  # mass times reward weight
            ("kth", np.float64),  # relevance of the K-th and the (K+1)-th item, -inf where nobody is left out
            ("following", np.float64),
            ("floor", np.float64),  # nobody outside the list is above it; -inf where all are on it
            ("anchor", np.float64),  # a relevance near the best, so that no exponential over- or underflows
            ("total", np.float64),  # sums of e and of (relevance - anchor) * e over the top,
            ("worth", np.float64),  # e = exp((relevance - anchor) / beta)
        ],
    )
)
"""What the book knows of one user: a record, so that it arrives in one or two cache lines.

Its fields are attributes in plain Python as they are in compiled code."""

TILES = np.dtype(
    (
        np.record,
        [
            ("begin", np.int64),  # its users are at the places from here
            ("end", np.int64),  # to here,
            ("stop", np.int64),  # and nobody from there to here, where its last block ends
            ("radius", np.float64),  # largest distance of a user from the centre
            ("weight", np.float64),  # largest of a user
            ("sharpness", np.float64),
        ],
    )
)


class Book(NamedTuple):
    """The state of a market: where everybody stands, and each user's list.

    Users stand at M places, tile by tile, neighbours near each other; a last block of 16 is padded with nobody.

    Attributes
    ----------
    sigma : kind, origin and slope of relevance, and 1 / slope: ``max(origin - |s - x| * slope, 0)`` or
        ``clip((s . x - origin) * slope, 0, 1)``
    zero_pays : whether a creator of no relevance, tied at the K-th place, may earn something
    order : (M,), number of the user at each place, -1 for nobody
    users : (d, M), where they are
    centre : (d,), from which `screen` counts
    screen : (COORDINATES + d, M + 16) float32, one more row where d is odd: what most trials are decided by
    tiles : (T,) of `TILES`
    strategies : (N, d), creators first, then static items
    lists : (M,) of `LIST`
    room : how many entries a list may hold, below W
    value, item : (M, W), relevance and item of the lists' entries; -inf and -1 where a row is empty, as its end is
    """

    sigma: tuple[int, float, float, float]
    zero_pays: bool
    order: np.ndarray
    users: np.ndarray
    centre: np.ndarray
    screen: np.ndarray
    tiles: np.ndarray
    strategies: np.ndarray
    lists: np.ndarray
    room: int
    value: np.ndarray
    item: np.ndarray


class Sets(NamedTuple):
    """Strategy sets of all creators: kind, radius and distance (n,), and items[begin[i]:end[i]].

    These are a catalogue's, or the one place that what a creator makes is to be near.
    """

    kind: np.ndarray
    radius: np.ndarray
    distance: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    items: np.ndarray


class Costs(NamedTuple):
    """What creators pay per distance: of a move, and of where they stand from their `homes` (n, d)."""

    moving: float
    home: float
    homes: np.ndarray


class Turn(NamedTuple):
    """A turn of creators: where they compare, step lengths (n,), who moves when, and unit directions (n, d).

    Where it is `strict`, who would be paid as much stays.
    """

    evaluation: int
    eta: np.ndarray
    order: np.ndarray
    directions: np.ndarray
    strict: bool
    costs: Costs


def new_book(users: np.ndarray, items: np.ndarray, relevance: Relevance, zero_pays: bool) -> Book:
    """Return a book with empty lists, to be given terms and room and filled.

    `items` (N, d), creators' strategies and then static items, are kept, not copied.

    Raises
    ------
    BadInput
        If the relevance is of an unknown kind.
    """
    kind, origin, slope = relevance_code(relevance)
    m, d = users.shape
    M, N = -(-m // BLOCK) * BLOCK, len(items)
    begin = np.arange(0, M, sizes.TILE)
    tiles = np.zeros(len(begin), dtype=TILES)
    tiles["begin"], tiles["end"], tiles["stop"] = (
        begin,
        np.minimum(begin + sizes.TILE, m),
        np.minimum(begin + sizes.TILE, M),
    )
    order = np.full(M, -1)
    for first in begin:
        order[first : min(first + sizes.TILE, m)] = first + neighbours_first(
            users[first : first + sizes.TILE]
        )
    places = np.zeros((M, d))
    places[:m] = users[order[:m]]
    centre = np.zeros(d) if kind == DOT else users.mean(axis=0)
    # Rows that are a power of two apart would share the few places that a cache has for them.
    screen = np.zeros((COORDINATES + d + d % 2, M + BLOCK), dtype=np.float32)
    with np.errstate(over="ignore"):
        screen[COORDINATES : COORDINATES + d, :M] = (places - centre).T
    screen[COORDINATES:, m:] = NOWHERE if kind == DISTANCE else 0.0
    screen[KTH : FLOOR + 1, m:] = 0.0 if kind == DISTANCE else -ALWAYS
    screen[TOTAL], screen[SEVERAL] = 1.0, 1.0
    gaps = np.linalg.norm(places - centre, axis=1)
    gaps[m:] = 0.0
    tiles["radius"] = np.maximum.reduceat(gaps, begin)
    lists = np.zeros(M, dtype=LIST)
    lists["beta"] = lists["sharpness"] = 1.0
    return Book(
        sigma=(kind, origin, slope, 1.0 / slope),
        zero_pays=zero_pays,
        order=order,
        users=np.ascontiguousarray(places.T),
        centre=centre,
        screen=screen,
        tiles=tiles,
        strategies=items,
        lists=lists,
        room=0,
        value=np.empty((M, 0)),
        item=np.empty((M, 0), dtype=np.int16 if np.iinfo(np.int16).max >= N else np.int32),
    )


def neighbours_first(users: np.ndarray) -> np.ndarray:
    """Return an order (m,) of users (m, d) in which neighbours are near each other.

    Halves them along the dimension in which they differ most, and each half again, down to blocks.
    """
    order = np.arange(len(users))
    stretches = [(0, len(users))]
    while stretches:
        begin, end = stretches.pop()
        half = begin + -(-(end - begin) // (2 * BLOCK)) * BLOCK
        if half < end:
            some = order[begin:end]
            along = users[some, np.argmax(np.ptp(users[some], axis=0))]
            order[begin:end] = some[np.argsort(along, kind="stable")]
            stretches += [(begin, half), (half, end)]
    return order


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
    kind, radius, distance = np.empty(len(sets), dtype=np.int64), np.ones(len(sets)), np.ones(len(sets))
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
        elif isinstance(one, Nearby):
            kind[i], radius[i], distance[i] = NEARBY, one.radius, one.distance
            begin[i] = sum(len(block) for block in items)
            items.append(one.centre[None])
        elif isinstance(one, FreeSpace):
            kind[i] = FREE
        else:
            raise BadInput(f"strategy set {one!r} is unknown; use FreeSpace, Ball, Nearby or Catalogue")
    return Sets(kind, radius, distance, begin, end, np.vstack(items))
