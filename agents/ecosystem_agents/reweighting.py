"""Algorithm 1's weight update: under-served groups gain weight, well-served ones lose it."""

from __future__ import annotations

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, finite_array, real


def reweight(
    weights: np.ndarray,
    group_utilities: np.ndarray,
    alpha: float,
    w_min: float = 0.2,
    w_max: float = 5.0,
    *,
    renormalise: bool = False,
) -> np.ndarray:
    """Return the next epoch's group weights (Algorithm 1, lines 7 to 9; Eq. 14).

    Multiply by ``exp(-alpha * utility)``, normalise to sum L, then clip. Clipping comes last, so the
    result need not sum to L.

    Parameters
    ----------
    weights : (L,) array
        Present weights, at least 0 and not all 0.
    group_utilities : (L,) array
        Mean user utility of each group over the epoch (Algorithm 1, line 6).
    alpha : float
        Temperature of the update, at least 0.
    w_min, w_max : float
        Clipping bounds, 0 <= w_min <= w_max.
    renormalise : bool
        Whether to scale the clipped weights to sum L again (not in the paper); they may then pass the bounds.

    Raises
    ------
    BadInput
        If shapes differ or a number is outside its range.

    Examples
    --------
    >>> reweight(np.ones(2), np.array([0.0, np.log(3)]), alpha=1.0).round(9).tolist()  # 1 and 1/3, times 3/2
    [1.5, 0.5]
    """
    weights = finite_array("weights", weights, ndim=1)
    group_utilities = finite_array("group_utilities", group_utilities, ndim=1)
    if weights.shape != group_utilities.shape:
        raise BadInput(
            f"weights has {weights.size} groups and group_utilities {group_utilities.size}; give one value a group"
        )
    alpha = real("alpha", alpha, at_least=0)
    w_min, w_max = weight_bounds(w_min, w_max)
    # The exponent's reference cancels in the normalisation; without it exp underflows at large alpha.
    raised = weights * np.exp(-alpha * (group_utilities - group_utilities.min()))
    normalised = len(weights) * raised / raised.sum()
    clipped = np.clip(normalised, w_min, w_max)
    return np.asarray(clipped * (len(weights) / clipped.sum()) if renormalise else clipped)


def weight_bounds(w_min: float, w_max: float) -> tuple[float, float]:
    """Return the clipping bounds of Algorithm 1, if they are at least 0 and in order.

    Examples
    --------
    >>> weight_bounds(0.2, 5)
    (0.2, 5.0)
    """
    w_min = real("w_min", w_min, at_least=0)
    w_max = real("w_max", w_max, above=0)
    if w_min > w_max:
        raise BadInput(f"w_min is {w_min:g} and w_max is {w_max:g}; w_min must not exceed w_max: swap them")
    return w_min, w_max


def starting_bounds(w_min: float, w_max: float) -> tuple[float, float]:
    """Return the clipping bounds of a run, if its weights, which start at 1, are within; see `weight_bounds`."""
    w_min, w_max = weight_bounds(w_min, w_max)
    if not w_min <= 1 <= w_max:
        raise BadInput(
            f"w_min is {w_min:g} and w_max {w_max:g}; weights start at 1: give w_min at most 1 and w_max at least 1"
        )
    return w_min, w_max


def group_means(
    user_utilities: np.ndarray, groups: np.ndarray, n_groups: int, user_mass: np.ndarray
) -> np.ndarray:
    """Return each group's mass-weighted mean of a per-user quantity (Algorithm 1, line 6).

    Parameters
    ----------
    user_utilities : (m,) array
        One value a user.
    groups : (m,) int array
        Group of each user, 0 to L - 1, none empty.
    n_groups : int
        L.
    user_mass : (m,) array
        Mass of each user in the population, positive in total for each group.

    Returns
    -------
    (L,) array

    Examples
    --------
    >>> group_means(np.array([1.0, 0.0, 0.5]), np.array([0, 0, 1]), 2, np.array([3.0, 1.0, 1.0])).tolist()
    [0.75, 0.5]
    """
    total = np.bincount(groups, weights=user_mass * user_utilities, minlength=n_groups)
    mass = np.bincount(groups, weights=user_mass, minlength=n_groups)
    return np.asarray(total / mass)
