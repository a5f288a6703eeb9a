from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest

from ecosystem.ranking import theory
from ecosystem.ranking.constructions import stated_construction, uniform_equilibrium
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.responses import is_equilibrium

F = Fraction
SMALL_GAMES = [(n, k) for n in (2, 3, 4) for k in range(1, 9)]
PEAKS = [F(s, 60) for s in range(3, 61)]


def test_regions_of_the_peak():
    assert theory.largest_stable_peak(2, 3) == F(1, 2)
    assert theory.largest_stable_peak(2, 5) == F(1, 4)
    assert theory.largest_stable_peak(3, 4) == F(1, 2)
    assert [theory.region(2, 5, p) for p in (F(1, 4), F(26, 100), F(1, 3), F(34, 100))] == [
        "small",
        "medium",
        "medium",
        "large",
    ]
    # The medium region may be empty, and up to as many queries as publishers every peak is small.
    assert [theory.region(2, 3, p) for p in (F(1, 2), F(51, 100))] == ["small", "large"]
    assert all(theory.region(n, k, F(1)) == "small" for n, k in SMALL_GAMES if k <= n)


@pytest.mark.parametrize(
    ("n", "k", "peak", "value", "strict"),
    [
        (2, 5, "1/4", "0", False),
        (2, 5, "1/3", "1/6", True),
        (3, 5, "2/5", "3/10", True),
        (5, 8, "1/2", "1/4", True),
        (2, 5, "1", "1/3", False),
        (2, 4, "1", "1/4", True),
        (2, 6, "1/2", "2/9", True),
        (3, 5, "1", "1/2", False),
    ],
)
def test_uniform_bounds(n, k, peak, value, strict):
    bound = theory.stated_uniform_bound(n, k, F(peak))
    assert bound == theory.Bound(F(value), strict)
    assert theory.uniform_bound(n, k, F(peak)) == bound
    assert bound.met_by(bound.value) is not strict


def test_the_correction_applies_just_where_it_should():
    def corrected(n, k, p):
        return theory.uniform_bound(n, k, p) != theory.stated_uniform_bound(n, k, p)

    games = [(n, k) for n in range(2, 7) for k in range(1, 15) if corrected(n, k, F(1))]
    assert games == [(3, 4), (4, 5), (4, 6), (5, 6), (5, 7), (5, 8), (6, 7), (6, 8), (6, 9), (6, 10)]
    assert not corrected(3, 4, F(1, 2))
    assert theory.uniform_bound(3, 4, F(1)) == theory.Bound(F(1, 4), strict=True)


