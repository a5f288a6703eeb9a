"""The synthetic world: ten user clusters of very different size, creators that chase the largest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ecosystem.chunks import CHUNK, EVERYBODY, kept
from ecosystem.environments.environment import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import Ball
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import LARGEST, real, whole

CLUSTER_SIZES = (1000, 500, 200, 100, 100, 50, 20, 10, 10, 10)
"""Section 5.1.1: ten times (100, 50, 20, 10, 10, 5, 2, 1, 1, 1)."""


def build(
    rng: np.random.Generator,
    dim: int = 5,
    n_users: int = 2000,
    n_creators: int = 200,
    user_spread: float = 0.5,
    initial_spread: float = 0.1,
    scale: float = 3.0,
    rows: range = EVERYBODY,
) -> Setting:
    """Sample the population of Section 5.1.1.

    Parameters
    ----------
    rng : Generator
        Source of centres, users and starting points.
    dim : int
        d, at least 1.
    n_users : int
        m, at least 10; cluster sizes keep the paper's proportions.
    n_creators : int
        n, at least 1.
    user_spread : float
        Standard deviation of users around their cluster's centre, at least 0.
    initial_spread : float
        Standard deviation of creators around the largest cluster's centre, at least 0.
    scale : float
        Distance at which relevance, 1 - distance / scale, is 0, above 0.
    rows : range
        Numbers of the users that are wanted.

    Raises
    ------
    BadInput
        If an option is outside its range.
    """
    dim = whole("dim", dim, at_least=1)
    n_users = whole("n_users", n_users, at_least=len(CLUSTER_SIZES))
    n_creators = whole("n_creators", n_creators, at_least=1)
    user_spread = real("user_spread", user_spread, at_least=0, at_most=LARGEST)
    initial_spread = real("initial_spread", initial_spread, at_least=0, at_most=LARGEST)
    scale = real("scale", scale, above=0)
    centres = unit_vectors(rng, (len(CLUSTER_SIZES), dim))
    users = kept(_users(rng, centres, cluster_sizes(n_users), user_spread), rows)
    start = centres[0] + initial_spread * rng.standard_normal((n_creators, dim))
    ball = Ball(1.0)
    return Setting(
        users=users,
        strategies=np.array([ball.project(s) for s in start]),
        relevance=DistanceRelevance(ceiling=1.0, scale=scale),
        strategy_sets=ball,
        n_users=n_users,
    )


def _users(
    rng: np.random.Generator, centres: np.ndarray, sizes: np.ndarray, spread: float
) -> Iterator[np.ndarray]:
    """Draw all users, cluster after cluster, and yield them chunk by chunk."""
    ends = np.cumsum(sizes)
    for first in range(0, ends[-1], CHUNK):
        cluster = np.searchsorted(ends, np.arange(first, min(first + CHUNK, ends[-1])), side="right")
        yield centres[cluster] + spread * rng.standard_normal((len(cluster), centres.shape[1]))


def cluster_sizes(n_users: int) -> np.ndarray:
    """Return ten cluster sizes in the paper's proportions that sum to `n_users`, 10 at least, none empty."""
    exact = np.array(CLUSTER_SIZES) * (n_users / sum(CLUSTER_SIZES))
    sizes = np.maximum(np.floor(exact).astype(int), 1)
    sizes[0] += n_users - sizes.sum()
    return np.asarray(sizes if sizes[0] else np.ones_like(sizes))  # ten users: one each


SYNTHETIC = Environment(
    name="synthetic",
    summary="2000 users in ten clusters of very different size, 200 creators (Section 5.1.1)",
    build=build,
    beta=0.1,
    K=20,
    eta=0.2,
    horizon=3000,
    n_groups=20,
    by_rows=True,
)
