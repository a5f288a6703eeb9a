from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.environments.environment import Setting
from ecosystem.game import welfare
from ecosystem.market import Market
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.strategy_sets import Ball, Catalogue
from ecosystem.yardsticks.planner import plan
from ecosystem_agents.inputs.checks import BadInput


@pytest.mark.parametrize("relevance", [DistanceRelevance(1.0, 3.0), DotRelevance(-3.0, 3.0)])
@pytest.mark.parametrize("K", [3, 8])
def test_the_gradient_is_that_of_welfare(relevance, K):
    rng = np.random.default_rng(0)
    users, strategies = rng.normal(size=(30, 3)), rng.normal(size=(8, 3))
    mass = rng.random(30)
    market = Market(users, strategies, relevance, beta=0.2, K=K, user_mass=mass)
    gradient, reach = market.welfare_gradient()

    def at(s: np.ndarray) -> float:
        sigma = relevance(users, s)
        return welfare(sigma, matching_probabilities(sigma, 0.2, K), mass)

    for i in range(8):
        for k in range(3):
            step = np.zeros_like(strategies)
            step[i, k] = 1e-6
            slope = (at(strategies + step) - at(strategies - step)) / 2e-6
            assert gradient[i, k] == pytest.approx(slope, abs=1e-7)
    sigma = relevance(users, strategies)
    assert reach == pytest.approx(mass / mass.sum() @ matching_probabilities(sigma, 0.2, K))


def test_the_gradient_on_top_of_a_user_and_beside_static_items():
    users, strategies = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.5, 0.5]])
    relevance, static = DistanceRelevance(1.0, 3.0), np.array([[0.5, 0.5]])
    market = Market(users, strategies, relevance, beta=0.2, K=3, static_items=static)
    gradient, reach = market.welfare_gradient()
    sigma = relevance(users, np.vstack([strategies, static]))
    P = matching_probabilities(sigma, 0.2, 3)
    assert reach == pytest.approx(P[:, :2].mean(axis=0))
    pull = P / 2 * (1 + (sigma - (P * sigma).sum(axis=1, keepdims=True)) / 0.2) / 3.0
    gap = users[:, None] - strategies[None]
    # The first creator stands on the first user, whom no step brings nearer, and at distance 1 of the second.
    way = gap / np.maximum(np.linalg.norm(gap, axis=2, keepdims=True), 1e-300)
    assert gradient == pytest.approx((pull[:, :2, None] * way).sum(axis=0))


def test_figure_1s_best_is_found():
    model = CreatorEconomy(environment="figure1", rng=0)
    found = plan(model.setting, model.beta, model.K, np.random.default_rng(0), starts=3)
    at_users = Market(model.users, model.users, model.market.relevance, beta=model.beta, K=model.K)
    assert found.welfare == pytest.approx(at_users.welfare(), abs=1e-4)
    nearest = np.linalg.norm(found.strategies[:, None] - model.users[None], axis=2).min(axis=0)
    assert (nearest < 0.01).all()


def test_the_planner_beats_where_creators_go_and_its_welfare_is_real():
    model = CreatorEconomy(n_users=100, n_creators=12, K=4, horizon=150, rng=1)
    found = plan(model.setting, model.beta, model.K, np.random.default_rng(1), starts=2, effort=0.3)
    model.run()
    assert found.welfare > model.welfare_default
    assert (np.linalg.norm(found.strategies, axis=1) <= 1 + 1e-12).all()
    sigma = model.market.relevance(model.users, found.strategies)
    assert found.welfare == pytest.approx(welfare(sigma, matching_probabilities(sigma, 0.1, 4)), abs=1e-12)
    assert found.welfare == found.restarts.max()
    assert found.spread == pytest.approx(np.ptp(found.restarts))


def test_catalogues_are_planned_item_by_item_to_the_best_of_all():
    rng = np.random.default_rng(2)
    users, items = rng.normal(size=(25, 2)), rng.normal(size=(6, 2))
    sigma = DotRelevance(-4, 4)
    setting = Setting(users, items[:2], sigma, Catalogue(items))
    found = plan(setting, 0.1, 2, np.random.default_rng(0), starts=2)
    best = max(
        Market(users, items[[i, j]], sigma, beta=0.1, K=2).welfare() for i in range(6) for j in range(6)
    )
    assert found.welfare == pytest.approx(best, abs=1e-12)


def test_no_item_of_a_catalogue_is_left_that_would_help():
    rng = np.random.default_rng(5)
    users, items = rng.normal(size=(25, 6)), rng.normal(size=(60, 6))
    sigma = DotRelevance(-8, 8)
    setting = Setting(users, items[:4], sigma, Catalogue(items))
    found = plan(setting, 0.1, 4, np.random.default_rng(0), starts=1, effort=0.1)
    for i in range(4):
        for item in items:
            other = found.strategies.copy()
            other[i] = item
            assert Market(users, other, sigma, beta=0.1, K=4).welfare() <= found.welfare + 1e-12


def test_bad_input_is_refused():
    setting = Setting(np.eye(2), np.eye(2), DistanceRelevance(), Ball(), utility=lambda x, s: x @ s.T)
    with pytest.raises(BadInput, match="utility is relevance"):
        plan(setting, 0.1, 2, np.random.default_rng(0))
    plain = Setting(np.eye(2), np.eye(2), DistanceRelevance(), Ball())
    with pytest.raises(BadInput, match="starts"):
        plan(plain, 0.1, 2, np.random.default_rng(0), starts=0)
    for effort in (-1, 0, np.nan):
        with pytest.raises(BadInput, match=f"effort is {effort}; it must be a number above 0"):
            plan(plain, 0.1, 2, np.random.default_rng(0), effort=effort)
