"""From d dimensions to the plane of the page: as it is up to two, principal components of the users above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Projection:
    """A fixed map to the plane.

    Attributes
    ----------
    centre : (d,) array
        Point that goes to the origin.
    axes : (2, d) array
        Orthonormal directions of the plane (a zero row where d is 1).
    explained : float
        Share of the users' variance that the plane shows, 0 to 1.
    """

    centre: np.ndarray
    axes: np.ndarray
    explained: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return points (k, d) in the plane, (k, 2), as 32-bit floats."""
        return np.asarray((points - self.centre) @ self.axes.T, dtype=np.float32)


def projection_of(users: np.ndarray) -> Projection:
    """Return the projection for users (m, d): the plane in which they differ most."""
    dim = users.shape[1]
    if dim <= 2:
        return Projection(np.zeros(dim), np.eye(2)[:, :dim], 1.0)
    centre = users.mean(axis=0)
    scatter = np.cov((users - centre).T, bias=True)
    variance, directions = np.linalg.eigh(scatter)
    axes = directions[:, [-1, -2]].T
    # A direction's sign is arbitrary: make its largest entry positive, so that reruns look alike.
    axes = axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    total = variance.sum()
    return Projection(centre, axes, float(variance[-2:].sum() / total) if total > 0 else 1.0)
