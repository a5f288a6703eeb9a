"""Where the users of a world are to be: all here, in threads, in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from dataclasses import replace

from ecosystem import sizes
from ecosystem.compiling import threads
from ecosystem.environments import Setting
from ecosystem.sharding.audience import Audience
from ecosystem.sharding.cluster import on_cluster
from ecosystem.sharding.links import Here, InThread
from ecosystem.sharding.processes import in_processes
from ecosystem.sharding.recipe import Recipe, rows_of
from ecosystem.sharding.shard import Shard
from ecosystem_agents.inputs.checks import BadInput, whole


def open_here(setting: Setting, *, in_one: bool) -> Audience:
    """Return a setting's users as the audience of this process: in threads where they are many, unless `in_one`."""
    m = len(setting.users)
    count = 1 if in_one or m < sizes.THREADED or setting.utility is not None else threads()
    parts = rows_of(m, count)
    if len(parts) == 1:
        return Audience([Here(Shard(setting, 0))], setting)
    return Audience([InThread(Shard(setting.with_users(rows), rows.start)) for rows in parts], setting)


def open_shards(recipe: Recipe, shards: int | None, scheduler: str | None) -> tuple[Setting, Audience]:
    """Return a world without its users, and these as an audience in so many processes, made where they are.

    They are on this machine, or on the workers of the Dask scheduler of that address.

    Raises
    ------
    BadInput
        If the world needs its users in one place.
    """
    if shards is None:
        raise BadInput(
            f"scheduler is {scheduler!r} and shards is not given; say how many its workers are to take"
        )
    shards = whole("shards", shards, at_least=1, at_most=sizes.MOST_SHARDS)
    setting = recipe.setting()
    if setting.utility is not None:
        raise BadInput(
            "shards is given, and the environment's utility is not relevance, which needs all users in one place; "
            "leave shards out"
        )
    assert setting.n_users is not None
    recipes = [replace(recipe, rows=rows) for rows in rows_of(setting.n_users, shards)]
    return setting, Audience(
        in_processes(recipes) if scheduler is None else on_cluster(recipes, scheduler), setting
    )
