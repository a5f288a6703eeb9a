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
from ecosystem_runs.paired.planned import planned_worlds
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.plain import plain
from ecosystem_runs.replication.arms import ARMS, StudiedRun, run_arm
from ecosystem_runs.replication.checks import Checks, run_checks
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, Runs, best_moment
from ecosystem_runs.replication.claims_figure1 import judge_figure1
from ecosystem_runs.replication.readings import READINGS, papers
from ecosystem_runs.replication.verdicts import Judged, Verdict, judge, verdict


@dataclass(frozen=True)
class ArmShare:
    """An arm's final welfare under a reading, and which parts it reaches of what yardsticks improve on none."""

    reading: str
    arm: str
    welfare: float
    welfare_default: float
    share: Verdict  # of the planner's improvement
    share_attainable: Verdict
    below_planner: bool


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

    worlds: Worlds
    runs: dict[str, Runs]  # by reading
    judged: list[Judged]
    figure1: list[Judged]  # the claims of Section 4.1
    planned: np.ndarray  # the planner's welfare in each world, (s,), under default terms
    attainable: dict[
        str, np.ndarray
    ]  # what small steps keep of it, (s,), by the reading that shares are from
    spreads: np.ndarray  # how far its starts are apart, (s,)
    shares: list[ArmShare]
    uir_search: list[UirSearch]
    checks: Checks


def description_of(worlds: Worlds) -> dict[str, Any]:
    """Return what the replication is, as plain JSON."""
    readings = {one.name: [dict(one.settings), list(one.arms)] for one in READINGS[worlds.environment]}
    own = {"experiment": "claims", "environment": worlds.environment}
    return own | worlds.description("claims") | {"readings": readings}


def replicate(worlds: Worlds, folder: Path, engine: Engine, quiet: bool = False) -> Replication:
    """Run what is missing of the replication, and judge every claim.

    Section 4.1 and the theorems come with the synthetic environment.
    """
    environment, seeds, steps = worlds.environment, worlds.numbers, worlds.steps
    cells = [
        cell
        for one in READINGS[environment]
        for cell in cells_of(one.name, worlds.parameters | dict(one.settings), one.arms, seeds, steps)
    ]
    found = run_cells(cells, ARMS, run_arm, StudiedRun, description_of(worlds), folder, engine, quiet)
    runs = {
        one.name: Runs({arm: found[one.name, arm] for arm in one.arms}, steps, seeds.start)
        for one in READINGS[environment]
    }
    bases = [one for one in READINGS[environment] if one.base == one.name]
    planned = planned_worlds(
        worlds.parameters | {"horizon": steps}, seeds, folder, engine, quiet, [one.settings for one in bases]
    )
    best = np.array([one.welfare for one in planned])
    attainable = np.array([one.attainable for one in planned]).T
    reached = {one.name: own for one, own in zip(bases, attainable, strict=True)}
    checks, figure1 = Checks(), list[Judged]()
    if environment == "synthetic":
        checks, figure1 = run_checks(folder, engine, quiet), judge_figure1(seeds, folder, engine, quiet)
    return Replication(
        worlds,
        runs,
        judge(CLAIMS_ON[environment], {one.name: runs[one.name] for one in papers(environment)}),
        figure1,
        best,
        reached,
        np.array([np.ptp(one.restarts) for one in planned]),
        _shares(environment, runs, best, reached),
        [
            UirSearch(name, verdict(own.less_none("uir", DEFAULT)), *best_moment(own))
            for name, own in runs.items()
        ],
        checks,
    )


def _shares(
    environment: str, runs: Mapping[str, Runs], planned: np.ndarray, attainable: Mapping[str, np.ndarray]
) -> list[ArmShare]:
    """Return how each arm does, from the baseline of the same comparison rule: `Reading.base`."""
    found = []
    for one in READINGS[environment]:
        if one.base is None:
            continue
        base = runs[one.base].final("none", DEFAULT)
        for arm in one.arms:
            own = runs[one.name].final(arm, DEFAULT)
            shares = (
                np.array([share_of(*world) for world in zip(own, base, of, strict=True)])
                for of in (planned, attainable[one.base])
            )
            of_planned, of_attainable = map(verdict, shares)
            below = bool((own < planned).all())
            welfare = float(runs[one.name].final(arm).mean())
            found.append(
                ArmShare(one.name, arm, welfare, float(own.mean()), of_planned, of_attainable, below)
            )
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
        "seeds": replication.worlds.seeds,
        "first_seed": replication.worlds.first_seed,
        "steps": replication.worlds.steps,
        "claims": words(replication.judged),
        "claims_figure1": words(replication.figure1),
        "shares": [
            asdict(row) | {"share": row.share.as_dict(), "share_attainable": row.share_attainable.as_dict()}
            for row in replication.shares
        ],
        "uir_search": [asdict(row) | {"gain": row.gain.as_dict()} for row in replication.uir_search],
        "planner": {"welfare": replication.planned.tolist(), "spread": replication.spreads.tolist()},
        "attainable": {name: own.tolist() for name, own in replication.attainable.items()},
    }
    figures |= asdict(checks)
    figures["each_at_its_user"] = [asdict(one) | {"holds": one.holds} for one in checks.each_at_its_user]
    return dict(plain(figures))
