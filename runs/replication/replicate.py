"""The replication: every claim under every reading, yardsticks and theorems, from kept runs to figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ecosystem.yardsticks.planner import attainable_share
from ecosystem.yardsticks.theorems import (
    Improvement,
    ProofStep,
    Uniqueness,
    improvement,
    proof_step,
    uniqueness,
)
from runs.arms import ARMS, cells_of, run_cells
from runs.jobs.engines import Engine
from runs.jobs.kept import run_kept
from runs.jobs.resumable import fingerprint
from runs.planned import planned_worlds
from runs.replication import claims_figure1
from runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED, Runs, best_moment
from runs.replication.claims_figure1 import EachAtItsUser, each_at_its_user
from runs.replication.readings import FIGURE1, READINGS
from runs.replication.verdicts import Verdict, verdict

FIGURE1_STEPS = 2000
FIGURE1_RUNS_A_SEED = 6
"""Runs of Figure 1 for each synthetic world: they are that much cheaper, and decide yes-or-no questions."""

Check = tuple[str, int, float]
CHECKS: list[Check] = [
    *(("at users", 5, beta) for beta in (0.1, 10.0)),
    *(("theorem 1", 5, beta) for beta in (4.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)),
    *(("theorem 2, proof", n, beta) for n in (5, 20, 60) for beta in (1.0, 0.1)),
    *(("theorem 2", n, beta) for n in (5, 20, 100) for beta in (1.0, 0.5, 0.3, 0.1)),
]
"""Every numerical check: its kind, number of creators and temperature."""


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


def default_folder(environment: str, seeds: int, steps: int, settings: Mapping[str, Any]) -> Path:
    """Return the replication's folder under ``./results/``: the same one goes on."""
    name = fingerprint(description_of(environment, seeds, steps, settings))[:8]
    return Path.cwd() / "results" / f"claims-{environment}-{name}"


def replicate(
    environment: str,
    seeds: int,
    steps: int,
    settings: Mapping[str, Any],
    folder: Path,
    engine_of: Callable[[], Engine],
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
    engine_of : callable
        Gives an engine that is not started yet, for each kind of job.
    quiet : bool
        Whether to show no progress.
    """
    readings, world = READINGS[environment], {"environment": environment} | dict(settings)
    cells = [
        cell
        for one in readings
        for cell in cells_of({one.name: world | dict(one.settings)}, one.arms, seeds, steps)
    ]
    cells.sort(key=lambda cell: ARMS[cell.arm].copies is not None)
    description = description_of(environment, seeds, steps, settings)
    found = run_cells(cells, folder, description, engine_of(), quiet)
    runs = {one.name: Runs({arm: found[one.name, arm] for arm in one.arms}, steps) for one in readings}
    planned = planned_worlds(world, seeds, folder, engine_of(), quiet)
    checks: dict[str, list[dict[str, Any]]] = {kind: [] for kind, *_ in CHECKS}
    figure1: dict[str, dict[str, Verdict]] = {}
    if environment == "synthetic":
        column = {"row": pa.string()}
        rows = run_kept("checks", {"checks": CHECKS}, CHECKS, run_check, column, folder, engine_of(), quiet)
        for check, one in zip(CHECKS, rows, strict=True):
            checks[check[0]].append(json.loads(one["row"]))
        figure1 = _figure1(seeds, folder, engine_of(), quiet)
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
        [EachAtItsUser(**row) for row in checks["at users"]],
        [Uniqueness(**row) for row in checks["theorem 1"]],
        [ProofStep(**row) for row in checks["theorem 2, proof"]],
        [Improvement(**row) for row in checks["theorem 2"]],
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

    The baseline is that of the same comparison rule: `runs.replication.readings.Reading.base`.
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
                    "deployed": float(deployed.mean()),
                    "default": float(own.mean()),
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


def run_check(job: Check) -> dict[str, Any]:
    """Run one numerical check, always on the same games: a job that returns its row as JSON."""
    kind, n, beta = job
    rng = np.random.default_rng(1)
    row: EachAtItsUser | Uniqueness | ProofStep | Improvement
    if kind == "at users":
        row = each_at_its_user(beta)
    elif kind == "theorem 1":
        row = uniqueness(np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2)), n, beta, rng)
    elif kind == "theorem 2, proof":
        row = proof_step(n, beta, rng)
    else:
        row = improvement(n, beta, rng, trials=6)
    return {"row": json.dumps(asdict(row))}


def as_dict(replication: Replication) -> dict[str, Any]:
    """Return the replication for ``--json``."""
    tables = {"claims": replication.verdicts, "claims_figure1": replication.figure1}
    plain: dict[str, Any] = {
        kind: {claim: {r: v.as_dict() for r, v in by.items()} for claim, by in table.items()}
        for kind, table in tables.items()
    }
    return {
        "environment": replication.environment,
        "seeds": replication.seeds,
        "steps": replication.steps,
        **plain,
        "shares": [row | {"share": row["share"].as_dict()} for row in shares(replication)],
        "uir_search": [row | {"gain": row["gain"].as_dict()} for row in search_for_uir(replication)],
        "planner": {"welfare": replication.planned.tolist(), "spread": replication.spreads.tolist()},
        "each_at_its_user": [asdict(one) | {"holds": one.holds} for one in replication.at_users],
        "theorem_1": [asdict(one) for one in replication.theorem1],
        "theorem_2_proof": [asdict(one) for one in replication.proof2],
        "theorem_2": [_without_nan(asdict(one)) for one in replication.theorem2],
    }


def _figure1(seeds: int, folder: Path, engine: Engine, quiet: bool) -> dict[str, dict[str, Verdict]]:
    count = seeds * FIGURE1_RUNS_A_SEED
    keys = [(one, arm, seed) for one in FIGURE1 for arm in claims_figure1.ARMS for seed in range(count)]
    jobs = [
        (dict(one.settings) | {"mechanism": arm, "horizon": FIGURE1_STEPS}, seed) for one, arm, seed in keys
    ]
    description = {"seeds": count, "readings": {one.name: dict(one.settings) for one in FIGURE1}}
    rows = run_kept(
        "figure1",
        description,
        jobs,
        claims_figure1.run_figure1,
        claims_figure1.COLUMNS,
        folder,
        engine,
        quiet,
    )
    table: dict[str, dict[str, Verdict]] = {claim.name: {} for claim in claims_figure1.CLAIMS}
    for one in FIGURE1:
        columns: dict[str, np.ndarray] = {}
        for arm in claims_figure1.ARMS:
            own = [row for row, key in zip(rows, keys, strict=True) if key[:2] == (one, arm)]
            columns |= {f"{arm} {name}": np.array([r[name] for r in own]) for name in claims_figure1.COLUMNS}
        for claim in claims_figure1.CLAIMS:
            table[claim.name][one.name] = verdict(claim.number(columns))
    return table


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
