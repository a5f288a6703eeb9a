"""What a page remembers of a run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem_server.live.history import Series, Trail, thinned, trail_length


@given(arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e3, 1e3)), st.integers(10, 400))
def test_a_thinned_series_keeps_its_ends_and_extremes(values, points):
    steps, kept = thinned(values, points)
    assert (np.diff(steps) > 0).all()
    assert (values[steps] == kept).all()
    assert (steps[0], steps[-1]) == (0, len(values) - 1)
    assert kept.min() == values.min()
    assert kept.max() == values.max()
    assert len(steps) <= points + 4


def test_a_short_series_is_kept_whole():
    steps, kept = thinned(np.array([3.0, 1.0, 2.0]))
    assert steps.tolist() == [0, 1, 2]
    assert kept.tolist() == [3.0, 1.0, 2.0]


@given(st.integers(1, 9), st.integers(0, 30), st.integers(0, 31))
def test_a_trail_returns_what_is_new_as_far_as_it_remembers(length, added, seen):
    trail = Trail(np.zeros((2, 2)), length)
    everything = [np.zeros((2, 2))]
    for k in range(1, added + 1):
        everything.append(np.full((2, 2), float(k)))
        trail.append(everything[-1])
    seen = min(seen, trail.count)
    expected = everything[max(seen, len(everything) - length) :]
    assert trail.since(seen).tolist() == [rows.tolist() for rows in expected]


def test_series_grow_past_their_first_room():
    series = Series(["a", "b"])
    for k in range(2500):
        series.append([k, -k])
    assert len(series) == 2500
    assert series.column("b")[-1] == -2499
    assert series.rows.shape == (2500, 2)


def test_small_populations_show_their_whole_path():
    assert trail_length(5) == 2000
    assert trail_length(200) == 100
    assert trail_length(5000) == 20
