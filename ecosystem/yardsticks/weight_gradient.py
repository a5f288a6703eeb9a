"""The gradient of welfare in users' weights, Eq. (22), where there is one: at an equilibrium with slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.game import welfare
from ecosystem.matching import matching_probabilities

H = 1e-5
"""Of finite differences, in strategy space."""
SETTLED = 1e-3
"""What counts as a slope: less changes pay, over a step of eta, by less than this part of the mean."""
INVERTIBLE = 1e-8
"""What part of the largest singular value of dF/ds the least must be above."""


@dataclass(frozen=True)
class WeightGradient:
    """What Eqs. (20) to (22) are at a profile, by finite differences, under relevance pay, Eq. (5).

    Examples
    --------
    >>> WeightGradient(slope=0.0, kinks=0.5, gradient=[]).kinks  # no inverse, no gradient
    0.5
    """

    slope: float  # largest entry of F times eta over mean pay: 0 in an equilibrium with slopes, Eq. (21)
    kinks: float  # share of creators' coordinates in which pay has two slopes
    gradient: list[float]  # dW / d log w by group, (L,); empty where the inverse of Eq. (22) does not exist


def weight_gradient(model: CreatorEconomy, group_weights: np.ndarray) -> WeightGradient:
    """Return Eq. (22) where a model's creators stand, users paying by the weight (L,) of their group, Eq. (8).

    It is asked for where pay has a slope in every coordinate and F, Eq. (20), is about 0, as the implicit function
    theorem wants it. Everything is worked out by the plain equations of `ecosystem.game`; for small worlds.

    Parameters
    ----------
    model : CreatorEconomy
        Left as it is; its beta and K are the terms.
    group_weights : (L,) array
        At least 0.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", rng=0)
    >>> found = weight_gradient(model, np.ones(5))
    >>> found.slope > SETTLED, found.gradient  # where creators start, they would rather be elsewhere
    (True, [])
    """
    setting, s = model.setting, np.array(model.strategies)
    users, groups, mass = model.users, model.groups, model.user_mass

    def pay(at: np.ndarray) -> np.ndarray:
        """Return what each creator is paid by each group, (n, L), of weight 1."""
        sigma = setting.relevance(users, at)
        p = matching_probabilities(sigma, model.beta, model.K)
        each = (mass[:, None] * sigma * p).T
        return np.stack([each[:, groups == group].sum(axis=1) for group in range(model.n_groups)], axis=1)

    def value(at: np.ndarray) -> float:
        sigma = setting.relevance(users, at)
        return welfare(sigma, matching_probabilities(sigma, model.beta, model.K), mass)

    def sides(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes of each creator's pay in its coordinates, by group, (n, d, L), to the left and right."""
        left, right = np.empty((2, *at.shape, model.n_groups))
        here = pay(at)
        for i, k in np.ndindex(*at.shape):
            for side, out in ((-H, left), (H, right)):
                moved = at.copy()
                moved[i, k] += side
                out[i, k] = (pay(moved)[i] - here[i]) / side
        return left, right

    def slopes(at: np.ndarray) -> np.ndarray:
        left, right = sides(at)
        return np.asarray((left + right).reshape(at.size, -1) / 2)

    left, right = (side @ group_weights for side in sides(s))
    unit = float((pay(s) @ group_weights).mean()) / model.eta
    kinks = float((np.abs(left - right) > SETTLED * unit).mean())
    slope = float(np.abs(left + right).max() / (2 * unit))
    if kinks > 0 or slope > SETTLED:
        return WeightGradient(slope, kinks, [])
    size = s.size
    jacobian, rises = np.empty((size, size)), np.empty(size)
    for k in range(size):
        up, down = s.copy(), s.copy()
        up.flat[k] += H
        down.flat[k] -= H
        jacobian[:, k] = (slopes(up) - slopes(down)) @ group_weights / (2 * H)
        rises[k] = (value(up) - value(down)) / (2 * H)
    by_weight = slopes(s) * group_weights
    values = np.linalg.svd(jacobian, compute_uv=False)
    if values[-1] <= INVERTIBLE * values[0]:
        return WeightGradient(slope, kinks, [])
    gradient = -rises @ np.linalg.solve(jacobian, by_weight)
    return WeightGradient(slope, kinks, gradient.tolist())
