"""Mappings from weights to temperatures, list lengths and retrieved shares (Algorithms 4 and 5, Table 1).

They are functions, or text that names one, such as ``power(2)``: a family, and its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, choice, real
from ecosystem_agents.inputs.lookup import make, parse

WeightMapping = Callable[[np.ndarray], np.ndarray] | str | None
"""What a mechanism is given: a function of weights (m,), the text of one, or None for the usual one."""
Family = Callable[[np.ndarray, float, int], np.ndarray]
"""From weights (m,), the default and the number of creators to temperatures or list lengths (m,)."""


@dataclass(frozen=True)
class PiecewiseConstant:
    """An increasing step function of the weight, as the paper's Table 1 has one.

    Parameters
    ----------
    edges : sequence of float
        Increasing weights at which the value changes; a weight equal to an edge takes the value after it.
    values : sequence of float
        One value more than there are edges.

    Raises
    ------
    BadInput
        If edges do not increase, or there is not one value more than edges.

    Examples
    --------
    >>> PiecewiseConstant(edges=(1.0,), values=(5.0, 20.0))(np.array([0.9, 1.0])).tolist()
    [5.0, 20.0]
    """

    edges: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.edges) + 1:
            raise BadInput(
                f"a piecewise-constant mapping has {len(self.edges)} edges and {len(self.values)} values; "
                "give one value more than edges"
            )
        if any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise BadInput(f"the edges {self.edges} of a piecewise-constant mapping must increase: sort them")

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Return the value at each weight, in the shape of `weights`."""
        return np.asarray(self.values, dtype=np.float64)[np.searchsorted(self.edges, weights, side="right")]


TABLE_1 = PiecewiseConstant((1.0, 1.19, 1.79, 2.13, 2.36, 2.68), (0.99, 0.95, 0.90, 0.85, 0.75, 0.7, 0.1))
"""The mapping of the paper's Table 1: from a user's weight to the relevance percentile a cold-start item
must reach to be retrieved for that user. A lower percentile retrieves more."""


