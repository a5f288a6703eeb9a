"""Bootstrap intervals: against known coverage, and in the degenerate cases."""

import numpy as np
import pytest

from ecosystem.yardsticks.intervals import mean_interval


def test_close_to_the_t_interval_of_normal_values():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    low, high = mean_interval(values)
    half = 1.96 * values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_wider_for_more_confidence_and_the_same_again():
    values = np.random.default_rng(1).exponential(1.0, 30)
    narrow, wide = mean_interval(values, 0.8), mean_interval(values, 0.99)
    assert wide[0] < narrow[0] < values.mean() < narrow[1] < wide[1]
    assert mean_interval(values, 0.8) == narrow


def test_equal_values_and_too_few():
    assert mean_interval(np.array([2.0, 2.0, 2.0])) == (2.0, 2.0)
    assert np.isnan(mean_interval(np.array([2.0]))).all()
    assert np.isnan(mean_interval(np.array([]))).all()


def test_two_values_give_a_finite_interval():
    low, high = mean_interval(np.array([1.0, 2.0]))
    assert 1.0 <= low < high <= 2.0
