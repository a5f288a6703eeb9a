"""The compiled day of a short-video platform: requests in, impressions and likes out.

A request looks at every live item: the cold ones near enough to the top for this user and the best established
ones become candidates, and a slate of them is drawn one after the other with the probabilities of Eq. (1).

Everything here is a plain function on arrays.
"""

from __future__ import annotations

from math import ceil, log
from typing import NamedTuple

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market import lists
from ecosystem.market.book import DISTANCE

BINS = 512  # of the histogram that finds the k-th largest score
OUT = np.float32(-1e30)  # the score of a place that is not to be chosen
FOLDS = 32  # creators are dealt into this many folds, a bit each in `Tallies.topics`
LIKES, IMPRESSIONS, COLD, FRESH = 0, 1, 2, 3
COUNTS = 4
NEXT_COLD, NEXT_ESTABLISHED = -2, -1


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
    at_candidate: np.ndarray  # bool: whether it is made at its creator's candidate
    round: np.ndarray  # which of its creator's comparisons it counts in
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


class Platform(NamedTuple):
    """All that a request touches; items' impressions and rewards, `seen` and the tallies are added to."""

    rules: Rules
    items: Items
    audience: Audience
    tallies: Tallies
    first: int  # first live item, a multiple of 8
    seen: np.ndarray  # (m, bytes) uint8: a bit for each live item that a user has seen, from `first` on


class Day(NamedTuple):
    """When a day starts, in hours since the beginning, and what happens in each of its hours."""

    start: int
    published: np.ndarray  # (hours,) how many items there are once each hour's are out
    requests: np.ndarray  # (r,) users, in the order in which they ask
    requested: np.ndarray  # (hours,) where each hour's requests end


class Pool(NamedTuple):
    """What may be shown in an hour: cold items at the first `n_cold` places, then established ones."""

    now: int  # hour since the beginning
    n_cold: int
    item: np.ndarray  # (size,)
    vector: np.ndarray  # (d, size) float32


class Desk(NamedTuple):
    """Room to work on one request after another.

    After the places of a slate come those of who else might have been on it, -1 for nobody: the spare, drawn next;
    and at `NEXT_COLD` and `NEXT_ESTABLISHED` those next in line to be retrieved.
    """

    score: np.ndarray  # (room,) float32: `closeness` to the user, by place
    candidates: np.ndarray  # (room + 1,) places; the last is for one that is not retrieved
    key: np.ndarray  # (slate + 1,) what places are drawn by, falling
    place: np.ndarray  # (slate + 3,)
    expected: np.ndarray  # (slate + 3, COUNTS) what showing each would count for
    # (quarters and one, COUNTS) what a place less on every list of this hour would have cost
    lost: np.ndarray


@compiled
def retrieve(score: np.ndarray, begin: int, end: int, keep: int, chosen: np.ndarray) -> tuple[int, int]:
    """Write the places of the `keep` largest of ``score[begin:end]`` to `chosen`; return how many, and who is next.

    Scores of `OUT` are left out. Ties at the last place go to the lower place. The places come in no particular
    order; the next in line comes behind them, and is -1 where nothing is left.
    """
    low, high, n = np.float32(np.inf), OUT, 0
    for i in range(begin, end):
        s = score[i]
        if s > OUT:
            n += 1
            low = s if s < low else low
            high = s if s > high else high
    if n == 0:
        return 0, -1
    wanted = min(keep + 1, n)
    # A histogram finds the bin the last place is in; only that bin is sorted.
    scale = (BINS - 1) / (high - low) if high > low else 0.0
    histogram = np.zeros(BINS, np.int64)
    for i in range(begin, end):
        if score[i] > OUT:
            histogram[int((score[i] - low) * scale)] += 1
    edge, above = BINS - 1, 0
    while above + histogram[edge] < wanted:
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
    for k in range(wanted - filled):
        chosen[filled + k] = on_edge[order[k]]
    return (keep, chosen[keep]) if wanted > keep else (wanted, -1)


