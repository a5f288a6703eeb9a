from __future__ import annotations

import copy
import operator
import pickle

import mesa
import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.collection import SERIES
from ecosystem.sizes import AS_AGENTS
from ecosystem_agents.creator import Creator
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import HMT, Terms
from ecosystem_agents.user import User

SMALL = {"environment": "synthetic", "n_users": 120, "n_creators": 15, "K": 4, "n_groups": 5}


def small(**changes):
    return CreatorEconomy(**(SMALL | {"rng": 1} | changes))


def bits(model):
    series = model.datacollector.get_model_vars_dataframe().to_numpy()
    return (
        model.strategies.tobytes(),
        model.weights.tobytes(),
        model.user_utilities.tobytes(),
        series.tobytes(),
    )


@pytest.mark.parametrize("matching", ["expected", "sampled"])
def test_the_same_seed_gives_the_same_bits_and_another_does_not(matching):
    runs = [small(matching=matching, mechanism="hmt", rng=rng) for rng in (1, np.int64(1), 2)]
    for model in runs:
        model.run(12)
    assert bits(runs[0]) == bits(runs[1])
    assert bits(runs[0]) != bits(runs[2])


@pytest.mark.parametrize("mechanism", ["none", "uir", "smt", "hmt"])
@pytest.mark.parametrize("reward", ["relevance", "contribution"])
@pytest.mark.parametrize("evaluation", ["printed", "projected"])
def test_one_by_one_and_in_one_call_agree_to_the_bit(mechanism, reward, evaluation):
    runs = [
        small(mechanism=mechanism, reward=reward, lbr_evaluation=evaluation, one_by_one=way)
        for way in (False, True)
    ]
    for model in runs:
        model.run(12)
    assert bits(runs[0]) == bits(runs[1])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("changes", [{}, {"matching": "sampled"}, {"rules": "explore=3,still=1"}])
def test_a_copy_continued_is_the_original_continued(copied, changes):
    original = small(mechanism="smt", **changes)
    original.run(8)
    twin = copied(original)
    for model in (original, twin):
        model.run(9)
    assert bits(original) == bits(twin)
    twin.switch_mechanism("uir")
    for model in (original, twin):
        model.run(6)
    assert bits(original) != bits(twin)


def test_arms_share_their_world_and_their_draws():
    arms = [small(mechanism=name) for name in ("none", "hmt")]
    assert (arms[0].users == arms[1].users).all()
    assert (arms[0].groups == arms[1].groups).all()
    for model in arms:
        model.run(11)
    assert (arms[0]._moves.directions == arms[1]._moves.directions).all()


def test_the_series_is_what_it_says():
    model = small(mechanism="hmt")
    model.run(10)
    series = model.datacollector.get_model_vars_dataframe()
    assert tuple(series.columns) == SERIES
    assert len(series) == 11  # the start, and every step
    assert not series.drop(columns="accepted_share").isna().any().any()
    last = series.iloc[-1]
    # The last step was matched on the terms before the epoch's end.
    assert last["welfare"] == pytest.approx(model.user_mass @ model.expected_utilities)
    assert last["min_group_utility"] == pytest.approx(model.group_utilities.min())
    groups = model.datacollector.get_table_dataframe("groups")
    assert len(groups) == 2 * model.n_groups
    assert groups["step"].unique().tolist() == [5, 10]
    assert (groups.loc[groups["step"] == 5, "weight"] == 1).all()
    assert groups["size"].sum() == 2 * model.n_users


def test_default_terms_are_worth_the_default_terms():
    model = small(mechanism="hmt")
    model.run(20)
    assert (model.market.K != model.K).any()
    expected = model.market.user_utilities(model.beta, model.K).mean()
    assert model.welfare_default == pytest.approx(expected)
    assert model.welfare_default != pytest.approx(model.welfare)


def test_welfare_on_default_terms_is_that_before_and_after_a_swap():
    model = small(mechanism="hmt")
    model.run(20)
    before = model.welfare_default
    assert before != pytest.approx(model.welfare)
    model.switch_mechanism("none")  # in force from the next step on: what was got was got under HMT
    assert model.welfare_default == before
    model.switch_mechanism("hmt")
    assert model.welfare_default == before


def test_an_idle_platform_still_computes_weights_and_a_swap_deploys_them_at_once():
    model = small(mechanism="none")
    model.run(10)
    assert (model.weights != 1).any()
    assert (model.market.K == model.K).all()
    model.switch_mechanism("hmt")
    assert (model.market.K == HMT().deploy(model.weights[model.groups], 0.1, 4, 15).K).all()
    model.switch_mechanism("hmt", reset_weights=True)
    assert (model.market.K == model.K).all()


def test_a_schedule_swaps_without_a_hand_on_the_wheel():
    planned, by_hand = small(schedule="none@0,hmt@7,uir@12"), small()
    planned.run(20)
    by_hand.run(7)
    by_hand.switch_mechanism("hmt")
    by_hand.run(5)
    by_hand.switch_mechanism("uir")
    by_hand.run(8)
    assert bits(planned) == bits(by_hand)


