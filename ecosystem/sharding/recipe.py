"""How a shard is made, wherever it is: which users of which world, or the users of a setting that is there."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ecosystem import sizes
from ecosystem.environments import Environment, Setting, environment_of
from ecosystem.sharding.shard import Shard


@dataclass(frozen=True)
class Recipe:
    """Some users of a world.

    Attributes
    ----------
    environment, options, rng
        The world: where it starts, with which options, and the stream it is drawn from.
    rows : range
        Numbers of the users.
    """

    environment: str | Environment
    options: Mapping[str, Any]
    rng: np.random.Generator
    rows: range = range(0)

    def setting(self) -> Setting:
        """Return the setting with these users alone, and all strategies."""
        return environment_of(self.environment).build_rows(deepcopy(self.rng), self.rows, **self.options)

    def shard(self) -> Shard:
        """Return these users as a shard."""
        return Shard(self.setting(), self.rows.start)


def rows_of(m: int, shards: int) -> list[range]:
    """Return the numbers of the users of each shard: whole tiles, as many as in the others or one more.

    There are fewer shards where there are fewer tiles.
    """
    tiles = -(-m // sizes.TILE)
    ends = [min(sizes.TILE * (tiles * k // shards), m) for k in range(shards + 1)]
    return [range(*between) for between in pairwise(ends) if between[0] < between[1]]
