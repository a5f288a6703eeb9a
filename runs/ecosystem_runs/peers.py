"""What people write where they have no market, beside the market: the same moves on the same draws, timed in one run.

Seconds are those of this process's CPU. All ways begin where the market has come after some steps, and in each step
let every creator move once or stay (Algorithm 2), in the same order and directions, seeing earlier moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from mesa import Agent, Model

from ecosystem import CreatorEconomy
from ecosystem.economy.moves import draw_moves
from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities

WORLDS: dict[str, tuple[Mapping[str, Any], int]] = {
    "figure1, m = 5, n = 5": ({"environment": "figure1"}, 100),
    "synthetic, m = 200, n = 20, K = 5": ({"n_users": 200, "n_creators": 20, "K": 5}, 20),
    "synthetic, m = 2000, n = 200": ({}, 2),
}
"""Worlds, and how many steps are timed: as few as the slowest way allows."""
BEGIN = 100
"""Steps that the market takes before."""


class Recomputing:
    """Plain NumPy: all relevances, matchings and pays again for every utility, by the readable definitions."""

    name = "NumPy, everything again for each utility"

    def __init__(self, begun: CreatorEconomy) -> None:
        self.begun, self.users, self.strategies = begun, begun.users, begun.strategies.copy()
        self.relevance = begun.setting.relevance

    def move(self, order: np.ndarray, directions: np.ndarray) -> None:
        """Let creators move in that order (n,), in those directions (n, d)."""
        for i in order:
            self.propose(i, directions[i])

    def propose(self, i: int, direction: np.ndarray) -> None:
        """Let creator i try a direction (d,), and move if that pays no less."""
        tried, landing = trial(self.begun, i, self.strategies[i], direction)
        if self.utility(i, tried) >= self.utility(i, self.strategies[i]):
            self.strategies[i] = landing

    def utility(self, i: int, point: np.ndarray) -> float:
        """Return what creator i earns at `point` (d,)."""
        strategies = self.strategies.copy()
        strategies[i] = point
        sigma = self.relevance(self.users, strategies)
        matched = matching_probabilities(sigma, self.begun.beta, self.begun.K)
        return float(creator_utilities(sigma, matched)[i])


class Keeping(Recomputing):
    """NumPy with care: relevances and lists are kept until somebody moves; a trial is one column, and new lists."""

    name = "NumPy, relevances and lists kept"

    def move(self, order: np.ndarray, directions: np.ndarray) -> None:
        """Let creators move, from relevances and lists worked out once."""
        self.sigma = self.relevance(self.users, self.strategies)
        self.lists = listed(self.begun, self.sigma)
        super().move(order, directions)

    def propose(self, i: int, direction: np.ndarray) -> None:
        """Let creator i try a direction (d,), and bring up to date what is kept if it moved."""
        tried, landing = trial(self.begun, i, self.strategies[i], direction)
        before = self.sigma[:, i].copy()
        self.sigma[:, i] = self.relevance(self.users, tried[None])[:, 0]
        if own_pay(i, *listed(self.begun, self.sigma)) >= own_pay(i, *self.lists):
            self.strategies[i] = landing
            self.sigma[:, i] = self.relevance(self.users, landing[None])[:, 0]
            self.lists = listed(self.begun, self.sigma)
        else:
            self.sigma[:, i] = before


class OneByOne(Model):
    """A Mesa model of the usual shape: an agent a creator, each asking NumPy what it would earn."""

    name = "Mesa, an agent a creator, NumPy for each utility"

    def __init__(self, begun: CreatorEconomy) -> None:
        super().__init__()
        self.begun, self.users = begun, begun.users
        self.creators = [AskingCreator(self, strategy) for strategy in begun.strategies]

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d)."""
        return np.array([creator.strategy for creator in self.creators])

    def move(self, order: np.ndarray, directions: np.ndarray) -> None:
        """Let creators move in that order (n,), in those directions (n, d); Mesa's own `step` has no arguments."""
        for i in order:
            self.creators[i].step(i, directions[i])

    def utility(self, i: int, point: np.ndarray) -> float:
        """Return what creator i earns at `point` (d,)."""
        strategies = self.strategies
        strategies[i] = point
        return own_pay(i, *listed(self.begun, self.begun.setting.relevance(self.users, strategies)))


