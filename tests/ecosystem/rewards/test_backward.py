from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities
from ecosystem.rewards import BackwardPay, reward_of
from ecosystem_agents.inputs.checks import BadInput


@st.composite
def games(draw):
    """Random relevances, often with ties, list lengths up to beyond n, and rank weights."""
    m, n = draw(st.integers(1, 5)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    relevance = rng.choice([0.0, 0.4, 0.5, 0.9], (m, n)) if draw(st.booleans()) else rng.random((m, n))
    reward = BackwardPay(
        tuple(np.sort(rng.random(rng.integers(1, 9)))[::-1]) if draw(st.booleans()) else None
    )
    return relevance, rng.integers(1, 9, m), reward, rng


def ranked_relevance(relevance, K, reward):
    """The sum of r_k sigma_(k) over each user's list, written by the letter: what the pay is a share of."""
    total = np.zeros(len(relevance))
    for j, row in enumerate(relevance):
        for k, sigma in enumerate(sorted(row, reverse=True)[: K[j]], start=1):
            if reward.weights is None:
                total[j] += sigma / np.log2(k + 1)
            elif k <= len(reward.weights):
                total[j] += sigma * reward.weights[k - 1]
    return total


def pay(relevance, K, reward):
    K = np.minimum(K, relevance.shape[1])
    beta = np.full(len(relevance), 0.1)
    return reward.pay(relevance, matching_probabilities(relevance, beta, K), beta, K)


def test_by_hand():
    relevance, K = np.array([[0.2, 0.9, 0.5, 0.1]]), np.array([2])
    # First: 1 (0.9 - 0.5) + 0.5 (0.5 - 0.2); second: 0.5 (0.5 - 0.2); the others are not listed.
    np.testing.assert_allclose(pay(relevance, K, BackwardPay((1, 0.5))), [[0, 0.55, 0.15, 0]])
    # Weights that end before the list: the second place steps down for nothing.
    np.testing.assert_allclose(pay(relevance, K, BackwardPay((1,))), [[0, 0.4, 0, 0]])
    # Everybody is listed: nothing follows the last.
    np.testing.assert_allclose(pay(relevance[:, :2], K, BackwardPay((1, 0.5))), [[0.1, 0.8]])
    # Equals at the last place: either could be left out.
    np.testing.assert_allclose(pay(np.array([[0.9, 0.5, 0.5]]), K, BackwardPay((1, 1))), [[0.4, 0, 0]])


def test_long_lists_are_discounted_down_to_their_end():
    relevance, reward = np.sort(np.random.default_rng(0).random(301))[::-1], BackwardPay()
    listed = reward.listed(relevance[:300], np.full(300, 1 / 300), relevance[300], 0.1)
    np.testing.assert_allclose(listed, pay(relevance[None], np.array([300]), reward)[0, :300], rtol=1e-12)


@given(games())
def test_it_pays_exactly_what_a_creator_contributes(game):
    relevance, K, reward, _ = game
    whole, paid = ranked_relevance(relevance, K, reward), pay(relevance, K, reward)
    for i in range(relevance.shape[1]):
        without = ranked_relevance(np.delete(relevance, i, axis=1), K, reward)
        np.testing.assert_allclose(paid[:, i], whole - without, rtol=0, atol=1e-12)


@given(games())
def test_ranked_relevance_is_an_exact_potential(game):
    relevance, K, reward, rng = game
    m, n = relevance.shape
    i, moved = rng.integers(n), relevance.copy()
    moved[:, i] = rng.choice(relevance.ravel(), m)
    mass, w = rng.random(m) + 0.1, 3 * rng.random(m)
    mass /= mass.sum()

    def utility(sigma):
        P = matching_probabilities(sigma, 0.1, K)
        return creator_utilities(sigma, P, reward, w, mass, K=K)[i]

    potential = (mass * w) @ (ranked_relevance(moved, K, reward) - ranked_relevance(relevance, K, reward))
    assert utility(moved) - utility(relevance) == pytest.approx(potential, abs=1e-12)


@given(games())
def test_equal_creators_are_paid_equally_to_the_bit(game):
    relevance, K, reward, _ = game
    doubled = np.repeat(relevance, 2, axis=1)
    paid = pay(doubled, K, reward)
    assert (paid[:, ::2] == paid[:, 1::2]).all()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("backward(weights=(0.5, 1))", "must not increase"),
        ("backward(weights=())", "empty"),
        ("backward(weights=1)", r"such as \(1, 0.5\)"),
        ("backward(weights=(1, -1))", "weight of backward is -1"),
        ("backward(weight=(1,))", "did you mean 'weights'"),
    ],
)
def test_bad_weights_are_named(text, named):
    with pytest.raises(BadInput, match=named):
        reward_of(text)
