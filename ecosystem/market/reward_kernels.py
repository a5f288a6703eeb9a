"""The compiled loops for rewards of the catalogue that have a ``listed`` function, whoever wrote it.

A *rule* is that function compiled (`compile_listed`) and handed to the loops as an address, so that they are compiled
once for all rules. For each user whose list the creator is on, or would be on, a loop lines the list up from the
best, asks the rule what it pays, and breaks ties fairly: equals share what their places pay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import ismethod
from math import exp, inf, isfinite, nan
from typing import Any

import numpy as np
from numba import cfunc, config, types
from numba.core.errors import NumbaError

from ecosystem.compiling import compiled
from ecosystem.market.book import PRINTED, PROJECTED, Book, Sets
from ecosystem.market.kernels import (
    differs,
    move_row,
    project,
    reached,
    relevance_column,
    relevance_of,
    relevance_row,
    stakes,
    tie_share,
)
from ecosystem_agents.inputs.checks import BadInput

_NUMBERS = types.Array(types.float64, 1, "C")
Scratch = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_RULE = types.void(_NUMBERS, _NUMBERS, types.float64, types.float64, _NUMBERS)


@lru_cache(maxsize=64)
def compile_listed(listed: Callable[..., Any], name: str) -> Any:
    """Return the rule of a ``listed`` function, checked on lists of several lengths.

    Parameters
    ----------
    listed : callable
        See `ecosystem.rewards.Reward`; plain or compiled by numba already.
    name : str
        What the reward is called, for messages.

    Raises
    ------
    BadInput
        If numba cannot compile it, or it does not pay one finite number for each place.
    """
    if ismethod(listed):
        raise BadInput(
            f"listed of reward {name} takes self, which numba cannot compile; make it a staticmethod, or a property "
            "that returns a function"
        )
    plain = getattr(listed, "py_func", listed)
    pays_of = compiled(plain)

    def rule(
        relevance: np.ndarray, probability: np.ndarray, left_out: float, beta: float, out: np.ndarray
    ) -> None:
        pays = pays_of(relevance, probability, left_out, beta)
        if pays.shape == out.shape:
            out[:] = pays

    try:
        rule = rule if config.DISABLE_JIT else cfunc(_RULE)(rule)
    except (NumbaError, TypeError) as error:
        # Numba says between lines of its own what the matter is.
        said = (
            line for line in str(error).splitlines() if line and not line.startswith(("Failed", "During"))
        )
        raise BadInput(f"listed of reward {name} cannot be compiled by numba: {next(said, error)}") from error
    for k in (1, 2, 7):
        relevance, probability, pays = np.linspace(0.9, 0.2, k), np.full(k, 1.0 / k), np.empty(k)
        ask(rule, relevance, probability, 0.1, 0.1, pays)
        if not np.isfinite(pays).all():
            raise BadInput(
                f"listed of reward {name} must return one finite number for each of the {k} places of a list"
            )
    return rule


@compiled
def ask(
    rule: Any, relevance: np.ndarray, probability: np.ndarray, left_out: float, beta: float, out: np.ndarray
) -> None:
    """Write what a list pays into `out` (k,), equals sharing alike; nan if the rule fails."""
    k, begin = relevance.shape[0], 0
    out[:] = nan
    rule(relevance, probability, left_out, beta, out)
    while begin < k:
        end, total = begin, 0.0
        while end < k and relevance[end] == relevance[begin]:
            total += out[end]
            end += 1
        for place in range(begin, end):
            out[place] = total / (end - begin)
        begin = end


@compiled
def softmax(relevance: np.ndarray, beta: float, out: np.ndarray) -> None:
    """Write Eq. (1) over a list sorted from the best, (k,), into `out` (k,)."""
    total = 0.0
    for k in range(relevance.shape[0]):
        out[k] = exp((relevance[k] - relevance[0]) / beta)
        total += out[k]
    for k in range(relevance.shape[0]):
        out[k] /= total


@compiled
def price(
    rule: Any, rest: np.ndarray, e_rest: np.ndarray, v: float, left_out: float, beta: float, scratch: Scratch
) -> float:
    """Return what the place of relevance `v` on a list pays.

    Beside it stand `rest` (K - 1,), sorted from the best, with ``e_rest = exp((rest - rest[0]) / beta)``.
    """
    K = rest.shape[0] + 1
    relevance, probability, pays = scratch[0][:K], scratch[1][:K], scratch[2][:K]
    e, scale = 1.0, 1.0
    if K > 1:
        if v > rest[0]:
            scale = exp((rest[0] - v) / beta)
        else:
            e = exp((v - rest[0]) / beta)
    total, place = e, 0
    for k in range(K - 1):
        total += e_rest[k] * scale
        place += rest[k] >= v
    for k in range(place):
        relevance[k], probability[k] = rest[k], e_rest[k] * scale / total
    relevance[place], probability[place] = v, e / total
    for k in range(place, K - 1):
        relevance[k + 1], probability[k + 1] = rest[k], e_rest[k] * scale / total
    ask(rule, relevance, probability, left_out, beta, pays)
    return pays[place]


@compiled
def listed_stakes(book: Book, rule: Any, i: int, j: int, c: float, scratch: Scratch) -> tuple[float, float]:
    """Return what creator i earns at user j as it stands, and what with relevance c.

    `scratch` is from `new_scratch`.
    """
    at, value, p = book.lists[j], book.value, book.slot[i, j]
    in_top = p < at.K
    x = value[at.first + p] if p != book.nowhere else relevance_of(book, j, i)
    bar = at.following if in_top else at.kth  # the others' K-th relevance
    if x < bar and c < bar:
        return 0.0, 0.0
    gone, rest, e_rest, count = p if in_top else at.lowest, scratch[3][: at.K - 1], scratch[4][: at.K - 1], 0
    for k in range(at.K):
        if k == gone:
            continue
        v, place = value[at.first + k], count
        while place > 0 and rest[place - 1] < v:
            rest[place] = rest[place - 1]
            place -= 1
        rest[place] = v
        count += 1
    for k in range(count):
        e_rest[k] = exp((rest[k] - rest[0]) / at.beta)
    left_out = bar if bar > -inf else 0.0
    earned_now = earned_then = 0.0
    if x >= bar:
        earned_now = at.weight * price(rule, rest, e_rest, x, left_out, at.beta, scratch)
        if x == bar:
            earned_now *= tie_share(book, i, j, x)
    if c >= bar:
        earned_then = at.weight * price(rule, rest, e_rest, c, left_out, at.beta, scratch)
        if c == bar:
            earned_then *= tie_share(book, i, j, c)
    return earned_now, earned_then


@compiled
def new_scratch(book: Book) -> Scratch:
    """Return room for the lists that `listed_stakes` lines up."""
    longest = 1
    for j in range(book.lists.shape[0]):
        longest = max(longest, book.lists[j].K)
    return np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest), np.empty(longest)


@compiled
def appraise_listed_row(
    book: Book, rule: Any, i: int, then: np.ndarray, where: np.ndarray, scratch: Scratch
) -> tuple[float, float]:
    """Return creator i's utility where it stands and at a candidate's relevance row `then` (m,)."""
    utility_now = utility_then = 0.0
    for t in range(reached(book.slot[i], book.nowhere, book.entry, then, where)):
        j = where[t]
        earned_now, earned_then = listed_stakes(book, rule, i, j, then[j], scratch)
        utility_now += earned_now
        utility_then += earned_then
    return utility_now, utility_then


@compiled
def appraise_listed(book: Book, rule: Any, i: int, trial: np.ndarray) -> tuple[float, float]:
    """Return creator i's utility where it stands and at the strategy `trial` (d,)."""
    m = book.users.shape[1]
    then, where = np.empty(m), np.empty(m, np.int64)
    relevance_row(book, trial, then)
    return appraise_listed_row(book, rule, i, then, where, new_scratch(book))


