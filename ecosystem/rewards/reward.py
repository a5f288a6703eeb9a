"""What a way to pay creators must offer, and how the library asks for it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ecosystem.matching import best_first, kth_relevance, matching_probabilities
from ecosystem_agents.inputs.checks import BadInput


class Reward(Protocol):
    """A way to pay creators: what each earns from each user, R times P of Eq. (4).

    A user's list belongs to its K most relevant creators, and nobody else is paid by that user. Equal creators must
    be paid equally: the matching already gives those tied at the K-th place equal shares of the places left.

    A reward may also have ``listed``, a plain function that numba can compile: what one user's list pays, from the
    relevances on it sorted from the best (k,), their matching probabilities (k,), the relevance of the first creator
    left out (0 where nobody is) and beta, to pays (k,). Ties are none of its business: pays of equal relevances are
    averaged, and those tied at the K-th place get it times (places left / tied), the expectation of breaking every
    tie at random. With it creators are stepped in compiled code; without it `pay` is asked, in NumPy.

    Where matching is sampled, pay that vanishes with P is paid on a match, as `pay` / P. Other pay is for the place
    on the list, and every request pays it in full, matched or not; see `pays_places`.

    Three class attributes tell about it: ``name``; ``reference``, where it comes from; ``needs``, what a platform
    must know to pay it. ``terms`` names those of beta and K that `pay` reads, both unless it says otherwise.

    Examples
    --------
    >>> class Flat:
    ...     def pay(self, relevance, probabilities, beta, K):
    ...         return 0.5 * probabilities
    >>> Flat().pay(np.array([[0.9, 0.1]]), np.array([[1.0, 0.0]]), np.array([0.1]), np.array([1])).tolist()
    [[0.5, 0.0]]
    """

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return what each user pays each creator, before user mass and weights.

        Parameters
        ----------
        relevance, probabilities : (m, n) array
            sigma, and Eq. (1) under the terms of pay; static items are columns too.
        beta : (m,) array
        K : (m,) int array
            At most n.

        Returns
        -------
        (m, n) array
        """
        ...


def paid(
    reward: Reward, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
) -> np.ndarray:
    """Return what a reward pays, (m, n), checked, and 0 to creators outside a user's list; see `Reward.pay`.

    Raises
    ------
    BadInput
        If it pays in another shape than (m, n), or something that is not finite.

    Examples
    --------
    >>> class Everybody:
    ...     def pay(self, relevance, probabilities, beta, K):
    ...         return np.ones(relevance.shape)
    >>> sigma = np.array([[0.9, 0.1]])
    >>> paid(Everybody(), sigma, np.array([[1.0, 0.0]]), np.array([0.1]), np.array([1])).tolist()  # a list of one
    [[1.0, 0.0]]
    """
    relevance, probabilities, beta, K = (_kept(a) for a in (relevance, probabilities, beta, K))
    try:
        pays = np.asarray(reward.pay(relevance, probabilities, beta, K), dtype=np.float64)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"reward {label(reward)} fails: {type(error).__name__}: {error}") from error
    if pays.shape != relevance.shape:
        raise BadInput(
            f"reward {label(reward)} pays in shape {pays.shape} for relevances of shape {relevance.shape}; it must "
            "pay one number for each user and creator"
        )
    pays = np.where(relevance >= kth_relevance(relevance, K), pays, 0.0)
    if not np.isfinite(pays).all():
        raise BadInput(f"reward {label(reward)} pays a number that is not finite; check its formula")
    return pays


def pays_places(reward: Reward) -> bool:
    """Whether a reward pays for a place on a list, matched or not, rather than for a match.

    Its formula tells: it pays creators who are listed and as good as never matched, P being 1e-120.

    Examples
    --------
    >>> from ecosystem.rewards import BackwardPay, RelevancePay
    >>> pays_places(BackwardPay()), pays_places(RelevancePay())
    (True, False)
    """
    relevance, beta, K = np.array([[0.9, 0.5, 0.4, 0.3]]), np.array([1 / 700]), np.array([3])
    pays = paid(reward, relevance, matching_probabilities(relevance, beta, K), beta, K)
    return bool((np.abs(pays[0, 1:]) > 1e-60).any())


def label(reward: Reward) -> str:
    """Return what to call a reward: its name, or that of its class.

    Examples
    --------
    >>> from ecosystem.rewards import TrafficPay
    >>> label(TrafficPay())
    'traffic'
    """
    return str(getattr(reward, "name", type(reward).__name__))


def first_left_out(relevance: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Return sigma_h, the (K+1)-th relevance of each user, 0 where everybody is listed, (m,).

    Examples
    --------
    >>> first_left_out(np.array([[0.9, 0.5, 0.1]]), np.array([2])).tolist()
    [0.1]
    """
    m, n = relevance.shape
    ranked = np.hstack([best_first(relevance), np.zeros((m, 1))])
    return np.asarray(ranked[np.arange(m), np.minimum(K, n)])


def _kept(array: np.ndarray) -> np.ndarray:
    """Return a view that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view
