from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.matching import matching_probabilities
from ecosystem.rewards import EngagementPay, TrafficPay

GAMES = st.tuples(st.integers(1, 6), st.integers(0, 2**32))


def game(size, seed):
    rng = np.random.default_rng(seed)
    relevance = rng.choice([0.0, 0.4, 0.5, 0.9], (3, size)) if seed % 2 else rng.random((3, size))
    return relevance, 10 ** rng.uniform(-2, 0.5, 3), np.minimum(rng.integers(1, 9, 3), size), rng


@given(GAMES)
def test_creators_share_the_log_sum_of_the_list(given_game):
    relevance, beta, K, _ = game(*given_game)
    P = matching_probabilities(relevance, beta, K)
    paid = EngagementPay().pay(relevance, P, beta, K)
    for j in range(3):
        listed = np.sort(relevance[j])[::-1][: K[j]]
        whole = listed.max() + beta[j] * np.log(np.exp((listed - listed.max()) / beta[j]).sum())
        np.testing.assert_allclose(paid[j].sum(), whole, rtol=1e-12)
        np.testing.assert_allclose(paid[j], P[j] * whole, rtol=1e-12)


@given(GAMES)
def test_both_members_are_merit_based_and_monotone(given_game):
    relevance, beta, K, rng = game(*given_game)
    i, better = rng.integers(relevance.shape[1]), relevance.copy()
    better[:, i] += 0.3
    for reward in (TrafficPay(), EngagementPay()):
        before, after = (
            reward.pay(sigma, matching_probabilities(sigma, beta, K), beta, K)
            for sigma in (relevance, better)
        )
        for j in range(3):  # more relevance never earns less than another's, nor less than before
            assert (np.diff(before[j][np.argsort(relevance[j], kind="stable")]) >= -1e-12).all()
        assert (after[:, i] >= before[:, i] - 1e-12).all()
    # ... and where others get better, exposure falls.
    P_before, P_after = (matching_probabilities(sigma, beta, K) for sigma in (relevance, better))
    assert (np.delete(P_after, i, axis=1) <= np.delete(P_before, i, axis=1) + 1e-12).all()
