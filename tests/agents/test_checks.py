"""Checks of what people hand in: read exactly, or refused in one line."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ecosystem_agents.inputs.checks import (
    BadInput,
    exact,
    finite_array,
    path_of,
    point_of,
    read_toml,
    real,
    spelt_whole,
    yes_or_no,
)

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


def test_toml_files_are_read_or_refused_in_one_line(tmp_path):
    (tmp_path / "good.toml").write_text("[a]\nb = 1\n")
    assert read_toml("plan", tmp_path / "good.toml") == {"a": {"b": 1}}
    (tmp_path / "marked.toml").write_text("[a]\nb = 1\n", encoding="utf-8-sig")  # as Windows' editors save it
    assert read_toml("plan", tmp_path / "marked.toml") == {"a": {"b": 1}}
    (tmp_path / "wide.toml").write_text("[a]\nb = 1\n", encoding="utf-16")
    (tmp_path / "bad.toml").write_text("[a\n")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'")
    for path, named in (
        (tmp_path / "gone.toml", "there is no plan '.*gone.toml'; give"),
        (tmp_path / "bad.toml", r"^bad\.toml is no TOML: .*line 1"),
        (tmp_path / "deep.toml", "plan '.*deep.toml' cannot be read"),
        (tmp_path / "bytes.toml", "plan '.*bytes.toml' cannot be read"),
        (tmp_path / "wide.toml", r"plan '.*wide\.toml' cannot be read .*; give a TOML file in UTF-8"),
        (tmp_path, "plan .* cannot be read"),
        (Path("null\0.toml"), "plan .* cannot be read"),
    ):
        with pytest.raises(BadInput, match=named) as caught:
            read_toml("plan", path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [True, np.True_, 1, np.int64(1), "true", "True"])
def test_yes_is_said_in_these_ways(value):
    assert yes_or_no("x", value) is True


@pytest.mark.parametrize("value", [False, np.False_, 0, np.int64(0), "false", " FALSE "])
def test_no_is_said_in_these_ways(value):
    assert yes_or_no("x", value) is False


@pytest.mark.parametrize("value", ["no", "yes", "", "1", 2, -1, 1.0, None, [True], np.ones(2)])
def test_nothing_else_is_yes_or_no(value):
    with pytest.raises(BadInput, match=r"x is .*; it must be true or false"):
        yes_or_no("x", value)


def test_a_point_has_one_finite_number_a_dimension():
    assert point_of("x", [1, 2], 2).tolist() == [1.0, 2.0]
    for value, named in (
        (np.zeros(17), r"x has shape \(17,\); it must have \(2,\): give one number a dimension"),
        (np.zeros((1, 2)), r"x has shape \(1, 2\); it must have 1 axis"),
        ([1, np.nan], r"x holds nan at \(1,\)"),
    ):
        with pytest.raises(BadInput, match=named):
            point_of("x", value, 2)


@pytest.mark.parametrize(
    ("said", "number"),
    [("12", 12), (" -3 ", -3), ("1_000", None), ("²", None), ("", None), ("1.0", None), ("9" * 5000, None)],
)
def test_whole_numbers_are_spelt_in_digits(said, number):
    assert spelt_whole(said) == number


def test_a_number_is_no_path():
    assert path_of("file", "a/b.npy") == path_of("file", Path("a/b.npy")) == Path("a/b.npy")
    with pytest.raises(BadInput, match=r"file is 5; it must be the path of a file, such as \./5"):
        path_of("file", 5)
