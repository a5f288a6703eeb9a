"""Settings: as links, and as models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import SMT
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.controls import _panel
from ecosystem_server.live.setting import FORK, Change, Setting

numbers = st.floats(0.25, 9.5, allow_nan=False)
changes = st.one_of(
    st.builds(
        Change,
        st.integers(0, 50),
        st.sampled_from("ab"),
        st.just("mechanism"),
        st.sampled_from(["uir", "hmt", 'hmt(mapping="piecewise(edges=(1,), values=(2, 4.5))")']),
    ),
    st.builds(Change, st.integers(0, 50), st.sampled_from("ab"), st.just("beta"), numbers),
    st.builds(Change, st.integers(0, 50), st.just("all"), st.just("alpha"), numbers),
    st.builds(Change, st.integers(0, 50), st.just("b"), st.just(FORK)),
)
arms = st.fixed_dictionaries(
    {},
    optional={
        "mechanism": st.sampled_from(["none", "smt", 'smt(mapping="linear(.5)")']),
        "beta": numbers,
        "K": st.integers(1, 9),
    },
)


@given(
    st.builds(
        Setting,
        environment=st.sampled_from(["figure1", "synthetic"]),
        seed=st.integers(0, 10**9),
        shared=st.fixed_dictionaries(
            {}, optional={"eta": numbers, "matching": st.sampled_from(["expected", "sampled"])}
        ),
        arms=st.one_of(st.tuples(arms), st.tuples(arms, arms)),
        changes=st.lists(changes, max_size=6).map(lambda some: tuple(sorted(some, key=lambda c: c.step))),
        step=st.integers(0, 1000),
    )
)
def test_a_link_and_back_is_the_same_setting(setting):
    assert Setting.from_query(setting.to_query(view="tour"), OWN_MACHINE) == setting


def test_no_link_is_the_first_page():
    assert (
        Setting.from_query(None, OWN_MACHINE)
        == Setting.from_query("", OWN_MACHINE)
        == Setting.from_query("view=tour", OWN_MACHINE)
        == Setting(seed=3)
    )


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("environment=mars", "environment is 'mars'"),
        ("seed=-1", "seed"),
        ("seed=1e9", "seed"),
        ("a.beta=x", "beta is 'x'"),
        ("environment=figure1&a.beta=0", "beta is 0"),
        ("environment=figure1&eta=nan", "eta"),
        ("environment=figure1&a.mechanism=magic", "mechanism is 'magic'"),
        ("seed=1&changes=5.b.seed:3", "'5.b.seed:3'"),
        ("seed=1&changes=5.c.beta:3", "'5.c.beta:3'"),
        ("seed=1&changes=x.fork", "step of a change"),
        ("seed=1&changes=" + "~".join(["1.fork"] * 501), "501 changes"),
        ("seed=1&step=20001", "step is 20001"),
        ("view=tour&stop=11", "stop is 11"),
        ("environment=movielens&path=/etc/passwd", "path names a file"),
        ("environment=embeddings&file=/tmp/upload.npz", "file names a file"),
        ("environment=embeddings&items=x.npy", "items names a file"),
        ("environment=embeddings&a.initial=x.npy", "a.initial names a file"),
    ],
)
def test_what_a_link_may_not_ask_is_named(query, named):
    with pytest.raises(BadInput, match=named.replace("(", r"\(").replace(".", r"\.")):
        Setting.from_query(query, PUBLIC)


def test_the_model_gets_what_the_setting_says():
    setting = Setting.from_query(
        "environment=synthetic&seed=4&n_users=60&n_creators=7&alpha=2&arms=2&a.beta=0.3&b.reward=contribution",
        OWN_MACHINE,
    )
    first, second = (setting.model(arm, OWN_MACHINE) for arm in (0, 1))
    assert (first.n_users, first.n_creators, first.alpha, first.beta) == (60, 7, 2.0, 0.3)
    assert (second.beta, second.market.reward.name) == (0.1, "contribution")
    assert (first.users == second.users).all()


@pytest.mark.parametrize("name", FIELDS)
def test_every_parameter_is_one_of_the_models(name):
    field = FIELDS[name]
    environment = "synthetic" if field.applies_to("synthetic") else "niches"
    setting = Setting(environment=environment, arms=({},))
    value = field.default_in(environment)
    assert field.read(value) == value
    arm = "a" if field.where == "arm" else "all"
    small = setting.with_parameter("all", "n_users", 50).with_parameter("all", "n_creators", 5)
    small.with_parameter(arm, name, field.read(value if name not in ("n_users", "n_creators") else 20)).model(
        0, OWN_MACHINE
    )


def test_who_comes_and_goes_is_part_of_a_link_and_bounded_on_a_public_server():
    query = (
        "a.turnover=patience&b.retention=returning&arrivals=2.5&newcomer=random&accept=better&moving_cost=0.1"
    )
    setting = Setting.from_query(query, PUBLIC)
    assert Setting.from_query(setting.to_query(), PUBLIC) == setting
    model = setting.model(0, PUBLIC)
    assert (type(model.turnover).__name__, model.arrivals, model.strict) == ("Patience", 2.5, True)
    assert type(setting.model(1, PUBLIC).retention).__name__ == "Returning"
    absurd = Setting.from_query("arrivals=50", PUBLIC)
    with pytest.raises(BadInput, match=r"arrivals is 50\.0; this server allows at most 3: choose fewer"):
        absurd.model(0, PUBLIC)
    assert absurd.model(0, OWN_MACHINE).arrivals == 50


def test_a_mapping_stands_in_the_menu_of_its_arm():
    link = Setting(arms=({"mechanism": 'smt(mapping="linear(0.5)")'}, {})).to_query()
    setting = Setting.from_query(link, OWN_MACHINE)
    assert setting.model(0, OWN_MACHINE).platform.mechanism == SMT("linear(0.5)")
    offered = [
        {option["value"] for option in group["controls"][0]["options"]}
        for group in _panel(setting, setting, 5)[:2]
    ]
    assert offered[0] - offered[1] == {'smt(mapping="linear(0.5)")'}
