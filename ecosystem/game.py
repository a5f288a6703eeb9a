"""The game C3-ext in plain NumPy: what users and creators get from a matching (Section 3).

These functions read like the equations and are the slow reference for the compiled market.
"""

from __future__ import annotations

import numpy as np

from ecosystem.matching import terms_of
from ecosystem.rewards import ContributionPay, Reward, paid, reward_of
from ecosystem.rewards.reward import label
from ecosystem_agents.inputs.checks import BadInput, finite_array


def user_utilities(relevance: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return each user's expected utility, the inner term of Eqs. (2) and (3).

    Parameters
    ----------
    relevance : (m, n) array
        What a user gets from each creator: sigma, or pi where it differs.
    probabilities : (m, n) array
        Matching probabilities, rows summing to 1.

    Returns
    -------
    (m,) array

    Examples
    --------
    >>> user_utilities(np.array([[1.0, 0.5]]), np.array([[0.5, 0.5]])).tolist()  # half of 1 and half of 0.5
    [0.75]
    """
    relevance, probabilities = _paired(relevance, probabilities)
    return np.asarray((relevance * probabilities).sum(axis=1))


def welfare(relevance: np.ndarray, probabilities: np.ndarray, user_mass: np.ndarray | None = None) -> float:
    """Return user welfare W(s), Eqs. (2) and (3): the mean utility over the user distribution.

    Parameters
    ----------
    relevance, probabilities : (m, n) array
        As in `user_utilities`.
    user_mass : (m,) array, optional
        Mass of each user, normalised to 1; uniform by default.

    Examples
    --------
    >>> sigma, probabilities = np.array([[1.0, 0.0], [0.0, 0.5]]), np.eye(2)
    >>> welfare(sigma, probabilities)  # users get 1 and 0.5
    0.75
    >>> welfare(sigma, probabilities, user_mass=np.array([3.0, 1.0]))  # 3/4 of 1 and 1/4 of 0.5
    0.875
    """
    return float(mass_of(user_mass, len(relevance)) @ user_utilities(relevance, probabilities))


def creator_utilities(
    relevance: np.ndarray,
    probabilities: np.ndarray,
    reward: str | Reward = "relevance",
    weights: np.ndarray | None = None,
    user_mass: np.ndarray | None = None,
    *,
    beta: float | np.ndarray | None = None,
    K: int | np.ndarray | None = None,
    utility: np.ndarray | None = None,
) -> np.ndarray:
    """Return each creator's expected pay u_i(s), Eqs. (4) to (6), weighted as in Eq. (8).

    Parameters
    ----------
    relevance, probabilities : (m, n) array
        sigma, and the matching probabilities it gives under `beta` and `K`.
    reward : str or Reward
        Who is paid what (R of Eq. 4): "relevance" (Eq. 5), "traffic" (Eq. 6), or another of
        `ecosystem.rewards`.
    weights : (m,) array, optional
        w of Eq. (8), at least 0; 1 by default.
    user_mass : (m,) array, optional
        Mass of each user, normalised to 1; uniform by default.
    beta, K : optional
        Terms of the matching; "relevance" and "traffic" need neither, "lift" and "backward" need `K`.
    utility : (m, n) array, optional
        pi, where it is not sigma; only "contribution" pays on it.

    Returns
    -------
    (n,) array

    Raises
    ------
    BadInput
        If shapes differ, a number is outside its range, or the reward needs terms that are not given.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.8, 0.8]]), np.array([[0.5, 0.5]])
    >>> creator_utilities(sigma, probabilities).tolist()  # two equal creators share the user
    [0.4, 0.4]
    >>> creator_utilities(sigma, probabilities, "contribution", beta=0.1, K=2).tolist()  # neither would be missed
    [0.0, 0.0]
    """
    relevance, probabilities = _paired(relevance, probabilities)
    m, n = relevance.shape
    reward = reward_of(reward)
    weighted_mass = mass_of(user_mass, m)
    if weights is not None:
        weighted_mass = weighted_mass * one_a_user("weights", weights, m)
    needed = getattr(reward, "terms", ("beta", "K"))
    if ("beta" in needed and beta is None) or ("K" in needed and K is None):
        raise BadInput(f"reward {label(reward)!r} needs the terms of the matching: give beta= and K=")
    betas, lengths = terms_of(1.0 if beta is None else beta, n if K is None else K, m, n)
    if isinstance(reward, ContributionPay) and utility is not None:
        value = finite_array("utility", utility, ndim=2)
        return np.asarray(weighted_mass @ reward.pay(relevance, probabilities, betas, lengths, value))
    return np.asarray(weighted_mass @ paid(reward, relevance, probabilities, betas, lengths))


def mass_of(user_mass: np.ndarray | None, m: int, total: float | None = None) -> np.ndarray:
    """Return the user distribution as (m,) masses summing to 1; uniform for None.

    Where these are some of a world's users, `total` is what all masses of the world sum to, 1 each for None.

    Raises
    ------
    BadInput
        If the shape is not (m,), a mass is negative or not finite, or all are 0.

    Examples
    --------
    >>> mass_of(np.array([3.0, 1.0]), 2).tolist()
    [0.75, 0.25]
    """
    mass = np.ones(m) if user_mass is None else one_a_user("user_mass", user_mass, m)
    total = mass.sum() if total is None else total
    if total == 0:
        raise BadInput("user_mass sums to 0; it must have a positive sum")
    return np.asarray(mass / total)


def one_a_user(name: str, value: np.ndarray, m: int) -> np.ndarray:
    """Return `value` as (m,) numbers at least 0; BadInput says what else came.

    Examples
    --------
    >>> one_a_user("weights", [1, 0.5], 2).tolist()
    [1.0, 0.5]
    """
    values = finite_array(name, value, ndim=1)
    if values.shape != (m,) or (values < 0).any():
        came = f"{values.min():g}" if values.shape == (m,) else f"{len(values)} numbers"
        raise BadInput(f"{name} holds {came}; it must be {m} numbers at least 0, one a user")
    return values


def _paired(relevance: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    relevance = finite_array("relevance", relevance, ndim=2)
    probabilities = finite_array("probabilities", probabilities, ndim=2)
    if relevance.shape != probabilities.shape:
        raise BadInput(
            f"relevance has shape {relevance.shape} and probabilities {probabilities.shape}; they must be equal"
        )
    return relevance, probabilities
