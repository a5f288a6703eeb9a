"""The compiled hot loops: candidate lists kept up to date move by move.

What the market keeps for each user is a *list*: the K most relevant items, in any order (the *top*), then a
few runners-up (the *bench*). Softmax sums depend only on the values in the top, never on who holds them, so a
creator's standing at a user follows from its own relevance there and two bars: the K-th value, and the (K+1)-th.
A table of slots says where each item stands on each list. A move mostly overwrites one value; when it crosses
a bar, two entries swap; a list is refilled only when its bench runs dry.

Exact ties are kept exact: relevance is computed one dimension after the other (never by a matrix product),
so identical strategies have identical relevance, to the bit, wherever it is computed.

Everything here is a plain function on the arrays of `ecosystem.market.book`. It is one long module because its
functions call each other.
"""

from __future__ import annotations

from math import exp, factorial, inf, sqrt
from typing import Any

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import (
    BALL,
    CATALOGUE,
    CONTRIBUTION,
    DISTANCE,
    LIFT,
    PRINTED,
    PROJECTED,
    RELEVANCE,
    TRAFFIC,
    Book,
    Sets,
)

BLOCK = 1024  # users per pass of `relevance_row`, so that the running sums stay in the first cache
BATCH = 256  # users whose pay is worked out together: what is gathered for them stays in the first cache
NEARLY_ALL = 1e-3  # an entry leaving less than this of the softmax sum: subtracting it loses digits
TOO_SMALL = 0.1  # a softmax sum below this has strayed from its anchor: sum afresh

# For `power`: log2(e); ln(2) in two parts, the first with zeros to spare at its end; the Taylor coefficients 1 / k!.
LOG2_E, LN2_HIGH, LN2_LOW = 1.4426950408889634, 0.69314718036912382, 1.9082149292705877e-10
C2, C3, C4, C5, C6, C7 = (1.0 / factorial(k) for k in range(2, 8))
C8, C9, C10, C11, C12, C13 = (1.0 / factorial(k) for k in range(8, 14))
ROUNDING = 1.5 * 2.0**52  # added to a number, it leaves the nearest whole number in the lowest bits
ONE = 1023 << 52  # the bits of 1.0

# Rows of the desk, on which `appraise_row` gathers what it needs of each user: see `pay_at_desk`.
NOW, THEN, LEAVER, NEWCOMER, BAR, LEFT_OUT, ANCHOR, BETA, TOTAL, WORTH, SEVERAL, REST, DESK = range(13)


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


@compiled
def relevance_row(book: Book, s: np.ndarray, out: np.ndarray) -> None:
    """Write the relevance of a strategy (d,) for every user into `out` (m,)."""
    distance, origin, slope, users = book.kind == DISTANCE, book.origin, book.slope, book.users
    for start in range(0, out.shape[0], BLOCK):
        block = out[start : start + BLOCK]
        size = block.shape[0]
        block[:] = 0.0
        for k in range(s.shape[0]):
            x, sk = users[k, start : start + size], s[k]
            if distance:
                for j in range(size):
                    gap = x[j] - sk
                    block[j] += gap * gap
            else:
                for j in range(size):
                    block[j] += x[j] * sk
        if distance:
            for j in range(size):
                v = origin - sqrt(block[j]) * slope
                block[j] = v if v > 0.0 else 0.0
        else:
            for j in range(size):
                v = (block[j] - origin) * slope
                v = v if v > 0.0 else 0.0
                block[j] = v if v < 1.0 else 1.0


@compiled
def relevance_column(book: Book, j: int, out: np.ndarray) -> None:
    """Write the relevance of every item for user j into `out` (N,), to the bit as `relevance_row` has it."""
    distance, origin, slope = book.kind == DISTANCE, book.origin, book.slope
    users, strategies = book.users, book.strategies
    out[:] = 0.0
    for k in range(users.shape[0]):
        x = users[k, j]
        if distance:
            for i in range(out.shape[0]):
                gap = x - strategies[i, k]
                out[i] += gap * gap
        else:
            for i in range(out.shape[0]):
                out[i] += x * strategies[i, k]
    for i in range(out.shape[0]):
        if distance:
            v = origin - sqrt(out[i]) * slope
            out[i] = v if v > 0.0 else 0.0
        else:
            v = (out[i] - origin) * slope
            v = v if v > 0.0 else 0.0
            out[i] = v if v < 1.0 else 1.0


