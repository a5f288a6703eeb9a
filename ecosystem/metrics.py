"""Figures about a state of the market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NEAR = 0.3
"""Distance within which a creator serves a user, or stands at the centre, in Figure 1's counts."""


def gini(values: np.ndarray) -> float:
    """Return the Gini coefficient of `values` (n,): 0 where all are equal, (n - 1) / n where one has all.

    A negative value counts as 0: who owes has nothing. 0 where nobody has anything, or nobody is there.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 2.0]))
    (0.0, 0.5)
    """
    ordered = np.sort(np.maximum(np.asarray(values, dtype=np.float64), 0.0))
    n, most = len(ordered), ordered.max(initial=0.0)
    if most == 0:
        return 0.0
    ordered /= most  # sums of very large or very small values would leave what a float holds
    return max(float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum())), 0.0)


def tail_mean(series: np.ndarray | Sequence[float], steps: int) -> float:
    """Return the mean of the last ``min(250, steps / 10)`` entries, at least one: what reports call final.

    Examples
    --------
    >>> tail_mean([0.0] * 10 + [1.0, 3.0], steps=20)
    2.0
    """
    return float(np.mean(np.asarray(series, dtype=np.float64)[-tail_length(steps) :]))


def tail_length(steps: int) -> int:
    """Return how many last steps reports call final: ``min(250, steps / 10)``, at least one.

    Examples
    --------
    >>> tail_length(100), tail_length(3000)
    (10, 250)
    """
    return max(1, min(250, steps // 10))


def users_served(users: np.ndarray, strategies: np.ndarray, within: float = NEAR) -> int:
    """Return how many users have a creator within that distance (Figure 1's count).

    Examples
    --------
    >>> users_served(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.9, 0.0]]))
    1
    """
    gaps = np.linalg.norm(users[:, None] - strategies[None], axis=2)
    return int((gaps.min(axis=1) <= within).sum())


def at_centre(users: np.ndarray, strategies: np.ndarray, within: float = NEAR) -> int:
    """Return how many creators are within that distance of the first user, who is Figure 1's centre.

    Examples
    --------
    >>> at_centre(np.zeros((1, 2)), np.array([[0.1, 0.0], [0.9, 0.0]]))
    1
    """
    return int((np.linalg.norm(strategies - users[0], axis=1) <= within).sum())
