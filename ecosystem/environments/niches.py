"""Niches: user clusters far apart, of very different size, and creators who all start at the largest."""

from __future__ import annotations

from functools import partial

import numpy as np

from ecosystem.environments.environment import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import Ball, Nearby, StrategySet
from ecosystem_agents.inputs.checks import LARGEST, choice, real, whole

AROUND = 0.1
"""How far creators start from where they are put, about."""
STARTS = ("head", "users", "middle", "clusters")


def build(
    rng: np.random.Generator,
    clusters: int = 10,
    n_users: int = 200,
    n_creators: int = 10,
    dim: int = 16,
    zipf: float = 1.0,
    spread: float = 0.2,
    scale: float = 2.0,
    *,
    start: str = "head",
    local: float = 0.0,
) -> Setting:
    """Put clusters of users on orthogonal axes of the unit sphere, sqrt(2) apart, and creators at one place.

    Parameters
    ----------
    rng : Generator
        Source of users and starting points.
    clusters : int
        C, from 1 to `dim`; they are the users' groups, the largest first.
    n_users : int
        m, at least `clusters`.
    n_creators : int
        n, at least 1.
    dim : int
        d, at least 1.
    zipf : float
        The k-th cluster's size goes as k^-zipf; at least 0.
    spread : float
        How far users are from their cluster's centre, about: N(0, spread^2 / d) a coordinate; at least 0.
    scale : float
        Distance at which relevance is 0, above 0: below sqrt(2), a creator at one cluster earns nothing at another.
    start : {"head", "users", "middle", "clusters"}
        Where creators start: at the largest cluster, each near a user, at the mean of users, or at one cluster after
        the other.
    local : float
        If above 0, a creator can make only what lies within that distance of its start.

    Raises
    ------
    BadInput
        If an option is outside its range.
    """
    dim = whole("dim", dim, at_least=1)
    clusters = whole("clusters", clusters, at_least=1, at_most=dim)
    n_users = whole("n_users", n_users, at_least=clusters)
    n_creators = whole("n_creators", n_creators, at_least=1)
    zipf, spread = (
        real("zipf", zipf, at_least=0, at_most=100),
        real("spread", spread, at_least=0, at_most=LARGEST),
    )
    scale, local = real("scale", scale, above=0), real("local", local, at_least=0, at_most=LARGEST)
    choice("start", start, STARTS)
    centres = np.eye(clusters, dim)
    groups = np.repeat(np.arange(clusters), zipf_sizes(n_users, clusters, zipf))
    users = centres[groups] + spread / np.sqrt(dim) * rng.standard_normal((n_users, dim))
    drawn = rng.integers(n_users, size=n_creators)  # whatever the start is, as many numbers
    places = {
        "head": centres[np.zeros(n_creators, dtype=np.int64)],
        "users": users[drawn],
        "middle": np.tile(users.mean(axis=0), (n_creators, 1)),
        "clusters": centres[np.arange(n_creators) % clusters],
    }
    around = AROUND / np.sqrt(dim) * rng.standard_normal((n_creators, dim))
    strategies = np.array([Ball(1.0).project(s) for s in places[start] + around])
    sets: StrategySet | list[StrategySet] = Ball(1.0)
    if local > 0:
        sets = [Nearby(s, local) for s in strategies]
    return Setting(
        users=users,
        strategies=strategies,
        relevance=DistanceRelevance(ceiling=1.0, scale=scale),
        strategy_sets=sets,
        groups=groups,
    )


def zipf_sizes(n_users: int, clusters: int, zipf: float) -> np.ndarray:
    """Return sizes that go as k^-zipf and sum to `n_users`, none empty, (clusters,): largest remainders round up.

    Examples
    --------
    >>> zipf_sizes(200, 10, 1.0).tolist()
    [66, 33, 23, 17, 14, 12, 10, 9, 8, 8]
    """
    shares = np.arange(1, clusters + 1, dtype=np.float64) ** -zipf
    exact = (n_users - clusters) * shares / shares.sum()
    sizes = np.floor(exact).astype(np.int64)
    short = n_users - clusters - int(sizes.sum())
    sizes[np.argsort(sizes - exact, kind="stable")[:short]] += 1
    return sizes + 1


def _preset(name: str, summary: str, **options: float) -> Environment:
    made = partial(build, **options)  # type: ignore[arg-type]  # each is one of build's own
    made.__doc__ = build.__doc__
    return Environment(
        name=name,
        summary=summary,
        build=made,
        beta=0.1,
        K=5,
        eta=0.2,
        horizon=2000,
        n_groups=10,
        lbr_evaluation="projected",
    )


NICHES = (
    _preset("niches", "ten clusters of users far apart, ten creators at the largest"),
    _preset("niches_unserved", "niches: creators who see further than the gap, and crowd all the same"),
    _preset("niches_silent", "niches, where creators learn nothing of the next cluster", scale=1.0),
    _preset(
        "niches_few", "niches of steeply falling size, and half as many creators", n_creators=5, zipf=2.0
    ),
)
