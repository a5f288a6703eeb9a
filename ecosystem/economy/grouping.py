"""User groups: those an environment declares, or else by K-means (Sections 4.3 and 5.1.3)."""

from __future__ import annotations

import warnings

import numpy as np

from ecosystem.economy.streams import Streams
from ecosystem.environments import Environment, Setting
from ecosystem.sharding.audience import Audience
from ecosystem_agents.inputs.checks import BadInput, whole

FEW = 200_000
"""Up to so many users, K-means is fitted on all of them; beyond, on those that a stream of its own draws."""
FITTED = 100_000
"""Users that are drawn for it."""


def put_into_groups(
    audience: Audience, setting: Setting, environment: Environment, n_groups: int | None, streams: Streams
) -> None:
    """Put every user into a group: as the setting declares them, or else by K-means."""
    if setting.groups is None:
        by_kmeans(audience, whole("n_groups", n_groups or environment.n_groups, at_least=1), streams)
        return
    declared = max(audience.ask("declared_groups"))
    if n_groups is not None and n_groups != declared:
        raise BadInput(
            f"n_groups is {n_groups!r}; environment {environment.name} has {declared} groups of its own: leave "
            "n_groups out"
        )
    audience.number_groups(np.arange(declared))


def by_kmeans(audience: Audience, n_groups: int, streams: Streams) -> None:
    """Cluster users by K-means: groups 0 to L - 1; fewer, with a warning, where clusters stay empty.

    It is fitted here, on some; where they are not all, everybody is put into the nearest cluster where they are.
    """
    fitted = fitted_users(audience.n_users, streams["fitted users"])
    centres, labels = fit(audience.by_tile("picked", fitted), n_groups, streams["groups"])
    if len(fitted) < audience.n_users:
        counts = audience.added("join_nearest", centres)
    else:
        audience.ask_each("put", [({"groups": labels[part]},) for part in audience.slices])
        counts = np.bincount(labels, minlength=n_groups)
    audience.number_groups(closed_up(counts))


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


def closed_up(counts: np.ndarray) -> np.ndarray:
    """Return the label of each cluster, (L,), from how many of all users are in it: where nobody is it is dropped."""
    if empty := int(np.count_nonzero(counts == 0)):
        warnings.warn(f"{empty} of {len(counts)} user groups stayed empty and were dropped", stacklevel=2)
    return np.cumsum(counts > 0) - 1