@compiled
def relevance_of(book: Book, j: int, i: int) -> float:
    """Return the relevance of item i for user j, to the bit as `relevance_row` has it."""
    total = 0.0
    if book.kind == DISTANCE:
        for k in range(book.users.shape[0]):
            gap = book.users[k, j] - book.strategies[i, k]
            total += gap * gap
        v = book.origin - sqrt(total) * book.slope
        return v if v > 0.0 else 0.0
    for k in range(book.users.shape[0]):
        total += book.users[k, j] * book.strategies[i, k]
    v = (total - book.origin) * book.slope
    v = v if v > 0.0 else 0.0
    return v if v < 1.0 else 1.0


# --- one user's list -------------------------------------------------------------------------------------


@compiled
def put(
    at: Any, value: np.ndarray, item: np.ndarray, slot: np.ndarray, j: int, position: int, i: int, v: float
) -> None:
    """Write item i with relevance v at a position of user j's list."""
    value[at.first + position], item[at.first + position] = v, i
    slot[i, j] = position


@compiled
def find_lowest(at: Any, value: np.ndarray) -> None:
    """Find the lowest entry of the top: the K-th relevance."""
    lowest, kth = 0, value[at.first]
    for k in range(1, at.K):
        v = value[at.first + k]
        if v < kth:
            lowest, kth = k, v
    at.lowest, at.kth = lowest, kth


@compiled
def find_highest(at: Any, value: np.ndarray) -> None:
    """Find the highest entry of the bench: the (K+1)-th relevance."""
    highest, following = at.K, value[at.first + at.K]
    for k in range(at.K + 1, at.length):
        v = value[at.first + k]
        if v > following:
            highest, following = k, v
    at.highest, at.following = highest, following


@compiled
def softmax_sums(value: np.ndarray, begin: int, end: int, anchor: float, beta: float) -> tuple[float, float]:
    """Return the sums of e and of relevance * e over `value[begin:end]`, e = exp((value - anchor) / beta)."""
    total = worth = 0.0
    for k in range(begin, end):
        e = exp((value[k] - anchor) / beta)
        total += e
        worth += value[k] * e
    return total, worth


@compiled
def sum_top(at: Any, value: np.ndarray) -> None:
    """Sum the softmax over the top afresh, anchored at its best entry."""
    at.anchor = value[at.first : at.first + at.K].max()
    at.total, at.worth = softmax_sums(value, at.first, at.first + at.K, at.anchor, at.beta)


@compiled
def sort_list(book: Book, j: int) -> None:
    """Sort user j's list by falling relevance, equals by item: then its first entries are the top under any K."""
    at, value, item, slot = book.lists[j], book.value, book.item, book.slot
    for end in range(at.first + 1, at.first + at.length):
        v, i, k = value[end], item[end], end
        while k > at.first and (value[k - 1] < v or (value[k - 1] == v and item[k - 1] > i)):
            value[k], item[k] = value[k - 1], item[k - 1]
            k -= 1
        value[k], item[k] = v, i
    for k in range(at.length):
        slot[item[at.first + k], j] = k
    if book.strategies.shape[0] > at.K:
        at.lowest, at.highest = at.K - 1, at.K


@compiled
def refill_list(book: Book, j: int) -> None:
    """Fill user j's list up with the best of those outside it, who all stand below whoever is on it."""
    at, value, item, slot, N = book.lists[j], book.value, book.item, book.slot, book.strategies.shape[0]
    relevance = np.empty(N)
    relevance_column(book, j, relevance)
    base = at.first + at.length
    for k in range(at.first, base):
        relevance[item[k]] = -inf
    end, limit = base, at.first + at.room
    for i in range(N):
        v = relevance[i]
        if v == -inf:
            continue
        if end == limit:
            if v <= value[end - 1]:
                continue
            end -= 1
        k = end
        while k > base and value[k - 1] < v:
            value[k], item[k] = value[k - 1], item[k - 1]
            k -= 1
        value[k], item[k] = v, i
        end += 1
    for k in range(base, end):
        slot[item[k], j] = k - at.first
    at.length = end - at.first
    at.floor = value[end - 1] if at.length < N else -inf


