"""What Section 4.1 claims about its five users and five creators, run many times over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ecosystem.economy import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.yardsticks.planner import plan
from runs.figure1 import at_centre, served

ARMS = ("none", "halved")
COLUMNS: dict[str, pa.DataType] = {
    "served": pa.int64(),
    "at_centre": pa.int64(),
    "welfare": pa.float64(),
}

Job = tuple[dict[str, Any], int]
Found = Mapping[str, np.ndarray]
"""Of each arm and column, such as "halved served", one number a seed."""


def run_figure1(job: Job) -> dict[str, Any]:
    """Run Figure 1 once: a pure function of (parameters, seed) that returns `COLUMNS`."""
    parameters, seed = job
    model = CreatorEconomy(environment="figure1", **parameters, rng=seed)
    model.run()
    welfare = tail_mean(model.datacollector.model_vars["welfare"], model.horizon)
    return {"served": served(model), "at_centre": at_centre(model), "welfare": welfare}


@dataclass(frozen=True)
class Claim:
    """A claim of Section 4.1; `number` gives one number a seed, above 0 where the claim holds."""

    name: str
    text: str
    number: Callable[[Found], np.ndarray]
    measured: str


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "someone is left out",
        "without intervention creators do not come to cover all five users",
        lambda found: (found["none served"] < 5) - 0.5,
        "share of seeds with fewer than five users served, less a half",
    ),
    Claim(
        "two crowd the centre",
        "without intervention at least two creators end at the central user",
        lambda found: (found["none at_centre"] >= 2) - 0.5,
        "share of seeds with two or more creators at the centre, less a half",
    ),
    Claim(
        "halving covers all",
        "with the central user's reward halved all five users get served",
        lambda found: (found["halved served"] == 5) - 0.5,
        "share of seeds with five users served, less a half",
    ),
    Claim(
        "halving serves more",
        "with the central user's reward halved more users are served",
        lambda found: found["halved served"] - found["none served"],
        "users served, halved less none",
    ),
    Claim(
        "halving raises welfare",
        "with the central user's reward halved users are better off",
        lambda found: found["halved welfare"] - found["none welfare"],
        "final welfare, halved less none",
    ),
)


@dataclass(frozen=True)
class EachAtItsUser:
    """The statement that s_i = x_i maximises welfare and is a pure Nash equilibrium.

    Attributes
    ----------
    beta : float
        Temperature.
    welfare : float
        At s_i = x_i.
    planned : float
        The best the planner found.
    gain : float
        Largest gain of a creator over a 161 x 161 grid of [-2, 2]^2.
    """

    beta: float
    welfare: float
    planned: float
    gain: float

    @property
    def holds(self) -> bool:
        """Whether nothing better was found and nobody gains on the grid."""
        return self.planned <= self.welfare + 1e-9 and self.gain <= 1e-9


def each_at_its_user(beta: float, grid: int = 161) -> EachAtItsUser:
    """Check Section 4.1's equilibrium statement at one temperature."""
    model = CreatorEconomy(environment="figure1", beta=beta, rng=0)
    for i, user in enumerate(model.users):
        model.market.move(i, user)
    side = np.linspace(-2, 2, grid)
    gains = []
    for i in range(model.n_creators):
        now = model.market.utility(i)
        gains.append(max(model.market.utility_at(i, np.array([x, y])) - now for x in side for y in side))
    planned = plan(model.setting, beta, model.K, np.random.default_rng(0), starts=5).welfare
    return EachAtItsUser(beta, model.market.welfare(), planned, float(max(gains)))
