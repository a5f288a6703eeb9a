"""How runs of Figure 1's world end: who is served, who crowds the centre, and what users get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.economy.parameters import Parameters
from ecosystem.environments.figure1 import FIGURE1
from ecosystem.metrics import at_centre, tail_mean, users_served
from ecosystem.retention import Everybody
from ecosystem.rewards import RelevancePay
from ecosystem.turnover import Nobody

STORY = "one seed is a story: all five users are served in 20.5 % of 200 seeds with the centre halved, in 2 % without"
"""With the paper's parameters, by ``ecosystem figure 1 --seeds 200``."""
IMMATERIAL = ("horizon", "lbr_evaluation", "one_by_one", "trajectory", "user_agents")
"""Parameters that decide nothing of how these worlds end, or how far a run is looked at."""


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


def story_of(model: CreatorEconomy) -> list[str]:
    """Return how often Figure 1's picture comes out, of its world with the paper's parameters; nothing of others.

    Examples
    --------
    >>> [len(story_of(CreatorEconomy(environment="figure1", eta=eta, rng=0))) for eta in (0.1, 0.5)]
    [1, 0]
    """
    rules = model.reward, model.turnover, model.retention, {*model.population.rules}
    if model.environment != "figure1" or rules != (RelevancePay(), Nobody(), Everybody(), {"lbr"}):
        return []
    papers = Parameters().in_force(FIGURE1)
    return [STORY] if all(getattr(model, one) == papers[one] for one in {*papers} - {*IMMATERIAL}) else []


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
