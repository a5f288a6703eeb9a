"""Benchmarks: what a step costs, how it grows, and what it would cost to recompute every matching.

Seconds are those of this process's CPU, whatever else the machine is at, but for the rows that say otherwise.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.environments import Setting
from ecosystem.environments.synthetic import SYNTHETIC
from ecosystem.market import Market
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.relevance import DistanceRelevance
from ecosystem.rewards import Reward
from ecosystem_agents.creator import unit_vectors
from ecosystem_runs.peers import OneByOne, run_for, seconds_of

EVALUATIONS = ("printed", "projected")
"""Where creators compare what they would earn."""
SIZES = ((2_000, 2_000, 10), (20_000, 200, 10), (200_000, 200, 3), (1_000_000, 200, 1))
"""Users, creators, and how many steps are timed, from the crowded start."""
MEMORY = {200_000: 500.0, 1_000_000: 1500.0}
"""Megabytes that a world of so many users may take."""
GAMES = ((50, 500, "greedy"), (50, 497, "greedy"), (6, 12, "fair"), (6, 11, "fair"), (6, 11, "unfair"))
"""Publishers, queries, and the rule by which they move, at the recommended threshold."""


@dataclass(frozen=True)
class Row:
    """One measured figure, and what it must not exceed."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def missed(self) -> bool:
        """Whether there is a target and the value exceeds it."""
        return self.target is not None and self.value > self.target


def rows(quick: bool = False) -> Iterator[Row]:
    """Yield every figure as it is measured; `quick` leaves out whole runs and large worlds."""
    default = run_for(100)
    step = 1e3 * per_call(lambda: moves(default), 60 if quick else 300)
    baseline = 1e3 * recomputing_step(default, proposals=20 if quick else 100)
    yield Row("one time step, default synthetic instance", step, "ms", 3.5)
    yield Row("the same, recomputing every matching", baseline, "ms")
    yield Row("share of the recomputing time", 800 * step / baseline, "/ 800", 1.0)

    for evaluation in EVALUATIONS:
        model = run_for(20, lbr_evaluation=evaluation)
        whole = 1e3 * per_call(model.step, 40)
        yield Row(f"a step of the model, m = 2000, n = 200, {evaluation}", whole, "ms")
    collecting = 1e3 * per_call(lambda: model.datacollector.collect(model), 40)
    share = collecting / (whole - collecting)
    yield Row("data collection, share of a model's step without it", share, "", 0.25)

    singly, together = run_for(3, one_by_one=True), run_for(3)
    ratio = per_call(lambda: moves(singly), 20) / per_call(lambda: moves(together), 20)
    yield Row("stepping creators one by one, times the single call", ratio, "x", 4.0)
    clipped = run_for(3, environment=CLIPPED)
    ratio = per_call(lambda: moves(clipped), 20) / per_call(lambda: moves(together), 20)
    yield Row("one time step where most K-th relevances are 0, times the usual", ratio, "x", 1.5)
    proposals = proposal_microseconds()
    for name, (_, target) in PAYS.items():
        yield Row(f"a proposal under {name} pay", proposals[name], "us", target)
    ratio = proposals["contribution"] / proposals["relevance"]
    yield Row("a proposal under contribution pay, times a relevance proposal", ratio, "x", 1.5)

    market, points = default.market, iter(default.strategies)
    for name, change in ("removing", lambda: market.remove(0)), ("adding", lambda: market.add(next(points))):
        yield Row(f"{name} a creator, times a proposal", 200e3 * per_call(change, 19) / step, "x", 20.0)
    yield Row("a tenth replaced every 25 steps, times a usual step", tenth_replaced(), "x", 1.1)

    for reward in ("relevance", "traffic", "lift", "contribution"):
        model = run_for(20, reward=reward, lbr_evaluation="projected")
        step = 1e3 * per_call(partial(moves, model), 20)
        yield Row(f"one time step, {reward} pay, projected evaluation", step, "ms")
    for n, k, rule in GAMES:
        game, seconds = played(n, k, rule)
        size = f"n = {n}, k = {k}, {rule}, {len(game.history)} steps"
        target = 10.0 if n == 50 else 0.05 * max(len(game.history), 1)
        yield Row(f"publishers to equilibrium: {size}", seconds, "s", target)
    if quick:
        return

    runs = {
        name: seconds_of(partial(run_for, None, mechanism=name)) for name in ("none", "uir", "smt", "hmt")
    }
    for name, seconds_a_run in runs.items():
        yield Row(f"a whole run of 3000 steps, {name}", seconds_a_run, "s", 15.0)
    yield Row("a whole run under HMT, times one under none", runs["hmt"] / runs["none"], "x", 1.3)
    for n_users, n_creators, steps in SIZES:
        size = f"m = {n_users}, n = {n_creators}"
        for evaluation in EVALUATIONS:
            parameters = {"n_users": n_users, "n_creators": n_creators, "lbr_evaluation": evaluation}
            one, megabytes = measured_apart(steps, parameters)
            target = 5000.0 if n_users == 1_000_000 else None
            yield Row(f"a step of the model, {size}, {evaluation}", 1e3 * one, "ms", target)
        yield Row(f"peak memory, {size}", megabytes, "MB", MEMORY.get(n_users))
        if n_users >= 200_000:
            ways = {
                "on one thread": (parameters, 1),
                "on two threads": (parameters, 2),
                "in two shards": (parameters | {"shards": 2}, 1),
            }
            for way, (own, threads) in ways.items():
                seconds_a_step, _ = measured_apart(steps, own, threads, clock="perf_counter")
                yield Row(f"the same {way}, {size}, by the clock", 1e3 * seconds_a_step, "ms")


