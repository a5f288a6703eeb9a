"""Checks of what people hand in: one line that names the value, its range and the fix."""

from __future__ import annotations

import math
import operator
import os
import re
import reprlib
import stat
import tomllib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Parsed = TypeVar("Parsed")

# Bounded, as Python turns no more digits into a number.
_WHOLE = re.compile(r"\s*([+-]?\d{1,4000})\s*", re.ASCII)
_REAL = re.compile(
    r"\s*[+-]?(\d{1,400}\.?\d{0,400}|\.\d{1,400})(e[+-]?\d{1,9})?\s*", re.ASCII | re.IGNORECASE
)
# Bounded, since an exact 1e999999999 would not fit in memory.
_FRACTION = re.compile(
    r"\s*[+-]?(\d{1,4000}(/\d{1,4000})?|(\d{0,4000}\.)?\d{1,4000}(e[+-]?\d{1,3})?)\s*",
    re.ASCII | re.IGNORECASE,
)

MOST_BYTES = 20_000_000
"""Size of the largest file that somebody may have written by hand: a plan, policies, documents, a plug-in."""


LARGEST = 1e100
"""Of an entry: squares of larger ones overflow."""


class BadInput(ValueError):
    """A parameter, file or option that cannot be used; its text is one line meant for the user.

    Line breaks in it, such as those of a file's content, become spaces; what else cannot be printed is spelt out.

    Examples
    --------
    >>> str(BadInput("K is 0; it must be a whole number at least 1"))
    'K is 0; it must be a whole number at least 1'
    """

    def __init__(self, text: str) -> None:
        line = " ".join(text.splitlines())
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in line))


def reason(error: Exception) -> str:
    """Return what went wrong with a file, in the system's words where it has some, without number and path."""
    return getattr(error, "strerror", None) or str(error)


def regular_file(path: Path, at_most: int | None = None) -> Path:
    """Return the path of what can be read to its end: a file, of `at_most` bytes.

    Raises
    ------
    OSError
        If it is missing, is a device, a pipe or a socket, which may never end or begin, or has more bytes.
        A folder is left to whoever opens it: the system has its own words for that.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise OSError("it is a device, pipe or socket and no file")
    if at_most is not None and status.st_size > at_most:
        raise OSError(f"it has {status.st_size:,} bytes, and may have {at_most:,}")
    return path


def real(
    name: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` as a finite float inside its range.

    Parameters
    ----------
    name : str
        What the user calls the parameter.
    value : Any
        What was handed in.
    above, at_least, at_most : float, optional
        Open lower, closed lower and closed upper bound.

    Raises
    ------
    BadInput
        If `value` is no finite number or outside the range.

    Examples
    --------
    >>> real("eta", 1, above=0)
    1.0
    >>> real("eta", -1, above=0)
    Traceback (most recent call last):
    ecosystem_agents.inputs.checks.BadInput: eta is -1; it must be a number above 0
    """
    allowed = _range_text(above, at_least, at_most)
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = float(value) + 0.0  # so that there is one zero, without a sign
    except (TypeError, ValueError, OverflowError):  # a whole number may be beyond any float
        raise BadInput(f"{name} is {value!r}; it must be a number {allowed}") from None
    if not (math.isfinite(number) and _is_inside(number, above, at_least, at_most)):
        raise BadInput(f"{name} is {value}; it must be a number {allowed}")
    return number


def exact(
    name: str,
    value: Any,
    *,
    above: Fraction | int | None = None,
    at_least: Fraction | int | None = None,
    at_most: Fraction | int | None = None,
) -> Fraction:
    """Return `value` as an exact fraction inside its range.

    A float is read as the decimal it prints as, so that 0.1 means 1/10; text may be "1/3", "0.25" or "2".

    Raises
    ------
    BadInput
        If `value` is no finite number or outside the range (see `real` for the bounds).

    Examples
    --------
    >>> exact("peak", 0.1), exact("peak", "1/3", at_most=1)
    (Fraction(1, 10), Fraction(1, 3))
    """
    allowed = _range_text(above, at_least, at_most)
    try:
        if isinstance(value, bool) or (isinstance(value, str) and not _FRACTION.fullmatch(value)):
            raise TypeError
        number = Fraction(value if isinstance(value, (str, Fraction, int)) else str(float(value)))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        shown = reprlib.repr(value)
        raise BadInput(f"{name} is {shown}; it must be a number {allowed}, such as 1/3 or 0.25") from None
    if not _is_inside(number, above, at_least, at_most):
        raise BadInput(f"{name} is {number}; it must be a number {allowed}")
    return number


def whole(name: str, value: Any, *, at_least: int, at_most: int | None = None) -> int:
    """Return `value` as an int inside its range (see `real` for the arguments).

    Raises
    ------
    BadInput
        If `value` is no whole number or outside the range.

    Examples
    --------
    >>> whole("K", 20, at_least=1)
    20
    >>> whole("K", 0.5, at_least=1)
    Traceback (most recent call last):
    ecosystem_agents.inputs.checks.BadInput: K is 0.5; it must be a whole number at least 1
    """
    allowed = _range_text(None, at_least, at_most)
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise BadInput(f"{name} is {value!r}; it must be a whole number {allowed}") from None
    if not _is_inside(number, None, at_least, at_most):
        raise BadInput(f"{name} is {number}; it must be a whole number {allowed}")
    return number


def spelt_whole(text: str) -> int | None:
    """Return the whole number that `text` spells, or None if it spells none."""
    spelt = _WHOLE.fullmatch(text)
    return int(spelt[1]) if spelt else None