def test_bounds_order_as_derived():
    for (n, k), p in product(SMALL_GAMES, PEAKS):
        bound = theory.uniform_bound(n, k, p)
        best = theory.recommended_threshold(n, k, p)
        assert bound.value <= theory.stated_uniform_bound(n, k, p).value
        assert bound.met_by(best)
        assert best <= p
        if theory.region(n, k, p) == "medium":
            # Equivalent form: a publisher alone in r queries cannot lower them to q and tie in one more.
            kappa, r = theory.peak_places(p), -(-2 * k // n) - theory.peak_places(p)
            assert r * bound.value + (kappa + 1 - r) * p == 1
        assert theory.conjectured_norm(n, k, p) <= theory.stated_norm(n, k, p).value


def test_stability_flips_exactly_at_each_bound():
    """Every n <= 4, k <= 8 and peak in sixtieths: the profile holds at the bound, and not a hair below."""
    hair = F(1, 10**9)
    flips = 0
    for (n, k), p in product(SMALL_GAMES, PEAKS):
        bound = theory.uniform_bound(n, k, p)
        if theory.region(n, k, p) == "small":
            continue
        holds, fails = (
            (bound.value + hair, bound.value) if bound.strict else (bound.value, bound.value - hair)
        )
        documents = uniform_equilibrium(n, k, p, holds)
        assert is_equilibrium(RankingGame.make(n, k, p, holds).profile(documents))
        assert not is_equilibrium(RankingGame.make(n, k, p, fails).profile(documents))
        flips += 1
    assert flips == sum(p > theory.largest_stable_peak(n, k) for (n, k), p in product(SMALL_GAMES, PEAKS))


def all_profiles(n, k, grid, peak):
    documents = [
        tuple(F(w, grid) for w in row)
        for row in product(range(int(peak * grid) + 1), repeat=k)
        if sum(row) <= grid
    ]
    return combinations_with_replacement(documents, n)


@pytest.mark.parametrize(
    ("n", "k", "grid", "peak"),
    [
        (2, 3, 6, F(2, 3)),
        (2, 4, 4, F(1)),
        pytest.param(2, 3, 8, F(1), marks=pytest.mark.slow),
        pytest.param(2, 3, 8, F(5, 8), marks=pytest.mark.slow),
        pytest.param(2, 4, 6, F(1, 2), marks=pytest.mark.slow),
        pytest.param(2, 3, 12, F(7, 12), marks=pytest.mark.slow),
        pytest.param(2, 4, 8, F(1), marks=pytest.mark.slow),
        pytest.param(3, 4, 4, F(1), marks=pytest.mark.slow),
    ],
)
def test_no_profile_of_a_grid_is_stable_below_the_bound(n, k, grid, peak):
    bound = theory.uniform_bound(n, k, peak)
    below = bound.value if bound.strict else bound.value - F(1, 10**6)
    game = RankingGame.make(n, k, peak, below)
    assert not any(is_equilibrium(game.profile(documents)) for documents in all_profiles(n, k, grid, peak))


@pytest.mark.parametrize(("n", "k"), [(2, 3), (2, 4)])
def test_without_static_documents_grid_equilibria_exist_just_up_to_the_largest_stable_peak(n, k):
    peaks = [F(top, 4) for top in range(1, 5)]
    stable = {
        p
        for p in peaks
        if any(is_equilibrium(RankingGame.make(n, k, p).profile(d)) for d in all_profiles(n, k, 4, p))
    }
    assert stable == {p for p in peaks if p <= theory.largest_stable_peak(n, k)}


def test_best_worst_value_on_a_grid():
    for n, k, grid in ((2, 3, 6), (2, 4, 4), (3, 4, 2)):
        game = RankingGame.make(n, k, 1, 0)
        best = max(game.profile(documents).worst_value for documents in all_profiles(n, k, grid, F(1)))
        assert best == theory.best_worst_value(n, k, F(1))


TABLE = {
    # n: (first k, uniform, uniform at 1/m, per query)
    4: (5, "334334434", "334434444", "123223323"),
    3: (4, "2323333333", None, "1212322323"),
}


@pytest.mark.parametrize("n", [3, 4])
def test_document_counts(n):
    first, uniform, recommended, per_query = TABLE[n]
    p = F(1)
    ks = range(first, first + len(uniform))
    counted = [theory.fewest_uniform_documents(k, theory.stated_uniform_bound(n, k, p)) for k in ks]
    assert "".join(map(str, counted)) == uniform
    if recommended:
        at_m = [theory.uniform_documents(k, theory.recommended_threshold(n, k, p)) for k in ks]
        assert "".join(map(str, at_m)) == recommended
    packed = [static_documents(stated_construction(n, k, p).thresholds) for k in ks]
    assert "".join(str(len(each.documents)) for each in packed) == per_query
    assert all(each.at_least == len(each.documents) for each in packed)


def test_document_counts_with_the_correction():
    assert [theory.fewest_uniform_documents(k, theory.uniform_bound(4, k, F(1))) for k in (5, 6)] == [2, 2]


def test_never_more_uniform_documents_than_publishers():
    for n, k in product(range(2, 13), range(1, 61)):
        for p in (F(s, 120) for s in range(1, 121, 7)):
            assert theory.fewest_uniform_documents(k, theory.stated_uniform_bound(n, k, p)) <= n
            if theory.region(n, k, p) != "small":
                assert theory.uniform_documents(k, theory.recommended_threshold(n, k, p)) <= n


@pytest.mark.parametrize(
    ("n", "k", "peak", "stated", "conjectured"),
    [
        (2, 3, "1", "1", "1/2"),
        (2, 4, "0.34", "1.32", "2/3"),
        (2, 4, "0.4", "1.2", "2/3"),
        (2, 4, "1/2", "1", "2/3"),
        (2, 4, "0.6", "2/3", "2/3"),
        (2, 5, "0.26", "0.96", "0.52"),
        (2, 5, "0.3", "0.8", "0.6"),
        (2, 5, "1/3", "2/3", "2/3"),
        (2, 5, "0.35", "4/3", "1"),
        (2, 6, "0.21", "0.74", "0.42"),
        (2, 6, "0.25", "0.5", "0.5"),
        (2, 6, "0.3", "1.4", "1"),
        (2, 6, "1/3", "4/3", "1"),
        (2, 6, "0.4", "1", "1"),
        (3, 4, "0.7", "1/2", "1/2"),
        (3, 5, "0.4", "1", "0.4"),
        (3, 5, "1", "1.5", "1"),
    ],
)
def test_norms(n, k, peak, stated, conjectured):
    assert theory.stated_norm(n, k, F(peak)).value == F(stated)
    assert theory.conjectured_norm(n, k, F(peak)) == F(conjectured)


def test_steps():
    assert theory.step_bound(4, 7) == 8
    assert theory.simple_range(2, 4) == (F(1, 3), F(1, 2))
    assert theory.simple_range(2, 5) is None


NORMS = {
    # Some publisher has only sole wins, or not: large peaks by k mod n, medium ones by what is left of a document.
    (2, 3, "1"): False,
    (3, 5, "1"): True,
    (3, 4, "1"): True,
    (2, 4, "1"): False,
    (2, 5, "0.3"): True,
    (2, 5, "1/3"): False,
}


def test_whether_a_norm_must_be_passed_or_met():
    strict = {(n, k, p): theory.stated_norm(n, k, F(p)).strict for n, k, p in NORMS}
    assert strict == NORMS


def test_no_threshold_takes_no_document_and_any_above_none_takes_one():
    assert theory.uniform_documents(5, F(0)) == 0
    assert theory.fewest_uniform_documents(5, theory.Bound(F(0), strict=False)) == 0
    assert theory.fewest_uniform_documents(5, theory.Bound(F(0), strict=True)) == 1
