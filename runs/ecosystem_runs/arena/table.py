"""The arena's table: what each policy does over all worlds, and less no intervention and its control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecosystem.metrics import tail_mean
from ecosystem.policies import BASE
from ecosystem.yardsticks.attainable import share_of
from ecosystem.yardsticks.final import Final
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval
from ecosystem_runs.paired.arms import ArmRun
from ecosystem_runs.plain import plain

MEASURES = (
    "welfare_default",
    "welfare",
    "welfare_groups",
    "welfare_groups_deployed",
    "worst_group",
    "sd_groups",
    "worst_group_deployed",
    "sd_groups_deployed",
    "creator_gini",
    "negative_pay",
    "payout",
    "welfare_during",
    "turnovers",
)
"""What is shown of a policy in one world, by the names of `Final`."""
COMPARED = (
    "welfare_default",
    "welfare",
    "welfare_groups",
    "worst_group",
    "sd_groups",
    "creator_gini",
    "payout",
)
"""What is compared with no intervention and with the control, paired by seed."""


@dataclass(frozen=True)
class PolicyRun(ArmRun):
    """What is kept of a policy in one world: means over its last steps as in `Final`, exploitability at the end."""

    groups: list[float]
    groups_deployed: list[float]
    creator_gini: float
    negative_pay: float
    payout: float
    turnovers: int
    exploitability: float
    strategies_hash: str

    def final(self, steps: int) -> Final:
        """Return the final figures of the run, which had so many steps."""
        return Final(
            welfare=tail_mean(self.welfare, steps),
            welfare_default=tail_mean(self.welfare_default, steps),
            groups=np.asarray(self.groups),
            groups_deployed=np.asarray(self.groups_deployed),
            creator_gini=self.creator_gini,
            negative_pay=self.negative_pay,
            payout=self.payout,
            welfare_during=float(np.mean(self.welfare[1:])),
            turnovers=self.turnovers,
        )


@dataclass(frozen=True)
class Yardsticks:
    """What runs are measured against: default-terms welfare, one a world, (s,); NaN where there is no planner."""

    planned: np.ndarray
    attainable: np.ndarray


@dataclass(frozen=True)
class PolicyRow:
    """A row of the table: means over seeds, and differences paired by seed; None where there is no number."""

    policy: str
    seeds: int
    welfare_default: float | None  # as welfare, None where no users are left in a world
    welfare: float | None
    welfare_groups: float
    welfare_groups_deployed: float
    worst_group: float
    sd_groups: float
    worst_group_deployed: float
    sd_groups_deployed: float
    creator_gini: float
    negative_pay: float
    payout: float
    welfare_during: float | None
    turnovers: float
    share: float | None  # part of the way from no intervention to the planner
    share_attainable: float | None  # part of the way to what is attainable
    exploitability: float | None
    half_headroom: float | None  # median of steps until half the headroom is reached
    reached: int  # in how many worlds it is
    planned: float | None  # the planner's default-terms welfare
    attainable: float | None  # what small steps keep of it
    share_interval: PairedInterval
    share_attainable_interval: PairedInterval
    less_none: dict[str, PairedInterval] | None  # by quantity of `COMPARED`
    control: str | None
    less_control: dict[str, PairedInterval] | None


def rows_of(
    runs: Mapping[str, Sequence[PolicyRun]],
    yardsticks: Yardsticks,
    steps: int,
    control_of: Mapping[str, str],
) -> list[PolicyRow]:
    """Return the table, a row a policy, from the run of each seed in order; no intervention is among them."""
    measured = {name: measures(of, runs[BASE], yardsticks, steps) for name, of in runs.items()}
    rows = []
    for name, own in measured.items():
        control, until = control_of.get(name), own.pop("half_headroom")
        means: dict[str, Any] = {key: plain(values.mean()) for key, values in own.items()}
        rows.append(
            PolicyRow(
                policy=name,
                seeds=len(until),
                **means,
                half_headroom=plain(np.median(until)),
                reached=int(np.isfinite(until).sum()),
                planned=plain(yardsticks.planned.mean()),
                attainable=plain(yardsticks.attainable.mean()),
                share_interval=paired_interval(own["share"]),
                share_attainable_interval=paired_interval(own["share_attainable"]),
                less_none=None if name == BASE else _differences(own, measured[BASE]),
                control=control,
                less_control=None if control is None else _differences(own, measured[control]),
            )
        )
    return rows


def measures(
    runs: Sequence[PolicyRun], base: Sequence[PolicyRun], yardsticks: Yardsticks, steps: int
) -> dict[str, np.ndarray]:
    """Return every quantity of one policy, an array (s,) each: one number a seed; `base` is no intervention."""
    finals = [run.final(steps) for run in runs]
    idle = [tail_mean(run.welfare_default, steps) for run in base]
    halves = [
        (low + high) / 2 if high > low else np.nan for low, high in zip(idle, yardsticks.planned, strict=True)
    ]

    def shares(of: np.ndarray) -> np.ndarray:
        worlds = zip(finals, idle, of, strict=True)
        return np.array([share_of(own.welfare_default, low, high) for own, low, high in worlds])

    until = [steps_until(np.array(run.welfare_default), half) for run, half in zip(runs, halves, strict=True)]
    return {
        **{key: np.array([getattr(final, key) for final in finals]) for key in MEASURES},
        "share": shares(yardsticks.planned),
        "share_attainable": shares(yardsticks.attainable),
        "exploitability": np.array([run.exploitability for run in runs], dtype=np.float64),
        "half_headroom": np.array(until),
    }


def steps_until(series: np.ndarray, level: float) -> float:
    """Return the first step at which `series` (T + 1,), the start included, is at least `level`; inf for never."""
    above = np.flatnonzero(series >= level)
    return float(above[0]) if len(above) else float("inf")


def _differences(own: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict[str, PairedInterval]:
    return {key: paired_interval(own[key] - other[key]) for key in COMPARED}
