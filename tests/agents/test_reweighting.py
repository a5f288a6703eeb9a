from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.reweighting import group_means, reweight, weight_bounds

pairs = st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 1)), min_size=1, max_size=8)


def test_by_hand():
    # w * exp(-ln 2 * u) with u = 0 and 1: 1 and 1/2; normalised to sum 2: 4/3 and 2/3.
    np.testing.assert_allclose(
        reweight(np.ones(2), np.array([0.0, 1.0]), np.log(2)), [4 / 3, 2 / 3], rtol=1e-15
    )


def test_clipping_by_hand_and_summing_to_the_number_of_groups_again():
    # w * exp(-u * ln 100) with u = 0 and 1: 1 and 1/100; normalised to sum 2: 200/101 and 2/101;
    # clipped: 1.5 and 0.2.
    arguments, bounds = (np.ones(2), np.array([0.0, 1.0]), np.log(100)), {"w_min": 0.2, "w_max": 1.5}
    np.testing.assert_allclose(reweight(*arguments, **bounds), [1.5, 0.2], rtol=1e-15)
    again = reweight(*arguments, **bounds, renormalise=True)
    np.testing.assert_allclose(again, [3 / 1.7, 0.4 / 1.7], rtol=1e-15)
    steep = reweight(np.ones(9), np.arange(9.0), 50)
    assert (steep.min(), steep.max()) == (0.2, 5.0)  # the paper's bounds are the default


def test_utilities_far_from_zero_do_not_underflow():
    np.testing.assert_allclose(
        reweight(np.ones(2), np.array([900.0, 901.0]), np.log(2)), [4 / 3, 2 / 3], rtol=1e-12
    )


def test_bounds_may_be_equal_and_are_never_negative():
    assert weight_bounds(0, 0.5) == (0, 0.5)
    assert weight_bounds(1, 1) == (1, 1)
    for bounds in ((-0.1, 1), (0, 0), (0, -0.1)):
        with pytest.raises(BadInput, match="must be a number"):
            weight_bounds(*bounds)


@given(pairs, st.floats(0, 50))
def test_bounds_and_order(groups, alpha):
    w, u = (np.array(column) for column in zip(*groups, strict=True))
    new = reweight(w, u, alpha)
    assert ((new >= 0.2) & (new <= 5.0)).all()
    equal = reweight(np.ones(len(u)), u, alpha)
    assert (np.diff(equal[np.argsort(u)]) <= 1e-12).all()  # the better served, the lighter


@given(pairs, st.floats(0.01, 5), st.floats(-1, 1))
def test_a_shift_of_all_utilities_changes_nothing(groups, alpha, shift):
    w, u = (np.array(column) for column in zip(*groups, strict=True))
    np.testing.assert_allclose(reweight(w, u, alpha), reweight(w, u + shift, alpha), rtol=1e-9)


def test_group_means_weigh_by_mass():
    means = group_means(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 1]), 2, np.array([0.75, 0.05, 0.2]))
    np.testing.assert_allclose(means, [(0.75 * 1 + 0.05 * 3) / 0.8, 5.0])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((np.ones(2), np.ones(3), 0.5), "3"),
        ((np.ones(2), np.ones(2), -0.5), "alpha is -0.5"),
        ((np.ones(2), np.ones(2), 0.5, 5.0, 0.2), "swap them"),
        ((np.ones(2), np.array([1, np.nan]), 0.5), "nan"),
    ],
)
def test_bad_input_is_named(arguments, named):
    with pytest.raises(BadInput, match=named):
        reweight(*arguments)
