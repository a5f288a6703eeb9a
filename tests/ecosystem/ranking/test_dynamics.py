"""Convergence of fair dynamics at the recommended threshold, against tables and an independent search."""

import sys
from fractions import Fraction
from itertools import combinations_with_replacement, permutations, product

import numpy as np
import pytest

from ecosystem.ranking import theory
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.move import deviation_type, measure
from ecosystem.ranking.responses import best_response, best_utility
from ecosystem_agents.publisher import greedy_response, least_crowded_response

F = Fraction
slow = pytest.mark.slow

# Longest path over all orders of movers and all fair responses, from grid profiles, at q = 1/m and p = 1.
LONGEST = {
    (2, 3): 2,
    (2, 5): 2,
    (3, 5): 3,
    (3, 4): 3,
    (4, 5): 7,
    (4, 6): 4,
    (4, 7): 4,
    (3, 7): 4,
    (3, 8): 3,
    (2, 7): 2,
    (5, 6): 8,
    (5, 8): 5,
    (4, 9): 8,
}


class GridPlay:
    """All fair best responses among the documents of a grid, by trying every document; integers only."""

    def __init__(self, n, k, unit, threshold, peak=None):
        self.n, self.k, self.q, self.peak = n, k, threshold, peak or unit
        self.documents = np.array([d for d in product(range(self.peak + 1), repeat=k) if sum(d) <= unit])
        self.memo = {}

    def key(self, rows):
        columns = list(zip(*rows, strict=True))
        return min(
            tuple(sorted(tuple(c[i] for i in order) for c in columns))
            for order in permutations(range(self.n))
        )

    def utilities(self, rows):
        points = [0] * self.n
        for column in zip(*rows, strict=True):
            best = max(column)
            if best >= self.q:
                who = [i for i, w in enumerate(column) if w == best]
                for i in who:
                    points[i] += 60 // len(who)
        return points

    def fair_responses(self, rows, mover):
        """The mover's fair best responses that raise its utility."""
        old = self.utilities(rows)
        others = np.array([row for i, row in enumerate(rows) if i != mover])
        top = others.max(axis=0)
        held = (others == top).sum(axis=0)
        valid = top >= self.q
        wins = (self.documents > top) & (self.documents >= self.q)
        ties = (self.documents == top) & valid
        own = (60 * wins + ties * (60 // (held + 1))).sum(axis=1)
        best = own.max()
        if best <= old[mover]:
            return []
        keep = own == best
        wins, ties, documents = wins[keep], ties[keep], self.documents[keep]
        worst = np.full(len(documents), 10**6)
        for row, before in zip(others, [u for i, u in enumerate(old) if i != mover], strict=True):
            holds = (row == top) & valid
            share = np.where(wins, 0, np.where(ties, 60 // (held + 1), 60 // held))
            after = (share * holds).sum(axis=1)
            worst = np.where(after < before, np.minimum(worst, after), worst)
        return [tuple(int(w) for w in d) for d in documents[worst == worst.max()]]

    def longest(self, rows):
        """Longest path from here, or an error if there is a cycle."""
        key = self.key(rows)
        if key in self.memo:
            if self.memo[key] is None:
                raise AssertionError(f"a cycle of fair responses through {rows}")
            return self.memo[key]
        self.memo[key] = None
        rows = list(zip(*key, strict=True))  # the same profile under its canonical names
        length = 0
        for mover in range(self.n):
            for document in self.fair_responses(rows, mover):
                length = max(length, 1 + self.longest([*rows[:mover], document, *rows[mover + 1 :]]))
        self.memo[key] = length
        return length


@pytest.mark.parametrize(
    ("n", "k", "unit", "expected"),
    [
        (2, 3, 4, 2),
        pytest.param(2, 5, 6, 2, marks=slow),
        pytest.param(3, 4, 4, 3, marks=slow),
        pytest.param(3, 5, 4, 3, marks=slow),
    ],
)
def test_longest_fair_path_over_all_starts_of_a_grid(n, k, unit, expected):
    play = GridPlay(n, k, unit, unit // theory.queries_each(n, k))
    starts = combinations_with_replacement(list(map(tuple, play.documents)), n)
    longest = max(play.longest(rows) for rows in starts)
    assert longest == expected == LONGEST[n, k]
    assert longest <= theory.step_bound(n, k)


@slow
@pytest.mark.parametrize(("n", "k"), [(4, 5), (4, 6)])
def test_longest_fair_path_over_sampled_starts(n, k):
    sys.setrecursionlimit(10_000)
    play = GridPlay(n, k, 4, 2)
    rng = np.random.default_rng(0)
    for _ in range(3000):
        rows = [tuple(play.documents[i]) for i in rng.integers(len(play.documents), size=n)]
        assert play.longest(rows) <= LONGEST[n, k]


@pytest.mark.parametrize(
    ("n", "k", "p"), [(2, 3, "1/2"), (2, 4, "1/2"), (2, 5, "1/3"), (3, 4, "1/2"), (2, 7, "1/5")]
)
def test_at_the_peak_every_path_is_short_and_ends_at_the_peak(n, k, p):
    peak = F(p)
    play = GridPlay(n, k, peak.denominator, peak.numerator, peak.numerator)
    starts = combinations_with_replacement(list(map(tuple, play.documents)), n)
    assert max(play.longest(rows) for rows in starts) == n
    for rows in [rows for rows, length in play.memo.items() if length == 0]:
        assert all(max(column) == peak.numerator for column in rows)


def test_fair_play_can_cycle_at_the_lower_end_of_the_simple_range():
    play = GridPlay(2, 4, 12, 4)
    with pytest.raises(AssertionError, match="cycle"):
        play.longest(((0, 4, 4, 4), (4, 0, 0, 5)))


@pytest.mark.parametrize(("n", "k", "q"), [(2, 4, "1/2"), (2, 4, "0.4"), (2, 6, "0.3"), (3, 6, "1/2")])
def test_at_most_n_steps_in_the_simple_range(n, k, q):
    above, at_most = theory.simple_range(n, k)
    assert above < F(q) <= at_most
    for seed in range(20):
        model = RankingCompetition(n_publishers=n, n_queries=k, threshold=q, rng=seed)
        model.run(n + 1)
        assert model.converged
        assert len(model.history) <= n


@pytest.mark.parametrize(("n", "k"), LONGEST)
@pytest.mark.parametrize("rule", ["fair", "greedy"])
def test_runs_of_the_model_stay_within_the_longest_paths(n, k, rule):
    for seed in range(15):
        model = RankingCompetition(n_publishers=n, n_queries=k, rule=rule, rng=seed)
        model.run(50)
        assert model.converged
        assert len(model.history) <= (LONGEST[n, k] if rule == "fair" else theory.step_bound(n, k))
        assert model.profile.worst_value == F(1, theory.queries_each(n, k))


def check_random_game(seed):
    """Greedy equals exact, the lemmas hold, and fair play at the recommended threshold settles."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 7)), int(rng.integers(1, 13))
    peak = F(int(rng.integers(6, 61)), 60) if rng.random() < 0.6 else F(1)
    m = theory.queries_each(n, k)
    rule = "fair" if rng.random() < 0.5 else "greedy"
    model = RankingCompetition(
        n_publishers=n, n_queries=k, peak=peak, rule=rule, rng=int(rng.integers(2**31))
    )
    large = peak > F(1, m)
    moved = set()
    while model.running:
        profile = model.profile
        for i in model.can_improve:
            rivals = [who for _, who in profile.opposition(i)]
            order = rng.permutation(k).tolist()
            if large:
                document = greedy_response(rivals, n, peak, order)
            else:
                document = least_crowded_response(rivals, peak, order)
            after = profile.replaced(i, document)
            assert sum(document) <= 1
            assert after.utilities[i] == best_utility(profile, i)
            if large:
                kind, floor = deviation_type(after, i), measure(1, i, profile, after).equity
                free = sum(not who for who in rivals)
                assert kind == 2 if free > m - 2 else kind == 1 if free < m - 2 else kind in (1, 2)
                assert floor is None or floor > m - (2 if kind == 1 else F(3, 2))
                fair = measure(1, i, profile, profile.replaced(i, best_response(profile, i)))
                assert fair.equity is None or (floor is not None and fair.equity >= floor)
        model.step()
        if large and model.history[-1].mover in moved:
            assert model.history[-1].kind == 2
        moved.add(model.history[-1].mover)
    assert model.converged
    assert model.cycle is None
    assert model.profile.worst_value == theory.best_worst_value(n, k, peak)
    if large:
        assert len(model.history) <= theory.step_bound(n, k)


@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=slow) for block in (1, 2))])
def test_random_games(block):
    for seed in range(block * 100, block * 100 + 100):
        check_random_game(seed)


@slow
@pytest.mark.parametrize("block", range(10))
def test_ten_thousand_random_games(block):
    for seed in range(block * 1000, block * 1000 + 1000):
        check_random_game(seed)
