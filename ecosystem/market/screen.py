"""The screen: float32 arithmetic that decides most trials, and says of the others that it cannot.

What follows is exact only within bounds, and each bound stands beside what it bounds. Where a number is closer to a
bar than its bound, or two sums of pay are closer than theirs, nothing is decided here: `ecosystem.market.trials`
works it out in float64.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any, NamedTuple

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import (
    ALWAYS,
    ANCHOR,
    BLOCK,
    CONTRIBUTION,
    COORDINATES,
    DISTANCE,
    FOLLOWING,
    KTH,
    LIFT,
    MIDDLE,
    SEVERAL,
    SHARPNESS,
    TOTAL,
    TRAFFIC,
    WEIGHT,
    WORTH,
    Book,
)

F = np.float32
ZERO, FULL, TWO = F(0.0), F(1.0), F(2.0)
SEGMENT = 1024  # users per pass of `scan`, so that running sums stay in the first cache
RUN = 16 * BLOCK  # users whose float32 sums are added before float64 takes over

UNIT = 2.0**-24  # float32 rounds by at most this much, relatively
SHARE = 3e-6  # of a squared distance: what errors in coordinates are allowed before `slack` takes the rest
NEARLY_ALL = F(1e-3)  # an entry leaving less than this of the softmax sum: subtracting it loses digits
SUMMING = 4e-6  # of `power32` (3e-7), and of adding up to RUN lanes in any order
TINY = 1e-30  # of the largest weight: more than what exponentials cut at e^-80 and tiny weights are off by
DIFFERENCE = 1e-14  # float64's roundings of two utilities, many times over

LOG2_E, LN2_HIGH, LN2_LOW = F(1.44269504), F(0.693359375), F(-2.12194440e-4)
ROUNDING, ONE, LOWEST, HIGHEST = F(1.5 * 2.0**23), np.int32(127 << 23), F(-80.0), F(80.0)
# Minimax on |r| <= ln(2) / 2 (Cephes).
C2, C3, C4 = F(5.0000001201e-1), F(1.6666665459e-1), F(4.1665795894e-2)
C5, C6, C7 = F(8.3334519073e-3), F(1.3981999507e-3), F(1.9875691500e-4)


class Desk(NamedTuple):
    """Room for two strategies, and one tile's users: scores, flags, the places flagged, and figures of theirs."""

    points: np.ndarray
    here: np.ndarray
    there: np.ndarray
    flags: np.ndarray
    where: np.ndarray
    figures: np.ndarray


@compiled
def new_desk(book: Book) -> Desk:
    """Return room for the users of any tile."""
    size = 0
    for t in range(book.tiles.shape[0]):
        size = max(size, book.tiles[t].stop - book.tiles[t].begin)
    return Desk(
        np.zeros((2, book.screen.shape[0] - COORDINATES), np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.uint8),
        np.empty(size, np.uint64),
        np.empty((5, size)),
    )


@compiled
def power32(x: Any) -> Any:
    """Return e^x in float32 within 3e-7 of it; beyond -80 and 80 as at -80 and 80."""
    x = min(max(x, LOWEST), HIGHEST)
    rounded = x * LOG2_E + ROUNDING
    n = rounded - ROUNDING
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    series = (((((C7 * r + C6) * r + C5) * r + C4) * r + C3) * r + C2) * r * r + r + FULL
    bits = (np.float32(rounded).view(np.int32) << np.int32(23)) + ONE
    return series * np.int32(bits).view(np.float32)


@compiled
def tolerance(book: Book) -> float:
    """Return by how much a score may be off, relatively; `slack` comes on top.

    A distance: each of d squares is off by 3 roundings, their sum by d, and errors of coordinates by `SHARE`. Bars
    in float32 are off by one more.
    """
    return (book.users.shape[0] + 8) * UNIT + SHARE


@compiled
def slack(book: Book, t: int, strategy: np.ndarray) -> float:
    """Return by how much more a score of tile t's users may be off, absolutely.

    Rounded coordinates move points by ``off = UNIT * (|x| + |s|)``, and a squared distance D by ``2 sqrt(D) off +
    off^2``, at most ``SHARE * D + off^2 / SHARE + off^2``. A dot product is off by (d + 3) roundings of ``|x| |s|``.
    The small terms are float64's own roundings of relevance, a thousand times over.
    """
    tile, squared = book.tiles[t], 0.0
    for k in range(strategy.shape[0]):
        squared += (strategy[k] - book.centre[k]) ** 2
    length = sqrt(squared)
    if book.sigma[0] == DISTANCE:
        off = 1.01 * UNIT * (tile.radius + length) + 1e-13 * book.sigma[1] / book.sigma[2]
        return off * off * (1.0 / SHARE + 2.0)
    largest = tile.radius * length
    return (strategy.shape[0] + 4) * UNIT * largest + 1e-13 * (
        largest + abs(book.sigma[1]) + 1.0 / book.sigma[2]
    )


