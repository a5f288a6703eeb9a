"""How runs of Figure 1's world end: who is served, who crowds the centre, and what users get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.metrics import at_centre, tail_mean, users_served


@dataclass(frozen=True)
class Outcome:
    """How one run ended."""

    served: int  # users with a creator nearby, of 5
    at_centre: int  # creators near the popular user
    welfare: float  # mean over the last ``min(250, T / 10)`` steps


def outcome(seed: int, **parameters: Any) -> Outcome:
    """Play Figure 1's world to its horizon, with these parameters of the model."""
    model = CreatorEconomy(environment="figure1", **parameters, rng=seed)
    model.run()
    ends = model.users, model.strategies
    welfare = tail_mean(model.datacollector.model_vars["welfare"], model.horizon)
    return Outcome(users_served(*ends), at_centre(*ends), welfare)
