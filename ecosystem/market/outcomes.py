"""What everybody gets where all stand: users' utilities, creators' utilities, and single matches drawn."""

from __future__ import annotations

from math import exp, sqrt
from typing import Any

import numpy as np

from ecosystem.compiling import compiled
from ecosystem.market.book import CONTRIBUTION, DISTANCE, LIFT, LISTED, TRAFFIC, Book
from ecosystem.market.lists import power, relevance_at, relevance_of_all, ties
from ecosystem.market.reward_kernels import ask
from ecosystem.market.screen import NEARLY_ALL
from ecosystem.market.trials import earnings


@compiled
def probabilities(
    book: Book, p: int, beta: float, K: int, relevance: np.ndarray, probability: np.ndarray
) -> None:
    """Write everybody's relevance and Eq. (1) for the user at place p into two arrays (N,); ties share."""
    best, bar = book.value[p, 0], book.value[p, K - 1]
    above, equal = ties(book, p, bar)
    share, total = (K - above) / equal, 0.0
    relevance_of_all(book, p, relevance)
    for i in range(relevance.shape[0]):
        probability[i] = 0.0
        if relevance[i] >= bar:
            probability[i] = exp((relevance[i] - best) / beta) * (share if relevance[i] == bar else 1.0)
        total += probability[i]
    for i in range(relevance.shape[0]):
        probability[i] /= total


@compiled
def spread(book: Book, p: int, K: int, e: float) -> float:
    """Return by how much equals that share the last of K places, with `e` each, lower the sum of e^2."""
    above, equal = ties(book, p, book.value[p, K - 1])
    return (K - above) * e * e * (1.0 - (K - above) / equal)


@compiled
def receive(
    book: Book,
    beta: np.ndarray,
    K: np.ndarray,
    pi: np.ndarray,
    until: int,
    utility: np.ndarray,
    breadth: np.ndarray,
) -> None:
    """Write each user's expected utility and effective number of creators under the terms `beta`, `K` (m,).

    Parameters
    ----------
    pi : (m, N) array, or (0, 0) where utility is relevance
    until : int
        Items from here on count nothing (static items, when their matches are left out); N counts all.
    utility, breadth : (m,) arrays, written: sum of P * pi (Eqs. 2, 3), and 1 / sum of P^2
    """
    value, item, N = book.value, book.item, book.strategies.shape[0]
    relevance, probability, e = np.empty(N), np.empty(N), np.empty(value.shape[1])
    plain, by_relevance = pi.shape[0] == 0 and until == N, pi.shape[0] == 0
    for p in range(np.uint64(book.order.shape[0])):
        j = book.order[p]
        if j < 0:
            continue
        length, best, sharpness = K[j], value[p, 0], 1.0 / beta[j]
        tied = length < N and value[p, length - 1] == value[p, length]
        total = gained = squares = 0.0
        if tied and not plain:
            probabilities(book, p, beta[j], length, relevance, probability)
            total = 1.0
            for i in range(N):
                squares += probability[i] * probability[i]
                if i < until:
                    gained += probability[i] * (relevance[i] if by_relevance else pi[j, i])
        else:
            for k in range(length):
                e[k] = power((value[p, k] - best) * sharpness)
            for k in range(length):
                total += e[k]
                squares += e[k] * e[k]
                if plain:
                    gained += e[k] * value[p, k]
                elif item[p, k] < until:
                    gained += e[k] * (value[p, k] if by_relevance else pi[j, item[p, k]])
            if tied:
                squares -= spread(book, p, length, e[length - 1])
        utility[j] = gained / total
        breadth[j] = total * total / squares


@compiled
def deal(
    book: Book, reward: int, rule: Any, n: int, out: np.ndarray, utility: np.ndarray, breadth: np.ndarray
) -> None:
    """Write the utilities of the first `n` items, Eqs. (4) to (10), into `out` (T, n), tile by tile.

    And what `receive` writes under the same terms into `utility` and `breadth` (m,), unless they are empty.
    """
    value, item, N, W = book.value, book.item, book.strategies.shape[0], book.value.shape[1]
    e, pays, listed, everybody = np.empty(W), np.empty(W), np.empty((2, W)), np.empty(N)
    place, due = np.empty(1, np.int64), np.empty((2, 1))
    out[:] = 0.0
    for t in range(book.tiles.shape[0]):
        for p in range(np.uint64(book.tiles[t].begin), np.uint64(book.tiles[t].end)):
            at = book.lists[p]
            K, best, sharpness, total, worth = at.K, value[p, 0], at.sharpness, 0.0, 0.0
            tied = K < N and at.kth == at.following
            for k in range(K):
                e[k] = power((value[p, k] - best) * sharpness)
            for k in range(K):
                total += e[k]
                worth += value[p, k] * e[k]
            if utility.shape[0] > 0:
                squares = 0.0
                for k in range(K):
                    squares += e[k] * e[k]
                if tied:
                    squares -= spread(book, p, K, e[K - 1])
                utility[book.order[p]], breadth[book.order[p]] = worth / total, total * total / squares
            left_out = at.following if K < N else 0.0
            if reward == LISTED:
                listed[0, :K], listed[1, :K] = value[p, :K], e[:K] / total
                ask(rule, listed[0, :K], listed[1, :K], left_out, at.beta, pays[:K])
            elif reward == CONTRIBUTION:
                e_bar = power((left_out - best) * at.sharpness) if K < N else 0.0
                for k in range(K):
                    rest, lost = total - e[k], worth - value[p, k] * e[k]
                    pays[k] = 0.0
                    if rest < NEARLY_ALL * total and K > 1:  # the difference lost its digits
                        if item[p, k] < n:
                            place[0] = p
                            earnings(book, reward, rule, item[p, k], place, book.strategies[item[p, k]], due)
                            out[t, item[p, k]] += due[0, 0]
                        continue
                    rest, lost = rest + e_bar, lost + left_out * e_bar
                    pays[k] = worth / total - (lost / rest if rest > 0.0 else 0.0)
            else:
                base = left_out if reward == LIFT else 0.0
                for k in range(K):
                    pays[k] = e[k] / total * (1.0 if reward == TRAFFIC else value[p, k] - base)
            for k in range(K):
                if item[p, k] < n and not (tied and value[p, k] == at.kth):
                    out[t, item[p, k]] += at.weight * pays[k]
            if not tied or reward in (LIFT, CONTRIBUTION):  # who is tied would be replaced by an equal
                continue
            above, equal = ties(book, p, at.kth)
            shared = at.weight * pays[K - 1] * (K - above) / equal
            if at.floor < at.kth:
                for k in range(above, above + equal):
                    if item[p, k] < n:
                        out[t, item[p, k]] += shared
            else:  # some of them stand outside the list
                relevance_of_all(book, p, everybody)
                for i in range(n):
                    if everybody[i] == at.kth:
                        out[t, i] += shared


