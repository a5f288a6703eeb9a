"""How the platform works and how its creators behave: numbers that anybody may set."""

from __future__ import annotations

from dataclasses import dataclass

from ecosystem_agents.inputs.checks import real, whole
from ecosystem_agents.reweighting import weight_bounds

MOST = 100_000
"""Of items, days and trials."""


@dataclass(frozen=True)
class Settings:
    """How the platform works and how creators behave, in every arm.

    Parameters
    ----------
    percentile : float
        Relevance percentile a cold item must reach for a user by default, in [0, 1].
    slate : int
        Items shown at a request, at least 1.
    beta : float
        Temperature of Eq. (1) by default, above 0.
    established : int
        Established items retrieved for a request, at least 0.
    cold_days, cold_impressions : int
        An item is cold until it is this old or has been shown this often, at least 1.
    life_days : int
        Age at which items leave circulation, at least `cold_days`.
    fresh_hours : int
        Age below which content counts as fresh, at least 1.
    reward_days : int
        Age up to which likes count when a creator compares, from 1 to `life_days`.
    eta, content_noise : float
        Creators' step and the spread of their items, as shares of the radius, at least 0.
    trials : int
        Items of each kind a creator waits for before it compares, at least 1.
    attachment : float
        How strongly creators' activity follows reward, at least 0.
    alpha, w_min, w_max : float
        Algorithm 1.

    Raises
    ------
    BadInput
        If a setting is outside its range; one line that names it.
    """

    percentile: float = 0.99
    slate: int = 10
    beta: float = 0.1
    established: int = 100
    cold_days: int = 3
    cold_impressions: int = 100
    life_days: int = 7
    fresh_hours: int = 2
    reward_days: int = 2
    eta: float = 0.2
    content_noise: float = 0.03
    trials: int = 1
    attachment: float = 1.0
    alpha: float = 0.5
    w_min: float = 0.2
    w_max: float = 5.0

    def __post_init__(self) -> None:
        real("percentile", self.percentile, at_least=0, at_most=1)
        real("beta", self.beta, above=0)
        for name in ("slate", "cold_days", "cold_impressions", "fresh_hours", "trials"):
            whole(name, getattr(self, name), at_least=1, at_most=MOST)
        whole("established", self.established, at_least=0, at_most=MOST)
        whole("life_days", self.life_days, at_least=self.cold_days, at_most=MOST)
        whole("reward_days", self.reward_days, at_least=1, at_most=self.life_days)
        for name in ("eta", "content_noise", "attachment", "alpha"):
            real(name, getattr(self, name), at_least=0)
        weight_bounds(self.w_min, self.w_max)
