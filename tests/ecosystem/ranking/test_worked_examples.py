"""Worked examples of the ranking game, analogues of the paper's figures, with exact values."""

from fractions import Fraction

import pytest

from ecosystem.ranking.constructions import lean_construction, stated_construction, uniform_equilibrium
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.move import deviation_type, measure
from ecosystem.ranking.renaming import same_up_to_renaming
from ecosystem.ranking.responses import (
    best_response,
    best_utility,
    improvers,
    is_equilibrium,
)
from ecosystem.ranking.theory import fewest_uniform_documents, stated_uniform_bound, uniform_bound

F = Fraction
HALF = F(1, 2)


def units(game, unit, *rows):
    return game.profile([[F(w, unit) for w in row] for row in rows])


def is_fair_best_response(before, mover, after):
    """Whether the mover's document in `after` is a best response of the largest equity."""
    response = before.replaced(mover, best_response(before, mover, "fair"))
    made, best = (measure(1, mover, before, profile) for profile in (after, response))
    return made.after == best.after > made.before and made.equity == best.equity


def check_path(profiles, movers):
    for before, after, mover in zip(profiles[:-1], profiles[1:], movers, strict=True):
        assert all(before.document(i) == after.document(i) for i in range(len(before.rows)) if i != mover)
        assert is_fair_best_response(before, mover, after)


def test_threshold_a_hair_too_high():
    spread = [[HALF, HALF, 0], [0, HALF, HALF]]
    stable = RankingGame.make(2, 3, 1, HALF).profile(spread)
    assert stable.utilities == (F(3, 2), F(3, 2))
    assert stable.welfare == F(-1, 2)
    assert is_equilibrium(stable)

    low = RankingGame.make(2, 3, 1, "0.4").profile(spread)
    assert improvers(low) == [0, 1]
    assert [best_utility(low, i) for i in (0, 1)] == [2, 2]

    high = RankingGame.make(2, 3, 1, "0.501").profile([[1, 0, 0], [0, 1, 0]])
    assert is_equilibrium(high)
    assert high.values == (1, 1, 0)
    assert high.winners[2] == ()
    assert high.welfare == -1


@pytest.mark.parametrize(
    ("n", "k", "bound", "uniform", "per_query", "norm"),
    [(5, 8, F(1, 4), 3, 1, HALF), (4, 7, F(1, 4), 3, 1, F(1))],
)
def test_three_documents_or_one_at_a_medium_peak(n, k, bound, uniform, per_query, norm):
    needed = stated_uniform_bound(n, k, HALF)
    assert (needed.value, needed.strict) == (bound, True)
    assert fewest_uniform_documents(k, needed) == uniform
    for built in (stated_construction(n, k, HALF), lean_construction(n, k, HALF)):
        assert sum(built.thresholds) == norm
        assert len(static_documents(built.thresholds).documents) == per_query
        profile = RankingGame.make(n, k, HALF, built.thresholds).profile(built.documents)
        assert is_equilibrium(profile)
        assert set(profile.values) == {HALF}
    above = bound + F(1, 1000)
    profile = RankingGame.make(n, k, HALF, above).profile(uniform_equilibrium(n, k, HALF, above))
    assert is_equilibrium(profile)
    assert set(profile.values) == {HALF}


def test_documents_at_a_large_peak():
    p = F(1)
    assert fewest_uniform_documents(5, stated_uniform_bound(4, 5, p)) == 3
    assert fewest_uniform_documents(5, uniform_bound(4, 5, p)) == 2
    assert is_equilibrium(RankingGame.make(4, 5, p, "0.26").profile(uniform_equilibrium(4, 5, p, F("0.26"))))
    assert len(static_documents([F("0.26")] * 5).documents) == 2
    assert len(static_documents(stated_construction(4, 5, p).thresholds).documents) == 1


def test_equilibrium_below_the_papers_bound():
    documents = [[HALF, HALF, 0, 0], [0, 0, HALF, HALF], [0, 0, HALF, HALF]]
    assert is_equilibrium(RankingGame.make(3, 4, 1, "0.251").profile(documents))
    assert not is_equilibrium(RankingGame.make(3, 4, 1, "1/4").profile(documents))
    assert not stated_uniform_bound(3, 4, F(1)).met_by(F("0.251"))
    assert uniform_bound(3, 4, F(1)).met_by(F("0.251"))


