"""What the yardsticks reach in the worlds of an experiment, kept beside its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecosystem.yardsticks.attainable import attainable
from ecosystem.yardsticks.planner import plan_world
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept


@dataclass(frozen=True)
class Planned:
    """A world's yardsticks: default-terms welfare of the planner, of each of its starts, and what is attainable."""

    welfare: float  # NaN where there is no planner
    restarts: list[float]
    attainable: float


UNPLANNED = Planned(float("nan"), [], float("nan"))


def planned_worlds(
    parameters: Sequence[Mapping[str, Any]], seeds: range, folder: Path, engine: Engine, quiet: bool = False
) -> list[list[Planned]]:
    """Plan the worlds of these seeds under each of `parameters`, kept in ``planner`` below `folder`."""
    jobs = [Job(dict(own), seed) for own in parameters for seed in seeds]
    description: dict[str, Any] = {"experiment": "planner", "seeds": [seeds.start, seeds.stop]}
    description["parameters"] = [dict(own) for own in parameters]
    if inputs := inputs_of(*parameters):
        description["inputs"] = inputs
    work = Work("planner", description, jobs, plan_job, Planned)
    found = run_kept(work, folder / "planner", engine, quiet).results
    return [found[k : k + len(seeds)] for k in range(0, len(found), len(seeds))]


def plan_job(job: Job) -> Planned:
    """Plan a world under default terms; there is no planner where utility is not relevance."""
    model = job.model()
    if model.setting.utility is not None:
        return UNPLANNED
    found = plan_world(model, job.seed)
    reached = attainable(job.parameters, found.strategies, job.seed)
    return Planned(found.welfare, found.restarts.tolist(), reached)
