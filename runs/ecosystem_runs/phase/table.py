"""The phase diagram's table: what is to be gained in each cell, and what each policy gains of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ecosystem.policies import BASE
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval
from ecosystem_runs.paired.planned import Planned

CLUSTERS = 10
TINY = 0.5
"""Headroom, in % of no intervention, below which shares of it mean nothing."""

GAIN = "+z.1f"
"""How a gain in % is written."""


class Cell(NamedTuple):
    """A kind of worlds: creators per cluster of users, how far relevance reaches, how unequal clusters are."""

    ratio: float
    scale: float
    zipf: float

    @property
    def n_creators(self) -> int:
        """How many creators there are."""
        return round(self.ratio * CLUSTERS)

    def __str__(self) -> str:
        return f"n/C {self.ratio:g}, scale {self.scale:g}, zipf {self.zipf:g}"


@dataclass(frozen=True)
class PhaseRun:
    """What is kept of a run: means over its last steps as in `Final`, and how many creators gave up."""

    welfare_default: float
    welfare: float
    worst_group: float
    turnovers: int


@dataclass(frozen=True)
class PolicyCell:
    """A policy in a cell: means over seeds of what is kept of its runs, and what it gains."""

    welfare_default: float
    welfare: float
    worst_group: float
    turnovers: float
    gain: PairedInterval  # default-terms welfare over no intervention, in % of its mean
    share: float | None  # of the planner's gain; None where that is tiny
    share_attainable: float | None  # of what small steps attain


@dataclass(frozen=True)
class CellRow:
    """A row of the table: a cell under one rule for ties. Gains are in % of no intervention's mean welfare."""

    accept: str
    ratio: float
    scale: float
    zipf: float
    n_creators: int
    seeds: int
    none: float  # default-terms welfare of no intervention
    headroom: PairedInterval  # the planner's gain
    attainable: PairedInterval  # what small steps gain
    best: str  # policy of the largest mean default-terms welfare
    policies: dict[str, PolicyCell]  # no intervention is not among them

    @property
    def best_gain(self) -> float:
        """The gain of the best, 0 where that is no intervention."""
        return 0.0 if self.best == BASE else self.policies[self.best].gain.mean or 0.0


def row_of(
    accept: str, cell: Cell, runs: Mapping[str, Sequence[PhaseRun]], planned: Sequence[Planned]
) -> CellRow:
    """Return the row of a cell, from what ran in it by policy, no intervention included, each in order of seeds."""
    none = np.array([one.welfare_default for one in runs[BASE]])

    def gain(welfare: list[float]) -> PairedInterval:
        with np.errstate(divide="ignore", invalid="ignore"):
            return paired_interval(100 * (np.array(welfare) - none) / none.mean())

    headroom, attainable = (
        gain([one.welfare for one in planned]),
        gain([one.attainable for one in planned]),
    )
    policies = {}
    for name, own in runs.items():
        gained = gain([one.welfare_default for one in own])
        means = {key: float(np.mean([vars(one)[key] for one in own])) for key in vars(own[0])}
        shares = _share(gained, headroom), _share(gained, attainable)
        policies[name] = PolicyCell(**means, gain=gained, share=shares[0], share_attainable=shares[1])
    best = max(policies, key=lambda name: policies[name].welfare_default)
    idle = policies.pop(BASE).welfare_default
    size = (cell.n_creators, len(none))
    return CellRow(accept, *cell, *size, idle, headroom, attainable, best, policies)


def written(number: float | None, form: str = GAIN) -> str:
    """Return a number as text, no zero below 0; "-" where there is none."""
    return "-" if number is None else format(number, form)


def _share(gain: PairedInterval, room: PairedInterval) -> float | None:
    if gain.mean is None or room.mean is None or room.mean < TINY:
        return None
    return gain.mean / room.mean
