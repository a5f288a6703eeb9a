"""What an address may say, and what no visitor can make the server read."""

from __future__ import annotations

import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.address import FILE_PARAMETERS, items_of, refuse_file, typed, view_of
from ecosystem_server.app import complaint_about
from ecosystem_server.arena.phase import PhaseSetting
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.setting import Setting
from ecosystem_server.offered import ENVIRONMENTS
from ecosystem_server.ranking.setting import RankingSetting

READERS = {
    "live": lambda query: Setting.from_query(query, PUBLIC),
    "ranking": RankingSetting.from_query,
    "arena": ArenaSetting.from_query,
    "phase": PhaseSetting.from_query,
}
OPTIONS = [(environment, option) for environment, one in ENVIRONMENTS.items() for option in one.options]


def test_items_are_kept_as_text_and_too_many_are_refused():
    assert items_of("view=arena&seeds=3&steps=") == {"view": "arena", "seeds": "3", "steps": ""}
    assert items_of(None) == items_of("") == {}
    with pytest.raises(BadInput, match="more than 100 items"):
        items_of("&".join(f"a{k}=1" for k in range(101)))


def test_the_view_of_what_cannot_be_read_is_the_first():
    assert view_of("view=tour&seed=1") == "tour"
    assert view_of("view=arena&path=x") == view_of("a=1") == ""


@pytest.mark.parametrize(
    ("value", "number"), [("12", 12), (" -3 ", -3), (7, 7), ("1e3", 1000.0), ("2.0", 2.0)]
)
def test_numbers_are_read(value, number):
    assert typed(value) == number


def test_seeds_are_what_a_browser_counts_exactly():
    for reader in ("live", "ranking", "phase"):
        view = "" if reader == "live" else f"view={reader}&"
        assert READERS[reader](f"{view}seed={2**53}").seed == 2**53
        with pytest.raises(BadInput, match=f"seed is {2**53 + 1}"):
            READERS[reader](f"{view}seed={2**53 + 1}")


@pytest.mark.parametrize("value", ["--5", "1_0", "٣", "²", "", None, "nan"])
def test_what_is_no_number_stays_for_the_check_to_name(value):
    assert typed(value) == value
    assert len(typed("9" * 400)) < 50


@pytest.mark.parametrize("name", FILE_PARAMETERS)
@pytest.mark.parametrize("reader", READERS)
def test_no_page_takes_a_parameter_that_names_a_file(reader, name):
    assert name not in FIELDS
    for key in (name, f"a.{name}"):
        with pytest.raises(BadInput, match=f"{key} names a file of the serving machine"):
            READERS[reader](f"environment=movielens&{key}=/etc/passwd")
    with pytest.raises(BadInput, match=f"{name} names a file"):
        refuse_file(name)


@pytest.mark.parametrize(
    ("reader", "query", "said"),
    [
        ("live", "mechanism=foo", "the link has 'mechanism', which this page does not know; did you mean"),
        (
            "live",
            "environment=figure1&wibble=3",
            "'wibble', which this page does not know; copy the link anew",
        ),
        ("live", "c.beta=3", "did you mean 'b.beta'|did you mean 'a.beta'"),
        ("ranking", "view=ranking&p=1/2", "'p', which"),
        ("arena", "view=arena&seed=3", "did you mean 'seeds'"),
    ],
)
def test_no_page_passes_over_what_it_does_not_know(reader, query, said):
    with pytest.raises(BadInput, match=said):
        READERS[reader](query)
    assert READERS[reader]("solara-added=1")


def test_a_view_that_is_none_is_said():
    views = ("", "tour", "ranking", "arena")
    assert [complaint_about(view, views) for view in views] == [""] * 4
    assert complaint_about("nope", views) == "view is 'nope'; it must be one of tour, ranking, arena"


@pytest.mark.parametrize(("environment", "option"), OPTIONS)
def test_no_option_of_an_environment_reaches_a_world_but_those_with_a_control(environment, option):
    for reader in ("live", "arena"):
        try:
            setting = READERS[reader](f"environment={environment}&{option}=7")
        except BadInput:
            continue
        given = setting.shared if reader == "live" else setting.parameters
        assert given.get(option, 7) == 7
        assert option in FIELDS or option not in given
    asked = f"environment={environment}&changes=3.all.{option}:/etc/passwd"
    with pytest.raises(BadInput):
        READERS["live"](asked)


@pytest.mark.parametrize("reader", READERS)
def test_numbers_that_are_none_are_one_line(reader):
    key = {"live": "seed", "ranking": "n_publishers", "arena": "seeds", "phase": "seed"}[reader]
    with pytest.raises(BadInput, match="is '--5'; it must be a whole number"):
        READERS[reader](f"view={reader}&{key}=--5")


def test_a_link_leaves_out_what_there_is_nothing_to_say_of():
    assert RankingSetting().to_query() == (
        "view=ranking&n_publishers=4&n_queries=9&peak=1&past=stays&threshold=auto&rule=fair&order=random&seed=0"
    )
    assert ArenaSetting(policies=()).to_query() == (
        "view=arena&environment=figure1&seeds=5&steps=1000&lbr_evaluation=printed&policies=&against=worst_group"
    )
    assert Setting(arms=({},)).to_query() == "environment=figure1&seed=0&arms=1"
    assert Setting(arms=({},)).to_query("tour").startswith("view=tour&")


@pytest.mark.parametrize(
    ("kind", "query", "message"),
    [
        (RankingSetting, "n_publishers=9", "number of publishers n is 9; this server allows at most 8"),
        (ArenaSetting, "seeds=11", "seeds is 11; this server allows at most 10"),
        (Setting, "step=20001", "step is 20001; it must be a whole number at least 0 and at most 20000"),
        (Setting, "step=many", "step is 'many'; it must be a whole number at least 0 and at most 20000"),
    ],
)
def test_a_link_is_held_against_the_limits_of_this_server(kind, query, message):
    with pytest.raises(BadInput, match=message):
        kind.from_query(query, PUBLIC)
    assert kind.from_query(query.replace("many", "7"), OWN_MACHINE) != kind()


def test_a_page_is_told_how_much_its_server_allows():
    assert RankingSetting.most(PUBLIC) == {"n_publishers": 8, "n_queries": 12, "step": 200}
    assert ArenaSetting.most(PUBLIC)["policies"] == 8
