"""Who leaves, comes or stays away, and what moving costs: tables worked out by hand, and the same bits anyhow."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from piped_shards import by_pipes

from ecosystem import CreatorEconomy, game, sizes
from ecosystem.economy.checkpoints import read_state, restore, state_of, write_state
from ecosystem.environments import Environment, Setting
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance
from ecosystem.retention import Returning
from ecosystem.sharding import opening
from ecosystem.strategy_sets import Ball, FreeSpace
from ecosystem.turnover import LeastPaid, Patience
from ecosystem_agents.creator import Creator, StillCreator
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms, default_terms


def line(places=(0.0, 1.0, 2.0), users=(0.0, 0.0, 1.0, 2.0), sets=None, static=None):
    """Users and creators on a line, each user a group."""
    users = np.array(users)[:, None]
    return Setting(
        users=users,
        strategies=np.array(places)[:, None],
        relevance=DistanceRelevance(4, 1),
        strategy_sets=sets or FreeSpace(),
        groups=np.arange(len(users)),
        static_items=None if static is None else np.array(static)[:, None],
    )


def world(setting=None, **given):
    setting = line() if setting is None else setting
    made = Environment("line", "users on a line", lambda rng: setting, 1.0, 1, 0.1, 100, n_groups=1)
    return CreatorEconomy(environment=made, **({"rng": 0, "rules": "still"} | given))


def numbers(model):
    return [creator.creator_id for creator in model.creators]


# --- by hand -----------------------------------------------------------------------------------------------


def test_numbers_are_for_life_and_rows_of_today():
    model = world()
    first, second, third = model.creators
    second.remove()
    assert numbers(model) == [0, 2]
    assert (first.index, third.index) == (0, 1)
    assert (model.n_creators, model.alive, len(model.strategies)) == (2, 2, 2)
    np.testing.assert_array_equal(third.strategy, [2.0])
    with pytest.raises(BadInput, match="creator 1 has left"):
        second.index  # noqa: B018
    second.remove()  # leaving twice is leaving
    newcomer = model.add_creator(np.array([5.0]), "still")
    assert (newcomer.creator_id, newcomer.index) == (3, 2)
    assert numbers(model) == [0, 2, 3]
    assert sum(isinstance(agent, Creator) for agent in model.agents) == 3
    assert len({agent.unique_id for agent in model.agents}) == len(model.agents)


def test_a_removal_acts_at_once():
    model = world()
    # K is 1: users at 0 are the first's and pay 4 each, of mass 1/4; the others see who is where they are.
    np.testing.assert_allclose(model.creator_utilities, [2.0, 1.0, 1.0])
    model.creators[1].remove()
    np.testing.assert_allclose(
        model.creator_utilities, [2.0 + 0.25 * 3 / 2, 1.0 + 0.25 * 3 / 2]
    )  # it is shared
    assert model.strategies.tolist() == [[0.0], [2.0]]


class Caller(Creator):
    """Calls another in as it moves, once."""

    def step(self):
        if self.model.n_creators == self.model.called:
            self.model.add_creator(np.array([1.0]), Stepping)
        self.model.move(self.index, self.strategy + 1)


class Stepping(Creator):
    def step(self):
        self.model.move(self.index, self.strategy + 1)


def test_who_comes_within_a_step_moves_from_the_next():
    model = world(line(places=(0.0,)), rules=Caller)
    model.called = 1
    model.step()
    assert model.strategies.ravel().tolist() == [1.0, 1.0]
    assert model.accepted_share == 1.0  # of those who had a turn
    model.step()
    assert model.strategies.ravel().tolist() == [2.0, 2.0]


class Murderer(Creator):
    def step(self):
        for other in list(self.model.creators):
            if other is not self:
                other.remove()


@pytest.mark.parametrize("order", ["random", "fixed", "simultaneous"])
def test_who_is_thrown_out_before_its_turn_has_none(order):
    model = world(rules=Murderer, order=order)
    model.step()
    assert model.n_creators == 1
    assert model.datacollector.model_vars["left"] == [0, 2]
    assert model.datacollector.model_vars["alive"] == [3, 1]


class Throws(Creator):
    """The last one throws out the first after all have landed in their minds."""

    def step(self):
        self.model.move(self.index, self.strategy + 1)
        if self.creator_id == 2:
            self.model.creators[0].remove()


def test_where_all_move_at_once_those_thrown_out_do_not_land_and_nobody_lands_in_their_row():
    model = world(rules=Throws, order="simultaneous")
    model.step()
    assert numbers(model) == [1, 2]
    assert model.strategies.ravel().tolist() == [2.0, 3.0]


class Asking(StillCreator):
    def step(self):
        newcomer = self.model.add_creator(np.array([0.0]))
        with pytest.raises(BadInput, match="moves from the next"):
            newcomer.step()


def test_a_newcomer_has_no_turn_yet():
    world(line(places=(0.0,)), rules=Asking).step()


def test_with_nobody_alive_all_get_nothing_and_nothing_breaks():
    model = world(turnover="patience(steps=1)", mechanism="hmt", K=2, epoch_length=2)
    for creator in list(model.creators):
        creator.remove()
    assert model.n_creators == model.n_items == 0
    assert model.strategies.shape == (0, 1)
    model.run(3)
    last = {name: column[-1] for name, column in model.datacollector.model_vars.items()}
    for name in (
        "welfare",
        "welfare_default",
        "welfare_creators",
        "welfare_all",
        "alive",
        "min_group_utility",
        "creator_gini",
    ):
        assert last[name] == 0, name
    assert np.isnan(last["accepted_share"])
    assert not model.user_utilities.any()
    model.add_creator(np.array([0.0]), "still")
    assert numbers(model) == [3]
    model.step()
    np.testing.assert_allclose(model.expected_utilities, [4, 4, 3, 2])


def test_with_nobody_alive_static_items_are_still_shown():
    model = world(line(static=(3.0,)))
    for creator in list(model.creators):
        creator.remove()
    model.step()
    np.testing.assert_allclose(model.expected_utilities, [1, 1, 2, 3])
    assert model.welfare_creators == 0.0
    assert model.n_items == 1


def test_with_nobody_alive_a_mechanism_s_items_count_on_deployed_terms_alone():
    class AtZero:
        def deploy(self, weights, beta, K, n_creators):
            return default_terms(weights, beta, K, n_creators)

        def static_items(self, users, groups, got, user_mass):
            return np.zeros((1, 1))

    for own, by_default in ((None, [0, 0, 0, 0]), ((3.0,), [1, 1, 2, 3])):
        model = world(line(static=own), mechanism=AtZero(), epoch_length=1)
        for creator in list(model.creators):
            creator.remove()
        model.run(2)
        np.testing.assert_allclose(model.expected_utilities, [4, 4, 3, 3 if own else 2])
        np.testing.assert_allclose(model.default_utilities, by_default)


class Counting:
    """A mechanism that notes of how many it is told."""

    def __init__(self):
        self.told = []

    def deploy(self, weights, beta, K, n_creators):
        self.told.append((K, n_creators))
        return default_terms(weights, beta, K, n_creators)


def test_terms_are_deployed_for_as_many_as_there_are():
    counting = Counting()
    model = world(line(static=(3.0, 4.0)), mechanism=counting, K=4, epoch_length=10)
    assert counting.told == [(4, 5)]
    model.add_creator(np.array([0.0]))
    model.creators[0].remove()
    for creator in list(model.creators):
        creator.remove()
    assert counting.told == [(4, n) for n in (5, 6, 5, 4, 3, 2)]
    assert (model.market.K == 2).all()  # cut at use
    model.add_creator(np.array([0.0]))
    assert (model.market.K == 3).all()  # kept as asked
    bare = Counting()
    model = world(line(places=(0.0,)), mechanism=bare, epoch_length=10)
    model.creators[0].remove()
    assert bare.told == [(1, 1), (1, 1)]  # never of nobody
    model.step()
    assert len(bare.told) == 2


def test_a_turnover_deploys_once_however_many_go_and_come():
    counting = Counting()
    model = world(mechanism=counting, turnover="patience(steps=1, outside=1.5)", epoch_length=10)
    model.step()  # two are paid 1
    assert model.datacollector.model_vars["left"][-1] == model.datacollector.model_vars["entered"][-1] == 2
    assert len(counting.told) == 2


# --- turnover ----------------------------------------------------------------------------------------------


class Doubled:
    """Pays every user's creator twice."""

    def deploy(self, weights, beta, K, n_creators):
        default = default_terms(weights, beta, K, n_creators)
        return Terms(np.full(len(weights), 2.0), default.beta, default.K)


