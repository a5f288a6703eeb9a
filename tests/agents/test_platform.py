from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import HMT, MECHANISMS, SMT
from ecosystem_agents.reweighting import reweight

SMALL = {"n_users": 60, "n_creators": 12, "n_groups": 4, "horizon": 40}


def test_sharpness_controls_deploy_the_mean_to_everybody():
    weights = np.array([0.2, 0.2, 1.0, 2.6])
    soft = MECHANISMS["smt_sharpness"]().deploy(weights, 0.1, 20, 200)
    assert soft.beta == pytest.approx(np.full(4, 0.1))  # mean weight 1
    assert (soft.K == 20).all()
    assert (soft.reward_weight == 1).all()
    hard = MECHANISMS["hmt_sharpness"]().deploy(np.array([0.2, 0.25]), 0.1, 20, 200)
    assert hard.K.tolist() == [5, 5]  # lengths 4 and 5: 4.5 rounds half up
    assert (hard.beta == 0.1).all()
    assert (hard.reward_weight == 1).all()


@pytest.mark.parametrize("length", [1, 2, 7])
def test_mean_list_length_is_a_length(length):
    weights = np.full(3, length / 20)
    assert (length == MECHANISMS["hmt_sharpness"]().deploy(weights, 0.1, 20, 200).K).all()


def test_a_platform_that_follows_deploys_row_after_row_and_then_the_last():
    model = CreatorEconomy(mechanism="smt", rng=0, **SMALL)
    history = np.array([[1.0, 2, 3, 4], [4.0, 3, 2, 1]])
    model.follow_weights(history)
    for epoch in range(4):
        expected = history[min(epoch, 1)]
        assert (model.weights == expected).all()
        assert model.market.beta == pytest.approx(0.1 * expected[model.groups])
        model.run(model.epoch_length)


def test_following_a_run_in_the_same_world_repeats_it_to_the_bit():
    arm = CreatorEconomy(mechanism="hmt", rng=3, **SMALL)
    arm.run()
    groups = arm.datacollector.tables["groups"]
    again = CreatorEconomy(mechanism="hmt", rng=3, **SMALL)
    again.follow_weights(np.array(groups["weight"]).reshape(-1, arm.n_groups))
    again.run()
    assert (again.strategies == arm.strategies).all()
    assert again.datacollector.model_vars["welfare"] == arm.datacollector.model_vars["welfare"]


@pytest.mark.parametrize(("arm", "mechanism"), [("smt", SMT()), ("hmt", HMT())])
def test_a_matched_control_shows_the_arms_user_mean_every_epoch(arm, mechanism):
    first = CreatorEconomy(mechanism=arm, rng=1, **SMALL)
    first.run()
    history = np.array(first.datacollector.tables["groups"]["weight"]).reshape(-1, first.n_groups)
    control = CreatorEconomy(mechanism=f"{arm}_sharpness", rng=1, **SMALL)
    control.follow_weights(history)
    for weights in history:
        shown = mechanism.deploy(weights[first.groups], 0.1, 20, first.n_items)
        assert control.market.beta == pytest.approx(np.full(60, shown.beta.mean()))
        assert (np.floor(shown.K.mean() + 0.5) == control.market.K).all()
        control.run(control.epoch_length)


def test_a_history_of_another_shape_is_refused():
    model = CreatorEconomy(rng=0, **SMALL)
    with pytest.raises(BadInput, match="one row an epoch"):
        model.follow_weights(np.ones((2, 5)))
    with pytest.raises(BadInput, match="at least 0"):
        model.follow_weights(-np.ones((2, 4)))
    model.follow_weights(np.array([[1.0, 0, 2, 0]]))
    assert model.weights.tolist() == [1, 0, 2, 0]


def test_renormalised_weights_sum_to_their_number():
    weights, utilities = np.array([1.0, 1, 1, 1]), np.array([0.0, 5, 5, 5])
    plain = reweight(weights, utilities, 2.0)
    assert plain.sum() != pytest.approx(4)
    scaled = reweight(weights, utilities, 2.0, renormalise=True)
    assert scaled == pytest.approx(plain * 4 / plain.sum())


def test_weights_from_default_terms_go_by_what_default_terms_would_give():
    model = CreatorEconomy(mechanism="smt", weights_from="default", epoch_length=1, rng=2, **SMALL)
    other = CreatorEconomy(mechanism="smt", weights_from="deployed", epoch_length=1, rng=2, **SMALL)
    for _ in range(3):
        before = model.weights.copy()
        model.step()
        other.step()
    at_default = np.array(
        [model.market.user_utilities(0.1, 20)[model.groups == g].mean() for g in range(model.n_groups)]
    )
    assert model.weights == pytest.approx(reweight(before, at_default, model.alpha))
    assert not np.allclose(model.weights, other.weights)


def test_simultaneous_creators_answer_the_same_profile():
    model = CreatorEconomy(order="simultaneous", rng=4, **SMALL)
    twin = CreatorEconomy(rng=4, **SMALL)
    before = model.strategies
    model.step()
    # The same directions, each judged against the profile before the step.
    moved = model.strategies
    for i in range(model.n_creators):
        candidate = before[i] + model.eta * model.direction_of(i)
        now, then = twin.market.compare(i, candidate)
        landing = twin.project(i, candidate) if then >= now else before[i]
        assert moved[i] == pytest.approx(landing, abs=0)


def test_fixed_order_differs_from_random_order_and_repeats():
    runs = [CreatorEconomy(order=order, rng=5, **SMALL) for order in ("fixed", "fixed", "random")]
    for model in runs:
        model.run(20)
    assert (runs[0].strategies == runs[1].strategies).all()
    assert not (runs[0].strategies == runs[2].strategies).all()


def test_each_epoch_is_judged_by_itself_and_alpha_by_half_of_the_horizon():
    model = CreatorEconomy(mechanism="smt", rng=6, **(SMALL | {"epoch_length": 2, "horizon": 8}))
    model.alpha, model.late_alpha = 2.0, 0.5
    for alpha in (2.0, 2.0, 0.5, 0.5):
        assert np.isnan(model._audience.of_users("epoch_means")).all()
        before, seen = model.weights.copy(), []
        for _ in range(2):
            model.step()
            seen.append(model.expected_utilities)
        of_groups = [np.mean(seen, axis=0)[model.groups == g].mean() for g in range(4)]
        assert model.platform.group_utilities == pytest.approx(of_groups)
        assert model.weights == pytest.approx(reweight(before, np.array(of_groups), alpha))


@pytest.mark.parametrize(
    ("own", "matter"),
    [
        ({}, False),
        ({"mechanism": "halved"}, False),
        ({"mechanism": "uniform(beta=0.02)"}, False),
        ({"mechanism": "uir"}, True),
        ({"mechanism": "smt"}, True),
        ({"mechanism": "hmt"}, True),
        ({"mechanism": "smt_sharpness"}, True),
        ({"weighting": "uir"}, True),
    ],
)
def test_whether_weights_matter(own, matter):
    model = CreatorEconomy(rng=0, **SMALL, **own)
    model.run(2 * model.epoch_length)
    before = model.weights.copy()
    assert model.platform.weights_matter is matter
    assert (model.weights == before).all()


def test_weights_matter_to_a_mechanism_that_does_not_say():
    class Own:
        def deploy(self, weights, beta, K, n_creators):
            return SMT().deploy(weights, beta, K, n_creators)

    assert CreatorEconomy(rng=0, mechanism=Own(), **SMALL).platform.weights_matter
