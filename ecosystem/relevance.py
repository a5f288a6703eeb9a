"""How well content fits a user: the relevance functions sigma(s, x)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecosystem.chunks import Rows, chunks
from ecosystem_agents.inputs.checks import BadInput, finite_array, real, same_dimensions


@dataclass(frozen=True)
class DistanceRelevance:
    """Relevance that falls with distance: ``max(ceiling - |s - x| / scale, 0)``.

    Section 5.1.1 uses ``(1, 3)``, Section 4.1 uses ``(2, 1)``.

    Parameters
    ----------
    ceiling : float
        Relevance at distance 0, above 0.
    scale : float
        Distance over which one unit of relevance is lost, above 0.

    Raises
    ------
    BadInput
        If a number is outside its range.

    Examples
    --------
    >>> user, strategies = np.zeros((1, 2)), np.array([[0.0, 2.0], [3.0, 4.0]])  # 2 and 5 away
    >>> DistanceRelevance(ceiling=1, scale=4)(user, strategies).tolist()
    [[0.5, 0.0]]
    """

    ceiling: float = 1.0
    scale: float = 3.0

    def __post_init__(self) -> None:
        real("ceiling", self.ceiling, above=0)
        real("scale", self.scale, above=0)

    def __call__(self, users: np.ndarray, strategies: np.ndarray) -> np.ndarray:
        """Return sigma of every user and strategy.

        Parameters
        ----------
        users : (m, d) array
        strategies : (n, d) array

        Returns
        -------
        (m, n) array
            Identical strategies get identical values, to the bit.
        """
        users, strategies = _embeddings(users, strategies)
        squared = _summed(lambda x, s: (x - s) * (x - s), users, strategies)
        return np.asarray(np.maximum(self.ceiling - np.sqrt(squared) * (1.0 / self.scale), 0.0))


@dataclass(frozen=True)
class DotRelevance:
    """Relevance as a rescaled dot product: ``clip((s·x - low) / (high - low), 0, 1)`` (Section 5.1.2).

    Parameters
    ----------
    low, high : float
        Dot products that become 0 and 1, low < high.

    Raises
    ------
    BadInput
        If `low` is not below `high`.

    Examples
    --------
    >>> DotRelevance(low=-1, high=1)(np.array([[1.0, 0.0]]), np.eye(2)).tolist()  # products 1 and 0
    [[1.0, 0.5]]
    """

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        low, high = real("low", self.low), real("high", self.high)
        if not low < high:
            raise BadInput(f"low is {low:g} and high is {high:g}; low must be below high: swap them")

    def __call__(self, users: np.ndarray, strategies: np.ndarray) -> np.ndarray:
        """Return sigma of every user (m, d) and strategy (n, d), as (m, n)."""
        users, strategies = _embeddings(users, strategies)
        dot = _summed(lambda x, s: x * s, users, strategies)
        return np.clip((dot - self.low) * (1.0 / (self.high - self.low)), 0.0, 1.0)

    @classmethod
    def spanning(cls, users: Rows, strategies: np.ndarray) -> DotRelevance:
        """Return the relevance that is 0 at the smallest dot product of these users and strategies, 1 at the largest.

        Parameters
        ----------
        users : (m, d) array
        strategies : (n, d) array
            Where creators can be, such as the items of a catalogue.

        Raises
        ------
        BadInput
            If shapes differ or all dot products are equal.
        """
        low, high = np.inf, -np.inf
        for chunk in chunks(users):  # all dot products may be many
            some, strategies = _embeddings(chunk, strategies)
            for block in np.array_split(strategies, len(strategies) // 256 + 1):
                # Not a matrix product: BLAS rounds otherwise from one number of threads to another.
                dots = np.einsum("md,nd->mn", some, block)
                low, high = min(low, float(dots.min())), max(high, float(dots.max()))
        if low == high:
            raise BadInput(
                "all dot products of users and what creators can make are equal; give embeddings that differ"
            )
        return cls(low, high)


Relevance = DistanceRelevance | DotRelevance


def most_relevant(relevance: Relevance, users: Rows, items: np.ndarray) -> int:
    """Return which of `items` (k, d) has the largest mean relevance for `users` (m, d), the first in a tie.

    Examples
    --------
    >>> most_relevant(DotRelevance(), np.array([[0.2, 0.7], [0.4, 0.5]]), np.eye(2))  # means 0.3 and 0.6
    1
    """
    blocks = np.array_split(items, max(len(items) // 256, 1))
    totals = np.zeros(len(items))
    for chunk in chunks(users):
        totals += np.concatenate([relevance(chunk, block).sum(axis=0) for block in blocks])
    return int(np.argmax(totals / len(users)))  # means may tie where totals do not


def _summed(
    term: Callable[[np.ndarray, np.ndarray], np.ndarray], users: np.ndarray, strategies: np.ndarray
) -> np.ndarray:
    # One dimension after the other, never a matrix product: BLAS gives identical strategies unequal values
    # depending on their place in the batch, and ties at the K-th place would be lost.
    total = np.zeros((len(users), len(strategies)))
    for k in range(users.shape[1]):
        total += term(users[:, None, k], strategies[None, :, k])
    return total


def _embeddings(users: np.ndarray, strategies: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    users = finite_array("users", users, ndim=2)
    strategies = finite_array("strategies", strategies, ndim=2)
    same_dimensions("users", users, "strategies", strategies)
    return users, strategies