def test_who_is_paid_too_little_for_so_long_leaves():
    # Pays are 2, 1, 1 of mean 4/3: below 0.8 of it are the second and the third.
    model = world(turnover="patience(share=0.8, steps=3)", arrivals="none")
    model.run(2)
    assert numbers(model) == [0, 1, 2]
    model.run(1)
    assert numbers(model) == [0]
    assert model.datacollector.model_vars["left"] == [0, 0, 0, 2]
    assert model.datacollector.model_vars["entered"] == [0, 0, 0, 0]


@pytest.mark.parametrize(("outside", "left"), [(1.0, 0), (1.1, 2), (2.1, 3)])
def test_pay_is_compared_with_what_it_would_be_elsewhere(outside, left):
    model = world(turnover=Patience(steps=1, outside=outside), arrivals="none")
    model.step()
    assert model.datacollector.model_vars["left"][-1] == left


def test_pay_is_what_is_deployed_weights_included():
    model = world(turnover=Patience(steps=1, outside=1.9), arrivals="none", mechanism=Doubled())
    model.step()  # 4, 2, 2
    assert numbers(model) == [0, 1, 2]


def test_pay_is_that_of_the_step_before():
    # Terms that are deployed at an epoch's end have paid nobody yet, nor have those a schedule swaps to.
    for given in ({"schedule": "uniform@1"}, {}):
        model = world(turnover=Patience(steps=1, outside=1.9), arrivals="none", epoch_length=1, **given)
        if not given:
            model.switch_mechanism(Doubled())
        before = numbers(model)
        model.step()
        assert before == [0, 1, 2]
        assert numbers(model) == [0]


