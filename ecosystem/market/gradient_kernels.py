"""The planner's compiled loop: which way each creator should go for users' sake."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import DISTANCE, Book


@compiled
def welfare_gradient(book: Book, mass: np.ndarray, gradient: np.ndarray, reach: np.ndarray) -> None:
    """Write the gradient of user welfare W in every creator's strategy (n, d), and its reach (n,).

    Each listed creator's relevance counts ``P [1 + (sigma - u) / beta]`` (the derivative of ``sum P sigma``),
    u being the user's utility; lists are held fixed. The reach is the sum over users of mass times P:
    dividing by it makes a step a mean over the creator's own audience. Lists must be settled on the terms
    in question.
    """
    d, n = book.users.shape[0], gradient.shape[0]
    gradient[:, :] = 0.0
    reach[:] = 0.0
    gap = np.empty(d)
    for j in range(book.lists.shape[0]):
        at = book.lists[j]
        mean = at.worth / at.total
        for k in range(at.first, at.first + at.K):
            i, v = book.item[k], book.value[k]
            if i >= n:
                continue  # a static item
            share = exp((v - at.anchor) / at.beta) / at.total * mass[j]
            reach[i] += share
            pull = share * (1.0 + (v - mean) / at.beta) * book.slope
            if book.kind == DISTANCE:
                squared = 0.0
                for c in range(d):
                    gap[c] = book.users[c, j] - book.strategies[i, c]
                    squared += gap[c] * gap[c]
                if v <= 0.0 or squared == 0.0:
                    continue  # flat, or the cone's tip
                pull /= sqrt(squared)
                for c in range(d):
                    gradient[i, c] += pull * gap[c]
            elif 0.0 < v < 1.0:
                for c in range(d):
                    gradient[i, c] += pull * book.users[c, j]
