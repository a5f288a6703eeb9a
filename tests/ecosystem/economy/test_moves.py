from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy.moves import draw_moves
from ecosystem.environments import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import Catalogue, FreeSpace
from ecosystem_agents.creator import Creator


def world(places, users, sets, **given):
    """Make a world of users on a line, who see whoever is nearest."""
    setting = Setting(
        users=np.array(users)[:, None],
        strategies=np.array(places)[:, None],
        relevance=DistanceRelevance(4, 1),
        strategy_sets=sets,
    )
    made = Environment("line", "users on a line", lambda rng: setting, 1.0, 1, 0.1, 100, n_groups=1)
    return CreatorEconomy(environment=made, rng=0, **given)


def test_everybody_moves_once_in_a_direction_of_length_one():
    order, directions = draw_moves(np.random.default_rng(0), 7, 3)
    assert sorted(order) == list(range(7))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), np.ones(7))


class Wanderer(Creator):
    """Goes a long way and comes back, moves on and leaves, or stays, by its number."""

    def step(self):
        here = self.strategy
        self.model.move(self.index, here + 5)
        if self.creator_id == 0:
            self.model.move(self.index, here)
        elif self.creator_id == 1 and self.model.steps == 2:
            self.remove()


@pytest.mark.parametrize("order", ["random", "simultaneous"])
def test_moves_are_counted_that_lead_elsewhere(order):
    model = world((0.0, 1.0, 2.0), (0.0, 1.0), FreeSpace(), rules=Wanderer, order=order)
    model.run(2)
    assert model.datacollector.model_vars["accepted_share"][1:] == [1.0, 1.0]
    # All at once, who has left in its turn is moved no more.
    assert model.datacollector.model_vars["moved"] == [0, 2, 2 if order == "random" else 1]
    assert model.population.moved.tolist() == [0, 2 if order == "random" else 1, 2]


@pytest.mark.parametrize("given", [{}, {"one_by_one": True}])
@pytest.mark.parametrize("evaluation", ["printed", "projected"])
def test_a_step_back_to_where_it_began_is_accepted_and_no_move(given, evaluation):
    # Steps of 0.1 among items 1 apart; one of 0.6 reaches the next item whenever it points there.
    items = Catalogue(np.arange(3.0)[:, None])
    for eta, moves in ((0.1, False), (0.6, True)):
        how = {"rules": "lbr", "lbr_evaluation": evaluation, "reward": "traffic", "eta": eta}
        model = world((0.0, 1.0, 2.0), (1.0, 1.2), items, **how, **given)
        places = [model.strategies]
        for _ in range(6):
            model.step()
            places.append(model.strategies)
        elsewhere = [(a != b).any(axis=1) for a, b in pairwise(places)]
        assert model.datacollector.model_vars["moved"][1:] == [some.sum() for some in elsewhere]
        assert model.population.moved.tolist() == np.sum(elsewhere, axis=0).tolist()
        assert (
            model.population.moved.any(),
            max(model.datacollector.model_vars["accepted_share"][1:]) > 0,
        ) == (
            moves,
            True,
        )
