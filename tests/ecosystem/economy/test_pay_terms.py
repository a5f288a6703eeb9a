"""What is deployed is what the parameters say: pay on other terms than those shown, and Eq. (8) beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import NoIntervention

SMALL = {"environment": "synthetic", "n_users": 80, "n_creators": 15, "K": 6, "n_groups": 5, "rng": 2}


def pay(model, beta, K, weights=None):
    sigma = model.market.relevance(model.users, model.strategies)
    P = matching_probabilities(sigma, beta, K)
    return creator_utilities(sigma, P, model.market.reward, weights, model.user_mass, beta=beta, K=K)


@pytest.mark.parametrize("reward", ["relevance", "traffic", "lift", "contribution"])
@pytest.mark.parametrize("mechanism", ["smt", "hmt"])
def test_pay_on_default_terms_whatever_is_shown(reward, mechanism):
    model = CreatorEconomy(mechanism=mechanism, reward=reward, pay_terms="default", **SMALL)
    model.run(17)
    shown, K = model.market.beta, model.market.K
    assert (shown != model.beta).any() or (model.K != K).any()
    np.testing.assert_allclose(model.creator_utilities, pay(model, model.beta, model.K), rtol=1e-9)
    sigma = model.market.relevance(model.users, model.strategies)
    welfare = (sigma * matching_probabilities(sigma, shown, K)).sum(axis=1).mean()
    np.testing.assert_allclose(model.market.welfare(), welfare, rtol=1e-12)
    own = CreatorEconomy(mechanism=mechanism, reward=reward, **SMALL)
    own.run(17)
    np.testing.assert_allclose(own.creator_utilities, pay(own, own.market.beta, own.market.K), rtol=1e-9)


@pytest.mark.parametrize("mechanism", ["none", "smt", "hmt"])
@pytest.mark.parametrize("pay_terms", ["deployed", "default"])
def test_weights_stand_beside_what_is_shown(mechanism, pay_terms):
    model = CreatorEconomy(
        mechanism=mechanism, weighting="uir", reward="contribution", pay_terms=pay_terms, **SMALL
    )
    model.run(20)
    weights = model.weights[model.groups]
    assert (weights != 1).any()
    terms = model.platform.terms()
    assert (terms.reward_weight == weights).all()
    beta, K = (model.beta, model.K) if pay_terms == "default" else (model.market.beta, model.market.K)
    np.testing.assert_allclose(model.creator_utilities, pay(model, beta, K, weights), rtol=1e-9)


def test_uir_is_none_weighted_to_the_bit():
    named = CreatorEconomy(mechanism="uir", **SMALL)
    made = CreatorEconomy(mechanism="none", weighting="uir", **SMALL)
    for model in (named, made):
        model.run(30)
    assert named.strategies.tobytes() == made.strategies.tobytes()
    assert named.creator_utilities.tobytes() == made.creator_utilities.tobytes()
    series = [m.datacollector.get_model_vars_dataframe().to_numpy().tobytes() for m in (named, made)]
    assert series[0] == series[1]


def test_where_default_terms_are_shown_pay_terms_change_nothing():
    runs = [CreatorEconomy(mechanism="uir", pay_terms=terms, **SMALL) for terms in ("deployed", "default")]
    for model in runs:
        model.run(20)
    assert runs[0].strategies.tobytes() == runs[1].strategies.tobytes()


def test_contribution_on_default_terms_is_a_potential_of_default_terms_welfare():
    model = CreatorEconomy(
        mechanism="hmt", reward="contribution", pay_terms="default", lbr_evaluation="projected", **SMALL
    )
    model.run(40)
    assert (np.diff(model.datacollector.model_vars["welfare_default"]) >= -1e-12).all()


@pytest.mark.parametrize("change", [{"pay_terms": "shown"}, {"weighting": "none"}])
def test_other_values_are_named(change):
    name = next(iter(change))
    with pytest.raises(BadInput, match=f"{name} is "):
        CreatorEconomy(**SMALL, **change)


class Doubled:
    """Pays everything twice over."""

    def deploy(self, weights, beta, K, n_creators):
        terms = NoIntervention().deploy(weights, beta, K, n_creators)
        return replace(terms, reward_weight=2.0 * terms.reward_weight)


@pytest.mark.parametrize("reward", ["relevance", "contribution"])
def test_a_factor_on_all_pay_changes_payout_and_nothing_else(reward):
    once, twice = (CreatorEconomy(mechanism=each, reward=reward, **SMALL) for each in ("none", Doubled()))
    for model in (once, twice):
        model.run(25)
    assert once.strategies.tobytes() == twice.strategies.tobytes()
    np.testing.assert_allclose(twice.creator_utilities, 2 * once.creator_utilities, rtol=1e-12)