def test_those_paid_least_leave_ever_more_rarely():
    # T = 20, until 0.5: kappa is 0.25^(t / 10), 0.5 at 5 and 0.25 at 10, of a mean of 1.
    rule, nobody = LeastPaid(every=5, first=1.0, last=0.25, until=0.5), []
    pays = {0: [0.49, 1.51], 1: [0.51, 1.49], 2: [0.24, 1.76], 3: [0.26, 1.74], 4: [0.0, 0.0], 5: [-1.0, 0.5]}
    left = {
        (step, k): np.flatnonzero(rule.exits(step, 20, np.array(pay), np.zeros(2))).tolist()
        for step in (4, 5, 10, 11, 15)
        for k, pay in pays.items()
    }
    assert {asked: gone for asked, gone in left.items() if gone != nobody} == {
        (5, 0): [0],
        (5, 2): [0],
        (5, 3): [0],
        (10, 2): [0],
    }


def test_the_first_of_those_paid_least_leaves():
    rule = LeastPaid(every=1, first=1.0, last=0.9, until=1.0)
    assert rule.exits(1, 10, np.array([2.0, 0.5, 0.5]), np.zeros(3)).tolist() == [False, True, False]


def test_least_paid_goes_by_its_defaults():
    model = world(turnover="least_paid", horizon=200, arrivals="none")
    left = [0] * 201
    model.run()
    # Pays 2, 1, 1: at 25 kappa is 0.05^(25/140) = 0.586 and 1 < 0.586 * 4/3 is not so: all stay.
    assert model.datacollector.model_vars["left"] == left
    model = world(line(places=(0.0, 1.0, 30.0)), turnover="least_paid", horizon=200, arrivals="one_for_one")
    model.run()  # who earns nothing goes, at 25, 50, ... up to 140, as long as anybody does
    assert model.datacollector.model_vars["left"][25] == 1
    assert set(np.flatnonzero(model.datacollector.model_vars["left"])) <= {25, 50, 75, 100, 125}


