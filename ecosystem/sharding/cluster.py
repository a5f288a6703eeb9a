"""Shards on the workers of a Dask cluster, which says who they are; numbers go over connections of our own.

A question to two shards took 0.7 ms so, and 4.3 by way of Dask's actors (pipes: 0.5; on two busy cores).
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence
from multiprocessing.connection import Client, Connection, Listener

from ecosystem.dask_client import connect
from ecosystem.sharding.links import Connected, ShardLost, serve
from ecosystem.sharding.shard import Recipe
from ecosystem_agents.inputs.checks import BadInput

PATIENCE = 120.0
"""Seconds that a worker has to begin."""
BEGUN: dict[tuple[str, int], tuple[Listener, Recipe]] = {}
"""Shards of this worker whose connection has not come yet."""


def on_cluster(recipes: Sequence[Recipe], address: str) -> list[Connected]:
    """Give every worker a shard, or several in turn where they are fewer; nobody begins a lost one again."""
    client = connect(address)
    workers = sorted(client.nthreads())
    if not workers:
        raise BadInput(
            f"the Dask scheduler at {address} has no workers; start one with `dask worker {address}`"
        )
    key, places = secrets.token_bytes(32), [workers[k % len(workers)] for k in range(len(recipes))]
    begun = [
        client.submit(_begin, key, recipe, workers=[worker], pure=False)
        for recipe, worker in zip(recipes, places, strict=True)
    ]
    links = []
    for k, worker in enumerate(places):
        where = f"shard {k + 1} of {len(recipes)}, worker {worker},"
        try:
            there = begun[k].result(PATIENCE)
            served = client.submit(_serve, there, workers=[worker], pure=False)
            connection = Client(there, authkey=key)
        except Exception as error:  # of the worker's, of any kind, or none came
            reason = " ".join(f"{error or type(error).__name__}".split())[:200]
            raise ShardLost(
                f"{where} did not begin ({reason}); give it workers that do nothing else, with the same versions as "
                "here"
            ) from None
        links.append(Connected(_undelayed(connection), where, client, served))
    return links


def _begin(key: bytes, recipe: Recipe) -> tuple[str, int]:
    """Have a worker listen for the connection to a shard; return where."""
    from distributed import get_worker
    from distributed.comm import get_address_host

    listener = Listener((get_address_host(get_worker().address), 0), authkey=key)
    address: tuple[str, int] = listener.address  # type: ignore[assignment]
    BEGUN[address] = listener, recipe
    return address


def _serve(address: tuple[str, int]) -> None:
    """Be the shard of that connection: Dask keeps the worker for it, and leaves the thread to other tasks."""
    from distributed import secede

    secede()
    listener, recipe = BEGUN.pop(address)
    with listener, listener.accept() as connection:
        serve(_undelayed(connection), recipe)


def _undelayed(connection: Connection) -> Connection:
    """Let a connection send what it is given at once, however short."""
    with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