def number_of(value: Any) -> Any:
    """Return the number that a text spells in plain digits; anything else as it is, for a check to name."""
    if not isinstance(value, str):
        return value
    found = spelt_whole(value)
    return float(value) if found is None and _REAL.fullmatch(value) else value if found is None else found


def path_of(name: str, value: Any) -> Path:
    """Return `value` as a path, if it is text or one: a command line may have made a number of a file's name."""
    if not isinstance(value, (str, Path)):
        raise BadInput(f"{name} is {value!r}; it must be the path of a file, such as ./{value}")
    return Path(value)


def choice(name: str, value: Any, allowed: Iterable[str], also: str = "") -> str:
    """Return `value` if it is one of `allowed`, else suggest the nearest, and what it might be `also`.

    Raises
    ------
    BadInput
        If `value` is not among `allowed`.

    Examples
    --------
    >>> choice("order", "fixed", ["random", "fixed"])
    'fixed'
    >>> choice("order", "fixd", ["random", "fixed"])
    Traceback (most recent call last):
    ecosystem_agents.inputs.checks.BadInput: order is 'fixd'; it must be one of random, fixed; did you mean 'fixed'?
    """
    names = list(allowed)
    if isinstance(value, str) and value in names:
        return value
    near = get_close_matches(str(value), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise BadInput(f"{name} is {value!r}; it must be one of {', '.join(names)}{also}{hint}")


def yes_or_no(name: str, value: Any) -> bool:
    """Return `value` as a bool: true or false, 1 or 0, or either word as text; "no" is neither."""
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    if isinstance(value, (bool, np.bool_, int, np.integer)) and value in (0, 1):
        return bool(value)
    raise BadInput(f"{name} is {value!r}; it must be true or false")


def finite_array(name: str, value: Any, *, ndim: int) -> np.ndarray:
    """Return `value` as a C-ordered float64 array with `ndim` axes and finite entries.

    Raises
    ------
    BadInput
        If it is not numeric, has other axes, is empty, or holds NaN or infinity.

    Examples
    --------
    >>> finite_array("users", [[1, 2], [3, 4]], ndim=2).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    try:
        if np.iscomplexobj(value):
            raise TypeError  # numpy would drop the imaginary parts
        array = np.ascontiguousarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"{name} is not an array of numbers; give {ndim} axes of finite numbers") from None
    if array.ndim != ndim:
        axes = "1 axis" if ndim == 1 else f"{ndim} axes, such as (rows, dimensions)"
        raise BadInput(f"{name} has shape {array.shape}; it must have {axes}")
    if array.size == 0:
        raise BadInput(f"{name} has shape {array.shape}; it must not be empty")
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0]
        raise BadInput(
            f"{name} holds {array[tuple(bad)]} at {tuple(int(b) for b in bad)}; every entry must be finite: "
            "remove or replace such rows"
        )
    return array


def points_of(name: str, value: Any) -> np.ndarray:
    """Return `value` as points (k, d), a row each, whose squares are finite too.

    Raises
    ------
    BadInput
        If it is no such array, or holds an entry beyond `LARGEST`.
    """
    points = finite_array(name, value, ndim=2)
    beyond = np.abs(points) > LARGEST
    if beyond.any():
        raise BadInput(f"{name} holds {points[beyond][0]:g}; entries must be within {LARGEST:g}")
    return points


def point_of(name: str, value: Any, dim: int) -> np.ndarray:
    """Return `value` as a point of `dim` finite coordinates.

    Raises
    ------
    BadInput
        If it is no array of numbers, of another shape, or holds NaN or infinity.

    Examples
    --------
    >>> point_of("strategy", [0, 1], dim=2).tolist()
    [0.0, 1.0]
    """
    point = finite_array(name, value, ndim=1)
    if len(point) != dim:
        raise BadInput(f"{name} has shape {point.shape}; it must have {(dim,)}: give one number a dimension")
    return point


def same_dimensions(name: str, points: np.ndarray, other: str, others: np.ndarray) -> None:
    """Raise BadInput unless two lists of points, (k, d) and (l, d), have the same number of dimensions."""
    if points.shape[1] != others.shape[1]:
        raise BadInput(
            f"{name} have {points.shape[1]} dimensions and {other} {others.shape[1]}; both must have the same"
        )


def read_toml(name: str, path: Path) -> dict[str, Any]:
    """Return what a TOML file, called `name` by users, holds; an error names the file and the place in it."""
    try:
        return tomllib.loads(regular_file(path, MOST_BYTES).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise BadInput(f"there is no {name} {str(path)!r}; give the path of a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is no TOML: {error}") from None
    # ValueError: no UTF-8, or a null character in the path
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{name} {str(path)!r} cannot be read ({reason(error)}); give a TOML file in UTF-8"
        ) from None


def parsed_toml(name: str, path: Path, parse: Callable[[dict[str, Any]], Parsed]) -> Parsed:
    """Return what `parse` makes of a TOML file; what it refuses is a line that names the file, too."""
    raw = read_toml(name, path)
    try:
        return parse(raw)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None


Bound = float | Fraction | None


def _is_inside(number: float | Fraction, above: Bound, at_least: Bound, at_most: Bound) -> bool:
    return (
        (above is None or number > above)
        and (at_least is None or number >= at_least)
        and (at_most is None or number <= at_most)
    )


def _range_text(above: Bound, at_least: Bound, at_most: Bound) -> str:
    bounds = (("above", above), ("at least", at_least), ("at most", at_most))
    parts = [
        f"{word} {bound:g}" if isinstance(bound, float) else f"{word} {bound}"
        for word, bound in bounds
        if bound is not None
    ]
    return " and ".join(parts) or "that is finite"