@pytest.mark.parametrize("rule", ["patience(steps=0)", "least_paid(every=0)", "least_paid(until=2)", "fired"])
def test_what_a_rule_cannot_be_is_one_line(rule):
    with pytest.raises(BadInput) as raised:
        world(turnover=rule)
    assert "\n" not in str(raised.value)


class Wrong:
    def __init__(self, answer):
        self.answer = answer

    def exits(self, step, horizon, pay, memory):
        return self.answer


@pytest.mark.parametrize("answer", [np.zeros(3), np.zeros(2, dtype=bool), None])
def test_a_rule_must_say_of_each_whether_it_leaves(answer):
    with pytest.raises(BadInput, match="one bool for each of 3 creators"):
        world(turnover=Wrong(answer)).step()


@pytest.mark.parametrize("arrivals", [-1, "many", float("nan")])
def test_arrivals_are_a_word_or_a_number(arrivals):
    with pytest.raises(BadInput, match="arrivals"):
        world(arrivals=arrivals)


def test_so_many_come_in_the_mean():
    model = world(arrivals=1.5, rules="still", horizon=150)
    model.run()
    entered = model.datacollector.model_vars["entered"]
    assert sum(entered) == model.n_creators - 3
    assert abs(np.mean(entered[1:]) - 1.5) < 4 * np.sqrt(1.5 / 150)


@pytest.mark.parametrize("place", ["user", "incumbent", "random"])
def test_where_newcomers_come(place):
    rng = np.random.default_rng(0)
    centres = np.array([[-3.0, 0.0], [3.0, 0.0]])
    setting = Setting(
        users=np.repeat(centres, [90, 10], axis=0) + 0.01 * rng.standard_normal((100, 2)),
        strategies=np.array([[0.0, 3.0]]),
        relevance=DistanceRelevance(9, 1),
        strategy_sets=Ball(4.0),
        groups=np.zeros(100, dtype=int),
        user_mass=np.repeat([1.0, 9.0], [90, 10]),
    )
    model = world(setting, arrivals=40.0, newcomer=place)
    model.run(10)
    came = model.strategies[1:]
    if place == "user":  # half of the mass is at each centre; 0.05 / sqrt(2) a coordinate beside a user
        near = np.linalg.norm(came[:, None] - centres, axis=2).argmin(axis=1)
        assert abs(near.mean() - 0.5) < 0.12
        assert (came - centres[near]).std() == pytest.approx(np.hypot(0.05 / np.sqrt(2), 0.01), rel=0.1)
    elif place == "incumbent":  # each near one that was there, the first ones near the first
        assert np.linalg.norm(came[0] - [0.0, 3.0]) < 0.2
        nearest = [np.linalg.norm(model.strategies[:k] - s, axis=1).min() for k, s in enumerate(came, 1)]
        assert max(nearest) < 0.25
    else:
        low, high = setting.users.min(axis=0), setting.users.max(axis=0)
        assert ((came >= low) & (came <= high)).all()
        assert came[:, 0].std() == pytest.approx((high - low)[0] / np.sqrt(12), rel=0.1)
    assert (np.linalg.norm(came, axis=1) <= 4.0).all()


def test_newcomers_stand_in_their_slots_set():
    model = world(line(sets=[Ball(0.5), Ball(1.0), Ball(2.0)]))
    model.creators[1].remove()
    there = [model.add_creator(np.array([9.0]), "still") for _ in range(3)]
    # The second's slot, then a fourth and a fifth, with the sets of the first and the second.
    assert [float(one.strategy[0]) for one in there] == [1.0, 0.5, 1.0]
    assert [one.radius for one in model.strategy_sets] == [0.5, 2.0, 1.0, 0.5, 1.0]


# --- retention ---------------------------------------------------------------------------------------------


class Alternating:
    """Users of little utility are away at every other step."""

    smoothing, back = 1.0, 1.0

    def stays(self, smoothed):
        return np.where(smoothed < 3.5, 0.0, 1.0)