@compiled
def scan(
    book: Book, t: int, strategies: tuple[np.ndarray, np.ndarray], bars: tuple[int, int], desk: Desk
) -> tuple[Any, Any]:
    """Score tile t's users for two strategies (d,), and flag those by whose bars one stands, or may stand.

    The scores are squared distances, or dot products negated; the bars are rows of the screen. Returns the `slack` of
    the two.
    """
    screen, points, here, there, flags = book.screen, desk.points, desk.here, desk.there, desk.flags
    first, distance = np.uint64(book.tiles[t].begin), book.sigma[0] == DISTANCE
    size, wide = book.tiles[t].stop - book.tiles[t].begin, F(tolerance(book))
    s, c = F(slack(book, t, strategies[0])), F(slack(book, t, strategies[1]))
    for k in range(strategies[0].shape[0]):
        points[0, k], points[1, k] = strategies[0][k] - book.centre[k], strategies[1][k] - book.centre[k]
    for start in range(0, size, SEGMENT):
        begin, end = np.uint64(start), np.uint64(min(start + SEGMENT, size))
        for j in range(begin, end):
            here[j] = there[j] = ZERO
        for k in range(0, points.shape[1], 2):  # two dimensions at once, for half the traffic
            a, b, u, v = points[0, k], points[0, k + 1], points[1, k], points[1, k + 1]
            row, following = COORDINATES + k, COORDINATES + k + 1
            if distance:
                for j in range(begin, end):
                    x, y = screen[row, j + first], screen[following, j + first]
                    here[j] += (x - a) * (x - a) + (y - b) * (y - b)
                    there[j] += (x - u) * (x - u) + (y - v) * (y - v)
            else:
                for j in range(begin, end):
                    x, y = screen[row, j + first], screen[following, j + first]
                    here[j] -= x * a + y * b
                    there[j] -= x * u + y * v
        for j in range(begin, end):
            x, y = screen[bars[0], j + first], screen[bars[1], j + first]
            # The negation counts NaN as flagged.
            flags[j] = not ((here[j] >= x + wide * abs(x) + s) & (there[j] >= y + wide * abs(y) + c))
    return s, c


