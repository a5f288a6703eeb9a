"""Exact best responses in the ranking game, with strictness; equity; the equilibrium check.

Against fixed opponents a publisher chooses queries to go for. Per query, with mu the best opposing score:

- nobody else reaches q_j: q_j buys the query alone;
- mu >= q_j: mu buys a tie; strictly more than mu, possible below the peak, buys the query alone.

A set of queries is affordable if its costs sum to at most 1, or to less than 1 when something strictly more
is needed. Whoever has weight to spare wins instead of tying, so every best response has one of two forms:
*ties* (the whole budget 1 may be spent, contested queries are tied) or *wins* (less than 1 is spent,
contested queries below the peak are won). Each form is a knapsack over integers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ecosystem.ranking.game import Document, Profile

Preference = Literal["fair", "unfair"]


@dataclass(frozen=True)
class LikeQueries:
    """Queries that are alike to a mover: same cost, same gain, same rivals who lose by it.

    Parameters
    ----------
    cost : int
        In the profile's units of weight.
    gain, loss : int
        What the mover gains and each rival loses per query, in units of utility.
    rivals : tuple of int
        Who wins these queries if the mover stays away.
    queries : tuple of int
    """

    cost: int
    gain: int
    loss: int
    rivals: tuple[int, ...]
    queries: tuple[int, ...]


@dataclass(frozen=True)
class Response:
    """A best response: the document, its utility, and its deviation equity (None if nobody is hurt)."""

    document: Document
    utility: Fraction
    equity: Fraction | None


def best_utility(profile: Profile, publisher: int) -> Fraction:
    """Return the most that `publisher` can earn against the others' documents, exactly."""
    return Fraction(_best_points(profile, publisher), profile.game.whole_query)


def improvers(profile: Profile) -> list[int]:
    """Return the publishers who have a profitable deviation, ascending."""
    return [i for i, points in enumerate(profile.points) if _best_points(profile, i) > points]


def is_equilibrium(profile: Profile) -> bool:
    """Tell whether nobody can raise its utility alone (pure Nash equilibrium)."""
    return all(_best_points(profile, i) <= points for i, points in enumerate(profile.points))


def equity(profile: Profile, publisher: int, document: Document) -> Fraction | None:
    """Return the deviation equity (Definition 2) of a publisher's move to another document.

    That is the least new utility among the others whose utility falls; None where nobody's does.
    """
    after = profile.replaced(publisher, document).utilities
    pairs = zip(profile.utilities, after, strict=True)
    return min((new for i, (old, new) in enumerate(pairs) if i != publisher and new < old), default=None)


def best_response(
    profile: Profile,
    publisher: int,
    prefer: Preference = "fair",
    priority: Sequence[int] | None = None,
) -> Response:
    """Return a best response of largest ("fair", Definition 3) or least ("unfair") deviation equity.

    What the chosen queries leave of the budget is spread over them equally, capped at the peak.

    Parameters
    ----------
    profile : Profile
    publisher : int
    prefer : {"fair", "unfair"}
    priority : permutation of the queries, optional
        Which queries to take first among equals.

    Notes
    -----
    Exact branch and bound over groups of like queries, exponential in the worst case: meant for small games
    (milliseconds at n = 6, k = 12). `ecosystem_agents.publisher.greedy_response` is the linear one.
    """
    search = _Search(profile, publisher, prefer, priority or range(profile.game.n_queries))
    best = _best_points(profile, publisher)
    for ties in (False, True):
        search.run(ties, best)
    chosen, floor = search.chosen, search.floor
    left = Fraction(profile.unit - sum(chosen.values()), profile.unit)
    share = left / len(chosen) if chosen else Fraction(0)
    document = tuple(
        min(profile.game.peak, Fraction(chosen[j], profile.unit) + share) if j in chosen else Fraction(0)
        for j in range(profile.game.n_queries)
    )
    whole = profile.game.whole_query
    return Response(document, Fraction(best, whole), None if floor is None else Fraction(floor, whole))


