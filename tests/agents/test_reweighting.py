from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks import BadInput
from agents.reweighting import group_means, reweight

pairs = st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 1)), min_size=1, max_size=8)


def test_by_hand():
    # w * exp(-ln 2 * u) with u = 0 and 1: 1 and 1/2; normalised to sum 2: 4/3 and 2/3.
    np.testing.assert_allclose(
        reweight(np.ones(2), np.array([0.0, 1.0]), np.log(2)), [4 / 3, 2 / 3], rtol=1e-15
    )


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