def test_absent_users_pay_nothing_and_masses_stay():
    # Users at 0, 0, 1 and 2; two creators, at 0 and 1: they get 4, 4, 4, 3, and the last stays away every other step.
    model = world(line(places=(0.0, 1.0)), retention=Alternating(), epoch_length=2)
    model.run(3)
    series = model.datacollector.model_vars
    assert series["present"] == [4, 3, 4, 3]
    assert series["users_lost"] == [0, 1, 0, 1]
    np.testing.assert_allclose(series["welfare"], [15 / 4, 4, 15 / 4, 4])
    np.testing.assert_allclose(series["welfare_all"], [15 / 4, 3, 15 / 4, 3])
    np.testing.assert_allclose(series["min_group_utility"], [3, 3, 3, 3])  # kept of the group that is away
    np.testing.assert_allclose(model.creator_utilities, [8 / 4, 4 / 4])  # of 4 masses, not 3
    np.testing.assert_allclose(model.group_utilities, [4, 4, 4, 3])
    np.testing.assert_allclose(model.platform.group_utilities, [4, 4, 4, 3])
    np.testing.assert_allclose(model.expected_utilities, [4, 4, 4, 3])


class Away(Alternating):
    back = 0.0

    def stays(self, smoothed):
        return np.zeros(len(smoothed))


def test_with_nobody_present_nothing_breaks():
    model = world(
        retention=Away(),
        matching="sampled",
        rules="lbr",
        turnover="patience(steps=1)",
        mechanism="hmt",
        epoch_length=1,
    )
    before = model.group_utilities
    model.run(3)
    series = model.datacollector.model_vars
    assert series["present"] == [4, 0, 0, 0]
    assert series["users_lost"] == [0, 4, 0, 0]
    assert series["welfare_all"][1:] == [0.0] * 3
    assert np.isnan(series["welfare"][1:]).all()
    assert not model.creator_utilities.any()
    np.testing.assert_array_equal(model.group_utilities, before)
    assert np.isfinite(model.weights).all()


def test_chances_of_returning_are_met():
    users = np.repeat([0.0, 3.0], 4000)
    setting = line(places=(0.0,), users=users)
    setting = Setting(**(vars(setting) | {"groups": (users > 1).astype(int)}))
    model = world(setting, retention=Returning(middle=2.5, width=1.0, back=0.25, smoothing=0.5))
    model.step()
    there = model._audience.of_users("present")
    stays = 1 / (1 + np.exp(2.5 - np.array([4.0, 1.0])))  # 0.818 and 0.182
    np.testing.assert_allclose([there[:4000].mean(), there[4000:].mean()], stays, atol=0.03)
    model.step()
    again = model._audience.of_users("present")
    assert again[~there].mean() == pytest.approx(0.25, abs=0.03)
    assert again[:4000][there[:4000]].mean() == pytest.approx(stays[0], abs=0.03)


# --- costs -------------------------------------------------------------------------------------------------


class Reporting(Creator):
    """Notes what it would compare one to the right."""

    def step(self):
        self.model.compared = self.model.compare(self.index, self.strategy + 1)
        self.model.move(self.index, self.strategy + 0.5)


# One user and one creator are always matched, so that means over requests are what is expected.
@pytest.mark.parametrize("matching", ["expected", "sampled"])
@pytest.mark.parametrize(("evaluation", "moved"), [("printed", 1.0), ("projected", 0.75)])
def test_costs_are_part_of_what_is_compared_and_of_nothing_else(evaluation, moved, matching):
    costs = {"moving_cost": 0.25, "home_cost": 0.5, "matching": matching}
    setting = line(places=(0.25,), users=(0.0,), sets=Ball(1.0))
    model = world(setting, rules=Reporting, lbr_evaluation=evaluation, **costs)
    model.step()
    np.testing.assert_allclose(model.compared, (3.75, 4 - (0.25 + moved) - 0.25 * moved - 0.5 * moved))
    model.step()  # from 0.75, half a unit from home
    there = 1.75 if evaluation == "printed" else 1.0
    then = 4 - there - 0.25 * (there - 0.75) - 0.5 * (there - 0.25)
    np.testing.assert_allclose(model.compared, (4 - 0.75 - 0.5 * 0.5, then))
    np.testing.assert_allclose(model.creator_utilities, [3.0])  # at 1, costs left out
    np.testing.assert_allclose(model.welfare, 3.0)