def test_alpha_drops_half_way():
    # With late_alpha 0 and wide bounds the second half changes no weight.
    model = small(mechanism="uir", horizon=20, late_alpha=0.0, w_min=0.01, w_max=100)
    weights = []
    while model.steps < 20:
        model.step()
        if model.steps % 5 == 0:
            weights.append(model.weights)
    assert (weights[1] != weights[0]).any()
    np.testing.assert_allclose(weights[2], weights[1], rtol=1e-14)
    np.testing.assert_allclose(weights[3], weights[1], rtol=1e-14)


def test_run_ends_at_the_horizon():
    model = small(horizon=6)
    model.run()
    model.run()
    assert model.steps == 6


def test_under_projected_evaluation_and_contribution_pay_welfare_never_falls():
    model = small(reward="contribution", lbr_evaluation="projected")
    model.run(60)
    welfare = model.datacollector.get_model_vars_dataframe()["welfare"]
    assert (welfare.diff().dropna() >= -1e-12).all()
    assert welfare.iloc[-1] > welfare.iloc[0]


def test_sampled_matching_records_samples_and_keeps_the_expectation():
    model = small(matching="sampled", requests_per_trial=40)
    model.run(30)
    gap = (
        model.datacollector.get_model_vars_dataframe()[["sampled_welfare", "welfare"]].diff(axis=1).iloc[:, 1]
    )
    assert gap.abs().max() > 0
    assert abs(gap.mean()) < 0.01
    listed = model.market.relevance(model.users, model.strategies)
    assert (model.user_utilities == listed[np.arange(model.n_users), model.matches]).all()


def test_agents_are_views():
    model = small()
    model.run(3)
    users = list(model.agents_by_type[User])
    assert len(users) == model.n_users
    assert users[7].utility == model.user_utilities[7]
    assert users[7].group == model.groups[7]
    assert (users[7].embedding == model.users[7]).all()
    assert model.creators[3].utility == model.creator_utilities[3]


def test_users_are_agents_where_they_are_few(monkeypatch):
    monkeypatch.setattr("ecosystem.economy.economy.AS_AGENTS", 40)
    assert AS_AGENTS == 100_000
    for n_users, asked, are in [(40, None, True), (41, None, False), (41, True, True), (40, False, False)]:
        model = CreatorEconomy(n_users=n_users, n_creators=5, K=3, n_groups=2, user_agents=asked, rng=0)
        assert model.user_agents is are
        assert len(model.agents) == 5 + 1 + n_users * are
        assert len(model.agents_by_type[Creator]) == 5


def test_who_asks_for_users_where_they_are_no_agents_reads_what_to_do():
    model = small(user_agents=False)
    same = small()
    for one in (model, same):
        one.run(6)
    assert (model.strategies == same.strategies).all()
    collector = mesa.DataCollector(agenttype_reporters={User: {"utility": "utility"}})
    for ask in (lambda: model.agents_by_type[User], lambda: collector.collect(model)):
        with pytest.raises(BadInput, match=r"users are no agents .* user_agents=True"):
            ask()
    collector.collect(same)
    assert len(collector.get_agenttype_vars_dataframe(User)) == same.n_users
    with pytest.raises(KeyError):
        model.agents_by_type[mesa.Agent]


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="this Mesa has no batch_run")
def test_it_runs_under_mesa_s_batch_runner():
    rows = mesa.batch_run(
        CreatorEconomy,
        {**SMALL, "mechanism": ["none", "hmt"], "rng": [1]},
        number_processes=1,
        max_steps=6,
        data_collection_period=-1,
        display_progress=False,
    )
    assert [row["mechanism"] for row in rows] == ["none", "hmt"]
    assert all(0 < row["welfare"] < 1 for row in rows)


def test_the_trajectory_starts_at_the_start_and_ends_at_the_end():
    model = CreatorEconomy(environment="figure1", trajectory=True, rng=0)
    model.run(4)
    path = model.datacollector.get_table_dataframe("strategies")
    assert len(path) == 5 * 5
    assert (path.query("step == 0")[["s0", "s1"]].to_numpy() == model.start).all()
    assert (path.query("step == 4")[["s0", "s1"]].to_numpy() == model.strategies).all()


