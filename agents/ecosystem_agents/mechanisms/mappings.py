"""Mappings from weights to temperatures, list lengths and retrieved shares (Algorithms 4 and 5, Table 1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecosystem_agents.inputs.checks import BadInput


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
    """

    size: int
    percentile: Callable[[np.ndarray], np.ndarray] = TABLE_1

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Return how many items are retrieved at each weight, at least 1."""
        return np.maximum((1.0 - self.percentile(weights)) * self.size, 1.0)


def list_length(lengths: np.ndarray, n_creators: int | None = None) -> np.ndarray:
    """Round list lengths up, at least 1 and at most `n_creators`, forgiving rounding error.

    A product within 1e-9 above an integer counts as that integer: normalised weights are often 1 plus an
    ulp, and ``ceil(20 * 1.0000000000000002)`` would be 21.
    """
    rounded = np.ceil(np.asarray(lengths, dtype=np.float64) - 1e-9)
    return np.clip(rounded, 1, n_creators).astype(np.int64)


def check_mapping(name: str, mapping: object) -> None:
    """Refuse a mapping that is neither None nor a function."""
    if mapping is not None and not callable(mapping):
        raise BadInput(
            f"{name} is {mapping!r}; it must be a function of weights, which text cannot name: make the mechanism in "
            "Python, or give one of your own in a file"
        )


def mapped(
    mapping: Callable[[np.ndarray], np.ndarray] | None, weights: np.ndarray, default: float
) -> np.ndarray:
    """Return what `mapping` makes of the weights (m,), one finite number each; without one, `default` times them."""
    if mapping is None:
        return default * weights
    values = np.asarray(mapping(np.array(weights)), dtype=np.float64)
    if values.shape != weights.shape or not np.isfinite(values).all():
        raise BadInput(
            f"the mapping returned shape {values.shape} for weights of shape {weights.shape}, or a value that is "
            "not finite; it must return one finite number a weight"
        )
    return values