def test_welfare_trade_off():
    uniform = RankingGame.make(2, 4, 1, "0.251").profile([[HALF, HALF, 0, 0], [0, 0, HALF, HALF]])
    assert is_equilibrium(uniform)
    assert uniform.welfare == F(-1, 2)
    assert len(static_documents(uniform.game.thresholds).documents) == 2

    third = F(1, 3)
    per_query = RankingGame.make(2, 4, 1, [third, third, 0, 0]).profile(
        [[third, 0, third, third], [0, third, third, third]]
    )
    assert is_equilibrium(per_query)
    assert per_query.welfare == F(-2, 3)
    assert len(static_documents(per_query.game.thresholds).documents) == 1


def test_a_worse_equilibrium_exists_below_n_over_k():
    profile = RankingGame.make(2, 4, 1, "0.4").profile([["0.6", "0.4", 0, 0], [0, 0, HALF, HALF]])
    assert is_equilibrium(profile)
    assert profile.worst_value == F(2, 5)


def test_fair_cycle_at_a_low_peak():
    game = RankingGame.make(2, 5, "1/3", "1/4")
    start = units(game, 12, (4, 3, 3, 0, 0), (0, 0, 4, 3, 3))
    after = units(game, 12, (3, 3, 0, 0, 4), (0, 0, 4, 3, 3))
    assert start.utilities == (2, 3)
    assert after.utilities == (3, 2)
    check_path([start, after], [0])
    assert same_up_to_renaming(start, after)
    assert uniform_bound(2, 5, F(1, 3)).value == F(1, 6)


def test_the_lower_end_of_the_simple_range_is_tight():
    game = RankingGame.make(2, 4, 1, "1/3")
    path = [
        units(game, 12, (0, 4, 4, 4), (4, 0, 0, 5)),
        units(game, 12, (4, 4, 4, 0), (4, 0, 0, 5)),
        units(game, 12, (4, 4, 4, 0), (0, 0, 5, 4)),
    ]
    assert path[1].utilities == (F(5, 2), F(3, 2))
    assert path[2].utilities == (2, 2)
    check_path(path, [0, 1])
    assert same_up_to_renaming(path[0], path[2])
    assert not same_up_to_renaming(path[0], path[1])


def test_a_second_move_can_open_a_door():
    game = RankingGame.make(4, 5, 1, HALF)
    a, b, d = (4, 0, 4, 0, 0), (0, 0, 4, 0, 4), (0, 4, 4, 0, 0)
    path = [
        units(game, 8, a, b, (0, 0, 0, 8, 0), d),
        units(game, 8, a, b, (0, 4, 0, 4, 0), d),
        units(game, 8, a, b, (0, 4, 0, 4, 0), (0, 8, 0, 0, 0)),
        units(game, 8, a, b, (0, 0, 0, 4, 4), (0, 8, 0, 0, 0)),
    ]
    check_path(path, [2, 3, 2])
    assert deviation_type(path[3], 2) == 2  # the second move of C is of type 2, as the lemma says
    assert improvers(path[2]) == [2]  # A, B and D had nothing to gain before it
    assert improvers(path[3]) == [3]  # D does after it, against the lemma's second half
    assert best_utility(path[3], 3) - path[3].utilities[3] == HALF


def test_fair_cycle_with_per_query_thresholds():
    game = RankingGame.make(2, 3, 1, [HALF, 0, HALF])
    path = [
        units(game, 8, *rows)
        for rows in (
            ((4, 0, 4), (0, 1, 5)),
            ((4, 2, 0), (0, 1, 5)),
            ((4, 2, 0), (0, 3, 4)),
            ((4, 4, 0), (0, 3, 4)),
            ((4, 4, 0), (4, 0, 4)),
            ((0, 1, 5), (4, 0, 4)),
        )
    ]
    check_path(path, [0, 1, 0, 1, 0])
    assert path[5].documents == path[0].documents[::-1]
    assert is_equilibrium(game.profile([[HALF, HALF, 0], [0, HALF, HALF]]))


def test_unfair_and_fair():
    game = RankingGame.make(2, 4, 1, "2/5")
    start = units(game, 10, (5, 4, 0, 0), (4, 0, 5, 0))
    unfair = units(game, 10, (5, 4, 0, 0), (0, 5, 4, 0))
    fair = units(game, 10, (5, 4, 0, 0), (0, 0, 5, 5))
    assert unfair.utilities[1] == fair.utilities[1] == best_utility(start, 1)
    assert same_up_to_renaming(start, unfair)
    assert measure(1, 1, start, unfair).equity == 1
    assert measure(1, 1, start, fair).equity is None
    assert is_fair_best_response(start, 1, fair)
    assert not is_fair_best_response(start, 1, unfair)
    assert is_equilibrium(fair)
    assert best_response(start, 1, "fair") == fair.document(1)
