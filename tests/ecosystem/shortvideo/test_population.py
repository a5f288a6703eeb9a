"""Who is on the platform: groups and their quarters of the traffic, and who is in which arm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem.shortvideo.population import draw_shares, keep_groups, nearest
from ecosystem.shortvideo.synthetic_population import synthetic_population
from ecosystem_agents.inputs.checks import BadInput


def test_groups_by_size_and_quarters_of_traffic_by_hand():
    labels = np.repeat([7, 2, 5, 0], [4, 6, 1, 3])
    requests = np.where(labels == 2, 1.0, 2.0)
    groups, quarters = keep_groups(labels, requests, 2)
    # By size: label 2 (6 users, traffic 6), 7 (4, 8), 0 (3, 6); label 5 is too small. Traffic 20: cuts at 5, 10, 15.
    assert (groups == np.repeat([1, 0, -1, 2], [4, 6, 1, 3])).all()
    assert (quarters == np.repeat([1, 0, 4, 2], [4, 6, 1, 3])).all()


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 40), st.integers(1, 5))
def test_nobody_is_in_two_arms(seed, n_arms, users, creators):
    population = synthetic_population(np.random.default_rng(seed), n_arms * users + 3, n_arms * creators + 1)
    shares = draw_shares(np.random.default_rng(seed + 1), population, n_arms, users, creators)
    for part, each in (("users", users), ("creators", creators)):
        drawn = np.concatenate([getattr(share, part) for share in shares])
        assert len(set(drawn.tolist())) == len(drawn) == n_arms * each


def test_too_few_people_for_the_arms_say_how_many_would_do():
    population = synthetic_population(np.random.default_rng(0), 100, 10)
    with pytest.raises(BadInput, match="at most 50 an arm"):
        draw_shares(np.random.default_rng(0), population, 2, 51, 5)


@given(
    arrays(np.float64, (7, 3), elements=st.floats(-4, 4)),
    arrays(np.float64, (5, 3), elements=st.floats(-4, 4)),
)
def test_nearest_is_numpys(points, centres):
    gaps = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    found = nearest(points, centres)
    assert np.allclose(gaps[np.arange(7), found], gaps.min(axis=1))