@dataclass(frozen=True)
class RetrievedShare:
    """List lengths from percentiles: the top ``1 - percentile`` share of a catalogue of `size` items.

    Parameters
    ----------
    size : int
        How many items the percentile is taken of.
    percentile : callable
        From weights (m,) to percentiles in [0, 1].

    Examples
    --------
    >>> RetrievedShare(size=100)(np.array([0.5, 3.0])).round(6).tolist()  # percentiles 0.99 and 0.1
    [1.0, 90.0]
    """

    size: int
    percentile: Callable[[np.ndarray], np.ndarray] = TABLE_1

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Return how many items are retrieved at each weight, at least 1."""
        return np.maximum((1.0 - self.percentile(weights)) * self.size, 1.0)


def steps_of(name: str, each: str, edges: Any, values: Any, **allowed: float) -> PiecewiseConstant:
    """Return the steps that somebody wrote as arguments of `name`; `each` value has its range (see `real`).

    Examples
    --------
    >>> steps_of("mine", "a value of mine", edges=[1], values=[5, 20])
    PiecewiseConstant(edges=(1.0,), values=(5.0, 20.0))
    """
    for part, given in (("values", values), ("edges", edges)):
        if not isinstance(given, (list, tuple)):
            raise BadInput(f"{part} of {name} is {given!r}; it must be a list, such as {part}=[0.95]")
    reached = tuple(real(each, value, **allowed) for value in values)
    return PiecewiseConstant(tuple(real("an edge", edge) for edge in edges), reached)


def power(p: float) -> Family:
    """power(p): default * w^p, p at least 0; power(1) is what there is without a mapping.

    Examples
    --------
    >>> power(2)(np.array([0.5, 1.0]), 20.0, 200).tolist()
    [5.0, 20.0]
    """
    exponent = real("p of power", p, at_least=0)
    return lambda weights, default, _: default * weights**exponent


def linear(slope: float, intercept: float = 0.0) -> Family:
    """linear(slope, intercept): default * (intercept + slope * w), slope at least 0, intercept 0 if not given.

    Examples
    --------
    >>> linear(slope=2, intercept=1)(np.array([0.5, 1.0]), 10.0, 200).tolist()
    [20.0, 30.0]
    """
    a, b = real("intercept of linear", intercept), real("slope of linear", slope, at_least=0)
    return lambda weights, default, _: default * (a + b * weights)


def piecewise(edges: Any, values: Any) -> Family:
    """piecewise(edges, values): the first value below the first edge, the next from there on; no default in it.

    Examples
    --------
    >>> piecewise(edges=[1], values=[5, 20])(np.array([0.5, 1.0]), 10.0, 200).tolist()
    [5.0, 20.0]
    """
    steps = steps_of("piecewise", "a value of piecewise", edges, values, above=0)
    if any(later < sooner for sooner, later in pairwise(steps.values)):
        raise BadInput(
            f"values of piecewise are {steps.values}; they must not fall, as f and g rise: sort them"
        )
    return lambda weights, *_: steps(weights)


def table_1() -> Family:
    """table_1: list lengths by the percentiles of the paper's Table 1, of all creators; for hmt alone.

    Examples
    --------
    >>> table_1()(np.array([0.5, 3.0]), 20.0, 100).round(6).tolist()  # percentiles 0.99 and 0.1
    [1.0, 90.0]
    """
    return lambda weights, _, n_creators: RetrievedShare(n_creators)(weights)


FAMILIES: dict[str, Callable[..., Family]] = {f.__name__: f for f in (power, linear, piecewise, table_1)}
"""Every family by the name people type."""


@lru_cache
def family_of(text: str) -> Family:
    """Return the mapping that a text names."""
    choice("mapping", text.partition("(")[0].strip(), FAMILIES)
    choice("mapping", parse("mapping", text, FAMILIES)[0], FAMILIES)  # no file, whatever it is called
    return make("mapping", text, FAMILIES)


def list_length(lengths: np.ndarray, n_creators: int | None = None) -> np.ndarray:
    """Round list lengths up, at least 1 and at most `n_creators`, forgiving rounding error.

    A product within 1e-9 above an integer counts as that integer: normalised weights are often 1 plus an
    ulp, and ``ceil(20 * 1.0000000000000002)`` would be 21.

    Examples
    --------
    >>> list_length(np.array([20 * (1 + 2e-16), 3.2, 0.1]), n_creators=200).tolist()
    [20, 4, 1]
    """
    rounded = np.ceil(np.asarray(lengths, dtype=np.float64) - 1e-9)
    return np.clip(rounded, 1, n_creators).astype(np.int64)


def check_mapping(name: str, mapping: object) -> None:
    """Refuse a mapping that is neither None nor a function, nor the text of one.

    Examples
    --------
    >>> check_mapping("mapping of smt", "power(2)")  # names one: nothing is refused
    """
    if isinstance(mapping, str):
        family_of(mapping)
    elif mapping is not None and not callable(mapping):
        raise BadInput(f'{name} is {mapping!r}; it must be a function of weights, or name one: "power(2)"')


def mapped(mapping: WeightMapping, weights: np.ndarray, default: float, n_creators: int) -> np.ndarray:
    """Return what `mapping` makes of the weights (m,), one finite number each; without one, `default` times them.

    Examples
    --------
    >>> mapped("power(2)", np.array([0.5, 1.0]), 20.0, 200).tolist()
    [5.0, 20.0]
    """
    if mapping is None:
        return default * weights
    with np.errstate(over="ignore"):  # what is not finite is refused
        given = np.array(weights)
        made = family_of(mapping)(given, default, n_creators) if isinstance(mapping, str) else mapping(given)
    values = np.asarray(made, dtype=np.float64)
    if values.shape != weights.shape or not np.isfinite(values).all():
        raise BadInput(
            f"the mapping returned shape {values.shape} for weights of shape {weights.shape}, or a value that is "
            "not finite; it must return one finite number a weight"
        )
    return values