@compiled
def settle_list(book: Book, j: int) -> None:
    """Bring all that the book says of user j in line with its list, refilled if it has run short."""
    at, value, N = book.lists[j], book.value, book.strategies.shape[0]
    if at.length < min(at.K + 1, N):
        refill_list(book, j)
    if at.K < N:
        find_lowest(at, value)
        find_highest(at, value)
    else:  # all are listed: a newcomer pushes nobody out, and nobody waits outside
        at.kth, at.following, at.lowest, at.highest = -inf, -inf, -1, -1
    sum_top(at, value)
    book.floor[j] = at.floor
    book.entry[j] = -inf if at.floor == at.kth else at.kth


@compiled
def settle_lists(book: Book, resort: np.ndarray) -> None:
    """Settle every list, after sorting those flagged in `resort` (m,) because their K has changed."""
    for j in range(resort.shape[0]):
        if resort[j]:
            sort_list(book, j)
        settle_list(book, j)


@compiled
def copy_lists(old: Book, new: Book) -> None:
    """Copy every list of `old` into the roomier layout of `new`."""
    for j in range(old.lists.shape[0]):
        here, there = old.lists[j], new.lists[j]
        for k in range(here.length):
            new.value[there.first + k] = old.value[here.first + k]
            new.item[there.first + k] = old.item[here.first + k]
            new.slot[new.item[there.first + k], j] = k


# --- what a creator earns ----------------------------------------------------------------------------------


@compiled
def tie_share(book: Book, i: int, j: int, v: float) -> float:
    """Return the share of a place that creator i has at user j when tied, at relevance v, at the K-th place."""
    at, value, N = book.lists[j], book.value, book.strategies.shape[0]
    better, equal = 0, 1
    if at.floor < v:  # all who are tied are on the list
        for k in range(at.first, at.first + at.length):
            if book.item[k] != i:
                better += value[k] > v
                equal += value[k] == v
    else:
        relevance = np.empty(N)
        relevance_column(book, j, relevance)
        for other in range(N):
            if other != i:
                better += relevance[other] > v
                equal += relevance[other] == v
    return (at.K - better) / equal


@compiled
def others(at: Any, in_top: bool, x: float) -> tuple[float, float, float, bool]:
    """Return how a user's list looks to a creator that is in its top with relevance x, or is not.

    Returns
    -------
    bar : the others' K-th relevance: above it a place is the creator's alone, at it the place is shared
    rest, rest_worth : sums of e and of relevance * e over the others' first K - 1
    exact : False if the creator is so far ahead that the difference `rest` has lost its digits
    """
    if in_top:
        bar, leaver = at.following, x
    else:
        bar, leaver = at.kth, at.kth  # the K-th would have to go
    if at.K == 1:
        return bar, 0.0, 0.0, True
    e = exp((leaver - at.anchor) / at.beta)
    rest = at.total - e
    return bar, rest, at.worth - leaver * e, rest >= NEARLY_ALL * at.total


@compiled
def pay(
    reward: int, v: float, bar: float, rest: float, rest_worth: float, anchor: float, beta: float
) -> float:
    """Return P * R at relevance v >= bar given what `others` says: Eqs. (1) and (4) for one user.

    At v == bar the place is shared: the caller multiplies by `tie_share`.
    """
    if rest == 0.0:
        e, scale = 1.0, 0.0
    elif v > anchor:
        e, scale = 1.0, exp((anchor - v) / beta)
    else:
        e, scale = exp((v - anchor) / beta), 1.0
    probability = e / (rest * scale + e)
    if reward == RELEVANCE:
        return probability * v
    if reward == TRAFFIC:
        return probability
    if reward == LIFT:
        return probability * (v - bar if bar > -inf else v)
    if v == bar:  # a tied creator replaces an equal: users would lose nothing
        return 0.0
    if bar == -inf:
        without = rest_worth / rest if rest > 0.0 else 0.0
    elif rest == 0.0:
        without = bar
    else:
        replacing = exp((bar - anchor) / beta)
        without = (rest_worth + bar * replacing) / (rest + replacing)
    return (rest_worth * scale + v * e) / (rest * scale + e) - without