@compiled
def draw(
    book: Book, beta: np.ndarray, K: np.ndarray, uniforms: np.ndarray, items: np.ndarray, utility: np.ndarray
) -> None:
    """Draw each user's match from Eq. (1) under the terms `beta`, `K` (m,): the item, and its relevance."""
    value, item, N = book.value, book.item, book.strategies.shape[0]
    relevance, probability = np.empty(N), np.empty(N)
    for p in range(book.order.shape[0]):
        j = book.order[p]
        if j < 0:
            continue
        length, k, passed = K[j], 0, 0.0
        if length < N and value[p, length - 1] == value[p, length]:
            probabilities(book, p, beta[j], length, relevance, probability)
            last = -1
            for i in range(N):
                if probability[i] > 0.0:
                    last = i
                    passed += probability[i]
                    if uniforms[j] < passed:
                        break
            items[j], utility[j] = last, relevance[last]
            continue
        total = 0.0
        for k in range(length):
            total += exp((value[p, k] - value[p, 0]) / beta[j])
        goal, k, passed = uniforms[j] * total, 0, 1.0
        while passed <= goal and k < length - 1:
            k += 1
            passed += exp((value[p, k] - value[p, 0]) / beta[j])
        items[j], utility[j] = item[p, k], value[p, k]


@compiled
def welfare_gradient(book: Book, mass: np.ndarray, gradient: np.ndarray, reach: np.ndarray) -> None:
    """Write the gradient of user welfare W in every creator's strategy (n, d), and its reach (n,).

    Each listed creator's relevance counts ``P [1 + (sigma - u) / beta]`` (the derivative of ``sum P sigma``),
    u being the user's utility; lists are held fixed. The reach is the sum over users of mass times P:
    dividing by it makes a step a mean over the creator's own audience. Lists must be settled on the terms
    in question.
    """
    users, strategies, value, item, d = book.users, book.strategies, book.value, book.item, gradient.shape[1]
    gradient[:, :] = 0.0
    reach[:] = 0.0
    for p in range(book.order.shape[0]):
        at, j = book.lists[p], book.order[p]
        if j < 0:
            continue
        mean = at.anchor + at.worth / at.total
        for k in range(at.K):
            i, v = item[p, k], value[p, k]
            if i >= gradient.shape[0]:
                continue  # a static item
            share = exp((v - at.anchor) / at.beta) / at.total * mass[j]
            reach[i] += share
            pull = share * (1.0 + (v - mean) / at.beta) * book.sigma[2]
            if book.sigma[0] == DISTANCE:
                squared = 0.0
                for c in range(d):
                    squared += (users[c, p] - strategies[i, c]) ** 2
                if v <= 0.0 or squared == 0.0:
                    continue  # flat, or the cone's tip
                for c in range(d):
                    gradient[i, c] += pull / sqrt(squared) * (users[c, p] - strategies[i, c])
            elif 0.0 < v < 1.0:
                for c in range(d):
                    gradient[i, c] += pull * users[c, p]


# --- for pay in NumPy --------------------------------------------------------------------------------------


@compiled
def rows(book: Book, places: np.ndarray, out: np.ndarray) -> None:
    """Write the relevance of every item for the users at `places` (u,) into `out` (u, N), as the lists have it."""
    for r in range(places.shape[0]):
        relevance_of_all(book, places[r], out[r])


@compiled
def tried(book: Book, candidate: np.ndarray, places: np.ndarray, out: np.ndarray) -> None:
    """Write the relevance of `candidate` (d,) for the users at `places` (u,) into `out` (u,)."""
    for r in range(places.shape[0]):
        out[r] = relevance_at(book.sigma, book.users, places[r], candidate)
