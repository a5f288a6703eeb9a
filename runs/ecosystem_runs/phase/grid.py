"""The grid of the phase diagram, niches from sparse to crowded, and the runs of every cell, kept as they finish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from ecosystem import CreatorEconomy
from ecosystem.policies import DECIDED, Policy
from ecosystem.yardsticks.final import Recorded
from ecosystem_agents.inputs.checks import BadInput, choice, number_of, real
from ecosystem_agents.inputs.lookup import split_names
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.paired.planned import Planned, plan_job
from ecosystem_runs.paired.policies import base_first
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.phase.table import CLUSTERS, Cell, CellRow, PhaseRun, row_of

ENVIRONMENT = "niches"
STEPS = 1500
"""T, unless somebody says otherwise."""
TIES = {"no_worse": "accepted", "better": "refused"}
"""What becomes of a move that pays exactly what staying does, by the model's parameter `accept`."""
OF_GRID = ("clusters", "n_creators", "scale", "zipf", "accept", "turnover", "newcomer")
"""Settings that the grid decides, besides those that policies do."""
RANGES: dict[str, dict[str, float]] = {
    "--ratios": {"above": 0},
    "--scales": {"above": 0},
    "--zipfs": {"at_least": 0, "at_most": 100},
}
"""The grid's axes, by the option of each, and what may stand there."""

Value = TypeVar("Value")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Phase:
    """The cells of a grid, and what runs in each: policies, no intervention first, under each rule for ties."""

    worlds: Worlds
    cells: Sequence[Cell]
    policies: Sequence[Policy]
    accepts: Sequence[str]

    def parameters(self, cell: Cell) -> dict[str, Any]:
        """Return the model's parameters that all runs of a cell share."""
        own = {"n_creators": cell.n_creators, "scale": cell.scale, "zipf": cell.zipf}
        return self.worlds.parameters | own | {"horizon": self.worlds.steps}

    def description(self, experiment: str = "phase") -> dict[str, Any]:
        """Return what the diagram is, as plain JSON."""
        policies = {policy.name: policy.parameters() for policy in self.policies}
        own = {"cells": [*map(list, self.cells)], "accept": list(self.accepts), "policies": policies}
        return own | self.worlds.description(experiment, *policies.values())


def phase_of(worlds: Worlds, axes: Sequence[str], policies: Sequence[Policy], accept: str) -> Phase:
    """Return the diagram of axes as people type them, one of `RANGES` each; what cannot be is said before it runs."""
    if decided := [name for name in (*OF_GRID, *DECIDED) if name in worlds.settings]:
        raise BadInput(f"--set names {decided[0]}, which the grid and its policies decide; see --help")
    grid = [
        _listed(option, text, partial(_number, option)) for option, text in zip(RANGES, axes, strict=True)
    ]
    accepts = _listed("--accept", accept, lambda part: choice("--accept", part, TIES))
    found = Phase(worlds, [Cell(*one) for one in product(*grid)], policies, accepts)
    found = replace(found, policies=base_first(policies, found.parameters(found.cells[0])))
    for cell in found.cells:
        CreatorEconomy(**found.parameters(cell), rng=0)
    return found


def run(phase: Phase, folder: Path, engine: Engine, quiet: bool = False) -> list[CellRow]:
    """Run what is missing of a diagram, runs and below the planner's results kept in `folder`; return its table."""

    def over_seeds(
        name: str,
        arms: Mapping[tuple[Any, ...], dict[str, Any]],
        function: Callable[[Any], Result],
        result: type[Result],
        where: Path,
    ) -> dict[tuple[Any, ...], list[Result]]:
        # Seeds one after the other, all arms in each: so the time left is estimated well from the start.
        jobs = [Job(parameters, seed) for seed in phase.worlds.numbers for parameters in arms.values()]
        labels = [", ".join(map(str, arm)) for arm in arms]
        description = phase.description(name)
        work = Work(
            name,
            description,
            jobs,
            function,
            result,
            lambda k: f"seed {jobs[k].seed}: {labels[k % len(arms)]}",
        )
        found = run_kept(work, where, engine, quiet).results
        return {arm: found[k :: len(arms)] for k, arm in enumerate(arms)}

    cells = {(cell,): phase.parameters(cell) for cell in phase.cells}
    planned = over_seeds("phase planner", cells, plan_job, Planned, folder / "planner")
    arms = {
        (cell, accept, policy.name): parameters | {"accept": accept} | policy.parameters()
        for ((cell,), parameters), accept, policy in product(cells.items(), phase.accepts, phase.policies)
    }
    runs = over_seeds("phase", arms, run_job, PhaseRun, folder)
    return [
        row_of(
            accept, cell, {one.name: runs[cell, accept, one.name] for one in phase.policies}, planned[cell,]
        )
        for accept, cell in product(phase.accepts, phase.cells)
    ]


def run_job(job: Job) -> PhaseRun:
    """Run one policy in one world; only its last steps are collected, which saves a fifth of the time and more."""
    model = job.model()
    played, reporters = Recorded(model), model.datacollector.model_reporters
    at_end = {name: reporters.pop(name) for name in set(reporters) - {"left"}}
    played.play(max(model.horizon - played.window, 0))
    reporters |= {name: at_end[name] for name in ("welfare", "welfare_default")}
    played.play()
    final = played.final()
    return PhaseRun(final.welfare_default, final.welfare, final.worst_group, final.turnovers)


def _number(option: str, text: str) -> float:
    number = real(option, number_of(text), **RANGES[option])
    if option == "--ratios" and abs(CLUSTERS * number - round(CLUSTERS * number)) > 1e-9:
        raise BadInput(
            f"--ratios names {text}, {CLUSTERS * number:g} creators; give multiples of {1 / CLUSTERS:g}"
        )
    return number


def _listed(option: str, text: str, read: Callable[[str], Value]) -> list[Value]:
    """Return the values of a list with commas, none twice."""
    values = [read(part) for part in split_names(text)]
    if not values:
        raise BadInput(f"{option} is {text!r}; give a value, or several with commas between them")
    if twice := [value for k, value in enumerate(values) if value in values[:k]]:
        raise BadInput(f"{option} names {twice[0]} twice; name each once")
    return values
