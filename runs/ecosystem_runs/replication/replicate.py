"""The replication: every claim under every reading, yardsticks and theorems, from kept runs to figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.yardsticks.planner import attainable_share
from ecosystem.yardsticks.theorems import Improvement, ProofStep, Uniqueness
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.paired.arms import cells_of, run_cells
from ecosystem_runs.paired.planned import planned_worlds
from ecosystem_runs.plain import plain
from ecosystem_runs.replication.arms import ARMS, StudiedRun, run_arm
from ecosystem_runs.replication.checks import EachAtItsUser, run_checks
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED, Runs, best_moment
from ecosystem_runs.replication.claims_figure1 import judge_figure1
from ecosystem_runs.replication.readings import READINGS
from ecosystem_runs.replication.verdicts import Verdict, verdict


@dataclass(frozen=True)
class Replication:
    """Everything the report says of an environment.

    `runs` are by reading; verdicts, `figure1` (Section 4.1) among them, by claim and reading. `planned` is the
    planner's welfare in each world, under default terms, and `spreads` how far its starts are apart, (s,). The last
    four are rows of numerical checks, empty where the environment is not the synthetic one; so is `figure1`.
    """

    environment: str
    seeds: int
    steps: int
    settings: dict[str, Any]
    runs: dict[str, Runs]
    verdicts: dict[str, dict[str, Verdict]]
    figure1: dict[str, dict[str, Verdict]]
    planned: np.ndarray
    spreads: np.ndarray
    at_users: list[EachAtItsUser]
    theorem1: list[Uniqueness]
    proof2: list[ProofStep]
    theorem2: list[Improvement]


@dataclass(frozen=True)
class ArmShare:
    """An arm's final welfare under a reading, and its share of the attainable improvement over no intervention."""

    reading: str
    arm: str
    welfare: float
    welfare_default: float
    share: Verdict
    below_planner: bool


@dataclass(frozen=True)
class UirSearch:
    """Whether UIR beats no intervention under default terms in a reading, and the moment it leads by most."""

    reading: str
    gain: Verdict
    best_step: int
    best_lead: float


def description_of(environment: str, seeds: int, steps: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the replication is, as plain JSON."""
    return {
        "experiment": "claims",
        "environment": environment,
        "seeds": seeds,
        "steps": steps,
        "settings": dict(settings),
        "readings": {one.name: [dict(one.settings), list(one.arms)] for one in READINGS[environment]},
    }


def replicate(
    environment: str,
    seeds: int,
    steps: int,
    settings: Mapping[str, Any],
    folder: Path,
    engine: Engine,
    quiet: bool = False,
) -> Replication:
    """Run what is missing of the replication, and judge every claim.

    Section 4.1 and the theorems come with the synthetic environment.
    """
    readings, world = READINGS[environment], {"environment": environment} | dict(settings)
    cells = [
        cell
        for one in readings
        for cell in cells_of(one.name, world | dict(one.settings), one.arms, seeds, steps)
    ]
    description = description_of(environment, seeds, steps, settings)
    found = run_cells(cells, ARMS, run_arm, StudiedRun, description, folder, engine, quiet)
    runs = {one.name: Runs({arm: found[one.name, arm] for arm in one.arms}, steps) for one in readings}
    planned = planned_worlds(world, seeds, folder, engine, quiet)
    checks, figure1 = {}, {}
    if environment == "synthetic":
        checks, figure1 = run_checks(folder, engine, quiet), judge_figure1(seeds, folder, engine, quiet)
    return Replication(
        environment,
        seeds,
        steps,
        dict(settings),
        runs,
        judge(environment, runs),
        figure1,
        np.array([one.welfare for one in planned]),
        np.array([np.ptp(one.restarts) for one in planned]),
        *(checks.get(kind, []) for kind in ("at users", "theorem 1", "theorem 2, proof", "theorem 2")),
    )


def judge(environment: str, runs: Mapping[str, Runs]) -> dict[str, dict[str, Verdict]]:
    """Return each claim's verdict under each of the paper's readings that has the arms it needs."""
    papers = [one.name for one in READINGS[environment] if one.papers]
    return {
        claim.name: {
            name: verdict(claim.number(runs[name]))
            for name in papers
            if name in runs and set(claim.needs) <= set(runs[name].arms)
        }
        for claim in CLAIMS_ON[environment]
    }


def shares(replication: Replication) -> list[ArmShare]:
    """Return how each arm does, from the baseline of the same comparison rule: `Reading.base`."""
    found = []
    for one in READINGS[replication.environment]:
        if one.base is None:
            continue
        runs, planned = replication.runs[one.name], replication.planned
        base = replication.runs[one.base].final("none", DEFAULT)
        for arm in runs.arms:
            own = runs.final(arm, DEFAULT)
            share = [attainable_share(*world) for world in zip(own, base, planned, strict=True)]
            welfare = float(runs.final(arm, DEPLOYED).mean())
            judged, below = verdict(np.array(share)), bool((own < planned).all())
            found.append(ArmShare(one.name, arm, welfare, float(own.mean()), judged, below))
    return found


def search_for_uir(replication: Replication) -> list[UirSearch]:
    """Return how UIR does under every reading."""
    found = []
    for name, runs in replication.runs.items():
        gain = verdict(runs.final("uir", DEFAULT) - runs.final("none", DEFAULT))
        found.append(UirSearch(name, gain, *best_moment(runs)))
    return found


def as_dict(replication: Replication) -> dict[str, Any]:
    """Return the replication for ``--json``."""

    def words(table: Mapping[str, Mapping[str, Verdict]]) -> dict[str, dict[str, Any]]:
        return {claim: {name: one.as_dict() for name, one in by.items()} for claim, by in table.items()}

    figures = {
        "environment": replication.environment,
        "seeds": replication.seeds,
        "steps": replication.steps,
        "claims": words(replication.verdicts),
        "claims_figure1": words(replication.figure1),
        "shares": [asdict(row) | {"share": row.share.as_dict()} for row in shares(replication)],
        "uir_search": [asdict(row) | {"gain": row.gain.as_dict()} for row in search_for_uir(replication)],
        "planner": {"welfare": replication.planned.tolist(), "spread": replication.spreads.tolist()},
        "each_at_its_user": [asdict(one) | {"holds": one.holds} for one in replication.at_users],
        "theorem_1": [asdict(one) for one in replication.theorem1],
        "theorem_2_proof": [asdict(one) for one in replication.proof2],
        "theorem_2": [asdict(one) for one in replication.theorem2],
    }
    return dict(plain(figures))
