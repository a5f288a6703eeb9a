"""The planner: the best welfare that n creators could reach, were they placed for users' sake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.environments.environment import Setting
from ecosystem.game import mass_of
from ecosystem.heartbeat import beat
from ecosystem.market import Market
from ecosystem.market.book import PROJECTED, Sets, strategy_arrays
from ecosystem.market.trials import project
from ecosystem.strategy_sets import Catalogue, StrategySet
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import BadInput, real, whole

STARTS = 2
"""How often experiments over many worlds let `plan` start over; alone it does so more often."""
ASCENT_STEPS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
"""Lengths of gradient steps, in strategy space, coarse to fine."""
ASCENT_REPEATS = 30
POLISH_ROUNDS = 300
CATALOGUE_ROUNDS = 20


@dataclass(frozen=True)
class Plan:
    """What the planner found.

    Examples
    --------
    >>> Plan(welfare=0.75, strategies=np.zeros((1, 2)), restarts=np.array([0.5, 0.75])).spread
    0.25
    """

    welfare: float  # the best over all starts
    strategies: np.ndarray  # where it places creators, (n, d)
    restarts: np.ndarray  # best welfare of each start, (r,)

    @property
    def spread(self) -> float:
        """How far the starts' welfare is apart: the larger, the less the best is to be trusted."""
        return float(np.ptp(self.restarts))


def plan(
    setting: Setting,
    beta: float | np.ndarray,
    K: int | np.ndarray,
    rng: np.random.Generator,
    *,
    starts: int = 3,
    effort: float = 1.0,
    report: Callable[[int, str], None] | None = None,
) -> Plan:
    """Place all creators so that user welfare (Eq. 2) is as large as can be found, under any terms.

    Creators start on users drawn at random. Rounds of projected gradient ascent and of relocation (a creator
    leaves for an under-served user's place where that raises welfare) alternate, then single moves of
    shrinking length polish, and creators with a catalogue try every item of it until none helps. Each single
    move pays by contribution, for which welfare is an exact potential, so none lowers it. What it finds is
    reachable, hence a lower bound of the best.

    Parameters
    ----------
    setting : Setting
        The world; where its creators start is of no account.
    beta, K : number or (m,) array
        Terms, for all or one a user.
    rng : Generator
        Source of starts and of what is tried.
    starts : int
        How often to start over, at least once.
    effort : float
        A factor on the number of rounds, above 0.
    report : callable, optional
        Called with the number of each start that is done, and a note of its welfare.

    Raises
    ------
    BadInput
        If utility differs from relevance, or a number is outside its range.

    Examples
    --------
    >>> from ecosystem.plugins import Ball, DistanceRelevance
    >>> setting = Setting(np.array([[0.5, 0.0]]), np.zeros((1, 2)), DistanceRelevance(), Ball())  # one user
    >>> plan(setting, beta=0.1, K=1, rng=np.random.default_rng(0), starts=1, effort=0.01).strategies.round(6).tolist()
    [[0.5, 0.0]]
    """
    if setting.utility is not None:
        raise BadInput("the planner needs environments where utility is relevance (pi = sigma)")
    starts, effort = whole("starts", starts, at_least=1), real("effort", effort, above=0)
    n = len(setting.strategies)
    sets = setting.strategy_sets
    listed = list(sets) if isinstance(sets, list) else [sets] * n
    best, most, found = setting.strategies, -np.inf, []
    for done in range(starts):
        strategies, welfare = _plan_once(setting, listed, beta, K, rng, effort)
        found.append(welfare)
        if welfare > most:
            best, most = strategies, welfare
        if report is not None:
            report(done + 1, f"welfare {welfare:.5f}")
    return Plan(float(most), best, np.array(found))


def plan_world(
    model: CreatorEconomy,
    seed: int,
    *,
    starts: int = STARTS,
    effort: float = 1.0,
    report: Callable[[int, str], None] | None = None,
) -> Plan:
    """Plan the world of a model under default terms; `seed` is the planner's own. For the others see `plan`.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", rng=0)
    >>> plan_world(model, seed=0, starts=1, effort=0.05).welfare > model.welfare
    True
    """
    rng = np.random.default_rng(seed)
    return plan(model.setting, model.beta, model.K, rng, starts=starts, effort=effort, report=report)


