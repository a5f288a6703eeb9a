"""Eq. (22) against finite differences of equilibria, where there is one, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import root

from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities
from ecosystem.plugins import Ball, DistanceRelevance, Environment, Setting
from ecosystem.yardsticks.weight_gradient import SETTLED, weight_gradient

USERS = np.array([[-1.0, 0.3], [-0.8, -0.5], [0.2, 0.9], [0.9, 0.4], [1.1, -0.6], [0.0, -1.2]])


def blended(rng):
    """Two creators among six users, at so high a temperature that they settle between them."""
    return Setting(
        users=USERS,
        strategies=np.array([[0.0, 0.1], [0.2, 0.0]]),
        relevance=DistanceRelevance(ceiling=2, scale=2),
        strategy_sets=Ball(2),
        groups=np.array([0, 0, 1, 1, 2, 2]),
    )


WORLD = Environment("blended", "between users", blended, beta=1.0, K=2, eta=0.1, horizon=10, n_groups=3)


def equilibrium(weights: np.ndarray):
    """Return the model with creators where each one's weighted pay has slope 0, found by SciPy."""
    model = CreatorEconomy(environment=WORLD, rng=0)

    def slopes(flat: np.ndarray) -> np.ndarray:
        s, h = flat.reshape(2, 2), 1e-6

        def pay(at):
            sigma = model.setting.relevance(USERS, at)
            return creator_utilities(
                sigma, matching_probabilities(sigma, 1.0, 2), "relevance", weights[model.groups]
            )

        found = np.empty((2, 2))
        for i, k in np.ndindex(2, 2):
            up, down = s.copy(), s.copy()
            up[i, k] += h
            down[i, k] -= h
            found[i, k] = (pay(up)[i] - pay(down)[i]) / (2 * h)
        return found.ravel()

    found = root(slopes, model.strategies.ravel(), tol=1e-10)
    for i, place in enumerate(found.x.reshape(2, 2)):
        model.move(i, place)
    return model


def test_the_gradient_is_that_of_welfare_in_log_weights():
    weights, h = np.array([1.0, 1.5, 0.7]), 1e-3
    found = weight_gradient(equilibrium(weights), weights)
    assert found.slope < SETTLED
    assert found.kinks == 0
    for group in range(3):
        up, down = (weights * np.exp(side * h * np.eye(3)[group]) for side in (1, -1))
        rise = (equilibrium(up).market.welfare() - equilibrium(down).market.welfare()) / (2 * h)
        assert found.gradient[group] == pytest.approx(rise, rel=0.02, abs=1e-5)
    assert sum(found.gradient) == pytest.approx(0, abs=1e-4)  # all weights alike change nothing


def test_on_a_user_pay_has_two_slopes():
    model = CreatorEconomy(environment="figure1", rng=0)
    for i, user in enumerate(model.users):
        model.move(i, user)
    found = weight_gradient(model, np.ones(5))
    assert found.kinks == 1
    assert found.gradient == []