@pytest.mark.parametrize("one_by_one", [False, True])
def test_who_would_pay_more_than_it_gains_stays(one_by_one):
    # One user at 0, one creator at 2: a step gains its length at most.
    setting = line(places=(2.0,), users=(0.0,))
    given = {"rules": "lbr", "one_by_one": one_by_one, "eta": 0.5}
    dear, cheap = (world(setting, moving_cost=cost, **given) for cost in (1.01, 0.99))
    dear.run(20)
    cheap.run(20)
    np.testing.assert_array_equal(dear.strategies, [[2.0]])
    assert abs(cheap.strategies[0, 0]) < 0.5
    tied = world(setting, moving_cost=0.5, home_cost=0.5, **given)
    tied.run(20)  # what it gains is what it costs, in numbers without rounding
    assert tied.strategies[0, 0] == 0.0
    strict = world(setting, moving_cost=0.5, home_cost=0.5, accept="better", **given)
    strict.run(20)
    np.testing.assert_array_equal(strict.strategies, [[2.0]])


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("rules", ["lbr", "explore"])
@pytest.mark.parametrize("order", ["random", "simultaneous"])
def test_better_refuses_ties(rules, one_by_one, order):
    # Nobody is shown the second, whose pay is 0 wherever it goes nearby.
    setting = line(places=(0.0, 90.0), users=(0.0,))
    given = {"rules": rules, "one_by_one": one_by_one, "order": order}
    world_of = {accept: world(setting, accept=accept, **given) for accept in ("no_worse", "better")}
    for model in world_of.values():
        model.run(5)
    assert world_of["no_worse"].strategies[1, 0] != 90.0
    assert world_of["better"].strategies[1, 0] == 90.0
    assert world_of["better"].datacollector.model_vars["accepted_share"][1:] == [0.0] * 5


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("rules", ["lbr", "explore"])
@pytest.mark.parametrize("evaluation", ["printed", "projected"])
def test_better_is_any_more_at_all(rules, one_by_one, evaluation):
    # One user at 0, one creator at 2: a step of .5 towards it brings 2.5 less what it costs, against 2.
    given = {"rules": rules, "one_by_one": one_by_one, "lbr_evaluation": evaluation, "eta": 0.5}
    setting, least = line(places=(2.0,), users=(0.0,)), np.spacing(2.0)
    for more in (-least, 0.0, least):
        model = world(setting, moving_cost=1.0 - 2 * more, accept="better", **given)
        model.run(20)
        assert (model.strategies[0, 0] < 2.0) == (more > 0)


# --- the same draws, slot by slot --------------------------------------------------------------------------


class Noting(Creator):
    """Notes the direction it is given, and moves nowhere."""

    def step(self):
        own = self.model.noted.setdefault(int(self.model.population.slots[self.index]), {})
        own[self.model.steps] = self.model.direction_of(self.index).copy()
        self.model.turns.append(int(self.model.population.slots[self.index]))


def noted(changes, steps=8, **given):
    """Return by slot and step which directions were given, and the order of slots by step."""
    model = world(line(places=(0.0, 1.0, 2.0, 3.0)), rules=Noting, horizon=100, **given)
    model.noted, orders = {}, []
    for step in range(steps):
        for change in changes.get(step, []):
            if change == "add":
                model.add_creator(np.array([1.0]), Noting)
            else:
                next(c for c in model.creators if c.creator_id == change).remove()
        model.turns = []
        model.step()
        orders.append(model.turns)
    return model.noted, orders


