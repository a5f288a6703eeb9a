"""What a creator earns where it stands and at a place it tries, and Algorithm 2, by which all creators move."""

from __future__ import annotations

from math import exp, inf, isfinite, sqrt
from typing import Any

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import (
    BALL,
    CATALOGUE,
    DISTANCE,
    FLOOR,
    KTH,
    LIFT,
    LISTED,
    MIDDLE,
    NEARBY,
    PROJECTED,
    RELEVANCE,
    TRAFFIC,
    Book,
    Costs,
    Sets,
    Turn,
)
from ecosystem.market.lists import note, place, power, relevance, relevance_at, settle, ties
from ecosystem.market.reward_kernels import price
from ecosystem.market.screen import RUN, Desk, bound, flagged, lanes, new_desk, scale_of, scan

TOO_SMALL = 0.1  # a softmax sum below this has strayed from its anchor: sum afresh


# --- exactly, user by user -------------------------------------------------------------------------------


@compiled
def pay(reward: int, v: float, bar: float, total: float, worth: float, best: float, beta: float) -> float:
    """Return P * R at relevance v >= bar: Eqs. (1) and (4) for one user.

    The others' first K - 1 hold the softmax sum `total`, and `worth` of relevance * e, with e = 1 at the `best` of
    them; `bar` is their K-th relevance. At v == bar the place is shared: see `tie_share`.
    """
    e, scale = 1.0, 1.0
    if total == 0.0:
        scale = 0.0
    elif v > best:
        scale = exp((best - v) / beta)
    else:
        e = exp((v - best) / beta)
    probability = e / (total * scale + e)
    if reward == RELEVANCE:
        return probability * v
    if reward == TRAFFIC:
        return probability
    if reward == LIFT:
        return probability * (v - bar if bar > -inf else v)
    if v == bar:  # a tied creator replaces an equal: users would lose nothing
        return 0.0
    if bar == -inf:
        without = worth / total if total > 0.0 else 0.0
    elif total == 0.0:
        without = bar
    else:
        replacing = exp((bar - best) / beta)
        without = (worth + bar * replacing) / (total + replacing)
    return (worth * scale + v * e) / (total * scale + e) - without


@compiled
def earnings(
    book: Book, reward: int, rule: Any, i: int, places: np.ndarray, candidate: np.ndarray, out: np.ndarray
) -> None:
    """Write what creator i earns from the users at `places` (u,), where it stands and at `candidate` (d,).

    A function of where everybody stands alone, whatever happened before. `out` is (2, u) or wider.
    """
    lists, users, value, item, N = book.lists, book.users, book.value, book.item, book.strategies.shape[0]
    sigma, here, W = book.sigma, book.strategies[i], book.value.shape[1]
    others, e, room = np.empty(W), np.empty(W), np.empty((3, W))  # the others' first K - 1
    for r in range(places.shape[0]):
        p = np.uint64(places[r])
        at = lists[p]
        x, c = relevance_at(sigma, users, p, here), relevance_at(sigma, users, p, candidate)
        count, k, bar = 0, 0, -inf
        while count < at.K - 1:
            others[count] = value[p, k]
            count += item[p, k] != i
            k += 1
        if at.K < N:
            bar = value[p, k + (item[p, k] == i)]
        out[0, r] = out[1, r] = 0.0
        if x < bar and c < bar:
            continue
        best, total, worth = others[0] if count > 0 else 0.0, 0.0, 0.0
        for k in range(count):
            e[k] = power((others[k] - best) * at.sharpness)
        for k in range(count):
            total += e[k]
            worth += others[k] * e[k]
        for trial in range(2):
            v = x if trial == 0 else c
            if v < bar:
                continue
            if reward == LISTED:
                earned = price(rule, others[:count], e, v, bar, at.beta, room)
            else:
                earned = pay(reward, v, bar, total, worth, best, at.beta)
            if v == bar and earned != 0.0:
                earned *= tie_share(book, p, x, v)
            out[trial, r] = at.weight * earned


