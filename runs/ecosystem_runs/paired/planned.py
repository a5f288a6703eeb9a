"""What the planner reaches in the worlds of an experiment, kept beside its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecosystem.yardsticks.planner import plan_world
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept


@dataclass(frozen=True)
class Planned:
    """The planner's welfare in a world under default terms, and that of each start; NaN where there is no planner."""

    welfare: float
    restarts: list[float]


def planned_worlds(
    parameters: Mapping[str, Any], seeds: int, folder: Path, engine: Engine, quiet: bool = False
) -> list[Planned]:
    """Plan worlds 0 to `seeds` - 1 once, kept in ``planner`` below `folder`."""
    jobs = [Job(dict(parameters), seed) for seed in range(seeds)]
    description = {"experiment": "planner", "seeds": seeds, "parameters": dict(parameters)}
    if inputs := inputs_of(parameters):
        description["inputs"] = inputs
    work = Work("planner", description, jobs, plan_job, Planned)
    return run_kept(work, folder / "planner", engine, quiet).results


def plan_job(job: Job) -> Planned:
    """Plan a world under default terms; there is no planner where utility is not relevance."""
    model = job.model()
    if model.setting.utility is not None:
        return Planned(float("nan"), [])
    found = plan_world(model, job.seed)
    return Planned(found.welfare, found.restarts.tolist())
