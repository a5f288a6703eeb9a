"""Ranges of parameters in a plan: levels of a grid, or points drawn from them together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, choice, real, whole

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("latin-hypercube", "sobol")
SCALES = ("linear", "log")
MOST_POINTS = 1_000_000

Scalar = bool | int | float | str


@dataclass(frozen=True)
class Range:
    """A range of a parameter, spread evenly or in logarithms, of whole numbers or not; levels where it has them."""

    low: float
    high: float
    log: bool
    whole: bool
    levels: int | None

    def spaced(self, count: int) -> list[Scalar]:
        """Return evenly spaced levels; whole ones are rounded, each once."""
        spread = np.geomspace if self.log else np.linspace
        levels = [float(level) for level in spread(self.low, self.high, count)]
        return list(dict.fromkeys(round(level) for level in levels)) if self.whole else list(levels)

    def spread(self, unit: np.ndarray) -> list[Scalar]:
        """Spread numbers in [0, 1) over the range; a whole one has its ends as likely as the rest."""
        low, high = self.low, self.high + self.whole
        if self.log:
            values = np.exp(math.log(low) + unit * (math.log(high) - math.log(low)))
        else:
            values = low + unit * (high - low)
        values = np.clip(values, low, high)
        if self.whole:
            return [int(value) for value in np.minimum(np.floor(values), self.high)]
        return [float(value) for value in values]


def range_of(name: str, span: dict[str, Any]) -> Range:
    """Return the range that a table such as ``{low = 0.01, high = 1.0, scale = "log"}`` says."""
    for key in span:
        choice(f"a key of {name}", key, ("low", "high", "scale", "whole", "levels"))
    if "low" not in span or "high" not in span:
        raise BadInput(f"{name} is {span}; a range needs low and high")
    low, high = real(f"low of {name}", span["low"]), real(f"high of {name}", span["high"])
    if low >= high:
        raise BadInput(f"{name} has low {low:g} and high {high:g}; low must be below high")
    log = choice(f"scale of {name}", span.get("scale", "linear"), SCALES) == "log"
    if log and low <= 0:
        raise BadInput(f"{name} has low {low:g} on a log scale; low must be above 0")
    rounded = span.get("whole", False)
    if not isinstance(rounded, bool):
        raise BadInput(f"whole of {name} is {rounded!r}; it must be true or false")
    if rounded and (low != int(low) or high != int(high)):
        raise BadInput(f"{name} is whole and has low {low:g} and high {high:g}; they must be whole numbers")
    levels = span.get("levels")
    levels = None if levels is None else whole(f"levels of {name}", levels, at_least=2, at_most=MOST_POINTS)
    return Range(low, high, log, rounded, levels)


def sample(how: dict[str, Any], ranges: Mapping[str, Range]) -> list[dict[str, Scalar]]:
    """Draw points of all sampled parameters together, as the plan's ``[sample]`` says.

    `ranges` are checked, by parameter; with none there is one point, which sets nothing.
    """
    if not ranges:
        if how:
            raise BadInput(
                "[sample] has nothing to sample; give a parameter a range: alpha = {low = 0, high = 1}"
            )
        return [{}]
    for key in how:
        choice("a key of [sample]", key, ("method", "points", "seed"))
    if "points" not in how:
        raise BadInput(
            f"{next(iter(ranges))} is a range and [sample] does not say how many points to draw; "
            "add levels = N to the range, or points = N to [sample]"
        )
    method = choice("method of [sample]", how.get("method", METHODS[0]), METHODS)
    count = whole("points of [sample]", how["points"], at_least=1, at_most=MOST_POINTS)
    rng = np.random.default_rng(whole("seed of [sample]", how.get("seed", 0), at_least=0))
    if method == "sobol":
        unit = sobol_points("points of [sample]", count, len(ranges), rng)
    else:
        from scipy.stats import qmc

        unit = qmc.LatinHypercube(len(ranges), rng=rng).random(count)
    columns = [span.spread(unit[:, k]) for k, span in enumerate(ranges.values())]
    return [dict(zip(ranges, values, strict=True)) for values in zip(*columns, strict=True)]


def sobol_points(name: str, count: int, dimensions: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many points of a Sobol sequence, (count, dimensions), in [0, 1); `name` is what says how many.

    Examples
    --------
    >>> sobol_points("points", 8, 2, np.random.default_rng(0)).shape
    (8, 2)
    """
    from scipy.stats import qmc

    if count & (count - 1):
        near = f"{1 << (count.bit_length() - 1)} or {1 << count.bit_length()}"
        raise BadInput(f"{name} is {count}; a Sobol sequence needs a power of 2, such as {near}")
    found: np.ndarray = qmc.Sobol(dimensions, rng=rng).random_base2(count.bit_length() - 1)
    return found


def one_type_a_column(table: pd.DataFrame, listed: Mapping[str, list[Scalar]]) -> pd.DataFrame:
    """Return a table in which listed values of several types are texts, as a file has one type a column.

    Examples
    --------
    >>> import pandas as pd
    >>> listed = {"arrivals": ["one_for_one", 0.5], "beta": [1, 0.5]}
    >>> one_type_a_column(pd.DataFrame(listed), listed)["arrivals"].tolist()  # numbers alone stay numbers
    ['one_for_one', '0.5']
    """
    kinds = {name: {type(value) for value in values} for name, values in listed.items()}
    mixed = [name for name, found in kinds.items() if len(found) > 1 and not found <= {int, float}]
    return table.assign(**{name: table[name].map(str, na_action="ignore") for name in mixed})
