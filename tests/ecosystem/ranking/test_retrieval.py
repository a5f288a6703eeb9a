"""Any single-peaked retrieval function, against every document of a fine grid."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.game import RankingGame, thresholds_of
from ecosystem.ranking.move import measure
from ecosystem.ranking.responses import best_response, best_utility, is_equilibrium
from ecosystem.ranking.retrieval import piecewise, retrieval_of, triangle
from ecosystem.ranking.theory import uniform_bound
from ecosystem_agents.inputs.checks import BadInput

F = Fraction
WHOLE = 12  # a query, so that shares are whole


class Grid:
    """A random function with whole scores at multiples of 1/grid, and all documents of a finer grid.

    On the way up scores rise by 0 or 1, or jump; all costs are then multiples of 1/grid, and "a little more" is
    1/(k + 1) of that. Everything here is counted in such parts.
    """

    def __init__(self, rng, k):
        self.grid, self.k = int(rng.integers(4, 8)), k
        peak = int(rng.integers(1, self.grid + 1))
        left = [
            int(rng.integers(3))
        ]  # the score that lines end in at each point, and the one they start from
        right = [left[0]]
        for g in range(1, self.grid + 1):
            up = g < peak
            if g == peak:
                left.append(right[-1] + 1)
            elif up:
                left.append(right[-1] + int(rng.integers(2)))
            else:
                left.append(right[-1] - int(rng.integers(3)))
            right.append(left[-1] + (int(rng.integers(1, 3)) if up and rng.random() < 0.2 else 0))
        self.points = []
        for g, (one, two) in enumerate(zip(left, right, strict=True)):
            self.points += [(F(g, self.grid), s) for s in dict.fromkeys((one, two))]
        self.fine = self.grid * (k + 1)
        # Scores times k + 1 at the grid, and a little to the right of it.
        self.score = {g * (k + 1): right[g] * (k + 1) for g in range(self.grid + 1)}
        for g in range(self.grid):
            self.score[g * (k + 1) + 1] = right[g] * k + left[g + 1]
        foci = sorted(self.score)
        self.documents = np.array([d for d in product(foci, repeat=k) if sum(d) <= self.fine])
        table = np.zeros(self.fine + 1, int)
        table[foci] = [self.score[f] for f in foci]
        self.scores = table[self.documents]

    def draw(self, rng):
        """A document of the coarse grid, often stuffed."""
        cuts = np.sort(rng.integers(0, self.grid + 1, size=self.k))
        return tuple(int(w) for w in rng.permutation(np.diff(cuts, prepend=0)))

    def points_of(self, rows, static):
        """What each publisher earns, by definition: who is best, no worse than any static document."""
        earned = [0] * len(rows)
        for j in range(self.k):
            column = [self.score[row[j] * (self.k + 1)] for row in rows]
            bar = max(self.score[d[j] * (self.k + 1)] for d in static)
            who = [i for i, s in enumerate(column) if s == max(column) >= bar]
            for i in who:
                earned[i] += WHOLE // len(who)
        return earned

    def answers(self, rows, static, mover):
        """The most that the mover can earn, and the equities of the documents that earn it."""
        old = self.points_of(rows, static)
        top = np.array([[self.score[w * (self.k + 1)] for w in row] for row in rows])
        bar = np.array([[self.score[w * (self.k + 1)] for w in d] for d in static]).max(axis=0)
        others = np.delete(top, mover, axis=0)
        best = others.max(axis=0)
        held = (others == best).sum(axis=0)
        open_to = best >= bar
        wins = (self.scores >= bar) & ((self.scores > best) | ~open_to)
        ties = (self.scores == best) & open_to
        own = (WHOLE * wins + ties * (WHOLE // (held + 1))).sum(axis=1)
        kept = own == own.max()
        wins, ties = wins[kept], ties[kept]
        worst = np.full(len(wins), 10**6)
        for row, before in zip(others, np.delete(old, mover), strict=True):
            share = np.where(wins, 0, np.where(ties, WHOLE // (held + 1), WHOLE // held)) * open_to
            after = (share * (row == best)).sum(axis=1)
            worst = np.where(after < before, np.minimum(worst, after), worst)
        return int(own.max()), int(worst.max())


def check(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    grid = Grid(rng, k)
    rows = [grid.draw(rng) for _ in range(n)]
    static = [(0,) * k, *(grid.draw(rng) for _ in range(rng.integers(3)))]
    in_fractions = [[F(w, grid.grid) for w in row] for row in (*rows, *static)]
    retrieval = piecewise(grid.points)
    game = RankingGame.make(n, k, retrieval=retrieval)
    game = game.with_thresholds(thresholds_of(in_fractions[n:], k, retrieval))
    profile = game.profile(in_fractions[:n])
    assert [u * WHOLE for u in profile.utilities] == grid.points_of(rows, static)
    stable = True
    for mover in range(n):
        best, equity = grid.answers(rows, static, mover)
        assert best_utility(profile, mover) * WHOLE == best
        after = profile.replaced(mover, best_response(profile, mover))
        game.profile(after.documents)  # an allowed document
        assert after.utilities[mover] * WHOLE == best
        found = measure(1, mover, profile, after).equity
        assert (10**6 if found is None else found * WHOLE) == equity
        stable &= best == grid.points_of(rows, static)[mover]
    assert is_equilibrium(profile) == stable
    return stable, retrieval.rises


def test_best_responses_and_thresholds_are_those_of_every_document():
    assert {check(seed)[1] for seed in range(20)} == {False, True}


@pytest.mark.slow
def test_two_hundred_games_of_every_document():
    stable, rises = zip(*(check(seed) for seed in range(200)), strict=True)
    assert {*stable} == {*rises} == {False, True}


def test_lines_are_exact_up_across_a_jump_and_down():
    f = piecewise([(0, 0), ("1/4", 1), ("1/2", 1), ("1/2", 3), (1, "1/2")])
    assert (f.peak, f.rises) == (F(1, 2), False)
    assert [f.score(F(x)) for x in ("1/8", "3/8", "1/2", "3/4")] == [F(1, 2), 1, 3, F(7, 4)]
    assert [f.reach(F(s)) for s in ("0", "1/2", "1", "2")] == [0, F(1, 8), F(1, 4), F(1, 2)]
    assert [f.beyond(F(s)) for s in ("0", "1", "2")] == [0, F(1, 2), F(1, 2)]


@pytest.mark.parametrize("peak", ["1/2", "3/4"])
def test_a_function_that_rises_has_the_thresholds_of_theory(peak):
    grid = [d for d in product((F(i, 4) for i in range(5)), repeat=3) if sum(d) <= 1]
    bound = uniform_bound(2, 3, F(peak))
    for q in (F(i, 4) for i in range(4) if F(i, 4) <= F(peak)):
        game = RankingGame.make(2, 3, threshold=q, retrieval=triangle(peak))
        found = any(
            is_equilibrium(game.profile([one, two])) for i, one in enumerate(grid) for two in grid[i:]
        )
        assert found == bound.met_by(q)


def test_stuffing_loses_to_who_puts_less():
    game = RankingGame.make(2, 2, threshold="1/4", retrieval="triangle(peak='1/2')")
    profile = game.profile([[1, 0], ["1/2", "1/4"]])
    assert profile.winners == [(1,), (1,)]
    assert profile.values == (F(1, 2), F(1, 4))
    assert best_response(profile, 0) == (F(1, 2), F(3, 8))
    assert game.profile([["3/4", 0], ["1/4", 0]]).winners[0] == (0, 1)  # 3/4 scores what 1/4 does
    with pytest.raises(BadInput, match="at most 1/2"):
        RankingGame.make(2, 2, "1/2").profile([[1, 0], [0, 0]])


def test_play_from_stuffed_documents_settles_as_it_does_without():
    start = [[1, 0, 0], [0, "9/10", 0]]
    model = RankingCompetition(
        n_queries=3, n_publishers=2, retrieval="triangle(peak='2/3')", start=start, rng=0
    )
    model.run()
    assert model.converged
    assert model.profile.worst_value == F(1, 2)
    model.mediator.enrich(documents=[[1, 0, 0], [0, "5/6", 0]])  # 5/6 scores what 1/3 does
    assert model.game.thresholds == (0, F(1, 3), 0)


FILE = """
from fractions import Fraction

