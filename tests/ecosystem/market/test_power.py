"""The kernels' own exponential against the library's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.market.lists import power


@given(st.floats(-700, 700))
def test_it_is_the_exponential_to_two_units_in_the_last_place(x: float) -> None:
    assert abs(power(x) / math.exp(x) - 1) <= 2 * 2.0**-52


@pytest.mark.parametrize(("x", "at"), [(-1e9, -700.0), (-701.0, -700.0), (701.0, 700.0), (1e9, 700.0)])
def test_far_out_it_stays_put(x: float, at: float) -> None:
    assert power(x) == power(at)


def test_it_is_exact_at_zero() -> None:
    assert power(0.0) == 1.0
