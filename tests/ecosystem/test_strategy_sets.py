from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem.market.book import strategy_arrays
from ecosystem.market.trials import project
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace
from ecosystem_agents.inputs.checks import BadInput

points = arrays(np.float64, 3, elements=st.floats(-3, 3))


def test_by_hand():
    assert FreeSpace().project(np.array([9.0, 9.0])).tolist() == [9, 9]
    np.testing.assert_allclose(Ball(2).project(np.array([3.0, 4.0])), [1.2, 1.6])
    catalogue = Catalogue(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]]))
    assert catalogue.nearest(np.array([0.9, 0.1])) == 1  # the first of two equals
    assert catalogue.project(np.array([0.5, 0.0])).tolist() == [0, 0]  # the first of a tie


@given(points, st.floats(0.1, 2))
def test_the_ball_s_projection_is_inside_idempotent_and_nearest(s, radius):
    ball = Ball(radius)
    t = ball.project(s)
    assert np.linalg.norm(t) <= radius * (1 + 1e-12)
    np.testing.assert_allclose(ball.project(t), t, rtol=1e-12)
    for u in np.random.default_rng(0).standard_normal((20, 3)):
        assert np.linalg.norm(s - t) <= np.linalg.norm(s - ball.project(u)) + 1e-9


@given(points, st.integers(0, 2**32))
def test_the_compiled_projection_agrees(s, seed):
    items = np.round(np.random.default_rng(seed).standard_normal((9, 3)), 1)
    sets = [FreeSpace(), Ball(0.7), Catalogue(items)]
    compiled = strategy_arrays(sets, 3)
    for i, strategy_set in enumerate(sets):
        out = np.empty(3)
        project(compiled, i, s, out)
        np.testing.assert_allclose(out, strategy_set.project(s), rtol=1e-14, atol=1e-300)


def test_a_shared_catalogue_is_stored_once():
    catalogue = Catalogue(np.eye(4))
    assert len(strategy_arrays([catalogue] * 5, 4).items) == 4


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: Ball(0), "radius is 0"),
        (lambda: Catalogue(np.array([[np.nan]])), "nan"),
        (lambda: Catalogue(np.ones((2, 3))).project(np.ones(2)), "2 dimensions"),
        (lambda: strategy_arrays([Catalogue(np.ones((2, 3)))], 2), "3 dimensions"),
        (lambda: strategy_arrays(["ball"], 2), "unknown"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(BadInput, match=named):
        call()