@compiled
def closeness(rules: Rules, x: np.ndarray, vectors: np.ndarray, score: np.ndarray) -> None:
    """Write -distance^2 or the dot product of user `x` (d,) and `vectors` (d, n), by `rules`, to `score`."""
    n = vectors.shape[1]
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


@compiled
def relevance(rules: Rules, score: float) -> float:
    """Return sigma in [0, 1] at a `score` of `closeness`."""
    total = max(-score, 0.0) if rules.kind == DISTANCE else score
    return min(lists.relevance((rules.kind, rules.origin, rules.slope, 1.0 / rules.slope), total), 1.0)


@compiled
def serve_day(rng: np.random.Generator, platform: Platform, day: Day) -> None:
    """Serve a day's requests; `rng` is the source of slates and likes."""
    slate, room = platform.rules.slate, day.published[-1] - platform.first
    desk = Desk(
        score=np.empty(room, np.float32),
        candidates=np.empty(room + 1, np.int64),
        key=np.empty(slate + 1),
        place=np.empty(slate + 3, np.int64),
        expected=np.empty((slate + 3, COUNTS)),
        lost=np.empty(platform.tallies.worth.shape[1:]),
    )
    begin = 0
    for h in range(len(day.published)):
        pool = gather(platform, day.start + h, day.published[h])
        desk.lost[:] = 0.0
        for r in range(begin, day.requested[h]):
            serve(rng, platform, pool, desk, day.requests[r])
        begin = day.requested[h]
        # A percentile retrieves in proportion: with one cold item less, whichever it is, the list is shorter with
        # probability 1 / n_cold for each place on it, and then the spare is shown and not the next in line.
        for place in range(pool.n_cold):
            creator = platform.items.creator[pool.item[place]]
            platform.tallies.worth[creator] += desk.lost / pool.n_cold


@compiled
def gather(platform: Platform, now: int, until: int) -> Pool:
    """Return the pool of an hour, from the items before `until`."""
    rules, items, first = platform.rules, platform.items, platform.first
    age, impressions = now - items.born[first:until], items.impressions[first:until]
    cold = (age < rules.cold_hours) & (impressions < rules.cold_impressions)
    cold_ones = np.flatnonzero(cold)  # all are live: nothing is cold when it leaves
    item = first + np.concatenate((cold_ones, np.flatnonzero(~cold & (age < rules.life_hours))))
    return Pool(now, len(cold_ones), item, np.ascontiguousarray(items.vector[item].T))


@compiled
def serve(rng: np.random.Generator, platform: Platform, pool: Pool, desk: Desk, u: int) -> None:
    """Serve a request of user u."""
    closeness(platform.rules, platform.audience.vector[u], pool.vector, desk.score)
    n = find_candidates(platform, pool, desk, u)
    shown = draw_slate(rng, platform, pool, desk, u, n)
    show(rng, platform, pool, desk, u, shown)
    credit(platform, pool, desk, u, shown)


@compiled
def saw(seen: np.ndarray, item: int) -> bool:
    """Return whether a user has seen a live item, by its row of `Platform.seen`; the first live item is 0 here."""
    return bool(seen[item >> 3] >> (item & 7) & 1)


@compiled
def find_candidates(platform: Platform, pool: Pool, desk: Desk, u: int) -> int:
    """Write user u's candidates to the desk, and who is next in line; return how many there are."""
    seen, first, item, n_cold, size = platform.seen[u], platform.first, pool.item, pool.n_cold, len(pool.item)
    score, candidates = desk.score, desk.candidates
    keep = ceil(platform.audience.share[u] * n_cold - 1e-9)
    n, following = retrieve(score, 0, n_cold, keep, candidates)
    if following >= 0 and saw(seen, item[following] - first):
        following = -1
    desk.place[NEXT_COLD] = following
    # The percentile is one of the whole cold pool; established items are the best not yet seen.
    for place in range(n_cold, size):
        if saw(seen, item[place] - first):
            score[place] = OUT
    more, desk.place[NEXT_ESTABLISHED] = retrieve(
        score, n_cold, size, platform.rules.established, candidates[n:]
    )
    return n + more