def _plan_once(
    setting: Setting,
    sets: Sequence[StrategySet],
    beta: float | np.ndarray,
    K: int | np.ndarray,
    rng: np.random.Generator,
    effort: float,
) -> tuple[np.ndarray, float]:
    n, m = len(sets), len(setting.users)
    on_users = setting.users[rng.choice(m, size=n, p=mass_of(setting.user_mass, m))]
    market = Market(
        setting.users,
        np.array([one.project(s) for one, s in zip(sets, on_users, strict=True)]),
        setting.relevance,
        beta=beta,
        K=K,
        reward="contribution",
        user_mass=setting.user_mass,
        static_items=setting.static_items,
    )
    arrays = strategy_arrays(sets, setting.users.shape[1])
    smooth = not any(isinstance(one, Catalogue) for one in sets)
    repeats = max(1, round(effort * ASCENT_REPEATS))
    for length in ASCENT_STEPS:
        if smooth:
            _ascend(market, arrays, length, repeats)
        _relocate(market, arrays, sets, rng, trials=max(1, round(effort * 10)))
    _polish(market, arrays, np.geomspace(0.2, 0.002, max(1, round(effort * POLISH_ROUNDS))), rng)
    if smooth:
        _ascend(market, arrays, ASCENT_STEPS[-1], repeats)
    else:
        _exhaust(market, sets, rng, rounds=max(1, round(effort * CATALOGUE_ROUNDS)))
    market.refresh()
    return market.strategies, market.welfare()


def _ascend(market: Market, arrays: Sets, length: float, repeats: int) -> None:
    """Take projected gradient steps of at most that length; one that does not raise welfare is taken back."""
    landing = np.empty(market.users.shape[1])
    welfare, stalls = market.welfare(), 0
    for _ in range(repeats):
        beat()
        before = market.strategies
        gradient, reach = market.welfare_gradient()
        # A mean over the creator's audience of what each pulls, so that niches move as fast as crowds.
        direction = gradient / np.maximum(reach, 1e-300)[:, None]
        norms = np.linalg.norm(direction, axis=1)
        direction /= max(float(np.quantile(norms, 0.9)), 1e-300)
        direction /= np.maximum(np.linalg.norm(direction, axis=1), 1.0)[:, None]
        for i in map(int, np.flatnonzero(norms > 0)):
            project(arrays, i, before[i] + length * direction[i], landing)
            market.move(i, landing)
        now = market.welfare()
        if now > welfare:
            welfare = now
            continue
        for k, s in enumerate(before):
            market.move(k, s)
        length, stalls = length / 2, stalls + 1
        if stalls == 3:
            return


def _relocate(
    market: Market, arrays: Sets, sets: Sequence[StrategySet], rng: np.random.Generator, trials: int
) -> None:
    """Let every creator, in random order, try places elsewhere and take those that raise welfare."""
    landing = np.empty(market.users.shape[1])
    for i in map(int, rng.permutation(market.n_creators)):
        beat()
        one = sets[i]
        places = one.items if isinstance(one, Catalogue) else market.users
        for _ in range(trials):
            project(arrays, i, places[rng.integers(len(places))], landing)
            now, then = market.compare(i, landing)
            if then > now:
                market.move(i, landing)


def _exhaust(market: Market, sets: Sequence[StrategySet], rng: np.random.Generator, rounds: int) -> None:
    """Let every creator with a catalogue try each of its items, until nobody raises welfare any more."""
    for _ in range(rounds):
        moved = False
        for i in map(int, rng.permutation(market.n_creators)):
            beat()
            one = sets[i]
            for item in one.items if isinstance(one, Catalogue) else ():
                now, then = market.compare(i, item)
                if then > now + 1e-12:
                    market.move(i, item)
                    moved = True
        if not moved:
            return


def _polish(market: Market, arrays: Sets, lengths: np.ndarray, rng: np.random.Generator) -> None:
    """Let every creator try one random direction for each of `lengths` and keep what raises welfare."""
    n, d = market.n_creators, market.users.shape[1]
    for length in lengths:
        beat()
        order, directions = rng.permutation(n), unit_vectors(rng, (n, d))
        market.respond(arrays, PROJECTED, np.full(n, length), order, directions)
