"""Arms of an experiment: what each deploys, and their runs, paired by seed and kept as they finish.

Controls copy the weights of the run they control for: same reading, same seed. So they run once those runs are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept


@dataclass(frozen=True)
class ArmRun:
    """What is kept of every run."""

    welfare: list[float]  # (T + 1,) per step, the start included
    welfare_default: list[float]  # (T + 1,)
    weights: list[float]  # (epochs * L,), those deployed, epoch after epoch, the last perhaps not complete
    sizes: list[int]  # (L,) users of each group

    def weights_by_epoch(self) -> np.ndarray:
        """Return the weights deployed, (epochs, L)."""
        return np.array(self.weights).reshape(-1, len(self.sizes))


Result = TypeVar("Result", bound=ArmRun)


def recorded(model: CreatorEconomy) -> dict[str, Any]:
    """Return the fields of an `ArmRun` from a model at its end.

    The model's table has a row an epoch that is complete; the weights in force since the last one follow these.
    """
    series = model.datacollector.model_vars
    rest = model.weights.tolist() if model.steps % model.epoch_length else []
    return {
        "welfare": series["welfare"],
        "welfare_default": series["welfare_default"],
        "weights": model.datacollector.tables["groups"]["weight"] + rest,
        "sizes": np.bincount(model.groups, minlength=model.n_groups).tolist(),
    }


@dataclass(frozen=True)
class Arm:
    """What a platform does in an experiment."""

    label: str  # what readers see
    mechanism: str  # what it deploys, by name
    copies: str | None = None  # arm whose recorded weights it follows, instead of computing its own
    frozen: bool = False  # whether it follows the last of these from the start, instead of epoch by epoch
    settings: Mapping[str, Any] = field(default_factory=dict)  # other parameters in which it differs


DECIDED = ("mechanism", "schedule", "weighting")
"""Parameters by which arms differ."""


def check_shared(settings: Mapping[str, Any], where: str = "--set") -> None:
    """Raise BadInput if what is set for all arms is what they differ by."""
    for name in DECIDED:
        if name in settings:
            raise BadInput(
                f"{where} names {name}, which the arms decide; leave it out: `ecosystem run` and sweeps take it"
            )


@dataclass(frozen=True)
class Cell:
    """One run of an experiment: which reading, arm and seed, and the parameters that all arms share."""

    reading: str
    arm: str
    seed: int
    parameters: Mapping[str, Any]


def cells_of(
    reading: str, parameters: Mapping[str, Any], arms: Iterable[str], seeds: range, steps: int
) -> list[Cell]:
    """Return every run of these arms under one reading, on these seeds."""
    shared = dict(parameters) | {"horizon": steps}
    return [Cell(reading, arm, seed, shared) for arm in arms for seed in seeds]


def run_cells(
    cells: Iterable[Cell],
    arms: Mapping[str, Arm],
    run: Callable[[Job], Result],
    result: type[Result],
    description: Mapping[str, Any],
    folder: Path,
    engine: Engine,
    quiet: bool = False,
) -> dict[tuple[str, str], list[Result]]:
    """Run what is missing of an experiment; return by reading and arm what `run` gave, seed by seed."""
    cells = sorted(cells, key=lambda cell: arms[cell.arm].copies is not None)
    own = [cell for cell in cells if arms[cell.arm].copies is None]
    copying = cells[len(own) :]
    place: dict[tuple[str, str | None, int], int]
    place = {(cell.reading, cell.arm, cell.seed): k for k, cell in enumerate(own)}

    def named(k: int) -> str:
        return f"{cells[k].reading}, {cells[k].arm}, seed {cells[k].seed}"

    def copies(runs: list[Result]) -> list[Job]:
        copied = (runs[place[cell.reading, arms[cell.arm].copies, cell.seed]] for cell in copying)
        return [_job(cell, arms[cell.arm], run) for cell, run in zip(copying, copied, strict=True)]

    jobs = [_job(cell, arms[cell.arm]) for cell in own]
    name = str(description["experiment"])
    work = Work(name, description, jobs, run, result, named, later=copies, n_later=len(copying))
    found: dict[tuple[str, str], list[Result]] = {}
    for cell, one in zip(cells, run_kept(work, folder, engine, quiet).results, strict=True):
        found.setdefault((cell.reading, cell.arm), []).append(one)
    return found


def _job(cell: Cell, arm: Arm, copied: ArmRun | None = None) -> Job:
    parameters = dict(cell.parameters) | dict(arm.settings) | {"mechanism": arm.mechanism}
    if copied is None:
        return Job(parameters, cell.seed)
    weights = copied.weights_by_epoch()
    return Job(parameters, cell.seed, (weights[-1:] if arm.frozen else weights).tolist())
