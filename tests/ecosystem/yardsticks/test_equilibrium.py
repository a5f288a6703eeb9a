from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.market.book import strategy_arrays
from ecosystem.yardsticks.equilibrium import exploitability, largest_gains, lne_check


def at_their_users(beta: float) -> CreatorEconomy:
    model = CreatorEconomy(environment="figure1", beta=beta, rng=0)
    for i, user in enumerate(model.users):
        model.market.move(i, user)
    return model


def test_nobody_gains_where_each_creator_has_its_user():
    for found in lne_check(at_their_users(0.1), np.random.default_rng(0)):
        assert found.gaining == 0
        assert found.largest == 0


def test_at_temperature_10_somebody_gains():
    found = exploitability(at_their_users(10.0), np.random.default_rng(0), radius=0.5)
    assert found.largest > 0.01
    assert found.gaining >= 0.2
    assert found.relative > found.largest / 2


def test_gains_are_those_of_feasible_moves():
    model = CreatorEconomy(n_users=50, n_creators=6, n_groups=3, rng=1)
    sets = strategy_arrays(model.strategy_sets, model.dim)
    gains = largest_gains(model.market, sets, 0.3, 50, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    for i in range(6):
        steps = rng.standard_normal((50, 5))
        steps *= 0.3 * rng.random((50, 1)) ** 0.2 / np.linalg.norm(steps, axis=1, keepdims=True)
        places = [model.project(i, model.strategies[i] + step) for step in steps]
        now = model.market.utility(i)
        best = max(model.market.utility_at(i, place) for place in places) - now
        assert gains[i] == pytest.approx(max(best, 0), abs=1e-15)


def test_looking_changes_nothing():
    size = {"n_users": 80, "n_creators": 10, "n_groups": 4, "rng": 2, "mechanism": "smt", "horizon": 20}
    looked, plain = CreatorEconomy(**size), CreatorEconomy(**size)
    look = np.random.default_rng(0)
    for _ in range(20):
        exploitability(looked, look)
        looked.step()
        plain.step()
    assert (looked.strategies == plain.strategies).all()
    assert looked.welfare == plain.welfare