def test_arms_whose_populations_differ_stay_aligned_slot_by_slot():
    usual, orders = noted({})
    # Two leave, one comes and takes over the draws of the first free slot; later ones open a fifth and a sixth.
    other, other_orders = noted({1: [1], 2: [3], 3: ["add"], 5: ["add", "add", "add"]})
    for slot, directions in usual.items():
        for step, direction in other[slot].items():
            np.testing.assert_array_equal(direction, directions[step])
    assert sorted(other[1]) == [1, 4, 5, 6, 7, 8]  # empty at 2 and 3
    assert sorted(other[3]) == [1, 2, 6, 7, 8]
    for own, others in zip(orders, other_orders, strict=True):
        assert [slot for slot in others if slot < 4] == [slot for slot in own if slot in others]
    assert {4, 5} <= set(other)
    # Later slots draw the same whoever else is there.
    third, _ = noted({4: ["add"], 5: ["add"], 6: [0]})
    fourth, _ = noted({4: ["add"]})
    assert sorted(third[4]) == sorted(fourth[4]) == [5, 6, 7, 8]
    for step, direction in fourth[4].items():
        np.testing.assert_array_equal(direction, third[4][step])


class Judged(Creator):
    """Notes what its requests pay it where it stands, and who had a turn when."""

    def step(self):
        paid, _ = self.model.compare(self.index, self.strategy)
        self.model.notes.append((self.creator_id, paid))


def test_who_comes_is_judged_by_requests_of_its_own_and_may_be_the_first_to_move():
    model = world(
        line((0.0,), (0.0, 0.5, 1.0, 2.0, 3.5)), rules=Judged, matching="sampled", requests_per_trial=20
    )
    model.add_creator(np.zeros(1), Judged)
    first = set()
    for _ in range(20):
        model.notes = []
        model.step()
        (number, paid), (_, other) = model.notes
        first.add(number)
        assert paid != other  # they stand in one place
    assert first == {0, 1}


def test_streams_of_users_and_newcomers_do_not_shift_those_of_moves():
    usual, orders = noted({})
    for given in (
        {"retention": "returning", "arrivals": 0.8},
        {"turnover": "patience(steps=2, share=0.9)", "newcomer": "random"},
    ):
        other, other_orders = noted({}, **given)
        for slot, directions in usual.items():
            for step, direction in other.get(slot, {}).items():
                np.testing.assert_array_equal(direction, directions[step])
        for own, others in zip(orders, other_orders, strict=True):
            assert [slot for slot in others if slot < 4] == [slot for slot in own if slot in others]


def test_nobody_who_stays_is_moved_by_what_a_leaver_would_have_drawn():
    # Creators far from each other and from others' users: what one does is nobody's business.
    places, users = (0.0, 100.0, 200.0), (0.0, 100.0, 200.0)
    paths = []
    for leaves in (False, True):
        model = world(line(places, users), rules="lbr", K=1)
        if leaves:
            model.creators[1].remove()
        model.run(10)
        paths.append({c.creator_id: c.strategy for c in model.creators})
    for number in (0, 2):
        np.testing.assert_array_equal(paths[0][number], paths[1][number])


# --- the same bits -----------------------------------------------------------------------------------------

LIVELY = {
    "environment": "synthetic",
    "n_users": 4500,  # two tiles
    "n_creators": 14,
    "K": 4,
    "n_groups": 5,
    "rng": 4,
    "horizon": 12,
    "mechanism": "hmt",
    "turnover": "least_paid(every=2, last=0.5)",
    "arrivals": 0.8,
    "retention": "returning(middle=0.6)",
    "moving_cost": 0.003,
    "home_cost": 0.001,
    "user_agents": False,
}
CASES = {
    "compiled": {},
    "sampled": {"matching": "sampled", "requests_per_trial": 10, "newcomer": "incumbent"},
    "rules": {
        "rules": "explore=3,still=2",
        "order": "simultaneous",
        "turnover": "patience(share=0.9, steps=3)",
    },
    "strict": {"accept": "better", "lbr_evaluation": "projected", "reward": "contribution"},
}


def history(model, to=None):
    """Return all that a run comes to, who came and went by hand among it."""
    while model.steps < (model.horizon if to is None else to):
        if model.steps == 3:
            model.creators[2].remove()
        if model.steps == 5:
            model.add_creator(np.full(model.dim, 0.1), "still")
        model.step()
    names = "strategies", "creator_utilities", "user_utilities", "weights", "group_utilities"
    series = {name: np.array(column, dtype=float) for name, column in model.datacollector.model_vars.items()}
    own = {name: getattr(model, name) for name in names}
    own |= {name: model._audience.of_users(name) for name in ("present", "epoch_means")}
    return series | own | {"numbers": np.array(numbers(model))}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.fixture(scope="module", params=CASES)