@compiled
def tie_share(book: Book, p: int, x: float, v: float) -> float:
    """Return the share of a place that a creator of relevance x has when it is tied, at relevance v, at the K-th."""
    above, equal = ties(book, p, v)
    return (book.lists[p].K - above + (x > v)) / (equal - (x == v) + 1)


# --- over all users --------------------------------------------------------------------------------------


@compiled
def trial(
    book: Book,
    reward: int,
    rule: Any,
    i: int,
    candidate: np.ndarray,
    exact: bool,
    desk: Desk,
    sums: np.ndarray,
) -> None:
    """Write what creator i earns where it stands, and at `candidate` (d,), into `sums` (T, 3), tile by tile.

    Beside the two stands a bound on the error of their difference: 0 where the trial is `exact`.
    """
    screen, here, there, figures = book.screen, desk.here, desk.there, desk.figures
    strategies = book.strategies[i], candidate
    words = desk.flags.view(np.uint64)
    for t in range(book.tiles.shape[0]):
        tile, odd = book.tiles[t], 0
        slacks = scan(book, t, strategies, (MIDDLE, KTH), desk)
        now = then = strain = chance = count = 0.0
        if exact or reward == LISTED:
            odd = flagged(book, t, desk)
        else:
            scale, groups, g = scale_of(book, slacks), (tile.stop - tile.begin) // 8, 0
            while g < groups:
                if words[g] == 0:
                    g += 1
                    continue
                j, g = 8 * g, g + 1
                while g < groups and words[g] != 0 and 8 * g - j < RUN:
                    g += 1
                step = 8 * g - j
                while j < 8 * g:
                    some = lanes(screen, here, there, reward, scale, tile.begin, j, j + step)
                    if some[5] > 0 and step > 1:  # rare: find who is unsure
                        step = 8 if step > 8 else 1
                        continue
                    if some[5] > 0 and tile.begin + j < tile.end:
                        desk.where[odd] = tile.begin + j
                        odd += 1
                    now += some[0]
                    then += some[1]
                    strain += some[2]
                    chance += some[3]
                    count += some[4]
                    j += step
                    if step == 1 and j % 8 == 0:
                        step = 8
        sums[t, 0], sums[t, 1] = tile.weight * now, tile.weight * then
        sums[t, 2] = tile.weight * bound(book, t, reward, slacks, strain, chance, count)
        if odd > 0:
            earnings(book, reward, rule, i, desk.where[:odd], candidate, figures)
            for k in range(odd):
                sums[t, 0] += figures[0, k]
                sums[t, 1] += figures[1, k]


@compiled
def prospects(book: Book, reward: int, rule: Any, i: int, candidates: np.ndarray, out: np.ndarray) -> None:
    """Write what creator i would earn at each of `candidates` (k, d) into `out` (k,): see `trial`."""
    desk, sums = new_desk(book), np.empty((book.tiles.shape[0], 3))
    for k in range(candidates.shape[0]):
        trial(book, reward, rule, i, candidates[k], True, desk, sums)
        out[k] = 0.0
        for t in range(sums.shape[0]):
            out[k] += sums[t, 1]


@compiled
def concerned(book: Book, t: int, i: int, candidate: np.ndarray, desk: Desk) -> np.ndarray:
    """Return the places of tile t's users who may pay creator i where it stands, or at `candidate` (d,)."""
    scan(book, t, (book.strategies[i], candidate), (MIDDLE, KTH), desk)
    return desk.where[: flagged(book, t, desk)].astype(np.int64)


@compiled
def costs_of(costs: Costs, i: int, here: np.ndarray, point: np.ndarray) -> tuple[float, float]:
    """Return what creator i pays for standing `here` (d,), and for moving to `point` (d,) and standing there."""
    if costs.moving == 0.0 and costs.home == 0.0:
        return 0.0, 0.0
    moved = from_home = would = 0.0
    for k in range(here.shape[0]):
        home = costs.homes[i, k]
        moved += (point[k] - here[k]) ** 2
        from_home += (here[k] - home) ** 2
        would += (point[k] - home) ** 2
    return costs.home * sqrt(from_home), costs.moving * sqrt(moved) + costs.home * sqrt(would)


