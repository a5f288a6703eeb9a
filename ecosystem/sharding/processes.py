"""Shards in processes of this machine."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection

from ecosystem.sharding.links import Connected, serve
from ecosystem.sharding.recipe import Recipe
from ecosystem.worker_processes import obey_parent, surroundings_of_a_worker
from ecosystem_agents.inputs.checks import BadInput


def in_processes(recipes: Sequence[Recipe]) -> list[Connected]:
    """Start a process a shard; each ends with its connection, or with this process."""
    context = multiprocessing.get_context("spawn")
    links = []
    for k, recipe in enumerate(recipes, 1):
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, recipe), daemon=True)
        try:
            with surroundings_of_a_worker():
                process.start()
        except (AttributeError, TypeError, ValueError, ImportError) as error:  # what pickle raises
            raise BadInput(
                f"the environment cannot be handed to a process ({' '.join(str(error).split())[:200]}); name it by "
                "its file, such as towns.py:towns"
            ) from None
        there.close()
        links.append(Connected(here, f"shard {k} of {len(recipes)}, process {process.pid},"))
    return links


def _serve(connection: Connection, recipe: Recipe) -> None:
    obey_parent()
    serve(connection, recipe)