@compiled
def draw_slate(rng: np.random.Generator, platform: Platform, pool: Pool, desk: Desk, u: int, n: int) -> int:
    """Draw user u's slate and a spare from the first `n` candidates; return how long the slate is.

    The slate in order of sigma / beta plus Gumbel noise is one draw after the other from Eq. (1)'s softmax, each
    without the items drawn before.
    """
    rules, key, drawn_place = platform.rules, desk.key, desk.place
    seen, first, beta = platform.seen[u], platform.first, platform.audience.beta[u]
    drawn = 0
    for c in range(n):
        place = desk.candidates[c]
        if saw(seen, pool.item[place] - first):
            continue
        new = relevance(rules, desk.score[place]) / beta - log(rng.standard_exponential())
        if drawn < len(key):
            at = drawn
            drawn += 1
        elif new > key[drawn - 1]:
            at = drawn - 1
        else:
            continue
        while at > 0 and key[at - 1] < new:
            key[at], drawn_place[at] = key[at - 1], drawn_place[at - 1]
            at -= 1
        key[at], drawn_place[at] = new, place
    if drawn > rules.slate:
        return rules.slate
    drawn_place[rules.slate] = -1
    return drawn


@compiled
def show(rng: np.random.Generator, platform: Platform, pool: Pool, desk: Desk, u: int, shown: int) -> None:
    """Show user u the first `shown` places of the slate, and note what is liked."""
    rules, items, tallies = platform.rules, platform.items, platform.tallies
    seen, reward_weight, count = platform.seen[u], platform.audience.reward_weight[u], tallies.user[u]
    for s in range(shown):
        place = desk.place[s]
        item = pool.item[place]
        creator, topic, age = items.creator[item], items.topic[item], pool.now - items.born[item]
        bit = item - platform.first
        seen[bit >> 3] |= np.uint8(1 << (bit & 7))
        liked = rng.random() < relevance(rules, desk.score[place])
        items.impressions[item] += 1
        if liked:
            tallies.reward[creator] += reward_weight
            if age < rules.reward_hours:
                items.reward[item] += reward_weight
        count[LIKES] += liked
        count[IMPRESSIONS] += 1
        count[COLD] += place < pool.n_cold
        count[FRESH] += age < rules.fresh_hours
        tallies.topics[u, topic] |= np.uint32(1) << np.uint32(creator % FOLDS)
        tallies.delivered[topic] += 1


@compiled
def credit(platform: Platform, pool: Pool, desk: Desk, u: int, shown: int) -> None:
    """Add to creators' worth what the first `shown` places count for, less what had been shown instead of each.

    Users see nothing twice: had this item not been there, others would have moved up, until in the end the next in
    line had been shown that now is not; or the spare, where all there is was retrieved.
    """
    rules, items, tallies = platform.rules, platform.items, platform.tallies
    quarter, places, expected = platform.audience.quarter[u], desk.place, desk.expected
    for s in range(len(places)):
        place = places[s]
        if s < shown or (s >= rules.slate and place >= 0):
            expected[s, LIKES] = relevance(rules, desk.score[place])
            expected[s, IMPRESSIONS] = 1.0
            expected[s, COLD] = place < pool.n_cold
            expected[s, FRESH] = pool.now - items.born[pool.item[place]] < rules.fresh_hours
    spare = rules.slate
    for s in range(shown):
        cold = places[s] < pool.n_cold
        following = NEXT_COLD if cold else NEXT_ESTABLISHED
        instead = following if places[following] >= 0 else spare
        creator = items.creator[pool.item[places[s]]]
        worth = tallies.worth[creator, quarter]
        worth += expected[s]
        if places[instead] < 0:
            continue
        worth -= expected[instead]
        topic = items.topic[pool.item[places[instead]]]
        tallies.instead[u, topic] |= np.uint32(1) << np.uint32(creator % FOLDS)
        if cold and instead == NEXT_COLD:
            desk.lost[quarter] += expected[instead]
            if places[spare] >= 0:
                desk.lost[quarter] -= expected[spare]
