"""Contribution pay makes welfare an exact potential: in every game, and over whole runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities, user_utilities, welfare
from ecosystem.market import Market
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance
from ecosystem_agents.mechanisms import Terms


@st.composite
def games(draw):
    """Random relevances: ties or none, n = 1, lists longer than n; beta, K, mass and reward weight of each user."""
    m, n = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    relevance = rng.choice([0.0, 0.4, 0.5, 0.9], (m, n)) if draw(st.booleans()) else rng.random((m, n))
    K = np.full(m, n + 1) if draw(st.booleans()) else rng.integers(1, 9, m)
    mass, weights = rng.random(m) + 0.1, 5 * rng.random(m)
    return relevance, 10 ** rng.uniform(-3, 1, m), K, mass / mass.sum(), weights, rng


@given(games())
@settings(max_examples=200)
def test_weighted_welfare_is_an_exact_potential(game):
    relevance, beta, K, mass, w, rng = game
    i, moved = rng.integers(relevance.shape[1]), relevance.copy()
    moved[:, i] = rng.choice(relevance.ravel(), len(relevance))

    def utility_and_welfare(sigma):
        P = matching_probabilities(sigma, beta, K)
        paid = creator_utilities(sigma, P, "contribution", w, mass, beta=beta, K=K)
        return paid[i], (mass * w) @ user_utilities(sigma, P)

    (u, W), (u_moved, W_moved) = utility_and_welfare(relevance), utility_and_welfare(moved)
    assert u_moved - u == pytest.approx(W_moved - W, abs=1e-12)


@given(games())
def test_one_creator_earns_all_there_is(game):
    relevance, beta, K, mass, _, _ = game
    alone = relevance[:, :1]
    P = matching_probabilities(alone, beta, K)
    paid = creator_utilities(alone, P, "contribution", user_mass=mass, beta=beta, K=K)
    assert paid[0] == pytest.approx(welfare(alone, P, mass), abs=1e-12)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_in_the_market_a_proposal_gains_what_weighted_welfare_gains(seed):
    rng = np.random.default_rng(seed)
    m, n, d = rng.integers(1, 12), rng.integers(1, 10), rng.integers(1, 4)
    coarse = rng.random() < 0.5

    def points(k):
        return np.round(rng.standard_normal((k, d)) * 2) / 2 if coarse else rng.standard_normal((k, d))

    mass, w = rng.random(m) + 0.1, 5 * rng.random(m)
    market = Market(
        points(m), points(n), DistanceRelevance(), beta=0.1, K=3, reward="contribution", user_mass=mass
    )
    market.set_terms(Terms(w, 10 ** rng.uniform(-2, 0, m), rng.integers(1, n + 3, m)))
    for _ in range(10):
        i, candidate = int(rng.integers(n)), points(1)[0]
        now, then = market.compare(i, candidate)
        before = (market.mass * w) @ market.user_utilities()
        market.move(i, candidate)
        assert then - now == pytest.approx((market.mass * w) @ market.user_utilities() - before, abs=1e-12)


RUNS = [
    {"environment": "synthetic", "n_users": 150, "n_creators": 30},
    {"environment": "synthetic", "n_users": 80, "n_creators": 6, "K": 20},  # all are listed
    {"environment": "figure1"},
]


@pytest.mark.parametrize("setting", RUNS)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_accepted_move_lowers_welfare(setting, seed):
    setting = setting | {"lbr_evaluation": "projected", "reward": "contribution", "rng": seed}
    model, moves = CreatorEconomy(**setting, one_by_one=True), 0
    market, move = model.market, model.market.move

    def watched(i, landing):
        nonlocal moves
        before, stood = market.welfare(), market.strategies[i]
        move(i, landing)
        assert market.welfare() >= before - 1e-12
        moves += not np.array_equal(stood, landing)

    market.move = watched
    model.run(40)
    assert moves > 20


@pytest.mark.parametrize("mechanism", ["none", "uniform(K=4)", "smt", "hmt"])
def test_paid_on_default_terms_welfare_on_default_terms_never_falls(mechanism):
    model = CreatorEconomy(
        n_users=150,
        n_creators=30,
        lbr_evaluation="projected",
        reward="contribution",
        pay_terms="default",
        mechanism=mechanism,
        rng=0,
    )
    seen = [model.welfare_default]
    for _ in range(150):
        model.step()
        seen.append(model.welfare_default)
    assert (np.diff(seen) >= -1e-12).all()
    assert seen[-1] > seen[0] + 1e-3


def test_under_uir_the_weighted_welfare_of_an_epoch_never_falls():
    model = CreatorEconomy(
        n_users=150, n_creators=30, lbr_evaluation="projected", reward="contribution", mechanism="uir", rng=0
    )
    for _ in range(100):
        w = model.weights[model.groups]  # in force in the coming step
        before = (model.user_mass * w) @ model.market.user_utilities()
        model.step()
        assert (model.user_mass * w) @ model.market.user_utilities() >= before - 1e-12
