"""How runs of Figure 1's world end: who is served, who crowds the centre, and what users get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.metrics import at_centre, tail_mean, users_served


@dataclass(frozen=True)
class Outcome:
    """How one run ended.

    Examples
    --------
    >>> Outcome(served=3, at_centre=2, welfare=1.6).served
    3
    """

    served: int  # users with a creator nearby, of 5
    at_centre: int  # creators near the popular user
    welfare: float  # mean over the last ``min(250, T / 10)`` steps


def outcome(seed: int, **parameters: Any) -> Outcome:
    """Play Figure 1's world to its horizon, with these parameters of the model.

    Examples
    --------
    >>> found = outcome(seed=0, horizon=20)
    >>> 0 <= found.served <= 5, 1 < found.welfare < 2  # relevance is 2 at the most
    (True, True)
    """
    model = CreatorEconomy(environment="figure1", **parameters, rng=seed)
    model.run()
    ends = model.users, model.strategies
    welfare = tail_mean(model.datacollector.model_vars["welfare"], model.horizon)
    return Outcome(users_served(*ends), at_centre(*ends), welfare)
