"""The merit-based monotone family of "Rethinking Incentives": exposure and engagement.

The family holds every reward by which more relevance never earns less than another's, and which falls when others
get better. That much is certain, and that its members cannot avoid losing a constant share of welfare in some games.
Its exposure pay, M_i = P_i, is traffic pay here. Engagement pay follows below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ecosystem.matching import best_first


@dataclass(frozen=True)
class EngagementPay:
    """A match pays the user's total engagement with the list: M_i = P_i beta log sum_j exp(sigma_j / beta).

    j runs over the user's list. Summed over creators it is what the best match is worth to a user whose utility from
    each is sigma plus Gumbel noise of scale beta (less the constant beta times Euler's).

    Our reading: the list is the K most relevant, as everywhere in this game, and nothing is normalised, so that a
    list of K creators of no relevance still pays beta log K in all. Those tied at the K-th place share it as they
    share the place.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.0, 0.0]]), np.array([[0.5, 0.5]])
    >>> pays = EngagementPay().pay(sigma, probabilities, beta=np.array([1.0]), K=np.array([2]))
    >>> pays.round(3).tolist()  # log(2) / 2
    [[0.347, 0.347]]
    """

    name: ClassVar[str] = "engagement"
    reference: ClassVar[str] = (
        "Yao et al., Rethinking Incentives in Recommender Systems, merit-based monotone mechanisms"
    )
    needs: ClassVar[str] = "relevance of a user's whole list"

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return P beta log sum exp(sigma / beta), (m, n)."""
        ranked = best_first(relevance)
        best, places = ranked[:, 0], np.arange(relevance.shape[1]) < K[:, None]
        total = np.where(places, np.exp((ranked - best[:, None]) / beta[:, None]), 0.0).sum(axis=1)
        return np.asarray(probabilities * (best + beta * np.log(total))[:, None])

    @staticmethod
    def listed(relevance: np.ndarray, probability: np.ndarray, left_out: float, beta: float) -> np.ndarray:
        """Return the same for one user's list, for compiled code; see `ecosystem.rewards.Reward`."""
        best = relevance[0]
        return probability * (best + beta * np.log(np.exp((relevance - best) / beta).sum()))
