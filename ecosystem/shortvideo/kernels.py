"""The compiled day of a short-video platform: requests in, impressions and likes out.

A request looks at every live item: the cold ones near enough to the top for this user and the best established
ones become candidates, and a slate of them is drawn one after the other with the probabilities of Eq. (1).

Everything here is a plain function on arrays; nothing else in this package imports numba.
"""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit

from ecosystem.market.book import DISTANCE

BINS = 512  # of the histogram that finds the k-th largest score
OUT = np.float32(-1e30)  # the score of a place that is not to be chosen
FOLDS = 32  # creators are dealt into this many folds, a bit each in `Tallies.topics`
LIKES, IMPRESSIONS, COLD, FRESH = 0, 1, 2, 3
COUNTS = 4


class Rules(NamedTuple):
    """What holds for everybody: relevance (as in `ecosystem.market.book.Book`), slates and what counts as cold."""

    kind: int
    origin: float
    slope: float
    slate: int
    established: int
    cold_hours: int
    cold_impressions: int
    life_hours: int
    fresh_hours: int
    reward_hours: int


class Items(NamedTuple):
    """All content ever made, in order of publication; rows are item numbers."""

    vector: np.ndarray  # (capacity, d) float32
    creator: np.ndarray
    topic: np.ndarray
    born: np.ndarray  # hour since the beginning
    impressions: np.ndarray
    reward: np.ndarray  # weighted likes while young


class Audience(NamedTuple):
    """Users, (m, d) float32, with the terms deployed for each, and the quarter of the traffic it counts in."""

    vector: np.ndarray
    share: np.ndarray  # of the cold pool that is retrieved
    beta: np.ndarray
    reward_weight: np.ndarray
    quarter: np.ndarray


class Tallies(NamedTuple):
    """What a day adds to: likes, impressions, cold and fresh impressions (`COUNTS` of them), and topics.

    `worth` is by creator and quarter of the traffic: expected counts less those of what would be shown instead.
    """

    user: np.ndarray  # (m, COUNTS)
    worth: np.ndarray  # (n, quarters and one for users of no group, COUNTS)
    reward: np.ndarray  # (n,) weighted likes today
    topics: np.ndarray  # (m, T) uint32: which folds of creators have shown this user that topic
    instead: np.ndarray  # (m, T) uint32: which folds have kept a content of that topic from this user
    delivered: np.ndarray  # (T,) impressions today


@njit(cache=True, nogil=True, error_model="numpy")
def largest(score: np.ndarray, begin: int, end: int, keep: int, chosen: np.ndarray) -> int:
    """Write the places of the `keep` largest of ``score[begin:end]`` to `chosen`; return how many there are.

    Scores of `OUT` are left out. Ties at the last place go to the lower place. The places come in no particular
    order.
    """
    low, high, n = np.float32(np.inf), OUT, 0
    for i in range(begin, end):
        s = score[i]
        if s > OUT:
            n += 1
            low = s if s < low else low
            high = s if s > high else high
    keep = min(keep, n)
    if keep <= 0:
        return 0
    # A histogram finds the bin the last place is in; only that bin is sorted.
    scale = (BINS - 1) / (high - low) if high > low else 0.0
    histogram = np.zeros(BINS, np.int64)
    for i in range(begin, end):
        if score[i] > OUT:
            histogram[int((score[i] - low) * scale)] += 1
    edge, above = BINS - 1, 0
    while above + histogram[edge] < keep:
        above += histogram[edge]
        edge -= 1
    on_edge = np.empty(histogram[edge], np.int64)
    filled, waiting = 0, 0
    for i in range(begin, end):
        if score[i] > OUT:
            bin_ = int((score[i] - low) * scale)
            if bin_ > edge:
                chosen[filled] = i
                filled += 1
            elif bin_ == edge:
                on_edge[waiting] = i
                waiting += 1
    order = np.argsort(-score[on_edge], kind="mergesort")
    for k in range(keep - filled):
        chosen[filled + k] = on_edge[order[k]]
    return keep


