"""Corpus enrichment in the creator economy: static items beside the creators' content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, finite_array, whole
from ecosystem_agents.mechanisms.terms import Terms, default_terms


@dataclass(frozen=True)
class Enrichment:
    """Static items beside the creators' content: they compete for places on the lists and are never paid.

    The lever of corpus enrichment (Nachimovsky and Tennenholtz) in the creator economy: the platform shows a few
    fixed items of its own, on the default terms. They stay where they are put.

    Parameters
    ----------
    count : int
        How many items, at least 1, each at the mean of one of the groups served worst when the mechanism is deployed.
    items : sequence of sequences of float, optional
        Items placed by hand instead, (s, d).

    Raises
    ------
    BadInput
        If `count` is outside its range, or `items` is no array of points.

    Examples
    --------
    >>> users, groups, got = np.array([[0.0], [1.0]]), np.array([0, 1]), np.array([0.9, 0.2])
    >>> Enrichment(count=1).static_items(users, groups, got, user_mass=np.full(2, 0.5)).tolist()  # where 0.2 is got
    [[1.0]]
    """

    reference: ClassVar[str] = (
        "Nachimovsky and Tennenholtz, On the Power of Strategic Corpus Enrichment, carried over to this game"
    )
    needs: ClassVar[str] = "group utilities, and content of its own to show"
    user_by_user: ClassVar[bool] = True
    uses_weights: ClassVar[bool] = False

    count: int = 3
    items: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        whole("count of enrichment", self.count, at_least=1)
        if self.items is not None:
            finite_array("items of enrichment", self.items, ndim=2)

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return unit reward weights and the default beta and K."""
        return default_terms(weights, beta, K, n_creators)

    def static_items(
        self, users: np.ndarray, groups: np.ndarray, user_utilities: np.ndarray, user_mass: np.ndarray
    ) -> np.ndarray:
        """Return where to put the items, (s, d).

        Parameters
        ----------
        users : (m, d) array
        groups : (m,) int array
        user_utilities : (m,) array
            What each user gets when the items are placed.
        user_mass : (m,) array

        Raises
        ------
        BadInput
            If there are fewer groups than items to place.
        """
        if self.items is not None:
            return np.array(self.items, dtype=np.float64)
        mass = np.bincount(groups, weights=user_mass)
        if self.count > len(mass):
            raise BadInput(
                f"count of enrichment is {self.count}; there are {len(mass)} groups: give at most one item each"
            )
        served = np.bincount(groups, weights=user_mass * user_utilities) / mass
        centres = np.array([np.bincount(groups, weights=user_mass * x) / mass for x in users.T]).T
        return centres[np.argsort(served, kind="stable")[: self.count]]