@compiled
def verdict(sums: np.ndarray, cost: tuple[float, float] = (0.0, 0.0), strict: bool = False) -> int:
    """Return 1 where a creator is better off by a trial's sums (T, 3) less its costs, 0 where not, -1 if unsure.

    Better off is who has no less than before, and where `strict` more.
    """
    now = then = off = 0.0
    for t in range(sums.shape[0]):
        now += sums[t, 0]
        then += sums[t, 1]
        off += sums[t, 2]
    scale = abs(now) + abs(then) + cost[0] + cost[1]
    now, then = now - cost[0], then - cost[1]
    if off != 0.0 and not abs(then - now) > off + 1e-12 * scale:  # NaN is unsure
        return -1
    return 1 if then > now or (then == now and not strict) else 0


@compiled
def move(book: Book, i: int, landing: np.ndarray, desk: Desk) -> None:
    """Move creator i to `landing` (d,)."""
    lists, value, item, users = book.lists, book.value, book.item, book.users
    words = desk.flags.view(np.uint64)
    sigma, screen, zero_pays, N = book.sigma, book.screen, book.zero_pays, book.strategies.shape[0]
    where, figures, here = desk.where, desk.figures, book.strategies[i].copy()
    C, LEAVER, JOINER, E_LEAVER, E_JOINER = 0, 1, 2, 3, 4  # rows of the figures
    book.strategies[i, :] = landing
    for t in range(book.tiles.shape[0]):
        first, groups, g = np.uint64(book.tiles[t].begin), (book.tiles[t].stop - book.tiles[t].begin) // 8, 0
        scan(book, t, (here, landing), (FLOOR, FLOOR), desk)
        while g < groups:  # relevance of the landing, for all users of a run at once
            start = g
            while g < groups and words[g] != 0:
                g += 1
            begin, end = np.uint64(8 * start), np.uint64(8 * g)
            for j in range(begin, end):
                figures[C, j] = 0.0
            for k in range(here.shape[0] if end > begin else 0):
                c = landing[k]
                if sigma[0] == DISTANCE:
                    for j in range(begin, end):
                        figures[C, j] += (users[k, j + first] - c) * (users[k, j + first] - c)
                else:
                    for j in range(begin, end):
                        figures[C, j] += users[k, j + first] * c
            for j in range(begin, end):
                figures[C, j] = relevance(sigma, figures[C, j])
            g += 1
        count, unsettled = flagged(book, t, desk), 0
        for k in range(count):
            p = where[k]
            c, at = figures[C, p - first], lists[p]
            kth, following = at.kth, at.following
            x = place(at, value, item, book.room, p, i, c)
            # The top loses the creator, or its K-th, and gets the best of who may come in their place.
            leaver, joiner = (x, max(c, following)) if x >= kth else (kth, max(c, kth))
            figures[LEAVER, k], figures[JOINER, k] = leaver - at.anchor, joiner - at.anchor
            figures[E_LEAVER, k] = (leaver - at.anchor) * at.sharpness
            figures[E_JOINER, k] = (joiner - at.anchor) * at.sharpness
            if at.length < min(at.K + 1, N):
                figures[E_JOINER, k] = inf
            elif at.K < N:
                at.kth, at.following = value[p, at.K - 1], value[p, at.K]
        for k in range(count):
            figures[C, k] = figures[E_JOINER, k]
            figures[E_LEAVER, k] = power(figures[E_LEAVER, k])
            figures[E_JOINER, k] = power(figures[E_JOINER, k])
        for k in range(count):
            p = where[k]
            at = lists[p]
            at.total += figures[E_JOINER, k] - figures[E_LEAVER, k]
            at.worth += figures[JOINER, k] * figures[E_JOINER, k] - figures[LEAVER, k] * figures[E_LEAVER, k]
            if figures[C, k] > 1.0 or not at.total >= TOO_SMALL:
                where[unsettled] = p
                unsettled += 1
            else:
                note(screen, sigma, zero_pays, at, p)
        for k in range(unsettled):
            settle(book, where[k])


