"""A user's list: the items most relevant to it, the best first, and what the book says of them.

The first K are the *top*, who are matched; a few runners-up follow, the *bench*. A move takes one item from its
place and puts it into another; a list is filled up again only when it runs shorter than K + 1.

Exact ties are kept exact: relevance is computed one dimension after the other (never by a matrix product), so
identical strategies have identical relevance, to the bit, wherever it is computed.
"""

from __future__ import annotations

from math import factorial, inf, sqrt
from typing import Any

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import (
    ALWAYS,
    ANCHOR,
    DISTANCE,
    FLOOR,
    FOLLOWING,
    KTH,
    MIDDLE,
    SEVERAL,
    SHARPNESS,
    TOTAL,
    WEIGHT,
    WORTH,
    Book,
)

# For `power`: log2(e); ln(2) in two parts, the first with zeros to spare at its end; the Taylor coefficients 1 / k!.
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.69314718036912382, 1.9082149292705877e-10
C2, C3, C4, C5, C6, C7 = (1.0 / factorial(k) for k in range(2, 8))
C8, C9, C10, C11, C12, C13 = (1.0 / factorial(k) for k in range(8, 14))
ROUNDING = 1.5 * 2.0**52  # added to a number, it leaves the nearest whole number in the lowest bits
ONE = 1023 << 52  # the bits of 1.0


@compiled
def power(x: float) -> float:
    """Return e^x within two units in the last place; beyond -700 and 700 as at -700 and 700.

    Half the time of the library's: without branches or calls, a loop over it becomes vector instructions.
    """
    x = min(max(x, -700.0), 700.0)
    rounded = x * LOG2_E + ROUNDING
    n = rounded - ROUNDING
    r = (x - n * LN2_HIGH) - n * LN2_LOW  # e^x = 2^n * e^r, |r| <= ln(2) / 2
    high = (((((C13 * r + C12) * r + C11) * r + C10) * r + C9) * r + C8) * r + C7
    series = ((((((high * r + C6) * r + C5) * r + C4) * r + C3) * r + C2) * r + 1.0) * r + 1.0
    bits = (np.float64(rounded).view(np.int64) << np.int64(52)) + np.int64(ONE)
    return series * np.int64(bits).view(np.float64)


# --- relevance -------------------------------------------------------------------------------------------


@compiled
def relevance(sigma: tuple[int, float, float, float], total: float) -> float:
    """Return relevance, from its sigma (see `Book`) and a squared distance or a dot product."""
    kind, origin, slope, _ = sigma
    if kind == DISTANCE:
        return max(origin - sqrt(total) * slope, 0.0)
    return min(max((total - origin) * slope, 0.0), 1.0)


@compiled
def relevance_at(
    sigma: tuple[int, float, float, float], users: np.ndarray, p: int, strategy: np.ndarray
) -> float:
    """Return the relevance of a strategy (d,) for the user at place p of `users` (d, M)."""
    total, distance = 0.0, sigma[0] == DISTANCE
    for k in range(strategy.shape[0]):
        x, s = users[k, p], strategy[k]
        total += (x - s) * (x - s) if distance else x * s
    return relevance(sigma, total)


@compiled
def relevance_of_all(book: Book, p: int, out: np.ndarray) -> None:
    """Write the relevance of every item for the user at place p into `out` (N,)."""
    users, strategies, distance = book.users, book.strategies, book.sigma[0] == DISTANCE
    out[:] = 0.0
    for k in range(users.shape[0]):
        x = users[k, p]
        if distance:
            for i in range(out.shape[0]):
                out[i] += (x - strategies[i, k]) * (x - strategies[i, k])
        else:
            for i in range(out.shape[0]):
                out[i] += x * strategies[i, k]
    for i in range(out.shape[0]):
        out[i] = relevance(book.sigma, out[i])


# --- lists -----------------------------------------------------------------------------------------------


@compiled
def insert(value: np.ndarray, item: np.ndarray, p: int, end: int, v: float, i: int) -> None:
    """Put item i with relevance v among row p's first `end` entries, equals by item."""
    k = end
    while k > 0 and (value[p, k - 1] < v or (value[p, k - 1] == v and item[p, k - 1] > i)):
        value[p, k], item[p, k] = value[p, k - 1], item[p, k - 1]
        k -= 1
    value[p, k], item[p, k] = v, i


@compiled
def ties(book: Book, p: int, v: float) -> tuple[int, int]:
    """Return how many items stand above relevance v for the user at place p, and how many at it."""
    at, N, above, equal = book.lists[p], book.strategies.shape[0], 0, 0
    if v <= at.floor and v > 0.0:  # some may stand outside the list
        everybody = np.empty(N)
        relevance_of_all(book, p, everybody)
        for i in range(N):
            above += everybody[i] > v
            equal += everybody[i] == v
        return above, equal
    for k in range(at.length):
        above += book.value[p, k] > v
        equal += book.value[p, k] == v
    return above, equal if v > at.floor else N - above  # nobody is below 0


@compiled
def fill_up(book: Book, p: int) -> None:
    """Fill the list at place p up with the best of those outside it, who all stand below whoever is on it."""
    at, value, item, N = book.lists[p], book.value, book.item, book.strategies.shape[0]
    everybody, length, room = np.empty(N), at.length, book.room
    relevance_of_all(book, p, everybody)
    for k in range(length):
        everybody[item[p, k]] = -inf
    end = length
    for i in range(N):
        v = everybody[i]
        if v == -inf or (end == room and v <= value[p, end - 1]):
            continue
        end = min(end, room - 1)
        insert(value, item, p, end, v, i)
        end += 1
    at.length = end
    at.floor = value[p, end - 1] if end < N else -inf


