"""Where the users of a world are to be: all here, in threads, in processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ecosystem import sizes
from ecosystem.compiling import threads
from ecosystem.environments import Setting, environment_of
from ecosystem.sharding.audience import Audience
from ecosystem.sharding.cluster import on_cluster
from ecosystem.sharding.links import Connected, Here, InThread, serve
from ecosystem.sharding.shard import Recipe, Shard, rows_of
from ecosystem.worker_processes import started
from ecosystem_agents.inputs.checks import BadInput, whole


def open_world(
    recipe: Recipe, shards: int | None, scheduler: str | None, as_agents: bool
) -> tuple[Setting, Audience]:
    """Return a world's setting and its users as an audience: here, unless `shards` says otherwise.

    Raises
    ------
    BadInput
        If it needs its users in one place, as those that are agents are.
    """
    if shards is None and scheduler is None:
        setting = environment_of(recipe.environment).build(recipe.rng, **recipe.options)
        return setting, open_here(setting, in_one=as_agents)
    if as_agents:
        raise BadInput("user_agents is true, and users in shards are no agents; leave one of the two out")
    return open_shards(recipe, shards, scheduler)


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


def in_processes(recipes: Sequence[Recipe]) -> list[Connected]:
    """Start a process a shard; each ends with its connection, or with this process."""
    links = []
    for k, recipe in enumerate(recipes, 1):
        try:
            here, process = started(serve, recipe)
        except (AttributeError, TypeError, ValueError, ImportError) as error:  # what pickle raises
            raise BadInput(
                f"the environment cannot be handed to a process ({' '.join(str(error).split())[:200]}); name it by "
                "its file, such as towns.py:towns"
            ) from None
        links.append(Connected(here, f"shard {k} of {len(recipes)}, process {process.pid},"))
    return links
