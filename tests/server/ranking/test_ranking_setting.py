"""What the ranking game's page accepts, what it refuses, and its address."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.ranking.setting import (
    EXAMPLES,
    Change,
    RankingSetting,
)


def test_an_address_says_all_there_is():
    setting = RankingSetting(
        2,
        3,
        "2/3",
        "1/2,0,1/2",
        "unfair",
        "round-robin",
        7,
        "falls",
        changes=(Change(3, "1/3"), Change(5, "none")),
        step=9,
    )
    assert RankingSetting.from_query(setting.to_query()) == setting
    assert "view=ranking" in setting.to_query()
    assert RankingSetting.from_query(None) == RankingSetting.from_query("view=ranking") == RankingSetting()


@pytest.mark.parametrize("text", ["0.25", " 1/4 ", "25e-2"])
def test_numbers_are_exact_however_they_are_written(text):
    assert RankingSetting().with_value("peak", text).peak == "1/4"
    assert RankingSetting().with_value("threshold", text).threshold == "1/4"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("n_publishers", "1", "number of publishers n is 1; it must be a whole number at least 2"),
        ("n_publishers", "11", "at most 10"),
        ("n_queries", "21", "at most 20"),
        ("n_queries", "many", "number of queries k is 'many'; it must be a whole number"),
        ("n_queries", "", "number of queries k is ''"),
        ("n_publishers", "²", "number of publishers n is '²'"),
        ("seed", "-1", "seed is -1"),
        ("peak", "0", "peak p is 0; it must be a number above 0 and at most 1"),
        ("peak", "1/0", "peak p is '1/0'"),
        ("peak", "1/123456789", "denominators up to"),
        ("threshold", "3/2", "threshold q is 3/2; it must be a number at least 0 and at most 1"),
        ("threshold", "half", "threshold q is 'half'"),
        ("threshold", "1," * 1000, "characters"),
        ("rule", "fare", "did you mean 'fair'?"),
        ("order", "alphabetical", "order is 'alphabetical'"),
        ("past", "fall", "did you mean 'falls'?"),
        ("colour", "red", "parameter is 'colour'"),
    ],
)
def test_bad_values_are_named(name, value, said):
    with pytest.raises(BadInput) as refused:
        RankingSetting().with_value(name, value)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        "view=ranking&n_publishers=x",
        f"view=ranking&step={OWN_MACHINE.ranking_steps + 1}",
        "view=ranking&changes=3",
        "view=ranking&changes=" + "~".join(f"{i}:0" for i in range(101)),
    ],
)
def test_bad_addresses_are_refused(query):
    with pytest.raises(BadInput):
        RankingSetting.from_query(query)


def test_scores_past_the_peak_stay_or_fall():
    stays = RankingSetting(3, 5, peak="1/2").model().game
    falls = RankingSetting(3, 5, peak="1/2", past="falls").model().game
    assert (stays.retrieval, falls.peak) == (None, stays.peak)
    assert [falls.retrieval.score(Fraction(x)) for x in ("1/4", "1/2", "3/4", "1")] == [0.5, 1, 0.5, 0]


def test_examples_are_what_they_are_called():
    played = {}
    for name, setting in EXAMPLES.items():
        model = setting.model()
        model.run(60)
        played[name] = model
    assert played["Two and three settle: q = 1/2"].converged
    assert not played["Too low: q = 0.4 never settles"].converged
    too_high = played["A hair too high: q = 0.501"]
    assert too_high.converged
    assert too_high.profile.worst_value == 0
    assert played["Unfair play goes round"].cycle is not None
    assert played["The same start, played fair"].converged
    start = [EXAMPLES[name].model().profile.documents for name in list(EXAMPLES)[3:5]]
    assert start[0] == start[1]
