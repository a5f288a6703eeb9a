from fractions import Fraction

import pytest

from ecosystem.ranking.competition import RankingCompetition
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.publisher import RULES, greedy_response, least_crowded_response, rule_named

F = Fraction


def test_greedy_takes_free_queries_first():
    document = greedy_response([(), (1,), (), (1,), ()], 2, F(1), [4, 3, 2, 1, 0])
    assert document == (F(1, 3), 0, F(1, 3), 0, F(1, 3))


def test_greedy_ties_with_the_richest_sole_winner():
    # Publisher 1 wins queries 0 to 2 alone, publisher 2 wins 3 alone; one query is free, m = 2.
    rivals = [(1,), (1,), (1,), (2,), ()]
    document = greedy_response(rivals, 3, F(1), range(5))
    assert document == (F(1, 2), 0, 0, 0, F(1, 2))


def test_greedy_wins_fewer_queries_alone_when_few_are_free():
    # m = 3, nothing free: type 1, two queries above 1/3, each from whoever is richest at that point.
    rivals = [(1,)] * 3 + [(2,)] * 4
    assert greedy_response(rivals, 3, F(1), range(7)) == (F(1, 2), 0, 0, F(1, 2), 0, 0, 0)
    assert greedy_response(rivals, 3, F(2, 5), range(7)) == (F(2, 5), 0, 0, F(2, 5), 0, 0, 0)


def test_least_crowded():
    assert least_crowded_response([(0, 1), (), (0,)], F(1, 2), range(3)) == (0, F(1, 2), F(1, 2))


def test_rules_have_names():
    assert {name: rule.name for name, rule in RULES.items()} == {name: name for name in RULES}
    with pytest.raises(BadInput, match="did you mean 'greedy'"):
        rule_named("greedi")


@pytest.mark.parametrize("threshold", ["0.4", "none", "1/3,1/3,1/3,0"])
def test_greedy_is_refused_where_it_is_not_defined(threshold):
    with pytest.raises(BadInput, match="rule 'greedy' is not defined at threshold"):
        RankingCompetition(n_publishers=2, n_queries=4, rule="greedy", threshold=threshold)


def test_a_local_publisher_never_loses_by_its_own_move_and_finds_free_queries():
    model = RankingCompetition(
        n_publishers=2, n_queries=2, threshold="1/2", rule="local", start=[[0, 0], [0, 0]], rng=1
    )
    for _ in range(2000):
        if not model.running:
            break
        model.step()
        move = model.history[-1]
        assert move.after >= move.before
        assert move.document == model.profile.document(move.mover)
        assert sum(move.document) <= 1
        assert all(0 <= w <= 1 for w in move.document)
    assert model.converged
    assert model.profile.worst_value >= F(1, 2)
    assert model.cycle is None


def test_a_local_move_shifts_at_most_eta():
    model = RankingCompetition(n_publishers=2, n_queries=3, rule="local", eta="1/7", rng=0)
    for _ in range(50):
        before = [model.profile.document(i) for i in range(2)]
        model.step()
        move = model.history[-1]
        changes = [abs(a - b) for a, b in zip(before[move.mover], move.document, strict=True)]
        assert max(changes) <= F(1, 7)
        assert sum(1 for change in changes if change) <= 2


def test_publishers_see_their_own_document_and_utility():
    model = RankingCompetition(n_publishers=2, n_queries=2, start=[[1, 0], [0, 1]])
    assert [p.document for p in model.publishers] == [(1, 0), (0, 1)]
    assert [p.utility for p in model.publishers] == [1, 1]
