"""Backward rewarding: a price on every step down a user's ranking, paid to all above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

import numpy as np

from ecosystem.matching import best_first
from ecosystem_agents.inputs.checks import BadInput, real


@dataclass(frozen=True)
class BackwardPay:
    """Backward rewarding with constant rank weights r_1 >= r_2 >= ... >= 0.

    The creator at rank i of a user's list earns, whether it is matched or not,

        M_i = sum over k >= i of r_k (sigma_(k) - sigma_(k+1)),

    sigma_(k) being the k-th best relevance, that of the first creator left out included; where nobody is left out, 0
    follows. This is what the creator contributes to ``sum_k r_k sigma_(k)``, which is therefore an exact potential of
    the game (averaged over users, and weighted where rewards are). Nothing is paid for ranks below K or beyond the
    weights. Equal creators earn the same, those tied at the K-th place 0: the steps between them are 0.

    The formula is the Backward Rewarding Mechanism with constant rank functions of "Rethinking Incentives"; that the
    list, and with it the weights, ends at rank K is taken from this game. The default weights are this project's
    choice: the discounts of DCG, so that the potential is the DCG of the users' lists.

    Parameters
    ----------
    weights : sequence of float, optional
        r, not increasing and at least 0; ranks beyond it get 0. Default: 1 / log2(k + 1) down to rank K.

    Examples
    --------
    >>> sigma, probabilities = np.array([[0.75, 0.5, 0.25]]), np.array([[0.9, 0.1, 0.0]])
    >>> pay = BackwardPay(weights=(1, 0.5)).pay
    >>> pay(sigma, probabilities, beta=np.array([0.1]), K=np.array([2])).tolist()  # 0.25 + 0.5 * 0.25 is 0.375
    [[0.375, 0.125, 0.0]]
    """

    name: ClassVar[str] = "backward"
    reference: ClassVar[str] = (
        "Yao et al., Rethinking Incentives in Recommender Systems, Backward Rewarding Mechanism"
    )
    needs: ClassVar[str] = "relevance of a user's whole list and of the first creator left out"
    terms: ClassVar[tuple[str, ...]] = ("K",)

    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        weights = self.weights
        if weights is None:
            return
        if isinstance(weights, str) or not hasattr(weights, "__len__"):
            raise BadInput(
                f"weights of backward are {weights!r}; give a sequence of numbers, such as (1, 0.5)"
            )
        r = tuple(real("a weight of backward", weight, at_least=0) for weight in weights)
        if not r:
            raise BadInput("weights of backward are empty; give at least one number, such as (1,)")
        if any(later > sooner for sooner, later in pairwise(r)):
            raise BadInput(f"weights of backward are {r}; they must not increase: sort them from the largest")

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return M, (m, n)."""
        m, n = relevance.shape
        sigma = best_first(relevance)
        following = np.hstack([sigma[:, 1:], np.zeros((m, 1))])
        r = np.where(np.arange(n) < K[:, None], self.rank_weights(n), 0.0)
        from_rank_down = np.cumsum((r * (sigma - following))[:, ::-1], axis=1)[:, ::-1]
        rank = np.argsort(np.argsort(-relevance, axis=1, kind="stable"), axis=1, kind="stable")
        return np.asarray(np.take_along_axis(from_rank_down, rank, axis=1))

    def rank_weights(self, n: int) -> np.ndarray:
        """Return r_1 to r_n, (n,)."""
        if self.weights is None:
            return np.asarray(1.0 / np.log2(np.arange(n) + 2.0))
        r = np.zeros(n)
        r[: len(self.weights)] = self.weights[:n]
        return r

    @property
    def listed(self) -> Callable[..., np.ndarray]:
        """The same for one user's list, for compiled code; see `ecosystem.rewards.Reward`."""
        return _listed(None if self.weights is None else tuple(map(float, self.weights)))


@cache
def _listed(weights: tuple[float, ...] | None) -> Callable[..., np.ndarray]:
    dcg = weights is None
    r = BackwardPay(weights).rank_weights(len(weights or range(256)))  # numba takes it for constant

    def listed(relevance: np.ndarray, probability: np.ndarray, left_out: float, beta: float) -> np.ndarray:
        pays = np.zeros(len(relevance))
        earned, following = 0.0, left_out
        for k in range(len(relevance) - 1, -1, -1):
            if k < len(r):
                earned += r[k] * (relevance[k] - following)
            elif dcg:
                earned += (relevance[k] - following) / np.log2(k + 2.0)
            pays[k], following = earned, relevance[k]
        return pays

    return listed