@njit(cache=True, nogil=True, error_model="numpy")
def retrieve(score: np.ndarray, begin: int, end: int, keep: int, chosen: np.ndarray) -> tuple[int, int]:
    """Write the places of the `keep` largest to `chosen` as `largest` does; return how many, and the next in line.

    The next in line is -1 where nothing is left.
    """
    n = largest(score, begin, end, keep + 1, chosen)
    if n <= keep:
        return n, -1
    last = 0
    for c in range(1, n):
        gap = score[chosen[c]] - score[chosen[last]]
        if gap < 0 or (gap == 0 and chosen[c] > chosen[last]):
            last = c
    following = chosen[last]
    chosen[last] = chosen[n - 1]
    return keep, following


@njit(cache=True, nogil=True, error_model="numpy")
def closeness(rules: Rules, x: np.ndarray, vectors: np.ndarray, n: int, score: np.ndarray) -> None:
    """Write -distance^2 or the dot product of user `x` (d,) and ``vectors[:, :n]`` (d, n), by `rules`, to `score`."""
    for i in range(n):
        score[i] = 0.0
    for k in range(len(x)):
        at = x[k]
        if rules.kind == DISTANCE:
            for i in range(n):
                gap = at - vectors[k, i]
                score[i] -= gap * gap
        else:
            for i in range(n):
                score[i] += at * vectors[k, i]


