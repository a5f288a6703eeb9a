from fractions import Fraction

import numpy as np
import pytest

from agents.checks import BadInput, exact, finite_array, real

F = Fraction


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1/3", F(1, 3)),
        ("0.25", F(1, 4)),
        (".5", F(1, 2)),
        ("2", F(2)),
        (" 1e-2 ", F(1, 100)),
        (0.1, F(1, 10)),
        (np.float64(0.1), F(1, 10)),
        (np.int64(3), F(3)),
        (F(2, 7), F(2, 7)),
        (1, F(1)),
    ],
)
def test_numbers_are_read_exactly(value, expected):
    assert exact("x", value) == expected


@pytest.mark.parametrize(
    "value", ["", "a", "1/0", "1//3", "nan", "1e999999999", "9" * 5000, True, None, [1], float("inf"), "1_0"]
)
def test_anything_else_is_named(value):
    with pytest.raises(BadInput, match="x is"):
        exact("x", value)


def test_bounds():
    assert exact("x", "1/2", above=0, at_most=F(1, 2)) == F(1, 2)
    with pytest.raises(BadInput, match="x is 0; it must be a number above 0 and at most 1/2"):
        exact("x", 0, above=0, at_most=F(1, 2))
    with pytest.raises(BadInput, match="at least 1/3"):
        exact("x", "1/4", at_least=F(1, 3))


def test_numbers_beyond_any_float_and_complex_ones_are_named():
    with pytest.raises(BadInput, match="x is 1000"):
        real("x", 10**400)
    with pytest.raises(BadInput, match="x is not an array of numbers"):
        finite_array("x", [10**400], ndim=1)
    with pytest.raises(BadInput, match="x is not an array of numbers"):
        finite_array("x", [1 + 0j], ndim=1)


def test_bad_input_is_one_line_whatever_it_quotes():
    assert (
        str(BadInput("column a\nb\x1b[2J\x00 is é: \u2028 or 'x'"))
        == "column a b\\x1b[2J\\x00 is é:   or 'x'"
    )