@compiled
def sum_top(at: Any, value: np.ndarray, N: int, p: int, e: np.ndarray) -> None:
    """Find the bars of the list at place p, and sum the softmax over its top afresh; `e` is scratch."""
    at.kth = at.following = -inf  # all are listed: a newcomer pushes nobody out, and nobody waits outside
    if at.K < N:
        at.kth, at.following = value[p, at.K - 1], value[p, at.K]
    best, sharpness, total, worth = value[p, 0], at.sharpness, 0.0, 0.0
    for k in range(at.K):
        e[k] = power((value[p, k] - best) * sharpness)
    for k in range(at.K):
        total += e[k]
        worth += (value[p, k] - best) * e[k]
    at.anchor, at.total, at.worth = best, total, worth


@compiled
def settle(book: Book, p: int) -> None:
    """Bring all that the book says of the user at place p in line with its list, filled up if it has run short."""
    at, N = book.lists[p], book.strategies.shape[0]
    if at.length < min(at.K + 1, N):
        fill_up(book, p)
    sum_top(at, book.value, N, p, np.empty(at.K))
    book.screen[ANCHOR, p] = at.anchor
    note(book.screen, book.sigma, book.zero_pays, at, p)


@compiled
def settle_all(book: Book) -> None:
    """Settle every list, which is long enough for its terms."""
    lists, value, screen, e = book.lists, book.value, book.screen, np.empty(book.value.shape[1])
    sigma, zero_pays, N = book.sigma, book.zero_pays, book.strategies.shape[0]
    for t in range(book.tiles.shape[0]):
        tile = book.tiles[t]
        tile.weight = tile.sharpness = 0.0
        for p in range(np.uint64(tile.begin), np.uint64(tile.end)):
            at = lists[p]
            tile.weight, tile.sharpness = max(tile.weight, at.weight), max(tile.sharpness, at.sharpness)
        for p in range(np.uint64(tile.begin), np.uint64(tile.end)):
            at = lists[p]
            sum_top(at, value, N, p, e)
            note(screen, sigma, zero_pays, at, p)
            screen[ANCHOR, p], screen[SHARPNESS, p], screen[SEVERAL, p] = at.anchor, at.sharpness, at.K > 1
            screen[WEIGHT, p] = at.weight / tile.weight if tile.weight > 0.0 else 0.0


@compiled
def bar(sigma: tuple[int, float, float, float], zero_pays: bool, v: float) -> float:
    """Return the squared distance, or dot product negated, at which relevance is v; everything is above -inf."""
    if v == -inf or (zero_pays and v <= 0.0):
        return ALWAYS
    if sigma[0] == DISTANCE:
        return ((sigma[1] - v) * sigma[3]) ** 2
    return -(v * sigma[3] + sigma[1])


@compiled
def note(
    screen: np.ndarray, sigma: tuple[int, float, float, float], zero_pays: bool, at: Any, p: int
) -> None:
    """Write what a move changes of the user at place p into the screen."""
    kth, following = bar(sigma, zero_pays, at.kth), bar(sigma, zero_pays, at.following)
    # Where many stand at a bar by clipping, only exact arithmetic knows what is paid.
    clipped = (sigma[0] != DISTANCE and at.kth >= 1.0) or (following == ALWAYS and at.following > -inf)
    screen[KTH, p], screen[FOLLOWING, p], screen[MIDDLE, p] = kth, following, 0.5 * (kth + following)
    screen[FLOOR, p] = bar(sigma, zero_pays, at.floor)
    screen[WORTH, p], screen[TOTAL, p] = at.worth, np.nan if clipped else at.total


@compiled
def place(at: Any, value: np.ndarray, item: np.ndarray, room: int, p: int, i: int, c: float) -> float:
    """Give item i relevance c on the list at place p; return the one it had there, -inf if it was not on it.

    On the list it goes if it is above the floor, to its place among the others, equals by item.
    """
    width, one, length = (at.length + 7) // 8 * 8, np.uint64(1), np.uint64(at.length)
    position = found = above = 0
    for k in range(
        width
    ):  # over whole cache lines, without branches: nothing is above the -inf that fill them
        above += value[p, k] > c
    for k in range(width):
        here = item[p, k] == i
        position += k if here else 0
        found += here
    own, to, x = np.uint64(position), np.uint64(above), -inf
    while to < length and value[p, to] == c and item[p, to] < i:
        to += one
    if found > 0:
        x = value[p, own]
        if c <= at.floor:  # off the list
            to, i, c = length, -1, -inf
            at.length -= 1
    elif c <= at.floor:
        return x
    elif length < room:
        own = length
        at.length += 1
    else:  # the last gives way
        own = length - one
        at.floor = max(at.floor, min(value[p, own], c))
        if to > own:
            return x
    while own + one < to:
        value[p, own], item[p, own] = value[p, own + one], item[p, own + one]
        own += one
    while own > to:
        value[p, own], item[p, own] = value[p, own - one], item[p, own - one]
        own -= one
    value[p, own], item[p, own] = c, i
    return x
