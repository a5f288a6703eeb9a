from __future__ import annotations

import numpy as np
import pytest

from ecosystem.yardsticks.theorem_1 import _condition_17, gap, narrow, uniqueness

USERS = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2))


def test_condition_15_is_what_it_is_by_hand():
    # One user at the centre of the disc: (s - x)(s - x)^T has eigenvalue |s|^2 <= 1, against beta.
    for beta in (0.5, 1.0, 2.0):
        found = uniqueness(np.zeros((1, 2)), 2, beta, np.random.default_rng(0), starts=1, steps=1)
        assert found.eigenvalue == pytest.approx(1 / beta**2 - 1 / beta)
    assert not uniqueness(np.zeros((1, 2)), 2, 0.5, np.random.default_rng(0), starts=1, steps=1).assumed


def test_theorem_1_where_its_condition_holds():
    found = uniqueness(USERS, 3, 2.0, np.random.default_rng(1), starts=3, steps=1500)
    assert found.assumed
    assert found.unique


def test_several_equilibria_far_outside():
    found = uniqueness(USERS, 3, 0.05, np.random.default_rng(1), starts=4, steps=1500)
    assert not found.assumed
    assert not found.unique


def test_the_gap_opens_where_distant_users_weigh_more():
    found = gap(narrow(), 20, 12.0, np.random.default_rng(1))
    assert found.printed <= 0 < found.needed
    assert found.opens
    assert found.apart < 1e-3  # the conclusion survives
    # By hand, at a profile: 92 users at the centre share 20 creators evenly, 8 ten radii away like the nearest best.
    s = np.tile([-0.1, 0.0], (20, 1))
    s[0] = [1.0, 0.0]
    near, far = 1 / (1 + 19 * np.exp((1 - 0.01) / 24)), 1 / (1 + 19 * np.exp((81 - 102.01) / 24))
    weights = np.array([92 * near * (1 - near), 8 * far * (1 - far)])
    curved = weights * [1 - near, 1 - far] @ np.array([1.0, 81.0]) / 144 / weights.sum()
    assert _condition_17(s, narrow(), 12.0) == pytest.approx(curved - 1 / 12)
    assert curved > 1 / 12


def test_no_gap_where_users_are_alike():
    assert not gap(USERS, 3, 2.0, np.random.default_rng(1)).opens
