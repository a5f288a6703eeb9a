"""Sampled requests: drawn by the masses of tiles, then by those of the users in each, wherever a tile's users are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ecosystem import sizes
from ecosystem.tiles import tiles_of


class Drawn(NamedTuple):
    """Each creator's sampled requests in a step, (n, requests): from which tiles, and uniform numbers."""

    tiles: np.ndarray
    within: np.ndarray  # mass of the tile that comes before
    now: np.ndarray  # for the match of each before the move, and after it
    then: np.ndarray


def tile_masses(user_mass: np.ndarray) -> np.ndarray:
    """Return the mass of each tile, (tiles,), of users whose first begins one."""
    return np.array([user_mass[tile].sum() for tile in tiles_of(len(user_mass))])


def draw_requests(
    rng: np.random.Generator, masses: np.ndarray, n: int, requests: int, mass: float = 1.0
) -> Drawn:
    """Draw the tiles that n creators' requests come from, by their masses (tiles,), and all numbers they need.

    `mass` is their sum: 1 where all users are there.
    """
    tiles, within = place_requests(masses, mass * rng.random((n, requests)))
    return Drawn(tiles, within, rng.random((n, requests)), rng.random((n, requests)))


def place_requests(masses: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the tiles that numbers fall into, by their masses (tiles,), and how far they fall into them."""
    tiles = placed(masses, numbers)
    return tiles, numbers - np.concatenate([[0.0], np.cumsum(masses)])[tiles]


def users_of(user_mass: np.ndarray, tiles: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Return whose requests drawn from `tiles` are, counted from the first tile that is here."""
    users = np.empty(tiles.shape, dtype=np.int64)
    for tile in np.unique(tiles):
        here, first = tiles == tile, tile * sizes.TILE
        users[here] = first + placed(user_mass[first : first + sizes.TILE], within[here])
    return users


def placed(masses: np.ndarray, numbers: np.ndarray | float) -> np.ndarray:
    """Return into which of these masses, end to end, numbers fall; beyond their sum, the last that is not 0."""
    ends = np.cumsum(masses)
    return np.minimum(np.searchsorted(ends, numbers, side="right"), np.searchsorted(ends, ends[-1]))