class AskingCreator(Agent):
    """A creator that knows where it stands, and nothing of the others."""

    def __init__(self, model: OneByOne, strategy: np.ndarray) -> None:
        super().__init__(model)
        self.world, self.strategy = model, strategy

    def step(self, i: int, direction: np.ndarray) -> None:
        """Try a direction (d,), as number i, and move if that pays no less."""
        tried, landing = trial(self.world.begun, i, self.strategy, direction)
        if self.world.utility(i, tried) >= self.world.utility(i, self.strategy):
            self.strategy = landing


def trial(
    begun: CreatorEconomy, i: int, s: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where creator i at `s` (d,) compares what it would earn, and where it would land."""
    candidate = s + begun.eta * direction
    landing = begun.strategy_sets[i].project(candidate)
    return (landing if begun.lbr_evaluation == "projected" else candidate), landing


def listed(begun: CreatorEconomy, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each user's best K creators, their relevances and a softmax over these, (m, K), from sigma (m, n).

    No rule for ties: where no two creators stand in one place, those at the end have relevance 0, which pays nothing.
    """
    top = np.argpartition(sigma, -begun.K, axis=1)[:, -begun.K :]
    best = np.take_along_axis(sigma, top, axis=1)
    e = np.exp((best - best.max(axis=1, keepdims=True)) / begun.beta)
    return top, best, e / e.sum(axis=1, keepdims=True)


def own_pay(i: int, top: np.ndarray, best: np.ndarray, shares: np.ndarray) -> float:
    """Return what creator i earns by these lists, under relevance pay."""
    return float((best * shares * (top == i)).sum(axis=1).mean())


def run_for(steps: int | None, **parameters: Any) -> CreatorEconomy:
    """Return a model after some steps; None for all of a run."""
    model = CreatorEconomy(rng=0, **parameters)
    model.run(steps)
    return model


def seconds_of(function: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    """Return the seconds that one call takes."""
    start = clock()
    function()
    return clock() - start


PEERS = (Keeping, OneByOne, Recomputing)


@dataclass(frozen=True)
class Timed:
    """What a step costs in a world, done one way."""

    world: str
    way: str
    steps: int
    milliseconds: float  # a step, the median
    times: float  # what this market takes
    same: bool  # whether creators end where this market's do, to the bit


def rows(worlds: Mapping[str, tuple[Mapping[str, Any], int]] = WORLDS, begin: int = BEGIN) -> Iterator[Timed]:
    """Yield every way in every world as it is timed, this market first."""
    for world, (parameters, steps) in worlds.items():
        market, model = run_for(begin, **parameters), run_for(begin, **parameters)
        moves = deepcopy(market._streams["moves"])  # from its own, the market draws the same
        draws = [draw_moves(moves, market.n_creators, market.dim) for _ in range(steps)]
        peers = [way(run_for(begin, **parameters)) for way in PEERS]
        ways: list[tuple[str, Any, Sequence[Callable[[], object]]]] = [
            ("this market", market, [market._move_creators] * steps),
            ("all of a step of CreatorEconomy", model, [model.step] * steps),
            *((peer.name, peer, [partial(peer.move, *drawn) for drawn in draws]) for peer in peers),
        ]
        base = np.nan
        for name, done, calls in ways:
            seconds = median(map(seconds_of, calls))
            base = seconds if done is market else base
            same = np.array_equal(done.strategies, market.strategies)
            yield Timed(world, name, steps, 1e3 * seconds, seconds / base, same)
