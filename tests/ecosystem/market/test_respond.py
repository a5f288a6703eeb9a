"""A turn in one compiled call is Algorithm 2 written out: one creator after the other, compared and moved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.market import Market
from ecosystem.market.book import PRINTED, PROJECTED, strategy_arrays
from ecosystem.relevance import DistanceRelevance
from ecosystem.rewards import LiftPay
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace
from ecosystem_agents.inputs.checks import BadInput


@pytest.mark.parametrize("reward", ["relevance", "traffic", "contribution", "backward"])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32))
def test_a_turn_is_creators_moving_one_after_the_other(reward, seed):
    rng = np.random.default_rng(seed)
    m, n, d = rng.integers(1, 8), rng.integers(1, 9), rng.integers(1, 4)
    evaluation = [PRINTED, PROJECTED][rng.integers(2)]
    sets = [
        [FreeSpace(), Ball(0.7), Catalogue(rng.standard_normal((4, d)))][k] for k in rng.integers(3, size=n)
    ]
    users, start = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    start = np.array([one.project(s) for one, s in zip(sets, start, strict=True)])
    together, singly = (
        Market(users, start, DistanceRelevance(2, 1), beta=0.3, K=3, reward=reward) for _ in range(2)
    )
    for _ in range(3):
        eta, order, directions = rng.random(n), rng.permutation(n), rng.standard_normal((n, d))
        accepted = together.respond(strategy_arrays(sets, d), evaluation, eta, order, directions)
        for i in order:
            candidate = singly.strategies[i] + eta[i] * directions[i]
            landing = sets[i].project(candidate)
            now, then = singly.compare(int(i), candidate if evaluation == PRINTED else landing)
            assert accepted[i] == (then >= now)
            if then >= now:
                singly.move(int(i), landing)
        assert (together.strategies == singly.strategies).all()
        np.testing.assert_allclose(
            together.creator_utilities(), singly.creator_utilities(), rtol=0, atol=1e-13
        )


def test_pay_in_numpy_has_no_turn_in_one_call():
    class InNumPy:
        def pay(self, relevance, probabilities, beta, K):
            return LiftPay().pay(relevance, probabilities, beta, K)

    market = Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=InNumPy())
    assert not market.is_compiled
    turn = PRINTED, np.ones(2), np.arange(2), np.eye(2)
    with pytest.raises(BadInput, match="one by one"):
        market.respond(strategy_arrays([FreeSpace()] * 2, 2), *turn)
