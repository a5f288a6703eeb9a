"""Who is on the platform: users with groups, creators, topics; and who is in which arm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.distance import cdist

from ecosystem.relevance import Relevance
from ecosystem_agents.inputs.checks import BadInput

POPULAR = 1000  # followers above which the paper calls a creator popular
QUARTERS = 4  # of the traffic: the quarters of Table 2


@dataclass(frozen=True)
class Population:
    """Everybody the arms are drawn from: M users, N creators, T topics."""

    users: np.ndarray  # (M, d)
    groups: np.ndarray  # (M,) int, 0 to L - 1 by falling size; -1 where the group was too small to keep
    quarters: np.ndarray  # (M,) int, which quarter of the traffic the group is in: see `keep_groups`
    requests: np.ndarray  # (M,) mean requests a day
    creators: np.ndarray  # (N, d) where they start
    followers: np.ndarray  # (N,)
    publishing: np.ndarray  # (N,) mean items made on a day the creator is active
    habit: np.ndarray  # (N,) log odds of being active on a day when recent reward is as usual
    topics: np.ndarray  # (T, d) centres: an item's topic is the nearest
    relevance: Relevance  # sigma, at most 1
    radius: float = 1.0  # creators stay within this distance of the origin

    @property
    def n_groups(self) -> int:
        """How many groups were kept, L."""
        return int(self.groups.max(initial=-1)) + 1

    def with_groups_of(self, at_least: float) -> Population:
        """Return this population with only the groups of at least that many users; it must still have all groups."""
        groups, quarters = keep_groups(self.groups, self.requests, at_least)
        return replace(self, groups=groups, quarters=quarters)


@dataclass(frozen=True)
class Share:
    """Who is in one arm: rows of the population."""

    users: np.ndarray
    creators: np.ndarray


def draw_shares(
    rng: np.random.Generator, population: Population, n_arms: int, users: int, creators: int
) -> list[Share]:
    """Draw so many users and creators for each arm at random; nobody is in two arms.

    Raises
    ------
    BadInput
        If the population is too small.
    """
    drawn = []
    for name, each, people in (
        ("users", users, population.users),
        ("creators", creators, population.creators),
    ):
        needed, there = each * n_arms, len(people)
        if needed > there:
            raise BadInput(
                f"{n_arms} arms of {each} {name} need {needed} and the population has {there}; "
                f"give at most {there // n_arms} an arm"
            )
        drawn.append(np.sort(rng.permutation(there)[:needed].reshape(n_arms, each), axis=1))
    return [Share(*rows) for rows in zip(*drawn, strict=True)]


def keep_groups(labels: np.ndarray, requests: np.ndarray, min_group: float) -> tuple[np.ndarray, np.ndarray]:
    """Return groups by falling size, -1 where too small, and the quarter of the traffic each user's group is in.

    Quarters are the columns of Table 2: groups in order of size are cut where a quarter, a half and three quarters of
    the requests of all kept groups are reached; 4 for users of no group. `labels` (M,) are any whole numbers at least
    0; groups with fewer than `min_group` users are not kept.
    """
    sizes = np.bincount(labels)
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] >= max(min_group, 1)]
    rank = np.full(len(sizes), -1)
    rank[order] = np.arange(len(order))
    groups = rank[labels]
    kept = groups >= 0
    traffic = np.bincount(groups[kept], weights=requests[kept], minlength=len(order))
    before = np.cumsum(traffic) - traffic  # a group belongs where its first request falls
    quarter = np.minimum((QUARTERS * before / max(traffic.sum(), 1e-300)).astype(np.int64), QUARTERS - 1)
    return groups, np.append(quarter, QUARTERS)[groups]


def nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return for each of `points` (k, d) the number of the nearest of `centres` (T, d)."""
    return np.asarray(cdist(points, centres, "sqeuclidean").argmin(axis=1))


def into_ball(points: np.ndarray, radius: float) -> np.ndarray:
    """Return the points nearest to `points` (k, d) in the ball of that radius around the origin."""
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points * np.minimum(1.0, radius / np.maximum(norms, 1e-300)))
