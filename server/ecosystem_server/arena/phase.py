"""The phase diagram: an arena of one policy in sixteen worlds of niches, each a cell that opens on the live page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ecosystem import CreatorEconomy
from ecosystem.policies import policy_of
from ecosystem_server.address import LARGEST_SEED, Item
from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.board import Json
from ecosystem_server.limits import Limits
from ecosystem_server.live.setting import Setting

RATIOS, SCALES = (0.5, 1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 5.0)
"""Creators per cluster, from row to row, and scales of relevance, from column to column."""
CELLS = [(ratio, scale) for ratio in RATIOS for scale in SCALES]


@dataclass(frozen=True)
class PhaseSetting(ArenaSetting):
    """What all cells have in common; a cell's number stands where an arena has a seed."""

    VIEW = "phase"
    ITEMS: ClassVar = {
        "zipf": Item.whole("zipf", 0, 2),
        "seed": Item.whole("seed", 0, LARGEST_SEED),
        "steps": Item.whole("steps", 10, 1_000_000, "arena_steps"),
    }

    environment: str = "niches"
    lbr_evaluation: str = "projected"
    seeds: int = len(CELLS)
    steps: int = 300
    policies: tuple[str, ...] = ("contribution_turnover",)
    zipf: int = 1
    seed: int = 0  # of all worlds

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the setting with these values, and the usual others."""
        return cls(**values)

    def cell(self, number: int) -> Setting:
        """Return what the live page plays of a cell: no intervention, and the policy beside it."""
        ratio, scale = CELLS[number]
        shared = {"n_creators": round(10 * ratio), "scale": scale, "zipf": float(self.zipf)}
        policy = {"reward": "contribution", "turnover": "least_paid"}
        return Setting(self.environment, self.seed, shared, ({}, policy))

    def model(self, policy: str, seed: int, limits: Limits) -> CreatorEconomy:
        """Return a policy in a cell, at its start."""
        given = {**self.parameters, **self.cell(seed).shared, **policy_of(policy).parameters()}
        return CreatorEconomy(**given, rng=self.seed)


class PhasePlay(ArenaPlay):
    """Runs both policies in a cell, then in the next."""

    plural, setting_kind = "phase diagrams", PhaseSetting
    planned_in = ()
    enter: Callable[[Setting], None]
    """Opens a world on the live page."""

    def take(self, message: Json) -> None:
        """Take a message of the board: a cell was chosen."""
        match self.status.setting, message:
            case PhaseSetting() as setting, {"kind": "enter", "cell": int(cell)} if cell in range(len(CELLS)):
                self.enter(setting.cell(cell))

    def _send_all(self) -> None:
        names, done = self.status.setting.names, self.results
        runs = [[done.get((name, cell)) for name in names] for cell in range(len(CELLS))]
        # By how many percent welfare on default terms is above none's, where both are done.
        gains = [100 * (b.welfare_default / a.welfare_default - 1) if a and b else None for a, b in runs]
        self.publish({"kind": "diagram", "rows": RATIOS, "columns": SCALES, "gains": gains})
        self.send_address()
