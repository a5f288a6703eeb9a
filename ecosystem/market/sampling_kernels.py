"""The compiled loops of sampled matching: who is matched with whom, and what a few requests pay."""

from __future__ import annotations

from math import exp

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import TRAFFIC, Book
from ecosystem.market.kernels import exact_probabilities, relevance_row, softmax_sums, sort_list, stakes


@compiled
def draw(
    book: Book, beta: np.ndarray, K: np.ndarray, uniforms: np.ndarray, items: np.ndarray, utility: np.ndarray
) -> None:
    """Draw each user's match from Eq. (1) under the terms `beta`, `K` (m,): the item, and its relevance."""
    lists, value, item, N = book.lists, book.value, book.item, book.strategies.shape[0]
    relevance, probability = np.empty(N), np.empty(N)
    for j in range(lists.shape[0]):
        sort_list(book, j)
        base = lists[j].first
        if K[j] < N and value[base + K[j] - 1] == value[base + K[j]]:
            exact_probabilities(book, j, beta[j], K[j], relevance, probability)
            i, passed = -1, 0.0
            for k in range(N):
                if probability[k] > 0.0:
                    i = k
                    passed += probability[k]
                    if uniforms[j] < passed:
                        break
            items[j], utility[j] = i, relevance[i]
            continue
        anchor = value[base]
        goal = uniforms[j] * softmax_sums(value, base, base + K[j], anchor, beta[j])[0]
        k, passed = base, 1.0
        while passed <= goal and k < base + K[j] - 1:
            k += 1
            passed += exp((value[k] - anchor) / beta[j])
        items[j], utility[j] = item[k], value[k]


@compiled
def sampled_stakes(
    book: Book,
    reward: int,
    i: int,
    trial: np.ndarray,
    mass: np.ndarray,
    users: np.ndarray,
    u_now: np.ndarray,
    u_then: np.ndarray,
) -> tuple[float, float]:
    """Return the mean pay of creator i over sampled requests, where it stands and at `trial` (d,).

    Request r is by ``users[r]``; it is matched with creator i if ``u_now[r]`` (or ``u_then[r]``) is below the
    matching probability, and then pays R times the user's reward weight.
    """
    then = np.empty(book.users.shape[1])
    relevance_row(book, trial, then)
    paid_now = paid_then = 0.0
    for r in range(users.shape[0]):
        j = users[r]
        weight = book.lists[j].weight
        if weight == 0.0:
            continue
        chance_now, chance_then = stakes(book, TRAFFIC, i, j, then[j])
        due_now, due_then = stakes(book, reward, i, j, then[j])
        # `stakes` carries mass times reward weight: a request has no mass, and its price is due / P.
        if u_now[r] < chance_now / weight:
            paid_now += due_now / (chance_now / weight) / mass[j]
        if u_then[r] < chance_then / weight:
            paid_then += due_then / (chance_then / weight) / mass[j]
    return paid_now / users.shape[0], paid_then / users.shape[0]
