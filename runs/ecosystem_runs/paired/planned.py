"""What the yardsticks reach in the worlds of an experiment, kept beside its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecosystem import CreatorEconomy
from ecosystem.yardsticks.attainable import attainable
from ecosystem.yardsticks.planner import plan_world
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.run_kept import Work, run_kept


@dataclass(frozen=True)
class Planned:
    """A world's yardsticks: default-terms welfare of the planner, of each of its starts, and what is attainable."""

    welfare: float  # NaN where there is no planner
    restarts: list[float]
    attainable: list[float]  # one a way of comparing that was asked for


@dataclass(frozen=True)
class PlanJob:
    """A world to plan, and settings that its attainable is wanted under."""

    parameters: Mapping[str, Any]  # horizon included
    seed: int
    each: Sequence[Mapping[str, Any]] = ({},)


def planned_worlds(
    parameters: Mapping[str, Any],
    seeds: range,
    folder: Path,
    engine: Engine,
    quiet: bool = False,
    each: Sequence[Mapping[str, Any]] = ({},),
) -> list[Planned]:
    """Plan the worlds of these seeds once, kept in ``planner`` below `folder`; see `PlanJob`."""
    jobs = [PlanJob(dict(parameters), seed, each) for seed in seeds]
    description: dict[str, Any] = {"experiment": "planner", "seeds": [seeds.start, seeds.stop]}
    description |= {"parameters": dict(parameters), "each": [dict(one) for one in each]}
    if inputs := inputs_of(parameters):
        description["inputs"] = inputs
    work = Work("planner", description, jobs, plan_job, Planned)
    return run_kept(work, folder / "planner", engine, quiet).results


def plan_job(job: PlanJob) -> Planned:
    """Plan a world under default terms; there is no planner where utility is not relevance."""
    model = CreatorEconomy(**job.parameters, rng=job.seed)
    if model.setting.utility is not None:
        return Planned(float("nan"), [], [float("nan") for _ in job.each])
    found = plan_world(model, job.seed)
    reached = [attainable({**job.parameters, **one}, found.strategies, job.seed) for one in job.each]
    return Planned(found.welfare, found.restarts.tolist(), reached)
