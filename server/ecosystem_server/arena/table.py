"""The arena's table while it fills: a row a policy, differences paired by seed; and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ecosystem.policies import BASE
from ecosystem.yardsticks.attainable import share_of
from ecosystem.yardsticks.final import Final
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.board import finite

if TYPE_CHECKING:
    from ecosystem.yardsticks.intervals import PairedInterval

COLUMNS = {
    "welfare_default": (
        "Welfare on default terms",
        "what the content is worth once the policy is switched off",
    ),
    "welfare": ("Deployed welfare", "what users get under the terms shown"),
    "share": ("Share of planner", "part of the way from no intervention to the planner, on default terms"),
    "share_attainable": (
        "Of attainable",
        "the same to what small steps keep of the planner's profile: a run and no bound, so 1 can be passed",
    ),
    "welfare_during": ("During", "what users get under the terms shown, over all steps"),
    "turnovers": ("Left", "creators who left, over all steps"),
    "worst_group": ("Worst group", "mean utility of the worst served group, on default terms"),
    "sd_groups": ("SD over groups", "how far group means are apart, on default terms"),
    "creator_gini": ("Creators' Gini", "how unequal creators' pay is; negative pay counts as 0"),
    "payout": ("Payout", "sum of creators' pay a step, in units of one user's utility"),
}
"""What is shown of a policy: heading, and what it means."""

SHARES = ("share", "share_attainable")
"""Those that need the yardsticks."""

Results = Mapping[tuple[str, int], Final]
Planned = Mapping[int, tuple[float, float]]
"""By seed: default-terms welfare of the planner, and what is attainable."""


@dataclass(frozen=True)
class Row:
    """What a policy came to so far."""

    policy: str
    seeds: int  # worlds that are done
    means: dict[str, float | None]  # by quantity
    less_none: dict[str, PairedInterval]  # differences to no intervention, in worlds where both are done


def rows(setting: ArenaSetting, results: Results, planned: Planned) -> list[Row]:
    """Return a row a policy, no intervention first.

    There are as many `results`, by policy and seed, and worlds with yardsticks, as there are.
    """
    return [_row(name, setting, results, planned) for name in setting.names]


def _row(name: str, setting: ArenaSetting, results: Results, planned: Planned) -> Row:
    done = [seed for seed in range(setting.seeds) if (name, seed) in results]
    paired = [seed for seed in done if (BASE, seed) in results]
    planned_too = [seed for seed in paired if seed in planned]

    def figure(policy: str, seed: int, key: str) -> float:
        final = results[policy, seed]
        if key not in SHARES:
            return float(getattr(final, key))
        yardstick = planned[seed][SHARES.index(key)]
        return share_of(final.welfare_default, results[BASE, seed].welfare_default, yardstick)

    means: dict[str, float | None] = {}
    less: dict[str, PairedInterval] = {}
    for key in COLUMNS:
        own = {seed: figure(name, seed, key) for seed in (planned_too if key in SHARES else done)}
        means[key] = finite(float(np.mean([*own.values()]))) if own else None
        if name != BASE and (both := [seed for seed in paired if seed in own]):
            less[key] = _interval(tuple(own[seed] - figure(BASE, seed, key) for seed in both))
    return Row(name, len(done), means, less)


def to_csv(setting: ArenaSetting, table: list[Row]) -> bytes:
    """Return the table: a line a policy, means and intervals in columns of their own."""
    out = io.StringIO()
    keys = [key for key in COLUMNS if any(row.means[key] is not None for row in table)]
    ends = {"mean": "less_none"} | {end: f"less_none_{end}" for end in ("low", "high", "above")}
    write = csv.writer(out, lineterminator="\n")
    shared = setting.parameters
    write.writerow(
        [*shared, "policy", "seeds", *keys, *(f"{key}_{end}" for key in keys for end in ends.values())]
    )
    for row in table:
        less = [getattr(row.less_none.get(key), end, None) for key in keys for end in ends]
        numbers = [row.means[key] for key in keys]
        write.writerow([*shared.values(), row.policy, row.seeds, *numbers, *less])
    return out.getvalue().encode()


@lru_cache(maxsize=2000)
def _interval(differences: tuple[float, ...]) -> PairedInterval:
    # Brings scipy's statistics, which the start need not wait for.
    from ecosystem.yardsticks.intervals import paired_interval

    return paired_interval(np.array(differences))
