"""Top-K softmax matching, Eq. (1): who is shown to whom."""

from __future__ import annotations

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, finite_array

SHARPEST = 1e-300
"""Of temperatures: 1 over a smaller one is infinite."""


def matching_probabilities(
    relevance: np.ndarray, beta: float | np.ndarray, K: int | np.ndarray
) -> np.ndarray:
    """Return P_i(s, x_j) of Eq. (1): a softmax over each user's K most relevant creators.

    Creators tied at the K-th place share the places left there equally,
    ``P = (places left / tied) * e / Z``: the exact expectation of breaking the tie at random.

    Parameters
    ----------
    relevance : (m, n) array
        sigma of every user and creator.
    beta : float or (m,) array
        Softmax temperature, above 0.
    K : int or (m,) int array
        List length, at least 1; above n it counts as n.

    Returns
    -------
    (m, n) array
        Rows sum to 1.

    Raises
    ------
    BadInput
        If a shape or a number is outside its range.

    Examples
    --------
    >>> matching_probabilities(np.array([[0.9, 0.5, 0.1]]), beta=0.1, K=1).tolist()  # a list of one
    [[1.0, 0.0, 0.0]]
    >>> matching_probabilities(np.array([[0.5, 0.5, 0.1]]), beta=0.1, K=1).tolist()  # two equals share its place
    [[0.5, 0.5, 0.0]]
    """
    relevance = finite_array("relevance", relevance, ndim=2)
    m, n = relevance.shape
    beta, K = terms_of(beta, K, m, n)
    kth = kth_relevance(relevance, K)
    above, tied = relevance > kth, relevance == kth
    places_left = K - above.sum(axis=1)
    share = above + tied * (places_left / tied.sum(axis=1))[:, None]
    e = np.exp((relevance - relevance.max(axis=1, keepdims=True)) / beta[:, None]) * share
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def best_first(relevance: np.ndarray) -> np.ndarray:
    """Return each user's relevances from the best down, (m, n).

    Examples
    --------
    >>> best_first(np.array([[0.1, 0.9, 0.5]])).tolist()
    [[0.9, 0.5, 0.1]]
    """
    return np.asarray(-np.sort(-relevance, axis=1))


def kth_relevance(relevance: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Return the relevance of the last item of each user's list of length K (m,), (m, 1).

    Examples
    --------
    >>> kth_relevance(np.array([[0.1, 0.9, 0.5]]), np.array([2])).tolist()
    [[0.5]]
    """
    if len(K) and (K[0] == K).all():
        place = relevance.shape[1] - K[0]
        return np.partition(relevance, place, axis=1)[:, place : place + 1]
    return np.take_along_axis(best_first(relevance), (K - 1)[:, None], axis=1)


def terms_of(beta: float | np.ndarray, K: int | np.ndarray, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return temperature and list length as one value a user, checked, K capped at n.

    Returns
    -------
    beta : (m,) float array
    K : (m,) int array

    Raises
    ------
    BadInput
        If beta is not above 0, K is below 1 or no whole number, or a shape is neither () nor (m,).

    Examples
    --------
    >>> [one.tolist() for one in terms_of(0.1, 20, m=2, n=3)]  # three creators make no longer list
    [[0.1, 0.1], [3, 3]]
    """
    betas = _numbers("beta", beta, m, SHARPEST, f"a number above 0, {SHARPEST:g} at the least")
    lengths = _numbers("K", K, m, 1, "a whole number at least 1")
    if (parts := lengths[lengths != np.floor(lengths)]).size:
        raise BadInput(f"K is {parts[0]:g}; it must be a whole number at least 1")
    return (
        np.broadcast_to(betas, (m,)).copy(),
        np.minimum(np.broadcast_to(lengths, (m,)), n).astype(np.int64),
    )


def _numbers(name: str, given: object, m: int, least: float, wanted: str) -> np.ndarray:
    """Return one finite number or m of them, each at least `least`."""
    try:
        if np.asarray(given).dtype == np.bool_:
            raise TypeError
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"{name} is {given!r:.60}; it must be {wanted}") from None
    if values.shape not in ((), (m,)):
        raise BadInput(f"{name} has shape {values.shape}; give one number, or one for each of {m} users")
    if (bad := values[~(np.isfinite(values) & (values >= least))]).size:
        raise BadInput(f"{name} is {str(bad[0]).removesuffix('.0')}; it must be {wanted}")
    return values