# --- Algorithm 2 -----------------------------------------------------------------------------------------


@compiled
def allowed(sets: Sets, i: int, points: np.ndarray, out: np.ndarray) -> None:
    """Write which of `points` (k, d) are in creator i's strategy set, but for rounding, into `out` (k,)."""
    landing = np.empty(points.shape[1])
    for k in range(points.shape[0]):
        project(sets, i, points[k], landing)
        out[k] = True
        for c in range(points.shape[1]):
            out[k] = out[k] and abs(landing[c] - points[k, c]) <= 1e-9


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
    for k in range(d):
        out[k] = point[k]
    if sets.kind[i] == BALL:
        shorten(out, sets.radius[i])
    elif sets.kind[i] == NEARBY:
        project_nearby(sets.items[sets.begin[i]], sets.distance[i], sets.radius[i], point, out)


@compiled
def length(vector: np.ndarray) -> float:
    """Return how long `vector` (d,) is."""
    squared = 0.0
    for k in range(vector.shape[0]):
        squared += vector[k] * vector[k]
    return sqrt(squared)


@compiled
def shorten(vector: np.ndarray, longest: float) -> None:
    """Make `vector` (d,) no longer than that."""
    norm = length(vector)
    if norm > longest:
        factor = longest / norm
        for k in range(vector.shape[0]):
            vector[k] *= factor


@compiled
def project_nearby(
    centre: np.ndarray, distance: float, radius: float, point: np.ndarray, out: np.ndarray
) -> None:
    """Write the projection of `point` (d,) onto a `Nearby` into `out` (d,), as it does it."""
    inside = 1 + 1e-12
    shorten(out, radius)
    if length(out - centre) <= distance * inside:
        return
    out[:] = point - centre
    shorten(out, distance)
    out += centre
    if length(out) <= radius * inside:
        return
    far = length(centre)
    axis = centre / far
    height, along = (radius**2 - distance**2 + far**2) / (2 * far), 0.0
    for k in range(point.shape[0]):
        along += point[k] * axis[k]
    aside = point - along * axis
    rim = sqrt(max(radius**2 - height**2, 0.0))
    out[:] = height * axis + rim / length(aside) * aside


@compiled
def respond(
    book: Book,
    sets: Sets,
    reward: int,
    rule: Any,
    turn: Turn,
    accepted: np.ndarray,
    moved: np.ndarray,
) -> bool:
    """Let every creator of a turn try its direction once: Algorithm 2, one creator after the other.

    `accepted` (n,) is filled with whether each creator's step was, `moved` (n,) with whether it led elsewhere.

    Returns
    -------
    bool
        Whether everybody was paid numbers; if not, the rest of `order` stands still.
    """
    desk, sums = new_desk(book), np.empty((book.tiles.shape[0], 3))
    eta, directions = turn.eta, turn.directions
    candidate, landing = np.empty(directions.shape[1]), np.empty(directions.shape[1])
    for i in turn.order:
        candidate[:] = book.strategies[i] + eta[i] * directions[i]  # line 3: a step along its direction
        project(sets, i, candidate, landing)  # line 5
        if turn.evaluation == PROJECTED:
            candidate[:] = landing
            if np.array_equal(landing, book.strategies[i]):
                accepted[i] = not turn.strict  # it pays no less where it stands already
                continue
        cost = costs_of(turn.costs, i, book.strategies[i], candidate)
        answer, exact = -1, False
        while answer < 0:  # line 4: does it pay no less?
            trial(book, reward, rule, i, candidate, exact, desk, sums)
            answer, exact = verdict(sums, cost, turn.strict), True
        if reward == LISTED and not isfinite(sums[:, :2].sum()):
            return False
        accepted[i] = answer == 1
        if accepted[i]:
            moved[i] = not np.array_equal(landing, book.strategies[i])
            move(book, i, landing, desk)
    return True
