"""The exact search: its linear programmes against another solver's, its answers against grids and theory."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from ecosystem.ranking.existence import Condition, feasible, search
from ecosystem.ranking.theory import SEARCHED, conjectured_norm, stated_norm, uniform_bound

F = Fraction


def test_strictness_at_equality():
    assert feasible([([-1, 2], False), ([1, -2], False)]) == [F(1, 2)]  # x = 1/2
    assert feasible([([-1, 2], True), ([1, -2], False)]) is None
    x = feasible([([-1, 2], True), ([2, -3], True)])  # 1/2 < x < 2/3
    assert F(1, 2) < x[0] < F(2, 3)
    assert feasible([([-1, -1], False)]) is None  # x is at least 0


def test_programmes_are_decided_as_by_another_solver():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(150):
        rows = rng.integers(-3, 4, size=(rng.integers(2, 9), 4))
        strict = rng.random(len(rows)) < 0.5
        found = feasible([(row.tolist(), bool(s)) for row, s in zip(rows, strict, strict=True)])
        if found is not None:
            values = [
                row[0] + sum(a * x for a, x in zip(row[1:], found, strict=True)) for row in rows.tolist()
            ]
            assert min(found) >= 0
            assert all(v > 0 if s else v >= 0 for v, s in zip(values, strict, strict=True))
        margin = np.column_stack([-rows[:, 1:], strict.astype(int)])
        best = linprog([0, 0, 0, -1], margin, rows[:, 0], bounds=[(0, None)] * 3 + [(0, 1)])
        assert (found is not None) == (best.status == 0 and -best.fun > 1e-7)
        seen.add(found is None)
    assert seen == {False, True}


def at(peak, q):
    """At just this peak and threshold."""
    return [Condition(sign, 0, -sign * F(peak)) for sign in (1, -1)] + [
        Condition(0, sign, -sign * F(q)) for sign in (1, -1)
    ]


@pytest.mark.parametrize(("n", "k", "peak"), [(2, 3, "1"), (2, 3, "3/5"), (2, 4, "2/5"), (2, 4, "1")])
def test_an_equilibrium_is_found_just_where_theory_has_one(n, k, peak):
    bound, found = uniform_bound(n, k, F(peak)), set()
    for q in (bound.value - F(1, 100), bound.value, bound.value + F(1, 100), F(peak)):
        profile = search(n, k, "uniform", at(peak, q)).found
        assert (profile is not None) == bound.met_by(q)
        found.add(profile is not None)
        if profile is not None:
            assert (profile.game.peak, profile.game.uniform_threshold) == (F(peak), q)
    assert found == {False, True}


def test_without_thresholds_stable_peaks_end_at_the_theorems():
    assert search(2, 4, "none", [Condition(1, 0, -F(1, 3))]).found.game.peak == F(1, 3)
    assert search(2, 4, "none", [Condition(1, 0, -F(1, 3), True)]).found is None


def test_less_than_the_papers_norm_is_enough():
    below = [Condition(1, 0, -1), Condition(0, -1, stated_norm(2, 3, F(1)).value, True)]
    profile = search(2, 3, "free", below).found
    assert sum(profile.game.thresholds) < 1
    assert (
        search(
            2, 3, "free", [Condition(1, 0, -1), Condition(0, -1, conjectured_norm(2, 3, F(1)), True)]
        ).found
        is None
    )


@pytest.mark.slow
@pytest.mark.parametrize(("n", "k"), sorted(SEARCHED))
def test_games_called_searched_have_nothing_below_the_bound(n, k):
    m = -(-k // n)
    bound = uniform_bound(n, k, F(1))
    low = Condition(0, -1, bound.value, not bound.strict)
    assert search(n, k, "uniform", [Condition(1, 0, -F(1, m), True), low]).found is None
