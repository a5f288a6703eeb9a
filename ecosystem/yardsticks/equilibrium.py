"""How far a state is from equilibrium: what creators could still gain by moving (Definition 1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.heartbeat import beat
from ecosystem.market import Market
from ecosystem.market.book import Costs, Sets
from ecosystem.market.trials import costs_of, project
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import real, whole


@dataclass(frozen=True)
class Exploitability:
    """What sampled deviations within a radius would bring creators, under the terms in force.

    In a local Nash equilibrium (Eq. 7) nobody gains, as far as samples tell.

    Examples
    --------
    >>> Exploitability(radius=0.1, largest=0.0, relative=0.0, gaining=0.0).gaining  # nobody gains
    0.0
    """

    radius: float  # length of the largest deviation tried
    largest: float  # gain of any creator, in the pay's own unit; 0 where nobody gains
    relative: float  # the same over the mean creator utility
    gaining: float  # share of creators with a gain above 1e-12


def exploitability(
    model: CreatorEconomy, rng: np.random.Generator, radius: float | None = None, trials: int = 16
) -> Exploitability:
    """Sample how much any creator could gain by moving within `radius`; the model is left as it is.

    Deviations are uniform in the ball of that radius and land on their projection, since only there can a creator
    be. A sample finds at most the largest gain there is. Gains are of expected utilities even where matching is
    sampled.

    Parameters
    ----------
    model : CreatorEconomy
    rng : Generator
        Source of deviations, not the model's own.
    radius : float, optional
        Above 0; the model's eta by default.
    trials : int
        Deviations a creator, at least 1.

    Raises
    ------
    BadInput
        If `radius` or `trials` is outside its range.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", rng=0)
    >>> exploitability(model, np.random.default_rng(0)).gaining  # at the start everybody would rather be elsewhere
    1.0
    """
    radius = real("radius", model.eta if radius is None else radius, above=0)
    if not model.creators:
        return Exploitability(radius, 0.0, float("nan"), 0.0)
    costs = Costs(model.moving_cost, model.home_cost, model.population.homes)
    gains = largest_gains(model.market, model.population.arrays, radius, trials, rng, costs)
    mean = float(model.market.creator_utilities().mean())
    largest = float(gains.max())
    return Exploitability(
        radius, largest, largest / mean if mean > 0 else float("nan"), float((gains > 1e-12).mean())
    )


def lne_check(model: CreatorEconomy, rng: np.random.Generator, trials: int = 64) -> list[Exploitability]:
    """Look for gains at radii of eta, eta / 4, eta / 16 and eta / 64: Definition 1 asks for one open set without any.

    For the arguments see `exploitability`.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", rng=0)
    >>> [one.radius for one in lne_check(model, np.random.default_rng(0), trials=2)]  # eta is 0.1
    [0.1, 0.025, 0.00625, 0.0015625]
    """
    return [exploitability(model, rng, model.eta / 4**k, trials) for k in range(4)]


@dataclass(frozen=True)
class Settled:
    """How near a run is to a local equilibrium after steps of some length, and what users have there.

    Examples
    --------
    >>> Settled(steps="eta", largest=0.0, gaining=0.0, welfare=1.6).gaining  # nobody gains
    0.0
    """

    steps: str  # their length, in words
    largest: float  # largest sampled gain within eta / 64, over mean pay
    gaining: float  # share of creators that gain within eta / 64
    welfare: float


def settled(
    environment: str, seed: int, steps: int, shrinking: Sequence[float] = (4.0, 16.0, 64.0)
) -> list[Settled]:
    """Run `steps` steps of length eta, then as many again of each shorter length, going on from where creators are.

    Beside that stand runs of as many steps of one length, from the start: eta / 4 and eta / 16. Looks for gains are
    within eta / 64 always.

    Parameters
    ----------
    environment : str
        Name of the world.
    seed, steps : int
        Seed of all runs, and how many steps are taken of each length.
    shrinking : sequence of float
        What eta is divided by, one after the other.

    Examples
    --------
    >>> [one.steps for one in settled("figure1", seed=0, steps=2, shrinking=[4.0])]
    ['eta', 'eta / 4', 'eta / 16', 'eta, then down to eta / 4']
    """
    model = CreatorEconomy(environment=environment, horizon=steps, rng=seed)
    eta, found = model.eta, []

    def look(steps_are: str, model: CreatorEconomy) -> None:
        model.run()
        near = exploitability(model, np.random.default_rng(seed), eta / 64)
        found.append(Settled(steps_are, near.relative, near.gaining, model.welfare))

    def again(divided: float) -> CreatorEconomy:
        return CreatorEconomy(environment=environment, horizon=steps, eta=eta / divided, rng=seed)

    look("eta", model)
    for divided in (4.0, 16.0):
        look(f"eta / {divided:g}", again(divided))
    for divided in shrinking:
        finer = again(divided)
        for i, place in enumerate(model.strategies):
            finer.move(i, place)
        look(f"eta, then down to eta / {divided:g}", finer)
        model = finer
    return found


def largest_gains(
    market: Market,
    sets: Sets,
    radius: float,
    trials: int,
    rng: np.random.Generator,
    costs: Costs | None = None,
) -> np.ndarray:
    """Return each creator's largest sampled gain (n,) after costs, at least 0; see `exploitability`.

    `sets` are strategy sets as compiled code has them, such as ``model.population.arrays``; moves are free without
    `costs`.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", rng=0)
    >>> sets = model.population.arrays
    >>> gains = largest_gains(model.market, sets, radius=0.1, trials=4, rng=np.random.default_rng(0))
    >>> gains.shape, bool((gains >= 0).all())
    ((5,), True)
    """
    trials = whole("trials", trials, at_least=1)
    strategies, d = market.strategies, market.users.shape[1]
    gains, landing = np.zeros(market.n_creators), np.empty(d)
    for i, here in enumerate(strategies):
        beat()
        steps = unit_vectors(rng, (trials, d)) * (radius * rng.random((trials, 1)) ** (1.0 / d))
        for step in steps:
            project(sets, i, here + step, landing)
            now, then = market.compare(i, landing)
            paid = (0.0, 0.0) if costs is None else costs_of(costs, i, here, landing)
            gains[i] = max(gains[i], (then - paid[1]) - (now - paid[0]))
    return gains
