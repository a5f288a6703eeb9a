"""User groups: those an environment declares, or else by K-means (Sections 4.3 and 5.1.3)."""

from __future__ import annotations

import warnings

import numpy as np

from ecosystem.chunks import chunks
from ecosystem.economy.streams import Streams
from ecosystem.environments import Environment, Setting
from ecosystem_agents.inputs.checks import BadInput, whole

FEW = 200_000
"""Up to so many users, K-means is fitted on all of them; beyond, on those that a stream of its own draws."""
FITTED = 100_000
"""Users that are drawn for it."""


def groups_of(
    users: np.ndarray,
    setting: Setting,
    environment: Environment,
    n_groups: int | None,
    streams: Streams,
) -> np.ndarray:
    """Return the group of every user, (m,): as the setting declares them, or else by K-means."""
    if setting.groups is None:
        wanted = whole("n_groups", environment.n_groups if n_groups is None else n_groups, at_least=1)
        return kmeans_groups(users, wanted, streams)
    declared = int(setting.groups.max()) + 1
    if n_groups is not None and n_groups != declared:
        raise BadInput(
            f"n_groups is {n_groups!r}; environment {environment.name} has {declared} groups of its own: leave "
            "n_groups out"
        )
    return setting.groups


def kmeans_groups(users: np.ndarray, n_groups: int, streams: Streams) -> np.ndarray:
    """Cluster users by K-means: labels 0 to L - 1, (m,); fewer, with a warning, where clusters stay empty.

    Where users are in several places, each part of it is done where they are: a fit on some, labels of all, and the
    counts of all closed up.
    """
    fitted = fitted_users(len(users), streams["fitted users"])
    centres, labels = fit(users[fitted], n_groups, streams["groups"])
    if len(fitted) < len(users):
        labels = nearest(centres, users)
    return closed_up(np.bincount(labels, minlength=n_groups))[labels]


def fitted_users(m: int, rng: np.random.Generator) -> np.ndarray:
    """Return the numbers of the users K-means is fitted on, in their order: of all where they are few."""
    return np.arange(m) if m <= FEW else np.sort(rng.choice(m, FITTED, replace=False, shuffle=False))


def fit(users: np.ndarray, n_groups: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres (L, d) of scikit-learn's K-means, and the labels of the users (k,) it is fitted on.

    On one thread, so that bits do not depend on the machine's load.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    if not 1 <= n_groups <= len(users):
        raise BadInput(
            f"n_groups is {n_groups}; it must be a whole number from 1 to {len(users)}, the number of users"
        )
    seed = int(rng.integers(2**31))
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(n_clusters=n_groups, random_state=seed, n_init=1).fit(users)
    return found.cluster_centers_, found.labels_


def nearest(centres: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return which of `centres` (L, d) is nearest to each user, (m,), the first in a tie; by that user alone."""
    from scipy.spatial.distance import cdist  # no matrix product: BLAS rounds by the number of rows

    found = [cdist(chunk, centres, "sqeuclidean").argmin(axis=1) for chunk in chunks(users) if len(chunk)]
    return np.concatenate([np.empty(0, dtype=np.int64), *found])


def closed_up(counts: np.ndarray) -> np.ndarray:
    """Return the label of each cluster, (L,), from how many of all users are in it: where nobody is it is dropped."""
    if empty := int(np.count_nonzero(counts == 0)):
        warnings.warn(f"{empty} of {len(counts)} user groups stayed empty and were dropped", stacklevel=2)
    return np.cumsum(counts > 0) - 1