@compiled
def respond_listed(
    book: Book,
    sets: Sets,
    rule: Any,
    evaluation: int,
    eta: np.ndarray,
    order: np.ndarray,
    directions: np.ndarray,
    accepted: np.ndarray,
) -> bool:
    """Let every creator of `order` try its direction once: `ecosystem.market.kernels.respond_all` under a rule.

    Returns
    -------
    bool
        Whether the rule paid numbers all along; if not, the rest of `order` stands still.
    """
    d, m = book.users.shape
    then, where = np.empty(m), np.empty(m, np.int64)
    candidate, landing, scratch = np.empty(d), np.empty(d), new_scratch(book)
    for i in order:
        for k in range(d):
            candidate[k] = book.strategies[i, k] + eta[i] * directions[i, k]
        project(sets, i, candidate, landing)
        if evaluation == PROJECTED and not differs(landing, book.strategies[i]):
            accepted[i] = True  # it pays no less where it stands already
            continue
        relevance_row(book, candidate if evaluation == PRINTED else landing, then)
        utility_now, utility_then = appraise_listed_row(book, rule, i, then, where, scratch)
        if not (isfinite(utility_now) and isfinite(utility_then)):
            return False
        accepted[i] = utility_then >= utility_now
        if accepted[i]:
            if evaluation == PRINTED and differs(landing, candidate):
                relevance_row(book, landing, then)
            move_row(book, i, landing, then, where)
    return True


