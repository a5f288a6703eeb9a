"""The compiled hot loops: candidate lists kept up to date move by move.

What the market keeps for each user is a *list*: the most relevant items, sorted, a few more than K. Since
it is sorted, its first K entries are the top K under any terms. Softmax sums depend only on the values in
it, never on who holds them, so a creator's standing follows from its own relevance and two values of the
list: the K-th and the (K+1)-th.

Exact ties are kept exact: relevance is computed one dimension after the other (never by a matrix product),
so identical strategies have identical relevance, to the bit, wherever it is computed.

Everything here is a plain function on arrays; only this module imports numba.
"""

from __future__ import annotations

from math import exp, inf, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

DISTANCE, DOT = 0, 1
RELEVANCE, TRAFFIC, LIFT, CONTRIBUTION = 0, 1, 2, 3
FREE, BALL, CATALOGUE = 0, 1, 2
PRINTED, PROJECTED = 0, 1

BLOCK = 1024  # users per pass of `relevance_row`, so that the running sums stay in the first cache
NEARLY_ALL = 1e-3  # a best entry leaving less than this of the softmax sum: subtracting it loses digits


LIST = np.dtype(
    [
        ("first", np.int64),  # where the list begins in `value` and `item`
        ("room", np.int32),  # how many entries fit
        ("length", np.int32),  # how many are filled
        ("K", np.int32),  # terms that pay is computed on
        ("spare", np.int32),
        ("beta", np.float64),
        ("weight", np.float64),  # mass times reward weight
        ("kth", np.float64),  # K-th, (K+1)-th and last relevance on the list,
        ("following", np.float64),  # -inf where nobody is left out
        ("last", np.float64),
        ("anchor", np.float64),  # a relevance within beta of the best: no exponential under- or overflows
        ("total", np.float64),  # sums of e and of relevance * e over the first K entries,
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
    value, item : relevance and item of all lists' entries; each list sorted by falling relevance
    kth, last : (m,) copies of the records' fields, for the passes over all users
    """

    kind: int
    origin: float
    slope: float
    users: np.ndarray
    strategies: np.ndarray
    lists: np.ndarray
    value: np.ndarray
    item: np.ndarray
    kth: np.ndarray
    last: np.ndarray


class Sets(NamedTuple):
    """Strategy sets of all creators: kind and radius (n,), and items[begin[i]:end[i]] of catalogues."""

    kind: np.ndarray
    radius: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    items: np.ndarray


_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def relevance_row(book, s, out):
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


@_compiled
def relevance_column(book, j, out):
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


# --- one user's list -------------------------------------------------------------------------------------


@_compiled
def rebuild_list(book, j):
    """Fill user j's list from scratch."""
    at, value, item, N = book.lists[j], book.value, book.item, book.strategies.shape[0]
    relevance = np.empty(N)
    relevance_column(book, j, relevance)
    base, end = at.first, at.first
    limit = base + at.room
    for i in range(N):
        v = relevance[i]
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
    at.length = end - base


@_compiled
def mark_places(book, j):
    """Read the K-th, (K+1)-th and last relevance off user j's list."""
    at, value, N = book.lists[j], book.value, book.strategies.shape[0]
    # With everybody listed, a newcomer pushes nobody out and nobody waits outside: the bars are -inf.
    at.kth = value[at.first + at.K - 1] if at.K < N else -inf
    at.following = value[at.first + at.K] if at.K < N else -inf
    at.last = value[at.first + at.length - 1] if at.length < N else -inf
    book.kth[j], book.last[j] = at.kth, at.last


@_compiled
def sum_list(at, value):
    """Sum a list's softmax afresh, anchored at its best entry."""
    at.anchor = value[at.first]
    at.total, at.worth = softmax_sums(value, at.first, at.first + at.K, at.anchor, at.beta)


@_compiled
def softmax_sums(value, begin, end, anchor, beta):
    """Return the sums of e and of relevance * e over `value[begin:end]`, e = exp((value - anchor) / beta)."""
    total = worth = 0.0
    for k in range(begin, end):
        e = exp((value[k] - anchor) / beta)
        total += e
        worth += value[k] * e
    return total, worth


@_compiled
def settle_list(book, j):
    """Bring all that the book says of user j in line with its list, rebuilt if it has run short."""
    if book.lists[j].length < min(book.lists[j].K + 1, book.strategies.shape[0]):
        rebuild_list(book, j)
    mark_places(book, j)
    sum_list(book.lists[j], book.value)


@_compiled
def settle_lists(book, shallow):
    """Settle every list, after rebuilding those flagged in `shallow` (m,)."""
    for j in range(shallow.shape[0]):
        if shallow[j]:
            rebuild_list(book, j)
        settle_list(book, j)


@_compiled
def copy_lists(old, new):
    """Copy every list of `old` into the roomier layout of `new`."""
    for j in range(old.lists.shape[0]):
        here, there = old.lists[j], new.lists[j]
        for k in range(here.length):
            new.value[there.first + k] = old.value[here.first + k]
            new.item[there.first + k] = old.item[here.first + k]


# --- what a creator earns ----------------------------------------------------------------------------------


@_compiled
def tie_share(book, i, j, v):
    """Return the share of a place that creator i has at user j when tied, at relevance v, at the K-th place."""
    at, value, N = book.lists[j], book.value, book.strategies.shape[0]
    better, equal = 0, 1
    if at.length == N or value[at.first + at.length - 1] < v:  # all who are tied are on the list
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


@_compiled
def others(at, x):
    """Return how a user's list looks to a creator whose relevance there is now x.

    Returns
    -------
    bar : the others' K-th relevance: above it a place is the creator's alone, at it the place is shared
    rest, rest_worth : sums of e and of relevance * e over the others' first K - 1
    anchor : the relevance these e are relative to
    exact : False if the creator is so far ahead that the difference `rest` has lost its digits
    """
    if x < at.kth:  # not listed: the K-th would have to go
        bar, leaver = at.kth, at.kth
    else:
        bar, leaver = at.following, x
    if at.K == 1:
        return bar, 0.0, 0.0, -inf, True
    e = exp((leaver - at.anchor) / at.beta)
    rest = at.total - e
    return bar, rest, at.worth - leaver * e, at.anchor, rest >= NEARLY_ALL * at.total


@_compiled
def pay(reward, v, bar, rest, rest_worth, anchor, beta):
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


@_compiled
def reached(bars, now, then, where):
    """Write the users whose bar one of two relevance rows reaches into `where` (m,); return how many."""
    count = 0
    for j in range(bars.shape[0]):
        where[count] = j  # without a branch: which users these are cannot be predicted
        count += (now[j] >= bars[j]) | (then[j] >= bars[j])
    return count


@_compiled
def appraise_rows(book, reward, i, now, then, where):
    """Return creator i's utility at its present relevance row `now` (m,) and at a candidate's, `then` (m,).

    `where` (m,) is scratch.
    """
    lists = book.lists
    utility_now = utility_then = 0.0
    awkward = 0
    for t in range(reached(book.kth, now, then, where)):
        j = where[t]
        at, x, c = lists[j], now[j], then[j]
        bar, rest, rest_worth, anchor, exact = others(at, x)
        if x == bar or c == bar or not exact:
            # Ties and lost digits are rare, and handing the book on costs a reference count an array: they
            # wait for the second loop.
            where[awkward] = j
            awkward += 1
            continue
        if x >= at.kth:
            utility_now += at.weight * pay(reward, x, bar, rest, rest_worth, anchor, at.beta)
        if c >= bar:
            utility_then += at.weight * pay(reward, c, bar, rest, rest_worth, anchor, at.beta)
    for t in range(awkward):
        j = where[t]
        earned_now, earned_then = stakes(book, reward, i, j, now[j], then[j])
        utility_now += earned_now
        utility_then += earned_then
    return utility_now, utility_then


@_compiled
def stakes(book, reward, i, j, x, c):
    """Return what creator i earns at user j with relevance x, as now, and what with c; exact in every case."""
    at, value = book.lists[j], book.value
    bar, rest, rest_worth, anchor, exact = others(at, x)
    if not exact:  # creator i is the best: sum the others, the next best leading
        anchor = value[at.first + 1]
        rest, rest_worth = softmax_sums(value, at.first + 1, at.first + at.K, anchor, at.beta)
    earned_now = earned_then = 0.0
    if x >= at.kth:
        earned_now = at.weight * pay(reward, x, bar, rest, rest_worth, anchor, at.beta)
        if x == bar:
            earned_now *= tie_share(book, i, j, x)
    if c >= bar:
        earned_then = at.weight * pay(reward, c, bar, rest, rest_worth, anchor, at.beta)
        if c == bar:
            earned_then *= tie_share(book, i, j, c)
    return earned_now, earned_then


@_compiled
def appraise(book, reward, i, trial):
    """Return creator i's utility where it stands and at the strategy `trial` (d,)."""
    m = book.users.shape[1]
    now, then, where = np.empty(m), np.empty(m), np.empty(m, np.int64)
    relevance_row(book, book.strategies[i], now)
    relevance_row(book, trial, then)
    return appraise_rows(book, reward, i, now, then, where)


@_compiled
def all_utilities(book, reward, n, out):
    """Write the utilities of the first `n` items into `out` (n,), user by user along the lists."""
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    relevance = np.empty(N)
    out[:] = 0.0
    for j in range(lists.shape[0]):
        at = lists[j]
        if at.K < N and at.kth == at.following:  # a tie may reach beyond the list: ask everybody
            relevance_column(book, j, relevance)
            for i in range(n):
                x = relevance[i]
                if x >= at.kth:
                    out[i] += stakes(book, reward, i, j, x, x)[0]
            continue
        left_out = at.following if reward == LIFT and at.K < N else 0.0
        for k in range(at.first, at.first + at.K):
            i, v = item[k], value[k]
            if i >= n:
                continue
            if reward == CONTRIBUTION:
                out[i] += stakes(book, reward, i, j, v, v)[0]
                continue
            probability = exp((v - at.anchor) / at.beta) / at.total
            out[i] += at.weight * probability * (1.0 if reward == TRAFFIC else v - left_out)


# --- moves -------------------------------------------------------------------------------------------------


@_compiled
def place(at, value, item, i, x, c):
    """Take creator i from relevance x to c on one user's list; return whether anything changed."""
    base, end = at.first, at.first + at.length
    k = end  # where creator i stands; the end if it is not on the list
    if x >= at.last:
        k = base
        while k < end and item[k] != i:
            k += 1
    if k == end:
        if c < at.last:
            return False
        if at.length == at.room:
            k -= 1
        else:
            end += 1
    if c >= x:
        while k > base and value[k - 1] < c:
            value[k], item[k] = value[k - 1], item[k - 1]
            k -= 1
    else:
        while k + 1 < end and value[k + 1] > c:
            value[k], item[k] = value[k + 1], item[k + 1]
            k += 1
    value[k], item[k] = c, i
    # Below everybody listed, somebody outside may be better: the list ends before creator i.
    at.length = end - base - (c < at.last)
    return True


@_compiled
def move_rows(book, i, strategy, now, then, where):
    """Move creator i to `strategy` (d,), its relevance going from the row `now` to `then` (m,).

    `where` (m,) is scratch.
    """
    # Handing the book on costs a reference count an array; so what is rare waits for a second loop.
    lists, value, item, all_kth, all_last = book.lists, book.value, book.item, book.kth, book.last
    N, unsettled = book.strategies.shape[0], 0
    for k in range(strategy.shape[0]):
        book.strategies[i, k] = strategy[k]
    for t in range(reached(all_last, now, then, where)):
        j = where[t]
        at, x, c = lists[j], now[j], then[j]
        if x == c or not place(at, value, item, i, x, c):
            continue
        kth, following, anchor, beta, K = at.kth, at.following, at.anchor, at.beta, at.K
        if abs(value[at.first] - anchor) > beta or at.length < min(K + 1, N):
            where[unsettled] = j
            unsettled += 1
            continue
        if K < N:
            at.kth, at.following = value[at.first + K - 1], value[at.first + K]
            all_kth[j] = at.kth
        at.last = value[at.first + at.length - 1] if at.length < N else -inf
        all_last[j] = at.last
        if x >= kth or c > kth:
            # One value of the top K gives way to another: i's old value, or the K-th that i pushes out.
            leaver = x if x >= kth else kth
            joiner = c if (c >= following or x < kth) else following
            e_leaver, e_joiner = exp((leaver - anchor) / beta), exp((joiner - anchor) / beta)
            at.total += e_joiner - e_leaver
            at.worth += joiner * e_joiner - leaver * e_leaver
    for t in range(unsettled):
        settle_list(book, where[t])


@_compiled
def move(book, i, strategy):
    """Move creator i to `strategy` (d,)."""
    m = book.users.shape[1]
    now, then, where = np.empty(m), np.empty(m), np.empty(m, np.int64)
    relevance_row(book, book.strategies[i], now)
    relevance_row(book, strategy, then)
    move_rows(book, i, strategy.copy(), now, then, where)


@_compiled
def project(sets, i, point, out):
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


@_compiled
def respond_all(book, sets, reward, evaluation, eta, order, directions, accepted):
    """Let every creator of `order` try its direction once: Algorithm 2, one creator after the other.

    `directions` is (n, d); `accepted` (n,) is filled with whether each creator moved.
    """
    d, m = book.users.shape
    now, then, where = np.empty(m), np.empty(m), np.empty(m, np.int64)
    candidate, landing = np.empty(d), np.empty(d)
    for i in order:
        for k in range(d):
            candidate[k] = book.strategies[i, k] + eta[i] * directions[i, k]
        project(sets, i, candidate, landing)
        relevance_row(book, book.strategies[i], now)
        relevance_row(book, candidate if evaluation == PRINTED else landing, then)
        utility_now, utility_then = appraise_rows(book, reward, i, now, then, where)
        accepted[i] = utility_then >= utility_now
        if accepted[i]:
            if evaluation == PRINTED:
                for k in range(d):
                    if landing[k] != candidate[k]:
                        relevance_row(book, landing, then)
                        break
            move_rows(book, i, landing, now, then, where)


# --- what users get ----------------------------------------------------------------------------------------


@_compiled
def exact_probabilities(book, j, beta, K, relevance, out):
    """Write everybody's relevance and Eq. (1) at user j into two arrays (N,); ties share as they should."""
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


@_compiled
def receive(book, beta, K, pi, until, utility, breadth):
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
    plain = pi.shape[0] == 0
    for j in range(lists.shape[0]):
        base = lists[j].first
        best = value[base]
        total = gained = squares = 0.0
        if K[j] < N and value[base + K[j] - 1] == value[base + K[j]]:
            exact_probabilities(book, j, beta[j], K[j], relevance, probability)
            for i in range(N):
                squares += probability[i] * probability[i]
                if i < until:
                    gained += probability[i] * (relevance[i] if plain else pi[j, i])
            total = 1.0
        else:
            for k in range(base, base + K[j]):
                e = exp((value[k] - best) / beta[j])
                total += e
                squares += e * e
                if item[k] < until:
                    gained += e * (value[k] if plain else pi[j, item[k]])
        utility[j] = gained / total
        breadth[j] = total * total / squares


# --- sampled matching --------------------------------------------------------------------------------------


@_compiled
def draw(book, beta, K, uniforms, items, utility):
    """Draw each user's match from Eq. (1) under the terms `beta`, `K` (m,): the item, and its relevance."""
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    relevance, probability = np.empty(N), np.empty(N)
    for j in range(lists.shape[0]):
        base = lists[j].first
        if K[j] < N and value[base + K[j] - 1] == value[base + K[j]]:
            exact_probabilities(book, j, beta[j], K[j], relevance, probability)
            i, passed = -1, 0.0
            for k in range(N):
                if probability[k] > 0.0:
                    i = k
                    passed += probability[k]
                    if uniforms[j] < passed:
                        break
            items[j], utility[j] = i, relevance[i]
            continue
        anchor = value[base]
        goal = uniforms[j] * softmax_sums(value, base, base + K[j], anchor, beta[j])[0]
        k, passed = base, 1.0
        while passed <= goal and k < base + K[j] - 1:
            k += 1
            passed += exp((value[k] - anchor) / beta[j])
        items[j], utility[j] = item[k], value[k]


@_compiled
def sampled_stakes(book, reward, i, trial, mass, users, u_now, u_then):
    """Return the mean pay of creator i over sampled requests, where it stands and at `trial` (d,).

    Request r is by ``users[r]``; it is matched with creator i if ``u_now[r]`` (or ``u_then[r]``) is below the
    matching probability, and then pays R times the user's reward weight.
    """
    m = book.users.shape[1]
    now, then = np.empty(m), np.empty(m)
    relevance_row(book, book.strategies[i], now)
    relevance_row(book, trial, then)
    paid_now = paid_then = 0.0
    for r in range(users.shape[0]):
        j = users[r]
        if mass[j] == 0.0:
            continue
        chance_now, chance_then = stakes(book, TRAFFIC, i, j, now[j], then[j])
        due_now, due_then = stakes(book, reward, i, j, now[j], then[j])
        weight = book.lists[j].weight
        # `stakes` carries mass times reward weight: a request has no mass, and its price is due / P.
        if weight > 0.0 and u_now[r] < chance_now / weight:
            paid_now += due_now / (chance_now / weight) / mass[j]
        if weight > 0.0 and u_then[r] < chance_then / weight:
            paid_then += due_then / (chance_then / weight) / mass[j]
    return paid_now / users.shape[0], paid_then / users.shape[0]
