"""Figure 1's counts and the Gini coefficient, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem import CreatorEconomy
from ecosystem.metrics import at_centre, gini, users_served

USERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
STRATEGIES = np.array([[0.0, 0.3], [0.2, 0.2], [1.0, 0.31], [0.0, 0.69]])


def test_a_creator_serves_within_the_distance_and_no_farther():
    # 0.3 from the centre counts; 0.31 from the second user and from the third does not.
    assert users_served(USERS, STRATEGIES) == 1
    assert users_served(USERS, STRATEGIES, within=0.32) == 3


def test_the_centre_is_the_first_user():
    assert at_centre(USERS, STRATEGIES) == 2
    assert at_centre(USERS[::-1], STRATEGIES) == 0
    assert at_centre(USERS, STRATEGIES, within=0.29) == 1


@pytest.mark.parametrize(
    ("pay", "coefficient"),
    [
        ([3, 3, 3], 0),
        ([0, 0, 0, 5], 3 / 4),  # one has all: (n - 1) / n
        ([1, 2, 3], 2 / 9),  # gaps 1, 1, 2, both ways: 8 over 2 * 3 * 6
        ([-7, 0, 1, 3], 5 / 8),  # as 0, 0, 1, 3: gaps 1, 3, 1, 3, 2, both ways: 20 over 2 * 4 * 4
        ([-1, 2], 1 / 2),
        ([-1, -2], 0),  # nobody is paid
        ([0, 0], 0),
        ([4], 0),
        ([], 0),
        ([1e308, 1e308, 0], 1 / 3),  # no sum of these is a float
        ([5e-324, 0], 1 / 2),
    ],
)
def test_gini_by_hand(pay, coefficient):
    assert gini(np.array(pay, dtype=float)) == pytest.approx(coefficient, rel=1e-14)


NUMBERS = st.lists(st.floats(-1e300, 1e300), max_size=8).map(np.array)


@given(NUMBERS, st.integers(-20, 20))
def test_gini_is_a_number_that_knows_no_unit_and_no_order(pay, power):
    found = gini(pay)
    assert 0 <= found <= max(1 - 1 / len(pay), 0) + 1e-15 if len(pay) else found == 0
    assert gini(pay[::-1]) == found
    if (np.abs(pay[pay != 0]) > 1e-290).all():
        assert gini(pay * 2.0**power) == found
    paid = np.where(pay > 0, pay, 0) / np.maximum(pay.max(initial=0), 5e-324)
    if paid.any():  # the mean gap over twice the mean
        gaps = np.abs(paid[:, None] - paid).mean()
        assert found == pytest.approx(gaps / (2 * paid.mean()), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("reward", ["relevance", "traffic", "lift", "contribution"])
@pytest.mark.parametrize("K", [1, 4])
def test_no_reward_leaves_the_series_without_a_number(reward, K):
    # At K = 4 everybody is on every list, and who lowers the mean owes; at K = 1 most are on none.
    model = CreatorEconomy(
        environment="synthetic", n_users=30, n_creators=4, n_groups=3, K=K, reward=reward, rng=0
    )
    model.run(20)
    series = np.array(model.datacollector.model_vars["creator_gini"])
    assert np.isfinite(series).all()
    assert (reward, K) != ("contribution", 4) or (model.creator_utilities < 0).any()