def _groups(profile: Profile, publisher: int, ties: bool, priority: Iterable[int]) -> list[LikeQueries]:
    """List what the mover can go for, in the *ties* or the *wins* form."""
    whole, peak = profile.game.whole_query, profile.peak
    faced = profile.opposition(publisher)
    alike: dict[tuple[int, int, int, tuple[int, ...]], list[int]] = defaultdict(list)
    for j in priority:
        cost, rivals = faced[j]
        held = len(rivals)
        if not held:
            alike[cost, whole, 0, rivals].append(j)
        elif ties or cost == peak:
            shared = whole // (held + 1)
            alike[cost, shared, whole // held - shared, rivals].append(j)
        else:
            alike[cost, whole, whole // held, rivals].append(j)
    return [LikeQueries(*key, tuple(queries)) for key, queries in alike.items()]


def _budget(profile: Profile, ties: bool) -> int:
    # Costs are whole units, so spending less than 1 is spending at most one unit less.
    return profile.unit if ties else profile.unit - 1


def _best_points(profile: Profile, publisher: int) -> int:
    whole, peak = profile.game.whole_query, profile.peak
    faced = profile.opposition(publisher)
    free = [cost for cost, rivals in faced if not rivals]
    contested = [(cost, whole // (len(rivals) + 1)) for cost, rivals in faced if rivals]
    best = 0
    for ties in (False, True):
        costs: dict[int, list[int]] = defaultdict(list)
        costs[whole] = free.copy()
        for cost, shared in contested:
            costs[shared if ties or cost == peak else whole].append(cost)
        front = [(0, 0)]
        for gain, prices in costs.items():
            front = _extended(front, gain, sorted(prices), _budget(profile, ties))
        best = max(best, front[-1][1])
    return best


def _extended(
    front: list[tuple[int, int]], gain: int, prices: Sequence[int], budget: int
) -> list[tuple[int, int]]:
    """Add items of one gain, cheapest first, to a front of undominated (cost, gain) pairs, cost ascending."""
    totals, total = [0], 0
    for price in prices:
        total += price
        if total > budget:
            break
        totals.append(total)
    pairs = sorted(
        (cost + total, -earned - gain * count)
        for cost, earned in front
        for count, total in enumerate(totals)
        if cost + total <= budget
    )
    kept: list[tuple[int, int]] = []
    for cost, lost in pairs:
        if not kept or -lost > kept[-1][1]:
            kept.append((cost, -lost))
    return kept


class _Search:
    """Branch and bound for the best response whose worst-off victim fares best (or worst)."""

    def __init__(self, profile: Profile, publisher: int, prefer: Preference, priority: Sequence[int]) -> None:
        self.profile, self.publisher, self.priority = profile, publisher, priority
        self.fair = prefer == "fair"
        self.before = profile.points
        self.chosen: dict[int, int] = {}  # query -> cost
        self.floor: int | None = None  # equity of `chosen` in units of utility; None: nobody hurt
        self.found = False

    def run(self, ties: bool, best: int) -> None:
        """Search all responses of one form that earn `best`."""
        profile, budget = self.profile, _budget(self.profile, ties)
        groups = _groups(profile, self.publisher, ties, self.priority)
        points = [0] * profile.game.n_publishers  # the others' utilities while the mover wins nothing
        for group in groups:
            for rival in group.rivals:
                points[rival] += profile.game.whole_query // len(group.rivals) * len(group.queries)

        def richest_first(group: LikeQueries) -> int:
            poorest = min((points[rival] for rival in group.rivals), default=None)
            return -(profile.game.whole_query * profile.game.n_queries + 1) if poorest is None else -poorest

        # Good responses early: free queries, then those whose winners can best afford the loss.
        groups.sort(key=richest_first, reverse=not self.fair)
        fronts = [[(0, 0)]]
        for group in reversed(groups):
            fronts.append(_extended(fronts[-1], group.gain, [group.cost] * len(group.queries), budget))
        fronts.reverse()
        harm = [[0] * len(points)]  # the most that the groups from here on can take from each publisher
        for group in reversed(groups):
            most = list(harm[-1])
            for rival in group.rivals:
                most[rival] += group.loss * len(group.queries)
            harm.append(most)
        harm.reverse()
        self._descend(groups, fronts, harm, 0, budget, best, points, {})

    def _descend(
        self,
        groups: list[LikeQueries],
        fronts: list[list[tuple[int, int]]],
        harm: list[list[int]],
        at: int,
        budget: int,
        missing: int,
        points: list[int],
        chosen: dict[int, int],
    ) -> None:
        if self.found and not self._can_be_better(points, harm[at]):
            return
        if at == len(groups):
            self.chosen, self.floor, self.found = dict(chosen), self._floor(points), True
            return
        group, rest = groups[at], fronts[at + 1]
        for count in range(len(group.queries), -1, -1):
            left, still = budget - count * group.cost, missing - count * group.gain
            if left < 0 or still > rest[bisect_right(rest, left, key=lambda pair: pair[0]) - 1][1]:
                continue  # dearer than the budget, or the remaining groups cannot make up for what is missing
            fewer = list(points)
            for rival in group.rivals:
                fewer[rival] -= count * group.loss
            taken = {**chosen, **dict.fromkeys(group.queries[:count], group.cost)}
            self._descend(groups, fronts, harm, at + 1, left, still, fewer, taken)

    def _floor(self, points: Sequence[int]) -> int | None:
        hurt = (new for i, new in enumerate(points) if i != self.publisher and new < self.before[i])
        return min(hurt, default=None)

    def _can_be_better(self, points: Sequence[int], harm: Sequence[int]) -> bool:
        if self.fair:  # what is taken from here on can only lower the floor
            floor = self._floor(points)
            return self.floor is not None and (floor is None or floor > self.floor)
        floor = self._floor([now - most for now, most in zip(points, harm, strict=True)])
        return floor is not None and (self.floor is None or floor < self.floor)
