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
from ecosystem_runs.replication.arms import ARMS, COLUMNS, run_arm
from ecosystem_runs.replication.checks import EachAtItsUser, run_checks
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED, Runs, best_moment
from ecosystem_runs.replication.claims_figure1 import judge_figure1
from ecosystem_runs.replication.readings import READINGS
from ecosystem_runs.replication.verdicts import Verdict, verdict


@dataclass(frozen=True)
class Replication:
    """Everything the report says.

    Attributes
    ----------
    environment : str
    seeds, steps : int
        How many of its worlds, and how long.
    settings : dict
        Parameters of the model set by hand, in every run.
    runs : dict of str to Runs
        By reading.
    verdicts : dict
        By claim of Section 5.1.4 and reading.
    figure1 : dict
        By claim of Section 4.1 and reading.
    planned : (s,) array
        The planner's welfare in each world, under default terms.
    spreads : (s,) array
        How far the planner's starts are apart.
    at_users : list of EachAtItsUser
    theorem1, proof2, theorem2 : lists
        Rows of numerical checks; empty, as `figure1` is, where the environment is not the synthetic one.
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

    Parameters
    ----------
    environment : {"synthetic", "movielens"}
        Where Section 5.1.4's claims are tried; Section 4.1 and the theorems come with the synthetic one.
    seeds, steps : int
        Worlds, and steps of each run.
    settings : mapping
        Parameters of the model set by hand, in every run.
    folder : Path
        Where runs are kept as they finish.
    engine : Engine
        Not started yet; started and stopped for each kind of job.
    quiet : bool
        Whether to show no progress.
    """
    readings, world = READINGS[environment], {"environment": environment} | dict(settings)
    cells = [
        cell
        for one in readings
        for cell in cells_of(one.name, world | dict(one.settings), one.arms, seeds, steps)
    ]
    description = description_of(environment, seeds, steps, settings)
    found = run_cells(cells, ARMS, run_arm, COLUMNS, folder, description, engine, quiet)
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
        np.array([row["welfare"] for row in planned]),
        np.array([np.ptp(row["restarts"]) for row in planned]),
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


def shares(replication: Replication) -> list[dict[str, Any]]:
    """Return, per arm, welfare and its share of the attainable improvement over no intervention.

    The baseline is that of the same comparison rule: `ecosystem_runs.replication.readings.Reading.base`.
    """
    rows = []
    for one in READINGS[replication.environment]:
        reading, base = one.name, one.base
        for arm in replication.runs[reading].arms if base else ():
            own = replication.runs[reading].final(arm, DEFAULT)
            none = replication.runs[str(base)].final("none", DEFAULT)
            share = np.array(
                [attainable_share(w, b, p) for w, b, p in zip(own, none, replication.planned, strict=True)]
            )
            deployed = replication.runs[reading].final(arm, DEPLOYED)
            rows.append(
                {
                    "reading": reading,
                    "arm": arm,
                    "welfare": float(deployed.mean()),
                    "welfare_default": float(own.mean()),
                    "share": verdict(share),
                    "below_planner": bool((own < replication.planned).all()),
                }
            )
    return rows


def search_for_uir(replication: Replication) -> list[dict[str, Any]]:
    """Return, per reading, whether UIR beats no intervention under default terms, and its best moment."""
    rows = []
    for one in READINGS[replication.environment]:
        runs = replication.runs[one.name]
        step, lead = best_moment(runs)
        gain = verdict(runs.final("uir", DEFAULT) - runs.final("none", DEFAULT))
        rows.append({"reading": one.name, "gain": gain, "best_step": step, "best_lead": lead})
    return rows


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
        "shares": [row | {"share": row["share"].as_dict()} for row in shares(replication)],
        "uir_search": [row | {"gain": row["gain"].as_dict()} for row in search_for_uir(replication)],
        "planner": {"welfare": replication.planned.tolist(), "spread": replication.spreads.tolist()},
        "each_at_its_user": [asdict(one) | {"holds": one.holds} for one in replication.at_users],
        "theorem_1": [asdict(one) for one in replication.theorem1],
        "theorem_2_proof": [asdict(one) for one in replication.proof2],
        "theorem_2": [asdict(one) for one in replication.theorem2],
    }
    return dict(plain(figures))
