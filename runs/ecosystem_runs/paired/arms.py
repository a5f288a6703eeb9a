"""Arms of an experiment: what each deploys, and their runs, paired by seed and kept as they finish.

Controls copy the weights of the run they control for: same reading, same seed. So they run in a second wave,
once those runs are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import Done, Engine
from ecosystem_runs.jobs.kept import Kept, open_folder
from ecosystem_runs.progress import progress

NUMBERS = pa.list_(pa.field("element", pa.float64()))  # the element's name that Parquet gives back
COUNTS = pa.list_(pa.field("element", pa.int64()))

Job = tuple[dict[str, Any], int, list[list[float]] | None]
"""A run: the model's parameters, the seed and, where the arm copies another's weights, those, an epoch a row."""


@dataclass(frozen=True)
class Arm:
    """What a platform does in an experiment.

    Attributes
    ----------
    label : str
        What readers see.
    mechanism : str
        Name of what it deploys.
    copies : str, optional
        Arm whose recorded weights it follows, instead of computing its own.
    frozen : bool
        Whether it follows the copied arm's last weights from the start, instead of epoch by epoch.
    settings : mapping
        Other parameters of the model in which it differs.
    """

    label: str
    mechanism: str
    copies: str | None = None
    frozen: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One run of an experiment: which reading, arm and seed, and the parameters that all arms share."""

    reading: str
    arm: str
    seed: int
    parameters: Mapping[str, Any]


def cells_of(
    reading: str, parameters: Mapping[str, Any], arms: Iterable[str], seeds: int, steps: int
) -> list[Cell]:
    """Return every run of these arms under one reading, on seeds 0 to `seeds` - 1."""
    shared = dict(parameters) | {"horizon": steps}
    return [Cell(reading, arm, seed, shared) for arm in arms for seed in range(seeds)]


def run_cells(
    cells: Iterable[Cell],
    arms: Mapping[str, Arm],
    run: Callable[[Job], dict[str, Any]],
    columns: Mapping[str, pa.DataType],
    folder: Path,
    description: Mapping[str, Any],
    engine: Engine,
    quiet: bool = False,
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Run what is missing of an experiment, keeping each run in `folder` as it finishes.

    Parameters
    ----------
    cells : iterable of Cell
        From `cells_of`.
    arms : mapping
        Every arm by name.
    run, columns
        What a run is and gives; "weights" and "sizes" are among the columns where an arm copies another.
    folder : Path
        New, or of the same description, which then goes on.
    description : mapping
        What the experiment is, as plain JSON.
    engine : Engine
        Not started yet.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict
        By reading and arm, `columns` of each seed in order.

    Raises
    ------
    BadInput
        If the folder cannot be used or a run failed; what finished is kept.
    """
    cells = sorted(cells, key=lambda cell: arms[cell.arm].copies is not None)
    first = [cell for cell in cells if arms[cell.arm].copies is None]
    place = {(cell.reading, cell.arm, cell.seed): k for k, cell in enumerate(cells)}
    with open_folder(folder, description, columns) as kept:
        missing = len(cells) - len(kept.finished)
        if missing:
            title = str(description["experiment"]) + (f", {len(kept.finished)} kept" if kept.finished else "")
            with engine, progress(title, missing, quiet) as report:
                watch = _Watch(cells, report)
                jobs = [_job(cell, arms[cell.arm]) for cell in first]
                kept.run(engine, run, jobs, watch)
                _check(kept, cells)
                rows = kept.rows()
                for cell in cells[len(first) :]:
                    arm = arms[cell.arm]
                    assert arm.copies is not None
                    jobs.append(_job(cell, arm, rows[place[cell.reading, arm.copies, cell.seed]]))
                kept.run(engine, run, jobs, watch)
        _check(kept, cells)
        kept.merge()
        rows = kept.rows()
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for k, cell in enumerate(cells):
        found.setdefault((cell.reading, cell.arm), []).append(rows[k])
    return found


def weights_of(row: Mapping[str, Any]) -> np.ndarray:
    """Return the weights a kept run deployed, (epochs, L)."""
    return np.array(row["weights"]).reshape(-1, len(row["sizes"]))


def _job(cell: Cell, arm: Arm, copied: Mapping[str, Any] | None = None) -> Job:
    history = None
    if copied is not None:
        weights = weights_of(copied)
        history = (weights[-1:] if arm.frozen else weights).tolist()
    return dict(cell.parameters) | dict(arm.settings) | {"mechanism": arm.mechanism}, cell.seed, history


def _check(kept: Kept, cells: Sequence[Cell]) -> None:
    failed = [index for index, status in kept.finished.items() if status == "failed"]
    if failed:
        cell = cells[failed[0]]
        raise BadInput(
            f"{len(failed)} runs failed, first {cell.reading}, {cell.arm}, seed {cell.seed}: "
            f"{kept.rows()[failed[0]]['error']}; give another --out to start over"
        )


class _Watch:
    """Counts finished runs for the progress line."""

    def __init__(self, cells: Sequence[Cell], report: Callable[[int, str], None]) -> None:
        self.cells, self.report, self.done = cells, report, 0

    def __call__(self, finished: Sequence[Done], running: int) -> None:
        self.done += len(finished)
        last = self.cells[finished[-1].index]
        self.report(self.done, f"last: {last.arm}, seed {last.seed}")