def played(n_publishers: int, n_queries: int, rule: str) -> tuple[RankingCompetition, float]:
    """Return a game that was played to its end, and the seconds that took."""
    model = RankingCompetition(rng=0, n_publishers=n_publishers, n_queries=n_queries, rule=rule)
    return model, seconds_of(model.run)


def moves(model: CreatorEconomy) -> None:
    """Let every creator move once: the hot part of a step."""
    model._move_creators()


def clipped_bars(rng: np.random.Generator, **options: Any) -> Setting:
    """Return synthetic's users under a relevance so steep that most of them have fewer than K items above 0."""
    return replace(SYNTHETIC.build(rng, **options), relevance=DistanceRelevance(ceiling=1.0, scale=1.0))


CLIPPED = replace(SYNTHETIC, name="clipped", build=clipped_bars, by_rows=False)


def per_call(
    function: Callable[[], object], calls: int, clock: Callable[[], float] = time.process_time
) -> float:
    """Return the median time of a call in seconds, after one that is not counted."""
    function()
    return statistics.median(seconds_of(function, clock) for _ in range(calls))


def recomputing_step(model: CreatorEconomy, proposals: int) -> float:
    """Return the time of a step that recomputes every matching for both utilities of each proposal.

    Timed on some proposals and scaled to all creators.
    """
    directions = unit_vectors(np.random.default_rng(0), (proposals, model.dim))
    step = partial(OneByOne(model).move, np.arange(proposals), directions)
    return seconds_of(step) / proposals * model.n_creators


@dataclass(frozen=True)
class RelevanceInNumpy:
    """Relevance pay with nothing but its formula: what a reward costs that nobody has compiled."""

    def pay(
        self, relevance: np.ndarray, probabilities: np.ndarray, beta: np.ndarray, K: np.ndarray
    ) -> np.ndarray:
        """Return P sigma, (m, n)."""
        return np.asarray(probabilities * relevance)


PAYS: dict[str, tuple[str | Reward, float | None]] = {
    "relevance": ("relevance", None),
    "lift": ("lift", None),
    "contribution": ("contribution", None),
    "backward (a compiled function of its own)": ("backward", 40.0),
    "relevance (only its formula, in NumPy)": (RelevanceInNumpy(), 400.0),
}
"""Ways to pay, and microseconds that a proposal may take under them."""


def proposal_microseconds() -> dict[str, float]:
    """Return the time of a proposal under each way to pay, on the same market."""
    start = run_for(2)
    setting = start.setting
    directions = unit_vectors(np.random.default_rng(0), start.strategies.shape)
    candidates = start.strategies + start.eta * directions

    def microseconds(reward: str | Reward) -> float:
        proposals, calls = (200, 30) if isinstance(reward, str) else (20, 10)
        market = Market(
            setting.users, start.strategies, setting.relevance, beta=start.beta, K=start.K, reward=reward
        )

        def propose() -> None:  # none is accepted: the markets stay equal
            for i, candidate in enumerate(candidates[:proposals]):
                market.compare(i, candidate)

        return 1e6 * per_call(propose, calls) / proposals

    return {name: microseconds(reward) for name, (reward, _) in PAYS.items()}


class Tenth:
    """Every 25 steps the tenth of creators gives up that is paid least."""

    def exits(self, step: int, horizon: int, pay: np.ndarray, memory: np.ndarray) -> np.ndarray:
        """Return who leaves, (n,)."""
        return np.asarray((step % 25 == 0) & (np.argsort(np.argsort(pay)) < len(pay) // 10))


def tenth_replaced() -> float:
    """Return the mean time of 25 steps of which one begins with a turnover, times that of the others."""
    model = run_for(20, turnover=Tenth())
    seconds = np.array([seconds_of(model.step) for _ in range(5 * 25)]).reshape(5, 25)
    usual, turned = np.median(seconds), np.median(seconds[:, 4])  # the steps 25, 50, ...
    return float((24 * usual + turned) / (25 * usual))


def measured_apart(
    steps: int, parameters: dict[str, Any], threads: int = 1, clock: str = "process_time"
) -> tuple[float, float]:
    """Return seconds a step, by a clock of `time`, and peak memory in MB, in a process of its own."""
    code = (
        "import time\n"
        "from ecosystem_runs.bench import peak_megabytes, per_call, run_for\n"
        f"model = run_for(0, **{parameters!r})\n"
        f"print(per_call(model.step, {steps}, time.{clock}), peak_megabytes())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NUMBA_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def peak_megabytes() -> float:
    """Return the most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux getrusage begins with what the parent held when it started this process
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return float(lines["VmHWM"].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
