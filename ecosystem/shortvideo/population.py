"""Who is on the platform: users with groups, creators, topics; and who is in which arm."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ecosystem.relevance import Relevance
from ecosystem_agents.inputs.checks import BadInput

POPULAR = 1000  # followers above which the paper calls a creator popular
QUARTERS = 4  # of the traffic: the quarters of Table 2


@dataclass(frozen=True)
class Population:
    """Everybody the arms are drawn from.

    Attributes
    ----------
    users : (M, d) array
        User embeddings.
    groups : (M,) int array
        Group of each user, 0 to L - 1 by falling size; -1 where the group was too small to keep.
    quarters : (M,) int array
        Quarter of the traffic the user's group is in, largest groups first, 0 to 3 (Table 2); 4 for no group.
    requests : (M,) array
        Mean requests a day.
    creators : (N, d) array
        Where creators start.
    followers : (N,) array
    publishing : (N,) array
        Mean items made on a day the creator is active.
    habit : (N,) array
        Log odds of being active on a day when recent reward is as usual.
    topics : (T, d) array
        Topic centres; an item's topic is the nearest.
    relevance : Relevance
        sigma, at most 1.
    radius : float
        Creators stay within this distance of the origin.
    """

    users: np.ndarray
    groups: np.ndarray
    quarters: np.ndarray
    requests: np.ndarray
    creators: np.ndarray
    followers: np.ndarray
    publishing: np.ndarray
    habit: np.ndarray
    topics: np.ndarray
    relevance: Relevance
    radius: float = 1.0

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
    for name, each, there in (
        ("users", users, len(population.users)),
        ("creators", creators, len(population.creators)),
    ):
        if each * n_arms > there:
            raise BadInput(
                f"{n_arms} arms of {each} {name} need {each * n_arms} and the population has {there}; "
                f"give at most {there // n_arms} an arm"
            )
    user_order = rng.permutation(len(population.users))[: n_arms * users].reshape(n_arms, users)
    creator_order = rng.permutation(len(population.creators))[: n_arms * creators].reshape(n_arms, creators)
    return [Share(np.sort(user_order[a]), np.sort(creator_order[a])) for a in range(n_arms)]


def keep_groups(labels: np.ndarray, requests: np.ndarray, min_group: float) -> tuple[np.ndarray, np.ndarray]:
    """Return groups by falling size, -1 where too small, and the quarter of the traffic each user's group is in.

    Parameters
    ----------
    labels : (M,) int array
        Any labels, at least 0.
    requests : (M,) array
        Mean requests a day, the traffic.
    min_group : float
        Groups with fewer users are not kept.

    Returns
    -------
    groups, quarters : (M,) int arrays
        Columns are those of Table 2: groups in order of size are cut where a quarter, a half and three quarters of
        the traffic of all kept groups are reached; 4 for users of no group.
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


def into_ball(points: np.ndarray, radius: float) -> np.ndarray:
    """Return the points nearest to `points` (k, d) in the ball of that radius around the origin."""
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points * np.minimum(1.0, radius / np.maximum(norms, 1e-300)))
