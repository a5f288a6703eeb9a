from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.game import creator_utilities, user_utilities, welfare
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.rewards import REWARDS
from ecosystem_agents.inputs.checks import BadInput


@st.composite
def games(draw):
    """Random relevances, often with ties, with terms for each user."""
    m, n = draw(st.integers(1, 6)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    relevance = rng.choice([0.1, 0.4, 0.5, 0.9], (m, n)) if draw(st.booleans()) else rng.random((m, n))
    beta, K = 10 ** rng.uniform(-3, 1, m), rng.integers(1, 9, m)
    return relevance, beta, K, rng


def test_rewards_by_hand():
    relevance = np.array([[0.3, 0.2, 0.1]])
    P = matching_probabilities(relevance, 0.1, 2)
    p, q = np.e / (np.e + 1), 1 / (np.e + 1)
    utility = 0.3 * p + 0.2 * q
    pay = {reward: creator_utilities(relevance, P, reward, beta=0.1, K=2) for reward in REWARDS}
    np.testing.assert_allclose(pay["relevance"], [0.3 * p, 0.2 * q, 0])
    np.testing.assert_allclose(pay["traffic"], [p, q, 0])
    np.testing.assert_allclose(pay["lift"], [0.2 * p, 0.1 * q, 0])
    without_first = 0.2 * p + 0.1 * q
    without_second = (0.3 * np.e**2 + 0.1) / (np.e**2 + 1)
    np.testing.assert_allclose(pay["contribution"], [utility - without_first, utility - without_second, 0])


@given(games())
def test_pay_adds_up(game):
    relevance, beta, K, rng = game
    P = matching_probabilities(relevance, beta, K)
    mass = rng.random(len(relevance)) + 0.1
    assert creator_utilities(relevance, P, "traffic", user_mass=mass).sum() == pytest.approx(1)
    total = creator_utilities(relevance, P, "relevance", user_mass=mass).sum()
    assert total == pytest.approx(welfare(relevance, P, mass))


@given(games())
def test_contribution_makes_welfare_an_exact_potential(game):
    relevance, beta, K, rng = game
    n = relevance.shape[1]
    i, moved = rng.integers(n), relevance.copy()
    moved[:, i] = rng.choice(relevance.ravel(), len(relevance))
    terms = {"beta": beta, "K": K}
    before, after = (matching_probabilities(r, **terms) for r in (relevance, moved))
    gain = (
        creator_utilities(moved, after, "contribution", **terms)[i]
        - creator_utilities(relevance, before, "contribution", **terms)[i]
    )
    assert gain == pytest.approx(welfare(moved, after) - welfare(relevance, before), abs=1e-12)


@given(games())
def test_uir_is_linear_in_the_weights(game):
    relevance, beta, K, rng = game
    P, w = matching_probabilities(relevance, beta, K), rng.random(len(relevance))
    for reward in REWARDS:
        single = sum(
            creator_utilities(relevance, P, reward, w * (np.arange(len(w)) == j), beta=beta, K=K)
            for j in range(len(w))
        )
        whole = creator_utilities(relevance, P, reward, w, beta=beta, K=K)
        np.testing.assert_allclose(whole, single, atol=1e-12)


def test_contribution_can_be_paid_on_another_utility():
    relevance, utility = np.array([[0.3, 0.2]]), np.array([[1.0, 5.0]])
    P = matching_probabilities(relevance, 0.1, 1)
    pay = creator_utilities(relevance, P, "contribution", beta=0.1, K=1, utility=utility)
    np.testing.assert_allclose(pay, [1.0 - 5.0, 0.0])
    np.testing.assert_allclose(user_utilities(utility, P), [1.0])


def test_relevance_functions_by_hand():
    users, strategies = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0], [0.6, 0.8]])
    np.testing.assert_allclose(DistanceRelevance(2, 1)(users, strategies), [[2, 1], [0, 0]])
    np.testing.assert_allclose(DistanceRelevance(1, 10)(users, strategies), [[1, 0.9], [0.5, 0.6]])
    np.testing.assert_allclose(DotRelevance(-5, 5)(users, strategies), [[0.5, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize("relevance", [DistanceRelevance(), DotRelevance(-1, 1)])
def test_identical_strategies_have_identical_relevance_to_the_bit(relevance):
    rng = np.random.default_rng(0)
    users, one = rng.standard_normal((300, 32)), rng.standard_normal(32) * 0.1
    values = relevance(users, np.tile(one, (203, 1)))
    assert (values == values[:, :1]).all()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: creator_utilities(np.ones((2, 2)), np.ones((2, 2)), "likes"), "'likes'"),
        (lambda: creator_utilities(np.ones((2, 2)), np.ones((2, 2)), "lift"), "give beta= and K="),
        (lambda: creator_utilities(np.ones((2, 2)), np.ones((2, 3))), "must be equal"),
        (lambda: welfare(np.ones((2, 2)), np.ones((2, 2)), np.zeros(2)), "user_mass sums to 0"),
        (lambda: welfare(np.ones((2, 2)), np.ones((2, 2)), np.ones(3)), "user_mass holds 3 numbers; .* be 2"),
        (lambda: creator_utilities(np.ones((1, 2)), np.ones((1, 2)), weights=[-0.5]), "weights holds -0.5"),
        (lambda: DistanceRelevance(0, 1), "ceiling is 0"),
        (lambda: DotRelevance(1, 0), "swap them"),
        (lambda: DistanceRelevance()(np.ones((2, 3)), np.ones((2, 2))), "3 dimensions and strategies 2"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(BadInput, match=named):
        call()
