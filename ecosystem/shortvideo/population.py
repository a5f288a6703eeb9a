"""Who is on the platform: users with features and groups, creators, topics; and who is in which arm."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.checks import BadInput, choice, finite_array, whole
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance
from ecosystem.shortvideo import kernels

POPULAR = 1000  # followers above which the paper calls a creator popular
TABLE_2_COLUMNS = 4  # quarters of the traffic
ARRAYS = ("users", "groups", "requests", "creators", "followers", "publishing", "habit", "topics")


@dataclass(frozen=True)
class Population:
    """Everybody the arms are drawn from.

    Attributes
    ----------
    users : (M, d) array
        User embeddings.
    groups : (M,) int array
        Group of each user, 0 to L - 1 by falling size; -1 where the group was too small to keep.
    columns : (M,) int array
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
    columns: np.ndarray
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
        groups, columns = keep_groups(self.groups, self.requests, at_least)
        return replace(self, groups=groups, columns=columns)


@dataclass(frozen=True)
class Share:
    """Who is in one arm: rows of the population."""

    users: np.ndarray
    creators: np.ndarray


def synthetic_population(
    rng: np.random.Generator,
    n_users: int,
    n_creators: int,
    *,
    dim: int = 8,
    n_topics: int = 200,
    n_countries: int = 50,
) -> Population:
    """Draw a population: country, gender and activity level make a user's group and shape what the user likes.

    Parameters
    ----------
    rng : Generator
    n_users, n_creators : int
        How many there are in all arms together.
    dim, n_topics, n_countries : int
        Sizes, at least 1.

    Returns
    -------
    Population
        With all its groups; relevance is that of Section 5.1.1, and creators stay in the unit ball.
    """
    popularity = 1.0 / np.arange(1, n_countries + 1) ** 1.2
    shares = (popularity / popularity.sum(), GENDERS, ACTIVITY_SHARES)
    features = np.stack([rng.choice(len(p), n_users, p=p) for p in shares], axis=1)
    tastes = [_sphere(rng, (len(p), dim)) for p in shares]
    centre = sum(
        size * taste[features[:, k]] for k, (size, taste) in enumerate(zip(FEATURE_PULL, tastes, strict=True))
    )
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    users = centre + 0.3 * rng.standard_normal((n_users, dim))
    labels = np.ravel_multi_index(tuple(features.T), (n_countries, len(GENDERS), len(ACTIVITY_SHARES)))
    topics = _into_ball(users[rng.integers(n_users, size=n_topics)], 1.0)
    requests = ACTIVITY_REQUESTS[features[:, 2]]
    return _complete(rng, users, labels, requests, topics, n_creators, DistanceRelevance(), radius=1.0)


GENDERS = np.array([0.52, 0.45, 0.03])
ACTIVITY_SHARES = np.array([0.30, 0.30, 0.22, 0.13, 0.05])
ACTIVITY_REQUESTS = np.array([0.3, 0.8, 2.0, 5.0, 10.0])
FEATURE_PULL = (1.0, 0.4, 0.4)  # how far country, gender and activity move what a user likes