def case(request):
    given = LIVELY | CASES[request.param]
    result = history(CreatorEconomy(**given))
    assert result["entered"].sum() > 3
    assert result["left"].sum() > 1
    assert 0 < result["present"].sum() < given["n_users"]
    return given, result


@pytest.mark.parametrize("shards", [1, 2])
def test_shards_change_no_bit(case, shards, monkeypatch):
    given, result = case
    monkeypatch.setattr(opening, "in_processes", by_pipes)
    model = CreatorEconomy(**given, shards=shards)
    assert len(model._audience.links) == min(shards, 2)  # whole tiles
    assert_same(history(model), result)


@pytest.mark.parametrize("case", CASES)
def test_three_shards_change_no_bit(case, monkeypatch):
    monkeypatch.setattr(sizes, "TILE", 64)
    monkeypatch.setattr(opening, "in_processes", by_pipes)
    given = LIVELY | CASES[case] | {"n_users": 170}
    one, three = CreatorEconomy(**given), CreatorEconomy(**given, shards=3)
    assert len(three._audience.links) == 3
    assert_same(history(three), history(one))


def test_threads_change_no_bit(case, monkeypatch):
    given, result = case
    monkeypatch.setattr(sizes, "THREADED", 1000)
    monkeypatch.setattr(opening, "in_processes", by_pipes)
    model = CreatorEconomy(**given)
    assert_same(history(model), result)


def test_stepping_one_by_one_changes_no_bit(case):
    given, result = case
    assert_same(history(CreatorEconomy(**given, one_by_one=True)), result)


@pytest.mark.parametrize("steps", [4, 9])
def test_a_checkpoint_changes_no_bit(case, steps, tmp_path):
    given, result = case
    model = CreatorEconomy(**given)
    history(model, to=steps)
    write_state(tmp_path / "0.npz", state_of(model))
    other = CreatorEconomy(**given)
    restore(other, read_state(tmp_path / "0.npz"))
    assert numbers(other) == numbers(model)
    assert_same(history(other), result)


@pytest.mark.parametrize("steps", [0, 6])
def test_a_pickle_changes_no_bit(case, steps):
    given, result = case
    model = CreatorEconomy(**given)
    history(model, to=steps)
    assert_same(history(pickle.loads(pickle.dumps(model))), result)


@pytest.mark.parametrize("candidate", [[0.0], [0.0, 0.0, 0.0], [[0.0, 0.0]], [np.nan, 0.0], ["a", "b"]])
def test_what_a_rule_compares_is_a_point_also_where_moves_cost(candidate):
    model = CreatorEconomy(environment="figure1", moving_cost=0.1, rng=0)
    with pytest.raises(BadInput, match="strategy"):
        model.compare(0, candidate)
    with pytest.raises(BadInput, match="creator is 5"):
        model.compare(5, [0.0, 0.0])


def test_a_mechanism_s_items_stay_beside_whoever_is_there():
    given = {"environment": "synthetic", "n_users": 200, "n_creators": 20, "K": 5, "horizon": 30, "rng": 1}
    given |= {"mechanism": "enrichment", "turnover": "patience(share=0.9, steps=2)", "arrivals": 0.7}
    model, alone = CreatorEconomy(**given), CreatorEconomy(**given, one_by_one=True)
    while model.steps < model.horizon:
        model.step()
        everything = np.vstack([model.strategies, model.market._book.strategies[model.alive :]])
        relevance = model.market.relevance(model.users, everything)
        chances = matching_probabilities(relevance, model.market.beta, model.market.K)
        paid = game.creator_utilities(relevance, chances)[: model.alive]
        np.testing.assert_allclose(model.user_utilities, game.user_utilities(relevance, chances), atol=1e-12)
        np.testing.assert_allclose(model.creator_utilities, paid, atol=1e-12)
    alone.run()
    assert model.alive < 20 < len(model.population.born)
    assert model.n_items > model.alive
    assert (alone.strategies == model.strategies).all()
