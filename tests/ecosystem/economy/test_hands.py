"""Somebody is put elsewhere, let in or taken out between two steps: what all get is right at once."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.hands import put_creator, put_user, rematch
from ecosystem.game import user_utilities
from ecosystem.matching import matching_probabilities, terms_of
from ecosystem_agents.inputs.checks import BadInput


def world(**parameters) -> CreatorEconomy:
    return CreatorEconomy(environment="figure1", mechanism="halved", rng=2, **parameters)


def expected(model: CreatorEconomy, strategies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What users get, and creators for relevance, by the definitions: where these stand, on the terms in force."""
    terms = model.platform.terms()
    value = model.market.relevance(model.users, strategies)
    chances = matching_probabilities(value, *terms_of(terms.beta, terms.K, *value.shape))
    pay = (model.user_mass * terms.reward_weight)[:, None] * chances * value
    return user_utilities(value, chances), pay.sum(axis=0)


HANDS = {
    "creator": lambda model: put_creator(model, 1, np.array([0.7, -0.4])),
    "user": lambda model: put_user(model, 0, np.array([-0.3, 0.8])),
    "in": lambda model: model.add_creator(np.array([-0.9, 0.1])),
    "out": lambda model: model.creators[2].remove(),
}


@pytest.mark.parametrize("parameters", [{}, {"matching": "sampled", "retention": "returning"}], ids=str)
@pytest.mark.parametrize("hand", HANDS)
def test_what_all_get_follows_at_once_and_no_chance_is_used(hand, parameters):
    model = world(**parameters)
    model.run(7)
    chances, homes, start = (
        json.dumps(model._streams.state()),
        model.population.homes.copy(),
        model.start.copy(),
    )
    series = len(model.datacollector.model_vars["welfare"])
    HANDS[hand](model)
    rematch(model)
    users, pay = expected(model, model.strategies)
    assert model.expected_utilities == pytest.approx(users)
    assert model.welfare == pytest.approx(np.average(users, weights=model.user_mass * model.attending))
    if not parameters:
        assert model.creator_utilities == pytest.approx(pay)
        assert model.group_utilities == pytest.approx(users)  # a group each
    assert json.dumps(model._streams.state()) == chances
    assert (model.start == start).all()
    assert (model.population.homes[:2] == homes[:2]).all()
    assert len(model.datacollector.model_vars["welfare"]) == series
    model.run(3)
    assert {model.datacollector.model_vars[name][-3] for name in ("entered", "left")} == {0}


def test_trials_go_by_where_a_user_was_put():
    model, here, candidate = world(), np.array([0.2, 0.5]), np.array([0.4, 0.4])
    put_user(model, 3, here)
    assert (model.users[3] == here).all()
    for i in range(5):
        there = model.strategies
        there[i] = candidate
        assert model.market.utility_at(i, candidate) == pytest.approx(expected(model, there)[1][i])


def test_users_in_shards_stay_where_they_are():
    model = CreatorEconomy(environment="synthetic", n_users=60, n_creators=4, shards=1, rng=0)
    with pytest.raises(BadInput, match="make it without shards"):
        put_user(model, 0, np.zeros(model.dim))
