"""Intervals of means: hand-computed, against known coverage, and in the degenerate cases."""

import numpy as np
import pytest
from scipy.stats import norm

from ecosystem.yardsticks.intervals import (
    BCA_FROM,
    PairedInterval,
    holm,
    mean_interval,
    p_value,
    paired_interval,
)

DRAWS = {
    "normal": lambda rng, n: rng.normal(0.3, 2.0, n) - 0.3,
    "skewed": lambda rng, n: rng.exponential(1.0, n) - 1.0,
}


@pytest.mark.parametrize(
    ("kind", "n", "least"),
    [
        *(("normal", n, 0.95) for n in (5, 10, 20)),
        ("normal", 40, 0.94),
        # The mean of few skewed values is skewed itself: Student's t covers that much and no more.
        *zip(("skewed",) * 4, (5, 10, 20, 40), (0.88, 0.90, 0.92, 0.92), strict=True),
    ],
)
def test_intervals_cover(kind, n, least):
    # Bounds are what long simulations gave; a simulation of R intervals strays from it by its standard error.
    rng, repeats = np.random.default_rng(n), 1500 if n < BCA_FROM else 120
    covered = 0
    for _ in range(repeats):
        low, high = mean_interval(DRAWS[kind](rng, n))
        covered += low <= 0 <= high
    stray = norm.ppf(0.999) * np.sqrt(least * (1 - least) / repeats)
    assert least - stray <= covered / repeats <= max(least, 0.95) + stray


def test_below_thirty_values_students_t():
    low, high = mean_interval(np.arange(1.0, 11))
    half = 2.262157 * np.sqrt(55 / 6) / np.sqrt(10)
    assert (low, high) == pytest.approx((5.5 - half, 5.5 + half), rel=1e-6)
    low, high = mean_interval(np.array([1.0, 2.0]))
    assert (low, high) == pytest.approx((1.5 - 12.7062 * 0.5, 1.5 + 12.7062 * 0.5), rel=1e-5)


def test_from_thirty_values_an_interval_follows_the_skew():
    values = np.random.default_rng(1).exponential(1.0, 30)
    low, high = mean_interval(values)
    assert high - values.mean() > 1.1 * (values.mean() - low)
    low, high = mean_interval(values[:29])
    assert high - values[:29].mean() == pytest.approx(values[:29].mean() - low)


def test_close_to_the_normal_interval_of_many_normal_values():
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
    assert [p_value(np.array(v)) for v in ([2.0, 2.0], [0.0, 0.0], [2.0], [])] == [0.0, 1.0, 1.0, 1.0]


def test_p_and_interval_say_the_same_below_thirty():
    values = np.array([0.2, 1.1, 0.4, 2.0, -0.1])
    p = p_value(values)
    low, high = mean_interval(values, 1 - p)
    assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-9)


def test_holms_correction_by_hand():
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_paired_difference_by_hand():
    found = paired_interval(np.array([-0.5, 0.0, 0.25, 0.5, 1.0]))
    assert (found.mean, found.above) == (0.25, 3)
    assert found.sd == pytest.approx(np.sqrt(1.25 / 4))
    assert (found.low + found.high) / 2 == pytest.approx(0.25)
    assert paired_interval(np.array([0.5])) == PairedInterval(0.5, None, None, None, above=1)
    assert paired_interval(np.array([1.0, np.nan, -1.0])) == PairedInterval(None, None, None, None, above=1)
