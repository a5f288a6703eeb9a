"""The replication: every claim under every reading, yardsticks and theorems, from kept runs to figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.yardsticks.attainable import share_of
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.paired.arms import cells_of, run_cells
from ecosystem_runs.paired.planned import Planned, planned_worlds
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.plain import plain
from ecosystem_runs.progress import tell
from ecosystem_runs.replication.arms import ARMS, StudiedRun, run_arm, run_arm_unseen
from ecosystem_runs.replication.checks import Checks, run_checks
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, TERMS, Runs, best_moment
from ecosystem_runs.replication.claims_figure1 import judge_figure1
from ecosystem_runs.replication.reading_files import Asked
from ecosystem_runs.replication.readings import Reading, papers
from ecosystem_runs.replication.verdicts import ROUNDING, Judged, Verdict, judge, verdict


@dataclass(frozen=True)
class ArmShare:
    """An arm's final welfare under a reading, and which parts it reaches of what yardsticks improve on none."""

    reading: str
    arm: str
    welfare: float
    welfare_default: float
    welfare_groups: float  # the mean over groups, whatever their sizes
    welfare_groups_default: float
    share: Verdict  # of the planner's improvement
    share_attainable: Verdict
    below_planner: bool  # whether it is above the planner on no seed


@dataclass(frozen=True)
class UirSearch:
    """Whether UIR beats no intervention under default terms in a reading, and the moment it leads by most."""

    reading: str
    gain: Verdict
    best_step: int
    best_lead: float


@dataclass(frozen=True)
class Replication:
    """Everything the report says of an environment; Section 4.1 and the theorems of the synthetic one alone."""

    asked: Asked
    worlds: Worlds
    runs: dict[str, Runs]  # by reading
    judged: list[Judged]
    figure1: list[Judged]  # the claims of Section 4.1
    planned: dict[str, list[Planned]]  # yardsticks of each world, by the reading that shares are from
    shares: list[ArmShare]
    uir_search: list[UirSearch]
    checks: Checks

    @property
    def default(self) -> str:
        """The name of the first reading: the rules of this project, unless readings are somebody's own."""
        return self.asked.readings[0].name


def description_of(asked: Asked, worlds: Worlds) -> dict[str, Any]:
    """Return what the replication is, as plain JSON."""
    readings = {one.name: [dict(one.settings), list(one.arms)] for one in asked.readings}
    own = {"experiment": "claims", "environment": worlds.environment}
    return own | worlds.description("claims") | {"readings": readings}


def replicate(asked: Asked, worlds: Worlds, folder: Path, engine: Engine, quiet: bool = False) -> Replication:
    """Run what is missing of the replication, and judge every claim.

    Section 4.1 and the theorems come with the paper's readings of the synthetic environment.
    """
    readings, seeds, steps = asked.readings, worlds.numbers, worlds.steps
    parameters = {one.name: worlds.parameters | dict(one.settings) for one in readings}
    cells = [
        cell for one in readings for cell in cells_of(one.name, parameters[one.name], one.arms, seeds, steps)
    ]
    run = run_arm if asked.is_papers else run_arm_unseen
    found = run_cells(cells, ARMS, run, StudiedRun, description_of(asked, worlds), folder, engine, quiet)
    runs = {
        one.name: Runs({arm: found[one.name, arm] for arm in one.arms}, steps, seeds.start)
        for one in readings
    }
    bases = [one.name for one in readings if one.base == one.name]
    horizons = [parameters[name] | {"horizon": steps} for name in bases]
    yardsticks = planned_worlds(horizons, seeds, folder, engine, quiet) if bases else []
    planned = dict(zip(bases, yardsticks, strict=True))
    checks, figure1 = Checks(), list[Judged]()
    if asked.is_papers and asked.environment == "synthetic":
        checks, figure1 = run_checks(folder, engine, quiet), judge_figure1(seeds, folder, engine, quiet)
    if not quiet:
        tell("judging and drawing", "claims")
    return Replication(
        asked,
        worlds,
        runs,
        judge(CLAIMS_ON[asked.environment], {one.name: runs[one.name] for one in papers(readings)}),
        figure1,
        planned,
        _shares(readings, runs, planned),
        [
            UirSearch(name, verdict(own.less_none("uir", DEFAULT)), *best_moment(own))
            for name, own in runs.items()
        ],
        checks,
    )


def _shares(
    readings: Iterable[Reading], runs: Mapping[str, Runs], planned: Mapping[str, list[Planned]]
) -> list[ArmShare]:
    """Return how each arm does, from the baseline of the same comparison rule: `Reading.base`."""
    found = []
    for one in readings:
        if one.base is None:
            continue
        base = runs[one.base].final("none", DEFAULT)
        best, reached = (
            np.array([getattr(world, name) for world in planned[one.base]])
            for name in ("welfare", "attainable")
        )
        for arm in one.arms:
            own = runs[one.name].final(arm, DEFAULT)
            shares = (
                np.array([share_of(*world) for world in zip(own, base, of, strict=True)])
                for of in (best, reached)
            )
            of_planned, of_attainable = map(verdict, shares)
            below = not bool((own > best + ROUNDING).any())
            welfare, groups, groups_default = (
                float(final.mean())
                for final in (
                    runs[one.name].final(arm),
                    *(runs[one.name].final_groups(arm, kind) for kind in TERMS),
                )
            )
            means = (welfare, float(own.mean()), groups, groups_default)
            found.append(ArmShare(one.name, arm, *means, of_planned, of_attainable, below))
    return found


def as_dict(replication: Replication) -> dict[str, Any]:
    """Return the replication for ``--json``."""

    def words(judged: Iterable[Judged]) -> dict[str, dict[str, Any]]:
        return {
            one.claim.name: {reading: by.as_dict() for reading, by in one.verdicts.items()} for one in judged
        }

    checks = replication.checks
    figures = {
        "environment": replication.worlds.environment,
        **replication.worlds.size,
        "claims": words(replication.judged),
        "claims_figure1": words(replication.figure1),
        "shares": [
            asdict(row)
            | {name: getattr(row, name).as_dict(together=False) for name in ("share", "share_attainable")}
            for row in replication.shares
        ],
        "uir_search": [
            asdict(row) | {"gain": row.gain.as_dict(together=False)} for row in replication.uir_search
        ],
        "planned": {name: [asdict(one) for one in own] for name, own in replication.planned.items()},
    }
    figures |= asdict(checks)
    figures["each_at_its_user"] = [asdict(one) | {"holds": one.holds} for one in checks.each_at_its_user]
    return dict(plain(figures))
