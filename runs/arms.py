"""Arms of the papers' experiments: what each deploys, controls included, and runs of them paired by seed.

Controls copy the weights of the run they control for: same reading, same seed. So they run in a second wave,
once those runs are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agents.checks import BadInput
from agents.reweighting import group_means
from ecosystem.economy import CreatorEconomy
from ecosystem.yardsticks.equilibrium import exploitability, lne_check
from runs.jobs.engines import Done, Engine
from runs.jobs.resumable import Kept, open_folder
from runs.progress import progress
from runs.results import strategies_sha256

CHECKS = 10
"""How many times along a run exploitability is sampled."""


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


ARMS: dict[str, Arm] = {
    "none": Arm("no intervention", "none"),
    "uir": Arm("UIR", "uir"),
    "smt": Arm("SMT", "smt"),
    "hmt": Arm("HMT", "hmt"),
    "smt_sharpness": Arm("matched sharpness, SMT", "smt_sharpness", copies="smt"),
    "hmt_sharpness": Arm("matched sharpness, HMT", "hmt_sharpness", copies="hmt"),
    "uir_frozen": Arm("frozen weights, UIR", "uir", copies="uir", frozen=True),
    "smt_frozen": Arm("frozen weights, SMT", "smt", copies="smt", frozen=True),
    "hmt_frozen": Arm("frozen weights, HMT", "hmt", copies="hmt", frozen=True),
}
"""Every arm by name. "none" doubles as the idle platform: it computes weights and deploys none of them."""


@dataclass(frozen=True)
class Cell:
    """One run of an experiment: which reading, arm and seed, and the model's other parameters."""

    reading: str
    arm: str
    seed: int
    parameters: Mapping[str, Any]


NUMBERS = pa.list_(pa.field("element", pa.float64()))  # the element's name that Parquet gives back
COLUMNS: dict[str, pa.DataType] = {
    "welfare": NUMBERS,  # per step, the start included
    "welfare_default": NUMBERS,
    "weights": NUMBERS,  # (epochs, L), flat
    "sizes": pa.list_(pa.field("element", pa.int64())),  # (L,)
    "utilities": NUMBERS,  # (L,), mean over the last tenth of epochs
    "utilities_default": NUMBERS,  # (L,), at the end under default terms
    "exploitability": NUMBERS,  # relative, at CHECKS moments
    "gaining": NUMBERS,  # share of creators that gain within eta / 4^k at the end
    "strategies_sha256": pa.string(),
}

Job = tuple[dict[str, Any], int, list[list[float]] | None]


def run_arm(job: Job) -> dict[str, Any]:
    """Run the economy once: a pure function of (parameters, seed, weights to follow).

    Returns
    -------
    dict
        `COLUMNS`. Exploitability draws from a stream of its own, so that looking changes nothing.
    """
    parameters, seed, history = job
    model = CreatorEconomy(**parameters, rng=seed)
    if history is not None:
        model.follow_weights(np.array(history))
    look, gains = np.random.default_rng(seed), []
    for k in range(CHECKS):
        model.run((k + 1) * model.horizon // CHECKS - model.steps)
        gains.append(exploitability(model, look, trials=8).relative)
    groups = model.datacollector.tables["groups"]
    epochs, shape = len(groups["step"]) // model.n_groups, (-1, model.n_groups)
    tail = np.array(groups["utility"]).reshape(shape)[-max(1, epochs // 10) :]
    at_default = model.market.user_utilities(model.beta, model.K)
    return {
        "welfare": model.datacollector.model_vars["welfare"],
        "welfare_default": model.datacollector.model_vars["welfare_default"],
        "weights": groups["weight"],
        "sizes": np.bincount(model.groups, minlength=model.n_groups).tolist(),
        "utilities": tail.mean(axis=0).tolist(),
        "utilities_default": group_means(at_default, model.groups, model.n_groups, model.user_mass).tolist(),
        "exploitability": gains,
        "gaining": [found.gaining for found in lne_check(model, look, trials=16)],
        "strategies_sha256": strategies_sha256(model),
    }


def cells_of(
    readings: Mapping[str, Mapping[str, Any]],
    arms: Sequence[str],
    seeds: int,
    steps: int,
    known: Mapping[str, Arm] = ARMS,
) -> list[Cell]:
    """Return every run of an experiment: arms that copy no other come first."""
    ordered = sorted(arms, key=lambda arm: known[arm].copies is not None)
    return [
        Cell(reading, arm, seed, {"environment": "synthetic", "horizon": steps} | dict(settings))
        for arm in ordered
        for seed in range(seeds)
        for reading, settings in readings.items()
    ]


def run_cells(
    cells: Sequence[Cell],
    folder: Path,
    description: Mapping[str, Any],
    engine: Engine,
    quiet: bool = False,
    *,
    known: Mapping[str, Arm] = ARMS,
    run: Callable[[Job], dict[str, Any]] = run_arm,
    columns: Mapping[str, pa.DataType] = COLUMNS,
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Run what is missing of an experiment, keeping each run in `folder` as it finishes.

    Parameters
    ----------
    cells : sequence of Cell
        From `cells_of`.
    folder : Path
        New, or of the same description, which then goes on.
    description : mapping
        What the experiment is, as plain JSON.
    engine : Engine
        Not started yet.
    quiet : bool
        Whether to show no progress.
    known : mapping
        Every arm by name.
    run, columns
        What a run is and gives; "weights" and "sizes" are among the columns where an arm copies another.

    Returns
    -------
    dict
        By reading and arm, `columns` of each seed in order.

    Raises
    ------
    BadInput
        If the folder cannot be used or a run failed; what finished is kept.
    """
    first = [cell for cell in cells if known[cell.arm].copies is None]
    place = {(cell.reading, cell.arm, cell.seed): k for k, cell in enumerate(cells)}
    with open_folder(folder, description, columns) as kept:
        missing = len(cells) - len(kept.finished)
        if missing:
            title = str(description["experiment"]) + (f", {len(kept.finished)} kept" if kept.finished else "")
            with engine, progress(title, missing, quiet) as report:
                watch = _Watch(cells, report)
                kept.run(engine, run, [_job(cell, known[cell.arm]) for cell in first], watch)
                _check(kept, cells)
                rows = kept.rows()
                copied: list[Job] = []
                for cell in cells[len(first) :]:
                    arm = known[cell.arm]
                    assert arm.copies is not None
                    copied.append(_job(cell, arm, rows[place[cell.reading, arm.copies, cell.seed]]))
                kept.run(engine, run, [_job(cell, known[cell.arm]) for cell in first] + copied, watch)
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