@njit(cache=True, nogil=True, error_model="numpy")
def relevance(rules: Rules, score: float) -> float:
    """Return sigma in [0, 1] at a `score` of `closeness`."""
    if rules.kind == DISTANCE:
        sigma = rules.origin - sqrt(max(-score, 0.0)) * rules.slope
    else:
        sigma = (score - rules.origin) * rules.slope
    return min(max(sigma, 0.0), 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _count(
    rules: Rules,
    score: np.ndarray,
    item_at: np.ndarray,
    born: np.ndarray,
    now: int,
    n_cold: int,
    place: int,
    counted: np.ndarray,
) -> None:
    """Write what showing the item at `place` is expected to count for, (COUNTS,)."""
    counted[LIKES] = relevance(rules, score[place])
    counted[IMPRESSIONS] = 1.0
    counted[COLD] = place < n_cold
    counted[FRESH] = now - born[item_at[place]] < rules.fresh_hours


@njit(cache=True, nogil=True, error_model="numpy")
def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return for each of `points` (k, d) the number of the nearest of `centres` (T, d)."""
    found = np.empty(len(points), np.int64)
    for i in range(len(points)):
        best = np.inf
        for t in range(len(centres)):
            squared = 0.0
            for k in range(points.shape[1]):
                squared += (points[i, k] - centres[t, k]) ** 2
            if squared < best:
                best, found[i] = squared, t
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def serve_day(
    rng: np.random.Generator,
    rules: Rules,
    hour: int,
    first: int,
    published: np.ndarray,
    items: Items,
    audience: Audience,
    requests: np.ndarray,
    requested: np.ndarray,
    seen: np.ndarray,
    tallies: Tallies,
) -> None:
    """Serve a day's requests.

    Parameters
    ----------
    rng : Generator
        Source of slates and likes.
    rules : Rules
    hour : int
        Hour since the beginning at which the day starts.
    first : int
        First live item, a multiple of 8.
    published, requested : (hours,) int arrays
        How many items there are once each hour's are out, and where each hour's requests end in `requests`.
    items : Items
        Impressions and rewards are added to.
    audience : Audience
    requests : (r,) int array
        Users, in the order in which they ask.
    seen : (m, bytes) uint8 array
        A bit for each live item that a user has seen, from `first` on; added to.
    tallies : Tallies
        Added to.
    """
    dim = audience.vector.shape[1]
    live = published[-1] - first
    vectors = np.empty((dim, live), np.float32)
    score = np.empty(live, np.float32)
    item_at = np.empty(live, np.int64)
    candidates = np.empty(live + 1, np.int64)  # and one that is not retrieved
    places = rules.slate + 1  # the last is not shown: it would be if one of the others did not exist
    key = np.empty(places)
    pick = np.empty(places, np.int64)
    counted = np.empty(COUNTS)
    begin = 0
    for h in range(len(published)):
        now = hour + h
        # The pool of this hour, cold items first.
        n_cold, n_pool = 0, 0
        for phase in range(2):
            for item in range(first, published[h]):
                age = now - items.born[item]
                if age >= rules.life_hours:
                    continue
                cold = age < rules.cold_hours and items.impressions[item] < rules.cold_impressions
                if cold == (phase == 0):
                    item_at[n_pool] = item
                    for k in range(dim):
                        vectors[k, n_pool] = items.vector[item, k]
                    n_pool += 1
            if phase == 0:
                n_cold = n_pool
        lost = np.zeros(tallies.worth.shape[1:])
        for r in range(begin, requested[h]):
            u = requests[r]
            closeness(rules, audience.vector[u], vectors, n_pool, score)
            retrieved = ceil(audience.share[u] * n_cold - 1e-9)
            n, next_cold = retrieve(score, 0, n_cold, retrieved, candidates)
            if next_cold >= 0:
                bit = item_at[next_cold] - first
                if seen[u, bit >> 3] >> (bit & 7) & 1:
                    next_cold = -1
            # The percentile is one of the whole cold pool; established items are the best not yet seen.
            for place in range(n_cold, n_pool):
                bit = item_at[place] - first
                if seen[u, bit >> 3] >> (bit & 7) & 1:
                    score[place] = OUT
            more, next_established = retrieve(score, n_cold, n_pool, rules.established, candidates[n:])
            n += more
            drawn = 0
            for c in range(n):
                place = candidates[c]
                bit = item_at[place] - first
                if seen[u, bit >> 3] >> (bit & 7) & 1:
                    continue
                # The slate in order of sigma / beta plus Gumbel noise is one draw after the other from
                # Eq. (1)'s softmax, each without the items drawn before.
                new = relevance(rules, score[place]) / audience.beta[u] - log(rng.standard_exponential())
                if drawn < places:
                    at = drawn
                    drawn += 1
                elif new > key[drawn - 1]:
                    at = drawn - 1
                else:
                    continue
                while at > 0 and key[at - 1] < new:
                    key[at], pick[at] = key[at - 1], pick[at - 1]
                    at -= 1
                key[at], pick[at] = new, place
            spare = pick[places - 1] if drawn == places else -1
            for s in range(min(drawn, rules.slate)):
                place = pick[s]
                item = item_at[place]
                creator, topic, age = items.creator[item], items.topic[item], now - items.born[item]
                bit = item - first
                seen[u, bit >> 3] |= np.uint8(1 << (bit & 7))
                expected = relevance(rules, score[place])
                liked = rng.random() < expected
                cold, fresh = place < n_cold, age < rules.fresh_hours
                items.impressions[item] += 1
                if liked:
                    tallies.reward[creator] += audience.reward_weight[u]
                    if age < rules.reward_hours:
                        items.reward[item] += audience.reward_weight[u]
                count = tallies.user[u]
                count[LIKES] += liked
                count[IMPRESSIONS] += 1
                count[COLD] += cold
                count[FRESH] += fresh
                worth = tallies.worth[creator, audience.quarter[u]]
                _count(rules, score, item_at, items.born, now, n_cold, place, counted)
                worth += counted
                # Users see nothing twice: had this item not been there, others would have moved up, until in the end
                # the next in line had been shown that now is not; or the spare, where all there is was retrieved.
                following = next_cold if cold else next_established
                other = following if following >= 0 else spare
                if other >= 0:
                    _count(rules, score, item_at, items.born, now, n_cold, other, counted)
                    worth -= counted
                    tallies.instead[u, items.topic[item_at[other]]] |= np.uint32(1) << np.uint32(
                        creator % FOLDS
                    )
                if cold and following >= 0:
                    lost[audience.quarter[u]] += counted
                    if spare >= 0:
                        _count(rules, score, item_at, items.born, now, n_cold, spare, counted)
                        lost[audience.quarter[u]] -= counted
                tallies.topics[u, topic] |= np.uint32(1) << np.uint32(creator % FOLDS)
                tallies.delivered[topic] += 1
        # A percentile retrieves in proportion: with one cold item less, whichever it is, the list is shorter with
        # probability 1 / n_cold for each place on it, and then the spare is shown and not the next in line.
        for place in range(n_cold):
            tallies.worth[items.creator[item_at[place]]] += lost / n_cold
        begin = requested[h]
