"""Exact best responses in the ranking game, with strictness; the equilibrium check.

Against fixed opponents a publisher chooses queries to go for. Per query, with mu the best opposing score:

- nobody else reaches q_j: q_j buys the query alone;
- mu >= q_j: mu buys a tie; strictly more than mu, possible below the peak, buys the query alone.

A set of queries is affordable if its costs sum to at most 1, or to less than 1 when something strictly more
is needed. Whoever has focus to spare wins instead of tying, so every best response has one of two forms:
*ties* (the whole budget 1 may be spent, contested queries are tied) or *wins* (less than 1 is spent,
contested queries below the peak are won). Each form is a knapsack over integers.

Where a retrieval function is flat below its peak, a tie costs less than a win, which takes strictly more than the
flat piece's end: in the form *wins* a contested query may then be either. At a jump a win is bought outright.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from ecosystem.ranking.game import Profile, Score
from ecosystem_agents.world import Document

Preference = Literal["fair", "unfair"]
Front = list[tuple[int, int]]  # pairs (cost, gain), both ascending: nothing gains more at no more cost


class Option(NamedTuple):
    """What a mover can make of a query.

    Examples
    --------
    >>> Option(cost=1, gain=2, loss=1).gain
    2
    """

    cost: int  # in the profile's units of focus
    gain: int  # in units of utility; so is `loss`, of each rival
    loss: int


@dataclass(frozen=True)
class LikeQueries:
    """Queries that are alike to a mover: the same can be made of them, against the same rivals.

    Examples
    --------
    >>> both = LikeQueries((Option(cost=1, gain=2, loss=1),), rivals=(1,), queries=(0, 1))
    >>> [way[:3] for way in both.ways]  # two, one or none of them
    [(2, 4, 2), (1, 2, 1), (0, 0, 0)]
    """

    options: tuple[Option, ...]
    rivals: tuple[int, ...]  # who wins these queries if the mover stays away
    queries: tuple[int, ...]

    @cached_property
    def ways(self) -> list[tuple[int, int, int, dict[int, int]]]:
        """What can be taken of them, most first: cost, gain and each rival's loss in all, and a cost by query."""
        found = []
        for counts in _counts(len(self.queries), len(self.options)):
            taken = [option for option, count in zip(self.options, counts, strict=True) for _ in range(count)]
            cost, gain, loss = (sum(column) for column in zip(Option(0, 0, 0), *taken, strict=True))
            costs = dict(zip(self.queries, (option.cost for option in taken), strict=False))
            found.append((cost, gain, loss, costs))
        return found


def _counts(left: int, options: int) -> Iterator[tuple[int, ...]]:
    """Return all ways to take up to so many by options, most first."""
    for count in range(left, -1, -1):
        if options == 1:
            yield (count,)
        else:
            yield from ((count, *rest) for rest in _counts(left - count, options - 1))


def best_utility(profile: Profile, publisher: int) -> Fraction:
    """Return the most that `publisher` can earn against the others' documents, exactly.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> best_utility(RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [1, 0]]), 0)  # the other query, alone
    Fraction(1, 1)
    """
    return Fraction(_best_points(profile, publisher), profile.game.whole_query)


def improvers(profile: Profile) -> list[int]:
    """Return the publishers who have a profitable deviation, ascending.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> improvers(RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [1, 0]]))  # the second query waits
    [0, 1]
    """
    return [i for i, points in enumerate(profile.points) if _best_points(profile, i) > points]


def is_equilibrium(profile: Profile) -> bool:
    """Tell whether nobody can raise its utility alone (pure Nash equilibrium).

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> is_equilibrium(RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [0, 1]]))  # a query each
    True
    """
    return all(_best_points(profile, i) <= points for i, points in enumerate(profile.points))


def best_response(
    profile: Profile,
    publisher: int,
    prefer: Preference = "fair",
    priority: Sequence[int] | None = None,
) -> Document:
    """Return a best response of largest ("fair", Definition 3) or least ("unfair") deviation equity.

    What the queries it takes leave of the budget is spread over them equally, capped at the peak.

    Exact branch and bound over groups of like queries, exponential in the worst case: meant for small games
    (milliseconds at n = 6, k = 12). `ecosystem_agents.publisher.greedy_response` is the linear one.

    Parameters
    ----------
    profile : Profile
        What the others publish.
    publisher : int
        Who answers, from 0.
    prefer : {"fair", "unfair"}
        Which of the best responses: that under which the worst-off victim keeps most, or least.
    priority : permutation of k ints, optional
        Which queries to take first among equals; by default in their order.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> best_response(RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [1, 0]]), 0)  # the other query
    (Fraction(0, 1), Fraction(1, 1))
    """
    search = _Search(profile, publisher, fair=prefer == "fair")
    best = _best_points(profile, publisher)
    for ties in (False, True):
        groups = _groups(profile, publisher, ties, priority or range(profile.game.n_queries))
        search.run(groups, _budget(profile, ties), best)
    chosen = search.chosen
    left = Fraction(profile.unit - sum(chosen.values()), profile.unit)
    share = left / len(chosen) if chosen else Fraction(0)
    return tuple(
        min(profile.game.peak, Fraction(chosen[j], profile.unit) + share) if j in chosen else Fraction(0)
        for j in range(profile.game.n_queries)
    )


