"""Rewards that have a ``listed`` function, whoever wrote it, made ready for the compiled loops.

A *rule* is that function compiled (`compile_listed`) and handed to the loops as an address, so that they are compiled
once for all rules. They line a user's list up from the best, ask the rule what it pays, and break ties fairly: equals
share what their places pay.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import ismethod
from math import exp, inf, nan
from typing import Any

import numpy as np
from numba import cfunc, config, types
from numba.core.errors import NumbaError

from ecosystem.compiling import compiled
from ecosystem_agents.inputs.checks import BadInput

_NUMBERS = types.Array(types.float64, 1, "C")
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
            for k in range(len(out)):  # a slice takes seconds to compile, for its error's message
                out[k] = pays[k]

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
def price(
    rule: Any, others: np.ndarray, e: np.ndarray, v: float, bar: float, beta: float, room: np.ndarray
) -> float:
    """Return what the place of relevance `v` on a list pays.

    Beside it stand `others` (K - 1,), the best first, with ``e = exp((others - others[0]) / beta)``; `bar` is the
    relevance of the first left out, -inf where nobody is; `room` is (3, K) or wider.
    """
    K = others.shape[0] + 1
    relevance, probability, pays = room[0, :K], room[1, :K], room[2, :K]
    own, scale = 1.0, 1.0
    if K > 1:
        if v > others[0]:
            scale = exp((others[0] - v) / beta)
        else:
            own = exp((v - others[0]) / beta)
    total, place = own, 0
    for k in range(K - 1):
        total += e[k] * scale
        place += others[k] >= v
    for k in range(K - 1):
        to = k + (k >= place)
        relevance[to], probability[to] = others[k], e[k] * scale / total
    relevance[place], probability[place] = v, own / total
    ask(rule, relevance, probability, bar if bar > -inf else 0.0, beta, pays)
    return pays[place]


@lru_cache(maxsize=1)
def no_rule() -> Any:
    """Return a rule for the loops where none is asked."""
    return compile_listed(lambda relevance, probability, left_out, beta: probability, "nothing")