def read_population(
    file: Path, rng: np.random.Generator, *, relevance: str = "dot", n_topics: int = 200
) -> Population:
    """Read a population from a ``.npz`` file; what it does not hold is drawn as for the synthetic one.

    Parameters
    ----------
    file : Path
        Holds ``users`` (M, d), and optionally ``groups`` (M,) labels of any kind, ``requests`` (M,) a day,
        ``creators`` (N, d), ``followers``, ``publishing`` and ``habit`` (N,), and ``topics`` (T, d).
    rng : Generator
    relevance : {"dot", "distance"}
        Dot product scaled to [0, 1] over the users and creators, or 1 less the distance over the largest one.
    n_topics : int
        Topics to place on random users where the file has none.

    Raises
    ------
    BadInput
        If the file cannot be read or its arrays do not fit together.
    """
    arrays = _read(file)
    users = finite_array("users", arrays["users"], ndim=2)
    m, dim = users.shape
    labels = arrays.get("groups", np.zeros(m, dtype=np.int64))
    if labels.shape != (m,):
        raise BadInput(f"groups has shape {labels.shape}; it must have one label for each of {m} users")
    requests = _positive(arrays, "requests", m)
    creators = None if "creators" not in arrays else finite_array("creators", arrays["creators"], ndim=2)
    n_topics = min(whole("n_topics", n_topics, at_least=1), m)
    topics = users[rng.choice(m, n_topics, replace=False)] if "topics" not in arrays else arrays["topics"]
    topics = finite_array("topics", topics, ndim=2)
    for name, array in (("creators", creators), ("topics", topics)):
        if array is not None and array.shape[1] != dim:
            raise BadInput(
                f"{name} have {array.shape[1]} dimensions and users {dim}; both must have the same"
            )
    makers = users if creators is None else creators
    radius = float(np.linalg.norm(makers, axis=1).max())
    if not radius > 0:
        raise BadInput("all embeddings are 0; creators and users must differ for relevance to mean anything")
    if "topics" not in arrays:
        topics = _into_ball(topics, radius)
    n = max(m // 10, 1) if creators is None else len(creators)
    sigma: Relevance
    if choice("relevance", relevance, ("dot", "distance")) == "distance":
        sigma = DistanceRelevance(1.0, float(np.linalg.norm(users, axis=1).max()) + radius)
    else:
        blocks = np.array_split(makers, len(makers) // 256 + 1)
        ends = [(d.min(), d.max()) for d in (users @ block.T for block in blocks if len(block))]
        low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
        if not low < high:
            raise BadInput("all dot products of users and creators are equal; give embeddings that differ")
        sigma = DotRelevance(low, high)
    drawn = _complete(
        rng,
        users,
        np.unique(labels, return_inverse=True)[1],
        np.full(m, 2.0) if requests is None else requests,
        topics,
        n,
        sigma,
        radius=radius,
        creators=creators,
    )
    followers, publishing = (_positive(arrays, name, n) for name in ("followers", "publishing"))
    habit = finite_array("habit", arrays["habit"], ndim=1) if "habit" in arrays else drawn.habit
    if len(habit) != n:
        raise BadInput(f"habit has {len(habit)} entries and must have {n}; give one each")
    return replace(
        drawn,
        followers=drawn.followers if followers is None else followers,
        publishing=drawn.publishing if publishing is None else publishing,
        habit=habit,
    )


def draw_shares(
    rng: np.random.Generator, population: Population, n_arms: int, users: int, creators: int
) -> list[Share]:
    """Draw users and creators for each arm at random; nobody is in two arms.

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
    user_order = rng.permutation(len(population.users))
    creator_order = rng.permutation(len(population.creators))
    return [
        Share(
            np.sort(user_order[a * users : (a + 1) * users]),
            np.sort(creator_order[a * creators : (a + 1) * creators]),
        )
        for a in range(n_arms)
    ]


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
    groups, columns : (M,) int arrays
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
    quarter = np.minimum((TABLE_2_COLUMNS * before / max(traffic.sum(), 1e-300)).astype(np.int64), 3)
    return groups, np.append(quarter, TABLE_2_COLUMNS)[groups]


def _complete(
    rng: np.random.Generator,
    users: np.ndarray,
    labels: np.ndarray,
    requests: np.ndarray,
    topics: np.ndarray,
    n_creators: int,
    relevance: Relevance,
    *,
    radius: float,
    creators: np.ndarray | None = None,
) -> Population:
    if creators is None:  # a topic in proportion to the requests of the users nearest to it, and a spread
        sample = rng.integers(len(users), size=min(len(users), 5000))
        near = kernels.nearest(users[sample], topics)
        demand = np.bincount(near, weights=requests[sample], minlength=len(topics))
        topic = rng.choice(len(topics), n_creators, p=demand / demand.sum())
        spread = 0.1 * radius * rng.standard_normal((n_creators, users.shape[1]))
        creators = _into_ball(topics[topic] + spread, radius)
    followers = np.floor(100 * np.exp(1.8 * rng.standard_normal(n_creators)))  # a tenth has over 1000
    fame = np.log10(1 + followers)
    publishing = rng.gamma(2.0, 0.5, n_creators) * (0.5 + 0.25 * fame)
    habit = -1.0 + 0.5 * fame + 0.7 * rng.standard_normal(n_creators)
    groups, columns = keep_groups(labels, requests, 1)
    return Population(
        users, groups, columns, requests, creators, followers, publishing, habit, topics, relevance, radius
    )


def _sphere(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    g = rng.standard_normal(size)
    return np.asarray(g / np.linalg.norm(g, axis=1, keepdims=True))


def _into_ball(points: np.ndarray, radius: float) -> np.ndarray:
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points * np.minimum(1.0, radius / np.maximum(norms, 1e-300)))


def _positive(arrays: dict[str, np.ndarray], name: str, length: int) -> np.ndarray | None:
    if name not in arrays:
        return None
    array = finite_array(name, arrays[name], ndim=1)
    if len(array) != length:
        raise BadInput(f"{name} has {len(array)} entries and must have {length}; give one each")
    if array.min() < 0 or not array.sum() > 0:
        raise BadInput(f"{name} holds {array.min():g}; entries must be at least 0, and not all 0")
    return array


def _read(file: Path) -> dict[str, np.ndarray]:
    if not os.path.isfile(file) or file.suffix != ".npz":
        raise BadInput(f"population is {str(file)!r}; give an existing .npz file with an array named users")
    try:
        with np.load(file, allow_pickle=False) as archive:
            unknown = sorted(set(archive.files) - set(ARRAYS))
            arrays = {name: archive[name] for name in archive.files if name in ARRAYS}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        raise BadInput(
            f"population {file.name!r} cannot be read ({' '.join(str(error).split())[:120]}); save plain arrays with "
            "numpy.savez, without pickled objects"
        ) from None
    if unknown:
        raise BadInput(f"population {file.name!r} holds {unknown[0]!r}; known arrays are {', '.join(ARRAYS)}")
    if "users" not in arrays:
        raise BadInput(f"population {file.name!r} has no array 'users'; it must hold one by that name")
    return arrays