@compiled
def reached(slots: np.ndarray, nowhere: int, bars: np.ndarray, then: np.ndarray, where: np.ndarray) -> int:
    """Write the users on whose list an item is, or whose bar its row reaches, into `where`; return how many."""
    count = 0
    for j in range(bars.shape[0]):
        where[count] = j  # without a branch: which users these are cannot be predicted
        count += (slots[j] != nowhere) | (then[j] >= bars[j])
    return count


@compiled
def appraise_row(book: Book, reward: int, i: int, then: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """Return creator i's utility where it stands and at a candidate's relevance row `then` (m,).

    `where` (m,) is scratch.
    """
    lists, value, entry, slots, nowhere = book.lists, book.value, book.entry, book.slot[i], book.nowhere
    desk, users = np.empty((DESK, BATCH)), np.empty(BATCH, np.int64)
    utility_now = utility_then = 0.0
    awkward, count = 0, reached(slots, nowhere, entry, then, where)
    for start in range(0, count, BATCH):
        size = 0
        for t in range(start, min(start + BATCH, count)):
            j = where[t]
            at, c, p = lists[j], then[j], slots[j]
            in_top = p < at.K
            x = value[at.first + p] if p != nowhere else -inf
            bar = at.following if in_top else at.kth
            if x == bar or c == bar or entry[j] != at.kth:  # ties are rare: they wait for a loop of their own
                where[awkward] = j
                awkward += 1
                continue
            if not in_top and c < bar:
                continue
            left_out = bar > -inf
            users[size] = j
            desk[NOW, size], desk[THEN, size] = at.weight * in_top, at.weight * (c > bar)
            desk[LEAVER, size], desk[NEWCOMER, size] = x if in_top else bar, c
            desk[BAR, size], desk[LEFT_OUT, size] = bar if left_out else 0.0, left_out
            desk[ANCHOR, size], desk[BETA, size] = at.anchor, at.beta
            desk[TOTAL, size], desk[WORTH, size], desk[SEVERAL, size] = at.total, at.worth, at.K > 1
            size += 1
        pay_at_desk(reward, desk, size)
        for k in range(size):
            if (
                desk[REST, k] < NEARLY_ALL * desk[TOTAL, k] * desk[SEVERAL, k]
            ):  # the difference lost its digits
                where[awkward] = users[k]
                awkward += 1
            else:
                utility_now += desk[NOW, k]
                utility_then += desk[THEN, k]
    for t in range(awkward):
        earned_now, earned_then = stakes(book, reward, i, where[t], then[where[t]])
        utility_now += earned_now
        utility_then += earned_then
    return utility_now, utility_then


@compiled
def pay_at_desk(reward: int, desk: np.ndarray, size: int) -> None:
    """Turn the weights in rows `NOW` and `THEN` into what a creator earns at the first `size` users there.

    What `others` and `pay` do for one user, for many at once and without branches.

    Parameters
    ----------
    desk : (DESK, BATCH) array
        Rows: reward weight where the creator is in the top now, and where it would be; the relevance that leaves
        the top if it goes (its own, or the K-th's) and the one it would have; the others' K-th relevance, and whether
        there is one; anchor, beta and sums of the user's list; whether K is above 1. Row `REST` is written too: the
        sum of e over the others' first K - 1.
    """
    now, then, leaver, newcomer = desk[NOW], desk[THEN], desk[LEAVER], desk[NEWCOMER]
    bar, left_out, anchor, beta = desk[BAR], desk[LEFT_OUT], desk[ANCHOR], desk[BETA]
    total, worth, several, rest = desk[TOTAL], desk[WORTH], desk[SEVERAL], desk[REST]
    if reward == CONTRIBUTION:
        for k in range(size):
            sharpness = 1.0 / beta[k]
            e_now = power((leaver[k] - anchor[k]) * sharpness)
            e_then = power((newcomer[k] - anchor[k]) * sharpness)
            e_bar = power((bar[k] - anchor[k]) * sharpness) * left_out[k]
            rest[k] = (total[k] - e_now) * several[k]
            rest_worth = (worth[k] - leaver[k] * e_now) * several[k]
            replaced = rest[k] + e_bar
            without = (rest_worth + bar[k] * e_bar) / (replaced if replaced > 0.0 else 1.0)
            now[k] *= (rest_worth + leaver[k] * e_now) / (rest[k] + e_now) - without
            then[k] *= (rest_worth + newcomer[k] * e_then) / (rest[k] + e_then) - without
        return
    if reward in (RELEVANCE, LIFT):
        base = 1.0 if reward == LIFT else 0.0
        for k in range(size):
            now[k] *= leaver[k] - base * bar[k]
            then[k] *= newcomer[k] - base * bar[k]
    for k in range(size):
        sharpness = 1.0 / beta[k]
        e_now = power((leaver[k] - anchor[k]) * sharpness)
        e_then = power((newcomer[k] - anchor[k]) * sharpness)
        rest[k] = (total[k] - e_now) * several[k]
        now[k] *= e_now / (rest[k] + e_now)
        then[k] *= e_then / (rest[k] + e_then)


@compiled
def stakes(book: Book, reward: int, i: int, j: int, c: float) -> tuple[float, float]:
    """Return what creator i earns at user j as it stands, and what with relevance c; exact in every case."""
    at, value, p = book.lists[j], book.value, book.slot[i, j]
    in_top = p < at.K
    x = value[at.first + p] if p != book.nowhere else relevance_of(book, j, i)
    bar, rest, rest_worth, exact = others(at, in_top, x)
    anchor = at.anchor
    if not exact:  # creator i is far ahead: sum the others, the best of them leading
        anchor = -inf
        for k in range(at.first, at.first + at.K):
            if k != at.first + p:
                anchor = max(anchor, value[k])
        before, before_worth = softmax_sums(value, at.first, at.first + p, anchor, at.beta)
        after, after_worth = softmax_sums(value, at.first + p + 1, at.first + at.K, anchor, at.beta)
        rest, rest_worth = before + after, before_worth + after_worth
    earned_now = earned_then = 0.0
    if x >= bar:
        earned_now = at.weight * pay(reward, x, bar, rest, rest_worth, anchor, at.beta)
        if x == bar and earned_now != 0.0:
            earned_now *= tie_share(book, i, j, x)
    if c >= bar:
        earned_then = at.weight * pay(reward, c, bar, rest, rest_worth, anchor, at.beta)
        if c == bar and earned_then != 0.0:
            earned_then *= tie_share(book, i, j, c)
    return earned_now, earned_then


@compiled
def appraise(book: Book, reward: int, i: int, trial: np.ndarray) -> tuple[float, float]:
    """Return creator i's utility where it stands and at the strategy `trial` (d,)."""
    m = book.users.shape[1]
    then, where = np.empty(m), np.empty(m, np.int64)
    relevance_row(book, trial, then)
    return appraise_row(book, reward, i, then, where)


@compiled
def all_utilities(book: Book, reward: int, n: int, out: np.ndarray) -> None:
    """Write the utilities of the first `n` items into `out` (n,), user by user along the lists."""
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    relevance = np.empty(N)
    out[:] = 0.0
    for j in range(lists.shape[0]):
        at = lists[j]
        tied, share = at.K < N and at.kth == at.following, 1.0
        if tied and at.floor == at.kth:  # the tie may reach beyond the list: ask everybody
            relevance_column(book, j, relevance)
            for i in range(n):
                if relevance[i] >= at.kth:
                    out[i] += stakes(book, reward, i, j, -inf)[0]
            continue
        left_out = at.following if reward == LIFT and at.K < N else 0.0
        end = at.first + at.K
        if tied:  # those who share the last places stand in the top and on the bench
            end = at.first + at.length
            better = equal = 0
            for k in range(at.first, end):
                better += value[k] > at.kth
                equal += value[k] == at.kth
            share = (at.K - better) / equal
        for k in range(at.first, end):
            i, v = item[k], value[k]
            if i >= n or v < at.kth:
                continue
            if reward == CONTRIBUTION:
                bar, rest, rest_worth, exact = others(at, True, v)
                if exact:
                    out[i] += at.weight * pay(reward, v, bar, rest, rest_worth, at.anchor, at.beta)
                else:
                    out[i] += stakes(book, reward, i, j, -inf)[0]
                continue
            probability = exp((v - at.anchor) / at.beta) / at.total * (share if v == at.kth else 1.0)
            out[i] += at.weight * probability * (1.0 if reward == TRAFFIC else v - left_out)


# --- moves -------------------------------------------------------------------------------------------------


@compiled
def drop(
    at: Any, value: np.ndarray, item: np.ndarray, slot: np.ndarray, nowhere: int, j: int, position: int
) -> None:
    """Take the entry at a position of the bench off user j's list."""
    final = at.length - 1
    slot[item[at.first + position], j] = nowhere
    if position != final:
        put(at, value, item, slot, j, position, item[at.first + final], value[at.first + final])
    at.length = final


@compiled
def seat(
    at: Any, value: np.ndarray, item: np.ndarray, slot: np.ndarray, nowhere: int, j: int, i: int, v: float
) -> None:
    """Take item i with relevance v >= floor onto user j's bench; the lowest there gives way if it is full."""
    position = at.length
    if position < at.room:
        at.length += 1
    else:
        lowest = np.inf
        for k in range(at.K, at.length):
            if value[at.first + k] < lowest:
                position, lowest = k, value[at.first + k]
        if v <= lowest:
            at.floor = max(at.floor, v)
            slot[i, j] = nowhere
            return
        at.floor = max(at.floor, lowest)
        slot[item[at.first + position], j] = nowhere
    put(at, value, item, slot, j, position, i, v)
    if v > at.following:
        at.highest, at.following = position, v


@compiled
def replace(
    at: Any, value: np.ndarray, item: np.ndarray, slot: np.ndarray, nowhere: int, j: int, i: int, c: float
) -> tuple[float, float]:
    """Give creator i relevance c on user j's list, crossing bars as need be.

    Returns
    -------
    leaver, joiner : relevance that left the top and that joined it, equal where the top's values stay
    """
    p, kth = slot[i, j], at.kth
    if p == nowhere:
        if c <= kth:
            seat(at, value, item, slot, nowhere, j, i, c)
            return 0.0, 0.0
        out = item[at.first + at.lowest]
        put(at, value, item, slot, j, at.lowest, i, c)
        seat(at, value, item, slot, nowhere, j, out, kth)
        find_lowest(at, value)
        return kth, c
    x = value[at.first + p]
    if p < at.K:
        if c >= at.following:  # stays in the top
            value[at.first + p] = c
            if c < kth:
                at.lowest, at.kth = p, c
            elif p == at.lowest:
                find_lowest(at, value)
            return x, c
        joiner, bench = at.following, at.highest
        put(at, value, item, slot, j, p, item[at.first + bench], joiner)
        at.lowest, at.kth = p, joiner  # none in the top is lower than the best of the bench was
        put(at, value, item, slot, j, bench, i, c)
        if c < at.floor:  # somebody outside may be better
            drop(at, value, item, slot, nowhere, j, bench)
        if at.length > at.K:
            find_highest(at, value)
        return x, joiner
    if c > kth:  # from the bench to the top
        out = item[at.first + at.lowest]
        put(at, value, item, slot, j, at.lowest, i, c)
        put(at, value, item, slot, j, p, out, kth)
        at.highest, at.following = p, kth
        find_lowest(at, value)
        return kth, c
    if c < at.floor:
        drop(at, value, item, slot, nowhere, j, p)
        if at.length > at.K:
            find_highest(at, value)
        return 0.0, 0.0
    value[at.first + p] = c
    if c > at.following:
        at.highest, at.following = p, c
    elif p == at.highest:
        find_highest(at, value)
    return 0.0, 0.0


@compiled
def move_row(book: Book, i: int, strategy: np.ndarray, then: np.ndarray, where: np.ndarray) -> None:
    """Move creator i to `strategy` (d,), where its relevance is the row `then` (m,).

    `where` (m,) is scratch.
    """
    lists, value, item, slot, slots = book.lists, book.value, book.item, book.slot, book.slot[i]
    nowhere, entry, floor = book.nowhere, book.entry, book.floor
    leavers, joiners, users = np.empty(BATCH), np.empty(BATCH), np.empty(BATCH, np.int64)
    e_leavers, e_joiners = np.empty(BATCH), np.empty(BATCH)
    N, unsettled = book.strategies.shape[0], 0
    for k in range(strategy.shape[0]):
        book.strategies[i, k] = strategy[k]
    count = reached(slots, nowhere, floor, then, where)
    for start in range(0, count, BATCH):
        size = 0
        for t in range(start, min(start + BATCH, count)):
            j = where[t]
            at = lists[j]
            if at.K < N:
                leaver, joiner = replace(at, value, item, slot, nowhere, j, i, then[j])
                floor[j] = at.floor
                entry[j] = -inf if at.floor == at.kth else at.kth
            else:
                p = at.first + slots[j]
                leaver, joiner = value[p], then[j]
                value[p] = joiner
            short = at.length < min(at.K + 1, N)
            if short or joiner > at.anchor + at.beta:
                # Rare, and handing the book on costs a reference count an array: so in a loop of its own.
                where[unsettled] = j
                unsettled += 1
            elif leaver != joiner:
                users[size], leavers[size], joiners[size] = j, leaver, joiner
                e_leavers[size] = (leaver - at.anchor) / at.beta
                e_joiners[size] = (joiner - at.anchor) / at.beta
                size += 1
        for k in range(size):
            e_leavers[k], e_joiners[k] = power(e_leavers[k]), power(e_joiners[k])
        for k in range(size):
            at = lists[users[k]]
            at.total += e_joiners[k] - e_leavers[k]
            at.worth += joiners[k] * e_joiners[k] - leavers[k] * e_leavers[k]
            if at.total < TOO_SMALL:
                where[unsettled] = users[k]
                unsettled += 1
    for t in range(unsettled):
        settle_list(book, where[t])


@compiled
def move(book: Book, i: int, strategy: np.ndarray) -> None:
    """Move creator i to `strategy` (d,)."""
    m = book.users.shape[1]
    then, where = np.empty(m), np.empty(m, np.int64)
    relevance_row(book, strategy, then)
    move_row(book, i, strategy, then, where)


@compiled
def project(sets: Sets, i: int, point: np.ndarray, out: np.ndarray) -> None:
    """Write the projection of `point` (d,) onto creator i's strategy set into `out` (d,)."""
    d = point.shape[0]
    if sets.kind[i] == CATALOGUE:
        nearest, least = sets.begin[i], inf
        for item in range(sets.begin[i], sets.end[i]):
            squared = 0.0
            for k in range(d):
                gap = sets.items[item, k] - point[k]
                squared += gap * gap
                if squared >= least:
                    break
            if squared < least:
                nearest, least = item, squared
        for k in range(d):
            out[k] = sets.items[nearest, k]
        return
    factor = 1.0
    if sets.kind[i] == BALL:
        squared = 0.0
        for k in range(d):
            squared += point[k] * point[k]
        norm = sqrt(squared)
        if norm > sets.radius[i]:
            factor = sets.radius[i] / norm
    for k in range(d):
        out[k] = point[k] * factor


@compiled
def differs(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether two points (d,) differ."""
    for k in range(a.shape[0]):
        if a[k] != b[k]:
            return True
    return False


@compiled
def respond_all(
    book: Book,
    sets: Sets,
    reward: int,
    evaluation: int,
    eta: np.ndarray,
    order: np.ndarray,
    directions: np.ndarray,
    accepted: np.ndarray,
) -> None:
    """Let every creator of `order` try its direction once: Algorithm 2, one creator after the other.

    `directions` is (n, d); `accepted` (n,) is filled with whether each creator moved.
    """
    d, m = book.users.shape
    then, where = np.empty(m), np.empty(m, np.int64)
    candidate, landing = np.empty(d), np.empty(d)
    for i in order:
        for k in range(d):
            candidate[k] = book.strategies[i, k] + eta[i] * directions[i, k]
        project(sets, i, candidate, landing)
        if evaluation == PROJECTED and not differs(landing, book.strategies[i]):
            accepted[i] = True  # it pays no less where it stands already
            continue
        relevance_row(book, candidate if evaluation == PRINTED else landing, then)
        utility_now, utility_then = appraise_row(book, reward, i, then, where)
        accepted[i] = utility_then >= utility_now
        if accepted[i]:
            if evaluation == PRINTED and differs(landing, candidate):
                relevance_row(book, landing, then)
            move_row(book, i, landing, then, where)


# --- what users get ----------------------------------------------------------------------------------------


@compiled
def exact_probabilities(
    book: Book, j: int, beta: float, K: int, relevance: np.ndarray, out: np.ndarray
) -> None:
    """Write everybody's relevance and Eq. (1) at user j, its list sorted, into two arrays (N,); ties share."""
    N = book.strategies.shape[0]
    best = book.value[book.lists[j].first]
    bar = book.value[book.lists[j].first + K - 1]
    better = equal = 0
    relevance_column(book, j, relevance)
    for i in range(N):
        better += relevance[i] > bar
        equal += relevance[i] == bar
    share, total = (K - better) / equal, 0.0
    for i in range(N):
        out[i] = 0.0
        if relevance[i] >= bar:
            out[i] = exp((relevance[i] - best) / beta) * (share if relevance[i] == bar else 1.0)
        total += out[i]
    for i in range(N):
        out[i] /= total


@compiled
def receive(
    book: Book,
    beta: np.ndarray,
    K: np.ndarray,
    pi: np.ndarray,
    until: int,
    utility: np.ndarray,
    breadth: np.ndarray,
) -> None:
    """Write each user's expected utility and effective number of creators under the terms `beta`, `K` (m,).

    Parameters
    ----------
    pi : (m, N) array, or (0, 0) where utility is relevance
    until : int
        Items from here on count nothing (static items, when their matches are left out); N counts all.
    utility, breadth : (m,) arrays, written: sum of P * pi (Eqs. 2, 3), and 1 / sum of P^2
    """
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    relevance, probability = np.empty(N), np.empty(N)
    plain, all_count = pi.shape[0] == 0, until == N
    for j in range(lists.shape[0]):
        at, length = lists[j], K[j]
        if length == at.K or length == N:  # the top, or everybody, in any order
            tied = length < N and at.kth == at.following
            relevance[:length] = value[at.first : at.first + length]
        elif plain and all_count:  # who is who does not matter
            highest_values(at, value, length + 1, relevance)
            tied = relevance[length - 1] == relevance[length]
        else:
            sort_list(book, j)
            tied = value[at.first + length - 1] == value[at.first + length]
            relevance[:length] = value[at.first : at.first + length]
        if tied and not (plain and all_count):
            sort_list(book, j)
            exact_probabilities(book, j, beta[j], length, relevance, probability)
            total, gained, squares = 1.0, 0.0, 0.0
            for i in range(N):
                squares += probability[i] * probability[i]
                if i < until:
                    gained += probability[i] * (relevance[i] if plain else pi[j, i])
        else:
            best, sharpness = relevance[:length].max(), 1.0 / beta[j]
            for k in range(length):
                probability[k] = power((relevance[k] - best) * sharpness)
            total = gained = squares = 0.0
            for k in range(length):
                e, i = probability[k], item[at.first + k]
                total += e
                squares += e * e
                if all_count or i < until:
                    gained += e * (relevance[k] if plain else pi[j, i])
            if tied:
                bar = relevance[:length].min()
                squares -= shared_squares(book, j, length, bar, power((bar - best) * sharpness))
        utility[j] = gained / total
        breadth[j] = total * total / squares


@compiled
def highest_values(at: Any, value: np.ndarray, count: int, out: np.ndarray) -> None:
    """Write the highest `count` relevances of a user's list into `out`, falling."""
    size = 0
    for k in range(at.first, at.first + at.length):
        v = value[k]
        if size == count:
            if v <= out[size - 1]:
                continue
            size -= 1
        place = size
        while place > 0 and out[place - 1] < v:
            out[place] = out[place - 1]
            place -= 1
        out[place] = v
        size += 1


@compiled
def shared_squares(book: Book, j: int, K: int, bar: float, e: float) -> float:
    """Return by how much sharing the places at the K-th relevance `bar` lowers the sum of e^2."""
    at, value = book.lists[j], book.value
    better = equal = 0
    if at.floor < bar:
        for k in range(at.first, at.first + at.length):
            better += value[k] > bar
            equal += value[k] == bar
    else:
        relevance = np.empty(book.strategies.shape[0])
        relevance_column(book, j, relevance)
        for i in range(relevance.shape[0]):
            better += relevance[i] > bar
            equal += relevance[i] == bar
    places = K - better
    return places * e * e * (1.0 - places / equal)
