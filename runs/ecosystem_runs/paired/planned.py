"""What the planner reaches in the worlds of an experiment, kept beside its runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ecosystem.economy import CreatorEconomy
from ecosystem.yardsticks.planner import STARTS, plan
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.run_kept import run_kept
from ecosystem_runs.paired.arms import NUMBERS

Job = tuple[dict[str, Any], int]


def planned_worlds(
    parameters: Mapping[str, Any], seeds: int, folder: Path, engine: Engine, quiet: bool = False
) -> list[dict[str, Any]]:
    """Return the planner's welfare and that of each of its starts in worlds 0 to `seeds` - 1.

    Parameters
    ----------
    parameters : mapping
        Of `CreatorEconomy`: the environment and whatever makes its worlds.
    seeds : int
    folder : Path
        Plans are kept in ``planner`` below it, so that they are made once.
    engine : Engine
        Not started yet.
    quiet : bool
    """
    jobs: list[Job] = [(dict(parameters), seed) for seed in range(seeds)]
    columns = {"welfare": pa.float64(), "restarts": NUMBERS}
    description = {"seeds": seeds, "parameters": dict(parameters)}
    return run_kept("planner", description, jobs, plan_world, columns, folder, engine, quiet)


def plan_world(job: Job) -> dict[str, Any]:
    """Plan the world of a seed under default terms; NaN where utility is not relevance."""
    parameters, seed = job
    model = CreatorEconomy(**parameters, rng=seed)
    if model.setting.utility is not None:
        return {"welfare": float("nan"), "restarts": []}
    found = plan(model.setting, model.beta, model.K, np.random.default_rng(seed), starts=STARTS)
    return {"welfare": found.welfare, "restarts": found.restarts.tolist()}