def _groups(profile: Profile, publisher: int, ties: bool, priority: Iterable[int]) -> list[LikeQueries]:
    """List what the mover can go for, in the *ties* or the *wins* form."""
    faced = profile.opposition(publisher)
    alike: dict[tuple[tuple[Option, ...], tuple[int, ...]], list[int]] = defaultdict(list)
    for j in priority:
        score, rivals = faced[j]
        alike[_options(profile, score, len(rivals), ties), rivals].append(j)
    return [LikeQueries(*key, tuple(queries)) for key, queries in alike.items()]


def _options(profile: Profile, score: Score, rivals: int, ties: bool) -> tuple[Option, ...]:
    """Return what can be made of a query where `score` is to be matched, held by so many rivals or a document."""
    whole, price = profile.game.whole_query, profile.price(score)
    if not rivals:
        return (Option(price.match, whole, 0),)
    share, held = whole // (rivals + 1), whole // rivals
    tie = Option(price.match, share, held - share)
    if price.beat is None or (ties and price.strict):  # nothing beats a rival at the peak
        return (tie,)
    win = Option(price.beat, whole, held)
    return (win,) if price.beat <= price.match else (win, tie)


def _budget(profile: Profile, ties: bool) -> int:
    # Costs are whole units, so spending less than 1 is spending at most one unit less.
    return profile.unit if ties else profile.unit - 1


def _best_points(profile: Profile, publisher: int) -> int:
    faced = Counter((score, len(rivals)) for score, rivals in profile.opposition(publisher))
    best = 0
    for ties in (False, True):
        prices: dict[int, list[int]] = defaultdict(list)
        front, budget = [(0, 0)], _budget(profile, ties)
        for (score, rivals), count in faced.items():
            options = _options(profile, score, rivals, ties)
            if len(options) == 1:
                prices[options[0].gain] += [options[0].cost] * count
            else:
                for _ in range(count):
                    front = _extended(front, [(0, 0), *(option[:2] for option in options)], budget)
        for gain, costs in prices.items():  # of one gain the cheapest first
            ways = [(total, gain * count) for count, total in enumerate(accumulate(sorted(costs), initial=0))]
            front = _extended(front, ways, budget)
        best = max(best, front[-1][1])
    return best


def _extended(front: Front, ways: Iterable[tuple[int, int]], budget: int) -> Front:
    """Add one of these costs and gains to what can be afforded."""
    ways = [way for way in ways if way[0] <= budget]
    pairs = sorted(
        (cost + more, -earned - gain)
        for cost, earned in front
        for more, gain in ways
        if cost + more <= budget
    )
    kept: Front = []
    for cost, lost in pairs:
        if not kept or -lost > kept[-1][1]:
            kept.append((cost, -lost))
    return kept


class _Search:
    """Branch and bound for the best response whose worst-off victim fares best (or worst)."""

    def __init__(self, profile: Profile, publisher: int, *, fair: bool) -> None:
        self.publisher, self.fair = publisher, fair
        self.before = profile.points
        self.whole, self.n_queries = profile.game.whole_query, profile.game.n_queries
        self.chosen: dict[int, int] = {}  # query -> cost
        self.floor: int | None = None  # equity of `chosen` in units of utility; None: nobody hurt
        self.found = False

    def run(self, groups: list[LikeQueries], budget: int, best: int) -> None:
        """Search all responses of one form that earn `best`."""
        points = [0] * len(self.before)  # the others' utilities while the mover wins nothing
        for group in groups:
            for rival in group.rivals:
                points[rival] += self.whole // len(group.rivals) * len(group.queries)

        def richest_first(group: LikeQueries) -> int:
            poorest = min((points[rival] for rival in group.rivals), default=self.whole * self.n_queries + 1)
            return -poorest

        # Good responses early: free queries, then those whose winners can best afford the loss.
        self.groups = sorted(groups, key=richest_first, reverse=not self.fair)
        # What the groups from each on can gain, and the most that they can take from each publisher.
        fronts, harm = [[(0, 0)]], [[0] * len(points)]
        for group in reversed(self.groups):
            fronts.append(_extended(fronts[-1], (way[:2] for way in group.ways), budget))
            most = list(harm[-1])
            for rival in group.rivals:
                most[rival] += max(option.loss for option in group.options) * len(group.queries)
            harm.append(most)
        self.fronts, self.harm = fronts[::-1], harm[::-1]
        self._descend(0, budget, best, points, {})

    def _descend(self, at: int, budget: int, missing: int, points: list[int], chosen: dict[int, int]) -> None:
        if self.found and not self._can_be_better(points, self.harm[at]):
            return
        if at == len(self.groups):
            self.chosen, self.floor, self.found = chosen, self._floor(points), True
            return
        group, rest = self.groups[at], self.fronts[at + 1]
        for cost, gain, loss, costs in group.ways:
            left, still = budget - cost, missing - gain
            if left < 0 or still > rest[bisect_right(rest, left, key=lambda pair: pair[0]) - 1][1]:
                continue  # dearer than the budget, or the remaining groups cannot make up for what is missing
            fewer = list(points)
            for rival in group.rivals:
                fewer[rival] -= loss
            taken = {**chosen, **costs}
            self._descend(at + 1, left, still, fewer, taken)

    def _floor(self, points: Sequence[int]) -> int | None:
        hurt = (new for i, new in enumerate(points) if i != self.publisher and new < self.before[i])
        return min(hurt, default=None)

    def _can_be_better(self, points: Sequence[int], harm: Sequence[int]) -> bool:
        if self.fair:  # what is taken from here on can only lower the floor
            floor = self._floor(points)
            return self.floor is not None and (floor is None or floor > self.floor)
        floor = self._floor([now - most for now, most in zip(points, harm, strict=True)])
        return floor is not None and (self.floor is None or floor < self.floor)