class Square:
    peak = Fraction(1, 2)
    def __init__(self, drop=1):
        self.drop = drop
    def score(self, x):
        return x if x <= self.peak else self.peak - self.drop * (x - self.peak)
    def reach(self, score):
        return max(score, 0)
    beyond = reach

class Back(Square):
    def score(self, x):
        return -x

class Wrong(Square):
    def reach(self, score):
        return self.peak
"""


def test_a_function_of_ones_own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    own = RankingGame.make(2, 3, threshold="1/4", retrieval=f"{path}:Square(drop=1)")
    same = RankingGame.make(2, 3, threshold="1/4", retrieval=triangle("1/2"))
    rows = [["1/4", "3/4", 0], ["1/2", "1/4", "1/8"]]
    assert own.profile(rows).winners == same.profile(rows).winners
    assert not own.rises  # it does not say so
    for name, named in (
        ("Back", "falls before its peak 1/2, from focus 0 to 1/120"),
        ("Wrong", "give the least"),
    ):
        with pytest.raises(BadInput, match=named):
            retrieval_of(f"{path}:{name}()")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("square", "retrieval is 'square'"),
        ("triangle(peak=2)", "peak is 2; it must be a number above 0"),
        ("piecewise(points=[(0, 0), (1, 1), (0.5, 2)])", "ascending"),
        ("piecewise(points=[(0, 0), (0.5, 2), (0.7, 1), (1, 2)])", "more than one peak"),
        ("piecewise(points=[(0, 1), (1, 0)])", "focus 0"),
        ("piecewise(points=[0, 1])", "point 1 is 0; give a pair"),
        ("piecewise(points=3)", "points is 3; give 2 to 100 pairs"),
    ],
)
def test_bad_functions_are_named(text, named):
    with pytest.raises(BadInput, match=named):
        retrieval_of(text)


def test_what_does_not_go_with_a_function_is_named():
    with pytest.raises(BadInput, match="peak is 1/3, and the retrieval function peaks at 1/2"):
        RankingGame.make(2, 3, "1/3", retrieval=triangle("1/2"))
    flat = "piecewise(points=[(0, 0), (0.1, 1), (0.5, 1), (1, 2)])"
    with pytest.raises(BadInput, match="greedy"):
        RankingCompetition(n_publishers=2, n_queries=3, retrieval=flat, rule="greedy")