@compiled
def flagged(book: Book, t: int, desk: Desk) -> int:
    """Write the places of tile t's users that are flagged into the desk's `where`; return how many."""
    begin, size, count = book.tiles[t].begin, book.tiles[t].stop - book.tiles[t].begin, 0
    words, where, flags = desk.flags.view(np.uint64), desk.where, desk.flags
    for g in range(size // 8):
        if words[g] != 0:
            for j in range(8 * g, 8 * g + 8):
                where[count] = begin + j
                count += flags[j]
    while count > 0 and where[count - 1] >= book.tiles[t].end:  # nobody, flagged where numbers overflow
        count -= 1
    return count


@compiled
def scale_of(book: Book, slacks: tuple[Any, Any]) -> tuple[Any, ...]:
    """Return the numbers that `lanes` works with: those of `relevance32`, and how much scores may be off."""
    distance, wide = book.sigma[0] == DISTANCE, F(tolerance(book))
    origin = F(book.sigma[1] if distance else -book.sigma[1] * book.sigma[2])
    return distance, origin, F(book.sigma[2]), F(ALWAYS if distance else 1.0), wide, slacks[0], slacks[1]


@compiled
def relevance32(scale: Any, score: Any) -> Any:
    """Return relevance in float32: ``origin - r * slope`` between 0 and a ceiling, r the score or its root."""
    distance, origin, slope, ceiling = scale[0], scale[1], scale[2], scale[3]
    return min(max(origin - (sqrt(score) if distance else score) * slope, ZERO), ceiling)


@compiled(any_order=True)
def lanes(
    screen: np.ndarray,
    here: np.ndarray,
    there: np.ndarray,
    reward: int,
    scale: Any,
    first: int,
    begin: int,
    end: int,
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Return what users pay a creator where it stands and where it would, summed, and what bounds these sums' errors.

    Eqs. (1) and (4) for users `begin` to `end` of a tile whose first place is `first`: with the creator out, the
    others' first K - 1 hold ``rest`` of the softmax sum, and it takes a place where it stands above their K-th.

    Returns
    -------
    now, then : sums of weight * P * R
    strain : sum of what relative errors of exponentials are multiplied by
    chance : sum of what absolute errors of relevance are multiplied by
    count : how many users pay something
    unsure : how many stand too close to a bar, or too high: these count nowhere else
    """
    # Counting in unsigned numbers, and loading everything first, is what makes vector instructions of this.
    wide, slack_here, slack_there = scale[4], scale[5], scale[6]
    now = then = strain = chance = count = unsure = ZERO
    for j in range(np.uint64(begin), np.uint64(end)):
        p = j + np.uint64(first)
        a, b = here[j], there[j]
        kth, following, middle = screen[KTH, p], screen[FOLLOWING, p], screen[MIDDLE, p]
        total, worth, anchor = screen[TOTAL, p], screen[WORTH, p], screen[ANCHOR, p]
        sharpness, weight, several = screen[SHARPNESS, p], screen[WEIGHT, p], screen[SEVERAL, p]
        in_top = a < middle
        bar = following if in_top else kth
        leaver = a if in_top else kth  # the K-th would have to go
        stays = b < bar
        x, c = relevance32(scale, leaver), relevance32(scale, b)
        e_now, e_then = power32((x - anchor) * sharpness), power32((c - anchor) * sharpness)
        rest = several * (total - e_now)
        inverse = FULL / (rest + e_then)
        sure = (abs(b - bar) > wide * abs(bar) + slack_there) & (
            abs(a - middle) > wide * abs(middle) + slack_here
        )
        sure = sure & (rest >= NEARLY_ALL * total * several)
        p_now = weight * e_now / (rest + e_now) if in_top & sure else ZERO
        p_then = weight * e_then * inverse if stays & sure else ZERO
        gain_now, gain_then, off = x, c, p_now + p_then
        if reward == TRAFFIC:
            gain_now = gain_then = FULL
        elif reward in (LIFT, CONTRIBUTION):
            v = relevance32(scale, bar)
            if reward == LIFT:
                gain_now, gain_then = x - v, c - v
            else:
                # Users get u + P (sigma - u), u the mean of the rest; so they do with the bar in the creator's place.
                per_rest = FULL / rest if several > ZERO else ZERO
                u = anchor + (worth - (x - anchor) * e_now) * per_rest if several > ZERO else v
                e_bar = power32((v - anchor) * sharpness) if bar < F(ALWAYS) else ZERO
                per_bar = FULL / (rest + e_bar) if several > ZERO else ZERO
                p_bar = weight * e_bar * per_bar if several > ZERO else weight
                lost = p_bar * (v - u)
                gain_now, gain_then = x - u, c - u
                now -= lost if in_top & sure else ZERO
                then -= lost if stays & sure else ZERO
                off += TWO * p_bar
                risk = off * (abs(worth) + TWO * abs(x - anchor) * e_now) * per_rest
                strain += (
                    risk + TWO * abs(lost) * (TWO + total * per_bar) if (in_top | stays) & sure else ZERO
                )
                off *= FULL + TWO * total * per_rest
        earned_now, earned_then = p_now * gain_now, p_then * gain_then
        now += earned_now if in_top & sure else ZERO
        then += earned_then if stays & sure else ZERO
        strain += TWO * abs(earned_now) if in_top & sure else ZERO
        strain += abs(earned_then) * (TWO + total * inverse) if stays & sure else ZERO
        chance += off if (in_top | stays) & sure else ZERO
        count += FULL if (in_top | stays) & sure else ZERO
        unsure += ZERO if sure else FULL
    return now, then, strain, chance, count, unsure


@compiled
def bound(
    book: Book, t: int, reward: int, slacks: tuple[Any, Any], strain: float, chance: float, count: float
) -> float:
    """Return by how much the difference of two sums of `lanes` may be off; infinite where nothing is known.

    A relevance is off by ``off``: by what its distance is, and d / 2 + 8 roundings. An exponential is off by that
    over beta, by 3 roundings of an exponent that is at most 80, and by its own error. Twice as much is allowed as
    first order asks for; and where pay is a difference of utilities, what float64 itself loses of them.
    """
    tile, d, largest = book.tiles[t], book.users.shape[0], max(slacks[0], slacks[1])
    if book.sigma[0] == DISTANCE:
        ceiling = book.sigma[1]
        off = book.sigma[2] * sqrt(SHARE * largest) + (0.5 * d + 8.0) * UNIT * ceiling
    else:
        ceiling = 1.0
        off = book.sigma[2] * largest + 8.0 * UNIT * (
            1.0 + book.sigma[2] * (abs(book.sigma[1]) + largest / UNIT)
        )
    exponent = min(ceiling * tile.sharpness, 80.0)
    relative = (off + 2.0 * UNIT * ceiling) * tile.sharpness + 3.0 * UNIT * exponent + SUMMING
    if not relative < 0.01:
        return inf if count > 0.0 else 0.0
    lost = DIFFERENCE * ceiling if reward == CONTRIBUTION else TINY
    allowed = 2.0 * (relative * strain + off * chance) + lost * count
    return allowed if allowed >= 0.0 else inf
