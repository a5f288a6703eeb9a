"""Figure 1's counts, by hand."""

from __future__ import annotations

import numpy as np

from ecosystem.metrics import at_centre, users_served

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
