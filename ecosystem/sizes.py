"""What worlds and runs take of memory, known from their sizes before any of it is made.

The bytes are those that were measured, rounded up: small worlds are taken for a little larger than they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ecosystem_agents.inputs.room import check_room

BENCH = 8
"""Runners-up kept beyond the K-th: how often creators can leave a user's list before it is refilled."""
KEEP_ALL = 64
"""Up to this many items, every list holds them all: it never runs dry, and every tie is on it."""
TILE = 4096
"""Consecutive user numbers that are a tile: sums over users are added tile by tile, and a shard is whole tiles."""
THREADED = 200_000
"""From so many users on, they are in shards of one thread each."""
MOST_SHARDS = 10_000
MOST_RUNS = 1_000_000
"""Of one plan or batch: every seed, point and arm."""

ENTRY = 12
"""Bytes of an entry of a user's list."""
AS_AGENTS = 100_000
"""Up to this many users are agents, unless a model is told otherwise."""
_USER, _AGENT, _CREATOR, _COORDINATE = 400, 645, 1500, 40  # bytes each
_FIGURE, _STEP = 40, 500  # a number that is collected, in a list of Python's; all of a step


def world_bytes(n_users: int, n_creators: int, dim: int, K: int) -> int:
    """Return what a world takes of memory, in bytes: m users and n creators in d dimensions, lists of K."""
    listed = n_creators if n_creators <= KEEP_ALL else min(K + 1 + BENCH, n_creators)
    points = n_users * (_USER + _COORDINATE * dim) + n_creators * (_CREATOR + _COORDINATE * dim)
    points += _AGENT * n_users if n_users <= AS_AGENTS else 0
    return points + n_users * ENTRY * (listed + 8)


def run_bytes(steps: int, path: int = 0) -> int:
    """Return what a run's record takes of memory, in bytes; `path` numbers a step tell where all are."""
    return steps * (_STEP + _FIGURE * path)


def check_world(n_users: int, n_creators: int, dim: int, K: int, most: int | None = None) -> None:
    """Refuse a world that takes more memory than there is, or than `most` bytes.

    Parameters
    ----------
    n_users, n_creators, dim : int
        m, n and d; 1 where one is not known yet.
    K : int
        List length.
    most : int, optional
        What is allowed, where that is less than what there is.

    Raises
    ------
    BadInput
        With the bytes it takes, the bytes there are, and what to have fewer of.
    """
    sizes = {"users (n_users)": n_users, "creators (n_creators)": n_creators, "dimensions (dim)": dim}
    check_room(
        f"a world of {n_users:,} users and {n_creators:,} creators in {dim:,} dimensions",
        world_bytes(n_users, n_creators, dim, K),
        f"have fewer {max(sizes, key=lambda name: sizes[name])}",
        most,
    )


def check_all(options: Mapping[str, object], K: int, requests: int, horizon: int, trajectory: bool) -> None:
    """Refuse a run that would not fit, as far as an environment's `options` tell, before any of it is made."""
    known = [options.get(name) for name in ("n_users", "n_creators", "dim")]
    m, n, d = (max(int(size), 1) if isinstance(size, int | np.integer) else 1 for size in known)
    check_world(m, n, d, K)
    if requests:
        check_requests(n, requests)
    check_run(horizon, n * (d + 2) if trajectory else 0)


def check_agents(n_users: int) -> None:
    """Refuse more users as agents than there is memory for."""
    what = f"a world of {n_users:,} users as agents"
    check_room(what, _AGENT * n_users, "keep them in arrays alone (user_agents=False)")


def check_requests(n_creators: int, requests: int) -> None:
    """Refuse more sampled requests a step than there is memory for: so many for each creator's trial."""
    what = f"a step of {n_creators:,} creators' trials on {requests:,} requests each"
    check_room(what, 5 * 8 * n_creators * requests, "sample fewer requests (requests_per_trial)")


def check_run(steps: int, path: int = 0) -> None:
    """Refuse a run whose record would take more memory than there is; `path` numbers a step tell where all are."""
    check_room(f"a run of {steps:,} steps", run_bytes(steps, path), "take fewer steps (horizon, --steps)")
