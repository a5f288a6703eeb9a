"""The attainable: what creators who step by step look for better pay could keep of the best there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.policies import DECIDED
from ecosystem_agents.creator import unit_vectors

NOT_SHARED = (*DECIDED, "rules", "turnover", "arrivals", "newcomer", "retention")
"""Parameters that a run does not share with its attainable: no intervention, one rule, nobody who leaves."""


def attainable(parameters: Mapping[str, Any], strategies: np.ndarray, seed: int) -> float:
    """Return the final default-terms welfare of a run that starts beside the planner's profile.

    1. Each creator stands where the planner puts it, displaced by eta in a uniformly drawn direction and projected
       onto its strategy set.
    2. All follow Algorithm 2 to the horizon, under the default terms and paid by contribution, for which welfare is
       an exact potential.

    Steps of fixed length eta cannot place creators precisely, so this may be well below the planner's welfare. It is
    a run and no bound: another run may end above it.

    Parameters
    ----------
    parameters : mapping
        Of the `CreatorEconomy` to compare with; those in `NOT_SHARED` are of no account.
    strategies : (n, d) array
        The planner's profile: `plan_world`'s.
    seed : int
        Seed of the run, whose stream "attainable" draws the directions.

    Examples
    --------
    >>> from ecosystem.yardsticks.planner import plan_world
    >>> world = {"environment": "figure1", "horizon": 200}
    >>> best = plan_world(CreatorEconomy(**world, rng=0), seed=0)
    >>> .8 < attainable(world, best.strategies, seed=0) / best.welfare < 1
    True
    """
    shared = {name: value for name, value in parameters.items() if name not in NOT_SHARED}
    model = CreatorEconomy(**shared, reward="contribution", rng=seed)
    directions = unit_vectors(model.stream_of("attainable"), strategies.shape)
    for i, start in enumerate(strategies + model.eta * directions):
        model.move(i, start)
    model.run()
    return tail_mean(model.datacollector.model_vars["welfare_default"], model.horizon)


def share_of(welfare: float, baseline: float, yardstick: float) -> float:
    """Return which part of the improvement from `baseline` to a yardstick's welfare a run reaches.

    NaN where the yardstick is no improvement.

    Examples
    --------
    >>> share_of(0.75, baseline=0.5, yardstick=1.0)
    0.5
    """
    return (welfare - baseline) / (yardstick - baseline) if yardstick > baseline else float("nan")