@compiled
def all_listed(book: Book, rule: Any, n: int, out: np.ndarray) -> None:
    """Write the utilities of the first `n` items into `out` (n,), list by list."""
    value, item, N = book.value, book.item, book.strategies.shape[0]
    scratch, column = new_scratch(book), np.empty(N)
    holder = np.empty(scratch[0].shape[0], np.int64)
    out[:] = 0.0
    for j in range(book.lists.shape[0]):
        at = book.lists[j]
        relevance, probability, pays = scratch[0][: at.K], scratch[1][: at.K], scratch[2][: at.K]
        for k in range(at.K):
            v, place = value[at.first + k], k
            while place > 0 and relevance[place - 1] < v:
                relevance[place], holder[place] = relevance[place - 1], holder[place - 1]
                place -= 1
            relevance[place], holder[place] = v, item[at.first + k]
        all_in = at.K == N
        softmax(relevance, at.beta, probability)
        ask(rule, relevance, probability, 0.0 if all_in else at.following, at.beta, pays)
        tied = not all_in and at.kth == at.following
        for k in range(at.K):
            if holder[k] < n and not (tied and relevance[k] == at.kth):
                out[holder[k]] += at.weight * pays[k]
        if not tied:
            continue
        relevance_column(book, j, column)
        better = equal = 0
        for i in range(N):
            better += column[i] > at.kth
            equal += column[i] == at.kth
        for i in range(n):
            if column[i] == at.kth:
                out[i] += at.weight * pays[at.K - 1] * (at.K - better) / equal


# --- what single users pay ---------------------------------------------------------------------------------


@compiled
def listed_dues(
    book: Book, rule: Any, i: int, trial: np.ndarray, users: np.ndarray, now: np.ndarray, then: np.ndarray
) -> None:
    """Write what creator i earns at each of `users` (r,), where it stands and at `trial` (d,)."""
    row, scratch = np.empty(book.users.shape[1]), new_scratch(book)
    relevance_row(book, trial, row)
    for r in range(users.shape[0]):
        now[r], then[r] = listed_stakes(book, rule, i, users[r], row[users[r]], scratch)


@compiled
def coded_dues(
    book: Book, reward: int, i: int, trial: np.ndarray, users: np.ndarray, now: np.ndarray, then: np.ndarray
) -> None:
    """Write the same for a reward that the kernels know by code."""
    row = np.empty(book.users.shape[1])
    relevance_row(book, trial, row)
    for r in range(users.shape[0]):
        now[r], then[r] = stakes(book, reward, i, users[r], row[users[r]])


@compiled
def rows(book: Book, users: np.ndarray, out: np.ndarray) -> None:
    """Write the relevance of every item for each of `users` (r,) into `out` (r, N), as the lists have it."""
    for r in range(users.shape[0]):
        relevance_column(book, users[r], out[r])


@compiled
def candidates(book: Book, i: int, trial: np.ndarray, then: np.ndarray, where: np.ndarray) -> int:
    """Write the relevance of `trial` (d,) into `then` (m,), and whose list i is or would be on into `where`."""
    relevance_row(book, trial, then)
    count = 0
    for t in range(reached(book.slot[i], book.nowhere, book.entry, then, where)):
        j = where[t]
        at, p = book.lists[j], book.slot[i, j]
        bar = at.following if p < at.K else at.kth
        if then[j] >= bar or p < at.K or relevance_of(book, j, i) >= bar:
            where[count] = j
            count += 1
    return count
