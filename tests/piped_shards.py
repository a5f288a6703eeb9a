"""Links to shards that are threads of this process, at the other ends of pipes: all but the processes."""

from __future__ import annotations

import multiprocessing
import threading

from ecosystem.sharding.links import Connected, serve
from ecosystem.sharding.shard import Recipe


def by_pipes(recipes: list[Recipe]) -> list[Connected]:
    """Serve each shard in a thread; return the links to them."""
    links = []
    for recipe in recipes:
        here, there = multiprocessing.Pipe()
        threading.Thread(target=serve, args=(there, recipe), daemon=True).start()
        links.append(Connected(here, "a shard"))
    return links
