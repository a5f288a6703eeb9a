"""User groups: those an environment declares, or else by K-means (Sections 4.3 and 5.1.3)."""

from __future__ import annotations

import warnings

import numpy as np

from ecosystem.environments import Environment, Setting
from ecosystem_agents.inputs.checks import BadInput, whole


def groups_of(
    users: np.ndarray,
    setting: Setting,
    environment: Environment,
    n_groups: int | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the group of every user, (m,): as the setting declares them, or else by K-means."""
    if setting.groups is None:
        wanted = whole("n_groups", environment.n_groups if n_groups is None else n_groups, at_least=1)
        return kmeans_groups(users, wanted, rng)
    declared = int(setting.groups.max()) + 1
    if n_groups is not None and n_groups != declared:
        raise BadInput(
            f"n_groups is {n_groups!r}; environment {environment.name} has {declared} groups of its own: leave "
            "n_groups out"
        )
    return setting.groups


def kmeans_groups(users: np.ndarray, n_groups: int, rng: np.random.Generator) -> np.ndarray:
    """Cluster users with scikit-learn's K-means, on one thread so that bits do not depend on the machine's load.

    Returns labels 0 to L - 1, (m,); fewer, with a warning, where clusters stay empty.
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
        labels = KMeans(n_clusters=n_groups, random_state=seed, n_init=1).fit_predict(users)
    found, closed_up = np.unique(labels, return_inverse=True)
    if len(found) < n_groups:
        warnings.warn(
            f"{n_groups - len(found)} of {n_groups} user groups stayed empty and were dropped", stacklevel=2
        )
    return np.asarray(closed_up, dtype=np.int64)
