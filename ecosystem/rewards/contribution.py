"""Contribution pay: what users would lose without the creator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem.matching import matching_probabilities


@dataclass(frozen=True)
class ContributionPay:
    """A user pays what it would lose if the creator were struck from the game: u_i = W(s) - W(s without i).

    K stays as it is, so the first creator left out moves up; a game without creators is worth 0. Welfare W (under
    UIR the weighted one) is an exact potential: a move changes its mover's pay by what it changes W. Those tied at
    the K-th place would be replaced by an equal: they are paid 0.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.75, 0.5]]), np.array([[1.0, 0.0]])  # a list of one
    >>> ContributionPay().pay(sigma, probabilities, beta=np.array([0.1]), K=np.array([1])).tolist()
    [[0.25, 0.0]]
    """

    name: ClassVar[str] = "contribution"
    reference: ClassVar[str] = "this project; Vickrey, Clarke and Groves pay agents their externality alike"
    needs: ClassVar[str] = "relevance of a user's whole list and of the first creator left out"

    def pay(
        self,
        relevance: np.ndarray,
        probabilities: np.ndarray,
        beta: np.ndarray,
        K: np.ndarray,
        utility: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return u - u', (m, n): each user's utility less that in the game without the creator.

        Parameters
        ----------
        relevance, probabilities, beta, K :
            As in `ecosystem.rewards.Reward.pay`.
        utility : (m, n) array, optional
            pi, where it is not sigma.
        """
        value = relevance if utility is None else utility
        with_all = (probabilities * value).sum(axis=1)
        pays = np.empty(relevance.shape)
        for i in range(relevance.shape[1]):
            pays[:, i] = with_all - utility_without(i, relevance, value, beta, K)
        return pays


def utility_without(
    i: int, relevance: np.ndarray, value: np.ndarray, beta: np.ndarray, K: np.ndarray
) -> np.ndarray:
    """Return each user's utility in the game without creator i, (m,); in one without creators it is 0.

    Parameters
    ----------
    i : int
        Who is struck.
    relevance, value : (m, n) array
        sigma, and what a match is worth to the user: pi, or sigma again.
    beta, K : (m,) array
        Terms of the matching; K stays as it is.

    Examples
    --------
    >>> sigma = np.array([[0.75, 0.5]])
    >>> utility_without(0, sigma, sigma, beta=np.array([0.1]), K=np.array([1])).tolist()  # the other is shown
    [0.5]
    """
    if relevance.shape[1] == 1:
        return np.zeros(len(relevance))
    others = np.delete(relevance, i, axis=1)
    probabilities = matching_probabilities(others, beta, K)
    return np.asarray((probabilities * np.delete(value, i, axis=1)).sum(axis=1))
