from fractions import Fraction
from itertools import product

import pytest

from ecosystem.ranking import theory
from ecosystem.ranking.constructions import lean_construction, stated_construction, uniform_equilibrium
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.responses import is_equilibrium

F = Fraction
GAMES = [(n, k) for n in (2, 3, 4, 5) for k in range(1, 9)]
PEAKS = [F(s, 60) for s in range(6, 61, 2)] + [F(1, 7), F(2, 7), F(3, 11)]


@pytest.mark.parametrize(("n", "k"), GAMES)
def test_uniform_equilibria_hold_and_serve_as_well_as_anything_can(n, k):
    for p in PEAKS:
        bound, best = theory.uniform_bound(n, k, p), theory.recommended_threshold(n, k, p)
        for q in {bound.value, bound.value + F(1, 10**6), best, p / 2, p, (best + p) / 2}:
            if not 0 <= q <= p:
                continue
            documents = uniform_equilibrium(n, k, p, q)
            if documents is None:
                assert not bound.met_by(q)
                continue
            profile = RankingGame.make(n, k, p, q).profile(documents)
            assert is_equilibrium(profile)
            if q > best:  # too high: somebody is served by nobody
                assert profile.worst_value == 0
            else:
                assert profile.worst_value == theory.best_worst_value(n, k, p)


@pytest.mark.parametrize(("n", "k"), GAMES)
def test_per_query_constructions_hold_at_the_stated_norms(n, k):
    for p in PEAKS:
        stated, norm = stated_construction(n, k, p), theory.stated_norm(n, k, p)
        assert is_equilibrium(RankingGame.make(n, k, p, stated.thresholds).profile(stated.documents))
        total = sum(stated.thresholds)
        assert norm.met_by(total)
        assert total - norm.value < F(1, 2)
        lean = lean_construction(n, k, p)
        if theory.region(n, k, p) == "small":
            assert lean == stated
            assert total == 0
            continue
        assert is_equilibrium(RankingGame.make(n, k, p, lean.thresholds).profile(lean.documents))
        # What lies above the norm is too little to decide what fits into one static document.
        assert total - norm.value < F(1, p.denominator if theory.region(n, k, p) == "medium" else k // n + 1)
        if theory.region(n, k, p) == "medium":
            assert sum(lean.thresholds) == p * (2 * k - n * theory.peak_places(p) - n)
        else:
            assert sum(lean.thresholds) == norm.value  # attained, also where the paper's bound is strict
        assert theory.conjectured_norm(n, k, p) <= sum(lean.thresholds) <= total
        packed, fewer = (len(static_documents(e.thresholds).documents) for e in (stated, lean))
        assert fewer <= packed <= n


def test_per_query_thresholds_cannot_be_lowered_one_by_one():
    """Lowering any threshold of the lean construction at a large peak undoes its equilibrium."""
    for n, k in product((2, 3, 4), (5, 6, 7)):
        lean = lean_construction(n, k, F(1))
        for j, q in enumerate(lean.thresholds):
            if q:
                lower = (*lean.thresholds[:j], q - F(1, 10**6), *lean.thresholds[j + 1 :])
                assert not is_equilibrium(RankingGame.make(n, k, 1, lower).profile(lean.documents))
