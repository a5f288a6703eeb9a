from dataclasses import FrozenInstanceError
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.ranking.game import RankingGame, read_document, thresholds_of
from ecosystem_agents.inputs.checks import BadInput

F = Fraction
GRID = 6


@st.composite
def profiles(draw):
    n, k = draw(st.integers(2, 4)), draw(st.integers(1, 5))
    peak = F(draw(st.sampled_from([2, 3, 6])), GRID)
    top = int(peak * GRID)
    rows = []
    for _ in range(n):
        left, row = GRID, []
        for _ in range(k):
            focus = draw(st.integers(0, min(left, top)))
            left -= focus
            row.append(F(focus, GRID))
        rows.append(tuple(row))
    q = [F(draw(st.integers(0, top)), GRID) for _ in range(k)]
    return RankingGame.make(n, k, peak, q).profile(rows)


def winners_by_definition(profile, j):
    scores = [document[j] for document in profile.documents]
    best = max(scores)
    return [i for i, s in enumerate(scores) if s == best and s >= profile.game.thresholds[j]]


@given(profiles())
def test_winners_utilities_and_values_follow_their_definitions(profile):
    n, k = profile.game.n_publishers, profile.game.n_queries
    winners = [winners_by_definition(profile, j) for j in range(k)]
    assert [list(who) for who in profile.winners] == winners
    assert list(profile.utilities) == [
        sum((F(1, len(who)) for who in winners if i in who), F(0)) for i in range(n)
    ]
    values = [max(d[j] for d in profile.documents) if winners[j] else F(0) for j in range(k)]
    assert list(profile.values) == values
    assert profile.worst_value == min(values)
    assert profile.welfare == -max(profile.game.peak - v for v in values)


@given(profiles(), st.integers(0, 3), st.fractions(0, 1, max_denominator=7))
def test_replacing_a_document_equals_building_the_profile_anew(profile, who, focus):
    who %= profile.game.n_publishers
    document = (min(focus, profile.game.peak), *[F(0)] * (profile.game.n_queries - 1))
    documents = [*profile.documents]
    documents[who] = document
    fresh = profile.game.profile(documents)
    replaced = profile.replaced(who, document)
    assert replaced.documents == fresh.documents
    assert replaced.utilities == fresh.utilities
    assert replaced.winners == fresh.winners


@given(profiles(), st.integers(0, 3))
def test_opposition_is_the_profile_without_the_publisher(profile, who):
    who %= profile.game.n_publishers
    for j, (cost, rivals) in enumerate(profile.opposition(who)):
        others = {i: d[j] for i, d in enumerate(profile.documents) if i != who}
        best, q = max(others.values()), profile.game.thresholds[j]
        if best >= q:
            assert rivals == tuple(i for i, w in others.items() if w == best)
            assert F(cost, profile.unit) == best
        else:
            assert rivals == ()
            assert F(cost, profile.unit) == q


def test_a_publisher_beats_a_static_document_in_a_tie():
    profile = RankingGame.make(2, 1, 1, "1/2").profile([["1/2"], [0]])
    assert profile.utilities == (1, 0)


def test_nobody_wins_below_the_threshold():
    profile = RankingGame.make(2, 1, 1, "1/2").profile([["0.4999"], [0]])
    assert profile.utilities == (0, 0)
    assert profile.values == (0,)


def test_at_threshold_zero_no_focus_ties():
    assert RankingGame.make(3, 1).profile([[0], [0], [0]]).utilities == (F(1, 3),) * 3


def test_documents_and_their_thresholds_are_the_same_game():
    documents = [(F(1, 2), F(0), F(1, 3)), (F(1, 4), F(1, 4), F(1, 2))]
    assert thresholds_of(documents, 3) == (F(1, 2), F(1, 4), F(1, 2))
    assert thresholds_of([], 3) == (0, 0, 0)


def test_a_threshold_is_uniform_where_all_queries_have_the_same():
    assert RankingGame.make(2, 3, 1, "1/2").uniform_threshold == F(1, 2)
    assert RankingGame.make(2, 3, 1, ["1/2", 0.5, "2/4"]).uniform_threshold == F(1, 2)
    assert RankingGame.make(2, 3, 1, ["1/2", 0, "1/2"]).uniform_threshold is None


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1, 3), "number of publishers is 1"),
        ((2, 0), "number of queries is 0"),
        ((10**9, 3), "number of publishers is 1000000000.*at most 1000"),
        ((2, 10**9), "number of queries is 1000000000.*at most 10000"),
        ((2.5, 3), "number of publishers is 2.5"),
        ((2, 3, 0), "peak is 0"),
        ((2, 3, "4/3"), "peak is 4/3"),
        ((2, 3, "half"), "peak is 'half'"),
        ((2, 3, "1/2", "2/3"), "threshold is 2/3.*at most 1/2"),
        ((2, 3, 1, -0.1), "threshold is -1/10"),
        ((2, 3, 1, float("nan")), "threshold is nan"),
        ((2, 3, 1, [0, 0]), "threshold has 2 entries"),
        ((2, 3, "1/2", [0, 0, 1]), "threshold of query 3 is 1"),
    ],
)
def test_bad_games_are_named(arguments, named):
    with pytest.raises(BadInput, match=named):
        RankingGame.make(*arguments)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        (["1/2", "1/2", "1/1000"], "a focus of 1001/1000 in all"),
        ([1, 0], "3 numbers"),
        ("100", "3 numbers"),
        ([-1, 0, 0], "focus on query 1 is -1"),
        ([0, 1, 0], "focus on query 2 is 1.*at most 3/4"),
        ([0, "x", 0], "focus on query 2 is 'x'"),
    ],
)
def test_bad_documents_are_named(document, named):
    with pytest.raises(BadInput, match=named):
        read_document("document", document, 3, F(3, 4))


def test_profiles_need_a_document_each():
    with pytest.raises(BadInput, match="profile has 1 documents"):
        RankingGame.make(2, 3).profile([[0, 0, 0]])
    with pytest.raises(BadInput, match="document of publisher 2, focus on query 3 is 2"):
        RankingGame.make(2, 3).profile([[0, 0, 0], [0, 0, 2]])


def test_a_query_is_worth_the_least_that_every_number_of_winners_divides():
    assert [RankingGame.make(n, 1).whole_query for n in (2, 3, 4, 6)] == [2, 6, 12, 60]


def test_profiles_never_change():
    profile = RankingGame.make(2, 1).profile([[1], [0]])
    with pytest.raises(FrozenInstanceError):
        profile.rows = ()
