"""What a page remembers of a run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem_server.live.history import Series, Trail, comings, thinned, trail_length


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


@given(st.integers(0, 30), st.integers(0, 31))
def test_a_trail_returns_what_is_new_as_far_as_it_remembers(added, seen):
    everything = [np.full((1000, 2), float(k)) for k in range(added + 1)]
    trail = Trail(everything[0])
    for positions in everything[1:]:
        trail.append(positions, np.arange(1000))
    seen = min(seen, trail.count)
    expected = everything[max(seen, len(everything) - 20) :]  # of so many creators, 20 steps are shown
    assert trail.since(seen)[:, 0, 0].tolist() == [rows[0, 0] for rows in expected]


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


def test_columns_of_slots_nobody_is_in_are_empty_and_more_slots_double_them():
    trail = Trail(np.zeros((2, 2)))
    for k in range(1, 7):
        trail.append(np.full((1, 2), float(k)), np.array([k % 2]))
    np.testing.assert_array_equal(trail.since(5)[:, :, 0], [[np.nan, 5], [6, np.nan]])
    trail.append(np.full((3, 2), 7.0), np.array([0, 2, 1]))
    assert (trail.width, trail.count, trail.length) == (6, 8, 2000)
    np.testing.assert_array_equal(trail.since(6)[:, :, 1], [[6] + [np.nan] * 5, [7, 7, 7] + [np.nan] * 3])
    trail.append(np.zeros((0, 2)), np.zeros(0, dtype=int))
    assert np.isnan(trail.since(8)).all()
    trail.append(np.zeros((1, 2)), np.array([499]))  # of a thousand, the last 20
    assert trail.since(0).shape == (10, 1000, 2)
    for _ in range(20):
        trail.append(np.ones((1, 2)), np.array([499]))
    assert (trail.since(0)[:, 499] == 1).all()


def test_who_left_and_came_is_told_by_stretches():
    series = Series(["left", "entered"])
    rows = np.zeros((420, 2))
    for step, left, came in ((3, 1, 0), (125, 1, 1), (175, 0, 2), (226, 0, 1)):
        rows[step] = left, came
    assert comings(series, "A") == []
    for row in rows[:230]:
        series.append(row)
    told = [(175, "t=125-175  B: 1 creator left, 3 came"), (226, "t=226  B: 1 creator came")]
    assert comings(series, "B") == told
    rows[230], rows[400] = (2, 0), (3, 0)
    for row in rows[230:]:
        series.append(row)
    told = ["t=226-230  A: 2 creators left, 1 came", "t=400  A: 3 creators left"]
    assert [sentence for _, sentence in comings(series, "A")] == told
