"""From d dimensions to a plane that is looked at: as it is up to two, principal components of the users above.

Where relevance is a dot product, users and items may differ in length by any factor: items then have a scale of
their own along the same axes, and what counts is the direction they lie in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ecosystem.relevance import DotRelevance, Relevance
from ecosystem.strategy_sets import Catalogue


@dataclass(frozen=True)
class Projection:
    """A fixed map to the plane."""

    centre: np.ndarray  # (d,), goes to the origin
    axes: np.ndarray  # (2, d), orthonormal directions of the plane; a zero row where d is 1
    explained: float  # share of the users' variance that the plane shows, 0 to 1
    scale: float = 1.0  # how much larger than they are points are shown, above 0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return points (k, d) in the plane, (k, 2), as 32-bit floats."""
        return np.asarray((points - self.centre) @ self.axes.T * self.scale, dtype=np.float32)

    def lift(self, point: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return `point` (d,) moved along the plane so that it is shown at each of `places` (k, 2), (k, d)."""
        shown = (point - self.centre) @ self.axes.T * self.scale
        return np.asarray(point + (places - shown) @ self.axes / self.scale)


def projection_of(users: np.ndarray) -> Projection:
    """Return the projection for users (m, d): the plane in which they differ most."""
    dim = users.shape[1]
    if dim <= 2:
        return Projection(np.zeros(dim), np.eye(2)[:, :dim], 1.0)
    centre = users.mean(axis=0)
    variance, axes = _principal(users - centre)
    # A direction's sign is arbitrary: make its largest entry positive, so that reruns look alike.
    axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    total = variance.sum()
    return Projection(centre, axes, float(variance[-2:].sum() / total) if total > 0 else 1.0)


def _principal(offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return variances, rising, and the two directions of the largest, (2, d), of offsets (m, d) from their mean."""
    m, d = offsets.shape
    if d <= m:
        variance, directions = np.linalg.eigh(np.cov(offsets.T, bias=True))
        return variance, directions[:, [-1, -2]].T
    # Fewer users than dimensions: no matrix larger than the users' own is made.
    _, lengths, directions = np.linalg.svd(offsets, full_matrices=False)
    axes = np.zeros((2, d))
    axes[: min(m, 2)] = directions[:2]
    return (lengths[::-1] ** 2) / m, axes


def stretched(plane: Projection, items: np.ndarray, users: np.ndarray) -> Projection:
    """Return the map for items (k, d) whose dot product with users (m, d) counts: as widely spread as these.

    Axes are those of `plane`, so an item lies in the direction of the users it suits; its middle is the items' own.
    """
    centre = items.mean(axis=0)
    own = np.sqrt(np.square((items - centre) @ plane.axes.T).sum(axis=1).mean())
    theirs = np.sqrt(np.square((users - plane.centre) @ plane.axes.T).sum(axis=1).mean())
    return replace(plane, centre=centre, scale=float(theirs / own) if own > 0 and theirs > 0 else 1.0)


def stage_of(
    plane: Projection, users: np.ndarray, catalogue: Catalogue | None, relevance: Relevance
) -> Projection:
    """Return the map for creators: `plane`, or `stretched` where they make items of which directions alone count."""
    if catalogue is None or users.shape[1] <= 2 or not isinstance(relevance, DotRelevance):
        return plane
    return stretched(plane, catalogue.items, users)
