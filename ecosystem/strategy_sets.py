"""What a creator can make: the strategy sets S_i and the projection onto them (Algorithm 2, line 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, finite_array, real


@dataclass(frozen=True)
class FreeSpace:
    """All of R^d (Section 4.1).

    Examples
    --------
    >>> FreeSpace().project(np.array([6.0, 8.0])).tolist()
    [6.0, 8.0]
    """

    def project(self, s: np.ndarray) -> np.ndarray:
        """Return a copy of `s` (d,)."""
        return np.array(s, dtype=np.float64)


@dataclass(frozen=True)
class Ball:
    """The ball around the origin (Section 5.1.1).

    Parameters
    ----------
    radius : float
        Above 0.

    Raises
    ------
    BadInput
        If `radius` is not above 0.

    Examples
    --------
    >>> Ball(radius=5).project(np.array([6.0, 8.0])).tolist()  # of length 10
    [3.0, 4.0]
    """

    radius: float = 1.0

    def __post_init__(self) -> None:
        real("radius", self.radius, above=0)

    def project(self, s: np.ndarray) -> np.ndarray:
        """Return the nearest point of the ball to `s` (d,)."""
        s = np.array(s, dtype=np.float64)
        norm = np.sqrt(np.sum(s * s))
        return s if norm <= self.radius else s * (self.radius / norm)


@dataclass(frozen=True, eq=False)
class Nearby:
    """What lies within some distance of a place, in a ball around the origin.

    Parameters
    ----------
    centre : (d,) array
        The place, in that ball.
    distance : float
        Above 0.
    radius : float
        Of the ball, above 0.

    Raises
    ------
    BadInput
        If a length is not above 0, or the centre outside the ball.

    Examples
    --------
    >>> Nearby(np.array([1.0, 0.0]), 0.5).project(np.array([2.0, 2.0])).round(3).tolist()  # on both spheres
    [0.875, 0.484]
    """

    centre: np.ndarray
    distance: float
    radius: float = 1.0

    def __post_init__(self) -> None:
        real("distance", self.distance, above=0)
        real("radius", self.radius, above=0)
        if np.linalg.norm(finite_array("centre", self.centre, ndim=1)) > self.radius * (1 + 1e-9):
            raise BadInput(f"centre is outside the ball of radius {self.radius:g}; give a place in it")

    def project(self, s: np.ndarray) -> np.ndarray:
        """Return the nearest such point to `s` (d,)."""
        s = np.array(s, dtype=np.float64)
        in_ball = Ball(self.radius).project(s)
        near = self.centre + Ball(self.distance).project(s - self.centre)
        inside = 1 + 1e-12
        if np.linalg.norm(in_ball - self.centre) <= self.distance * inside:
            return in_ball
        if np.linalg.norm(near) <= self.radius * inside:
            return near
        # Both bounds hold with equality: on a sphere around a point of the centre's axis, in its normal plane.
        far = float(np.linalg.norm(self.centre))
        axis = self.centre / far
        height = (self.radius**2 - self.distance**2 + far**2) / (2 * far)
        aside = s - (s @ axis) * axis
        rim = np.sqrt(max(self.radius**2 - height**2, 0.0))
        return np.asarray(height * axis + rim / np.linalg.norm(aside) * aside)


class Catalogue:
    """A finite set of items (Section 5.1.2).

    Parameters
    ----------
    items : (k, d) array
        Embeddings of the items; copied and made read-only.

    Raises
    ------
    BadInput
        If `items` is no such array of finite numbers.

    Examples
    --------
    >>> Catalogue(np.eye(2)).project(np.array([0.9, 0.2])).tolist()
    [1.0, 0.0]
    """

    def __init__(self, items: np.ndarray) -> None:
        self.items = finite_array("items", items, ndim=2).copy()
        self.items.setflags(write=False)

    def project(self, s: np.ndarray) -> np.ndarray:
        """Return the item nearest to `s` (d,), the first of them in a tie."""
        return np.array(self.items[self.nearest(s)])

    def nearest(self, s: np.ndarray) -> int:
        """Return the index of the item nearest to `s` (d,), the first of them in a tie.

        Raises
        ------
        BadInput
            If `s` has another number of dimensions than the items.
        """
        s = finite_array("s", s, ndim=1)
        if s.shape != self.items.shape[1:]:
            raise BadInput(
                f"s has {s.size} dimensions and the items {self.items.shape[1]}; both must have the same"
            )
        squared = np.zeros(len(self.items))
        for k in range(len(s)):  # one dimension after the other, as the compiled search does
            squared += (self.items[:, k] - s[k]) ** 2
        return int(np.argmin(squared))


StrategySet = FreeSpace | Ball | Nearby | Catalogue
