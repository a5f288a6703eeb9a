"""Tiles: consecutive users, over whom sums are taken first, so that no sum depends on who else is summed with it."""

from __future__ import annotations

import numpy as np

from ecosystem import sizes


def tiles_of(m: int) -> list[slice]:
    """Return where the tiles of `m` users begin and end; the last may be shorter."""
    return [slice(start, min(start + sizes.TILE, m)) for start in range(0, m, sizes.TILE)]


def tile_sums(mass: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mass-weighted sum of a per-user quantity (m,), tile by tile, (tiles,)."""
    return np.array([mass[tile] @ values[tile] for tile in tiles_of(len(mass))])


def added(sums: np.ndarray) -> np.ndarray:
    """Return the sum of sums by tile (tiles, ...), one tile after the other."""
    return np.asarray(np.add.accumulate(sums, axis=0)[-1])
