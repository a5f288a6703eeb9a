"""Parameters given to a running model."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.fields import FIELDS, assign, check_population, title_of
from ecosystem_server.limits import PUBLIC

LIVE = {
    "mechanism": "hmt",
    "beta": 0.5,
    "K": 2,
    "eta": 0.3,
    "lbr_evaluation": "projected",
    "alpha": 3.0,
    "w_min": 0.5,
    "w_max": 9.0,
    "matching": "sampled",
    "turnover": "least_paid",
    "retention": "returning(middle=3.0)",
    "moving_cost": 0.5,
    "home_cost": 0.5,
    "accept": "better",
    "arrivals": 0.5,
    "newcomer": "random",
    "epoch_length": 3,
}


def test_these_are_the_live_ones():
    assert {name for name, field in FIELDS.items() if field.live} == set(LIVE)


@pytest.mark.parametrize("name", LIVE)
def test_a_live_parameter_takes_hold_in_the_next_steps(name):
    changed, same = (CreatorEconomy(environment="figure1", mechanism="uir", rng=2) for _ in range(2))
    for model in (changed, same):
        model.run(10)
    assign(changed, name, LIVE[name])
    for model in (changed, same):
        model.run(40)
    if name == "lbr_evaluation":  # in free space a projected point is the printed one
        assert changed.lbr_evaluation == "projected"
    elif name == "retention":  # who is away moves nobody's weights before an epoch ends
        assert changed.present < changed.n_users
    elif name == "accept":  # nobody ties
        assert changed.strict
        changed.accept = "no_worse"
        assert not changed.strict
    elif name == "newcomer":  # nobody comes
        assert changed.newcomer == "random"
    elif name == "w_max":  # no weight of this run ever comes near it
        assert changed.w_max == 9.0
    else:
        differs = not np.array_equal(changed.strategies, same.strategies)
        assert differs or not np.array_equal(changed.weights, same.weights)


def test_beta_and_list_length_are_deployed():
    model = CreatorEconomy(environment="figure1", rng=0)
    assign(model, "beta", 0.7)
    assign(model, "K", 2)
    assert (model.market.beta == 0.7).all()
    assert (model.market.K == 2).all()


def test_bounds_that_cross_are_refused_and_change_nothing():
    model = CreatorEconomy(environment="figure1", rng=0)
    with pytest.raises(BadInput, match="w_min must not exceed w_max"):
        assign(model, "w_max", 0.1)
    assert (model.w_min, model.w_max) == (0.2, 5.0)


def test_values_outside_the_range_are_refused():
    for name, value in (
        ("K", 2.5),
        ("K", 0),
        ("beta", "much"),
        ("mechanism", "HMT"),
        ("mechanism", "smt(/../mine.py:Squared"),
        ("mechanism", "uniform(K=4)"),
        ("mechanism", ["smt("]),
        ("alpha", float("inf")),
        ("arrivals", "many"),
        ("arrivals", -1),
        ("turnover", "patience(steps=3)"),
    ):
        with pytest.raises(BadInput, match=name):
            FIELDS[name].read(value)
    with pytest.raises(BadInput, match="mapping is 'powr'"):
        FIELDS["mechanism"].read('smt(mapping="powr(2)")')
    assert FIELDS["K"].read(4.0) == 4
    assert [FIELDS["arrivals"].read(text) for text in ("0.5", "one_for_one")] == [0.5, "one_for_one"]


def test_a_population_beyond_the_limit_is_refused():
    check_population(PUBLIC.n_creators, PUBLIC.n_users, PUBLIC)
    with pytest.raises(BadInput, match="n_creators is 301; this server allows at most 300"):
        check_population(301, 10, PUBLIC)


def test_the_controls_have_titles_of_their_own():
    titles = FIELDS["mechanism"].options
    assert titles["smt_sharpness"] == "SMT control · uniform"
    assert (title_of("hmt_sharpness"), title_of("hmt")) == ("HMT control", "HMT")


def test_sliders_span_what_is_worth_trying():
    sliders = {name: field.slider(50) for name, field in FIELDS.items() if field.slides}
    assert {name: (one["min"], one["max"]) for name, one in sliders.items()} == {
        "beta": (-2, 1),
        "K": (1, 50),
        "eta": (-2, 0),
    }
    assert FIELDS["alpha"].slider(50) is None
    assert [name for name, one in sliders.items() if one["powers"]] == ["beta", "eta"]


def test_a_control_is_a_menu_or_a_number_between_its_bounds():
    menu, whole, number = (FIELDS[name].shown() for name in ("accept", "K", "eta"))
    assert [one["value"] for one in menu["options"]] == [*FIELDS["accept"].options]
    assert "min" not in menu
    assert (whole["options"], whole["min"], whole["step"]) == (None, 1, 1)
    assert (number["options"], number["min"], number["max"], number["step"]) == (None, 0.001, 10, "any")