def test_the_environments_are_as_the_paper_has_them():
    five = CreatorEconomy(environment="figure1", rng=0)
    assert five.users.tolist() == [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]
    assert (five.start[:, 0] >= 0).all()
    assert (five.start[:, 0] <= 1).all()
    assert (np.abs(five.start[:, 1]) <= 0.1).all()
    world = CreatorEconomy(environment="synthetic", rng=0)
    assert world.users.shape == (2000, 5)
    assert world.strategies.shape == (200, 5)
    assert world.n_groups == 20
    assert (np.linalg.norm(world.strategies, axis=1) <= 1 + 1e-12).all()
    assert (world.beta, world.K, world.eta, world.horizon) == (0.1, 20, 0.2, 3000)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"environment": "syntetic"}, "did you mean 'synthetic'"),
        ({"mechanism": "hmm"}, "mechanism is 'hmm'"),
        ({"K": 0}, "K is 0; it must be a whole number at least 1"),
        ({"K": 2.5}, "K is 2.5"),
        ({"beta": 0}, "beta is 0"),
        ({"beta": "x"}, "beta is 'x'"),
        ({"eta": -1}, "eta is -1"),
        ({"w_min": 5, "w_max": 0.2}, "swap them"),
        ({"horizon": -1}, "horizon is -1"),
        ({"epoch_length": 0}, "epoch_length is 0"),
        ({"n_groups": 0}, "n_groups is 0"),
        ({"n_groups": 500}, "n_groups is 500"),
        ({"n_users": 3}, "n_users is 3"),
        ({"reward": "fame"}, "reward is 'fame'"),
        ({"matching": "guessed"}, "matching is 'guessed'"),
        ({"schedule": "hmt"}, "mechanism@step"),
        ({"schedule": 5}, "schedule is 5; write mechanism@step"),
        ({"schedule": "hmt@²"}, "mechanism@step"),
        ({"schedule": "hmt@1,uir@1"}, "twice"),
        ({"mechanism": "hmt", "schedule": "none@0"}, "schedule starts with none@0 and mechanism is HMT"),
        ({"rules": "stil"}, "rules is 'stil'"),
        ({"flavour": 1}, "flavour is no option of environment synthetic, nor a parameter of the model"),
        ({"n_user": 1}, "the options are: .*n_users.*; did you mean 'n_users'"),
        ({"epoch_lenght": 3}, "did you mean 'epoch_length'"),
        ({"seed": 3}, "rng and seed are two words for one thing; give one of them"),
        ({"mechanism": HMT}, r"mechanism is the class HMT; give an instance, HMT\(\)"),
        ({"w_min": 1.5}, "w_min is 1.5 and w_max 5; weights start at 1"),
        ({"w_max": 0.5}, "w_min is 0.2 and w_max 0.5; weights start at 1"),
        ({"mechanism": "uir", "weighting": "uir"}, "would weight rewards twice"),
        ({"schedule": "none@0,uir@3", "weighting": "uir"}, "would weight rewards twice"),
        ({"renormalise_after_clip": "no"}, "renormalise_after_clip is 'no'; it must be true or false"),
        ({"one_by_one": "yes"}, "one_by_one is 'yes'"),
        ({"trajectory": 2}, "trajectory is 2"),
    ],
)
def test_bad_parameters_are_named(change, named):
    with pytest.raises(BadInput, match=named):
        small(**change)


def test_a_seed_is_any_integer():
    assert operator.index(np.int64(3)) == 3
    assert bits(small(rng=np.random.default_rng(1))) == bits(small(rng=1))


@pytest.mark.parametrize("order", ["random", "simultaneous"])
@pytest.mark.parametrize(
    ("point", "named"),
    [
        (np.zeros(17), r"strategy has shape \(17,\); it must have \(5,\)"),
        (np.zeros(0), r"strategy has shape \(0,\)"),
        (np.zeros((1, 5)), r"strategy has shape \(1, 5\)"),
        (np.array([0, 0, np.nan, 0, 0]), r"strategy holds nan at \(2,\)"),
    ],
)
def test_what_a_rule_hands_in_is_checked_before_compiled_code_sees_it(order, point, named):
    model = small(order=order)
    for ask in (model.project, model.move):
        with pytest.raises(BadInput, match=named):
            ask(0, point)


@pytest.mark.parametrize("i", [-1, 15, 2**40])
def test_nobody_else_than_a_creator_moves(i):
    model = small()
    for ask in (model.project, model.move):
        with pytest.raises(BadInput, match="creator is"):
            ask(i, np.zeros(5))


def test_groups_that_an_environment_declares_are_as_many_as_it_says():
    assert CreatorEconomy(environment="figure1", n_groups=5).n_groups == 5
    with pytest.raises(BadInput, match="n_groups is 9; environment figure1 has 5 groups of its own: leave"):
        CreatorEconomy(environment="figure1", n_groups=9)


def test_a_swap_does_not_weight_rewards_twice():
    model = small(weighting="uir")
    with pytest.raises(BadInput, match="would weight rewards twice"):
        model.switch_mechanism("uir")
    model.run(1)


@pytest.mark.parametrize(
    ("weights", "named"), [(np.ones(3), "reward_weight holds 3 numbers"), (-np.ones(120), "holds -1")]
)
def test_reward_weights_that_do_not_fit_are_named(weights, named):
    class Odd:
        def deploy(self, w, beta, K, n_creators):
            return Terms(weights, np.full(len(w), beta), np.full(len(w), K))

    with pytest.raises(BadInput, match=f"{named}; it must be 120 numbers at least 0, one a user"):
        small(mechanism=Odd())
