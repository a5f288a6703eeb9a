"""Sweeps: the runs of a plan on an engine, kept in a folder, and the tidy table they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem.metrics import tail_mean
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.kept import Kept, kept_in, open_folder, read_config
from ecosystem_runs.jobs.made_by import mixed_line
from ecosystem_runs.jobs.queue import Done
from ecosystem_runs.jobs.run_kept import KINDS, Work, run_missing
from ecosystem_runs.parameters import try_out
from ecosystem_runs.sweeps.plan import Plan, Run

TABLE = "table.parquet"
SERIES = "series.parquet"
TIMINGS = "timings.parquet"


@dataclass(frozen=True)
class Swept:
    """How a sweep went: how many runs there are, are done, failed, and were found from earlier; wall time; paths."""

    runs: int
    done: int
    failed: int
    resumed: int
    seconds: float
    startup_seconds: float
    damaged: list[str]
    interrupted: bool
    table: str
    timings: str
    out: str


@dataclass(frozen=True)
class Status:
    """How far a sweep is: counts of runs, mean welfare so far by arm, what went wrong first where, and its folder."""

    runs: int
    done: int
    failed: int
    missing: int
    welfare: dict[str, float]
    errors: list[str]
    damaged: list[str]
    out: str


def run_one(collect: Sequence[str], job: Job, every: int = 0) -> dict[str, Any]:
    """Run the economy once; return of each series its final mean, and its last value under ``NAME_last``.

    With `every`, its values at each so many steps as well, from the start on, under ``NAME_series``.
    """
    model = job.model()
    model.run()
    series = {name: model.datacollector.model_vars[name] for name in collect}
    final = {name: tail_mean(values, model.horizon) for name, values in series.items()}
    found = final | {f"{name}_last": float(values[-1]) for name, values in series.items()}
    return found | {
        f"{name}_series": list(map(float, values[::every])) for name, values in series.items() if every
    }


def sweep(
    plan: Plan, engine: Engine, folder: Path, *, retry_failed: bool = False, quiet: bool = False
) -> Swept:
    """Run what is missing of a plan and write its table; Ctrl-C ends it early.

    The engine is not started yet; the folder is new, empty, or of the same plan, which then goes on. Runs that the
    machine failed count as missing; with `retry_failed` all that failed do. Where the engine is lost, what finished
    is kept.
    """
    if not (folder / "parts").is_dir():
        check_values(plan)
    runs = list(plan.runs())
    jobs = [Job(run.parameters, run.seed) for run in runs]
    work = Work(
        "sweep",
        plan.description(),
        jobs,
        partial(run_one, plan.collect, every=plan.every),
        dict,
        note=_Note(runs),
    )
    with open_folder(folder, work.description, _columns(plan)) as kept:
        damaged = [str(path) for path in kept.damaged]
        failed = {job for job, status in kept.finished.items() if status == "failed"}
        try:
            ran = run_missing(work, kept, engine, quiet, failed if retry_failed else kept.unlucky)
        finally:
            kept.merge()
            write_tables(plan, kept)
    counts = status_of(plan, kept)
    del counts["missing"]
    return Swept(
        **counts,
        resumed=ran.resumed,
        seconds=ran.seconds,
        startup_seconds=ran.startup_seconds,
        damaged=damaged,
        interrupted=ran.interrupted,
        table=str(kept.folder / TABLE),
        timings=str(kept.folder / TIMINGS),
        out=str(kept.folder),
    )


def check_values(plan: Plan) -> None:
    """Make a model at every extreme of the plan, so that a value out of range stops it before it starts."""
    for run in plan.revealing_runs():
        try_out(run.parameters, run.seed)


def status(folder: Path) -> Status:
    """Return how far the sweep in a folder is; nothing there is changed."""
    plan, kept = load(folder)
    runs, rows = list(plan.runs()), kept.rows().values()
    note = _Note(runs)
    first: dict[str, int] = {}
    for row in rows:
        if row["status"] == "done":
            note.add(row["job"], row)
        else:
            first.setdefault(row["error"], row["job"])
    return Status(
        **status_of(plan, kept),
        welfare=note.means(),
        errors=[f"run {job}: {error}" for error, job in first.items()][:10],
        damaged=[str(path) for path in kept.damaged],
        out=str(kept.folder),
    )


def status_of(plan: Plan, kept: Kept) -> dict[str, int]:
    """Return how many runs there are, are done, failed and missing."""
    states = list(kept.finished.values())
    counts = {name: states.count(name) for name in ("done", "failed")}
    return {"runs": len(plan)} | counts | {"missing": len(plan) - len(states)}


def load(folder: Path) -> tuple[Plan, Kept]:
    """Return the plan and the results of a sweep's folder, which no other kind of folder is taken for."""
    description = read_config(folder).get("description")
    if not isinstance(description, dict) or set(description) | {"inputs", "every"} != set(
        Plan.__annotations__
    ):
        raise BadInput(f"{str(folder.absolute())!r} holds another kind of run; give the folder of a sweep")
    plan = Plan(**description)
    return plan, kept_in(folder, description, _columns(plan))


def table_of(plan: Plan, kept: Kept) -> pa.Table:
    """Return the tidy table: a row a finished run, in the order of runs, whatever ran it.

    Columns: run, point, arm, seed, the parameters as the plan names them, status, error, and of each
    collected series its final mean and last value.
    """
    runs, names = list(plan.runs()), plan.parameters()
    kinds = {name: _kind([run.parameters.get(name) for run in runs]) for name in names}
    rows = []
    for job, row in kept.rows().items():
        run = runs[job]
        place = {"run": run.number, "point": run.point, "arm": run.arm, "seed": run.seed}
        values = {name: run.parameters[name] for name in names if name in run.parameters}
        texts = {name: str(value) for name, value in values.items() if kinds[name] == pa.string()}
        rows.append(place | values | texts | row)
    own = {"run": pa.int64(), "point": pa.int64(), "arm": pa.string(), "seed": pa.int64()}
    outcome = {"status": pa.string(), "error": pa.string()}
    return pa.Table.from_pylist(rows, pa.schema(own | kinds | outcome | measures(plan)))


def write_tables(plan: Plan, kept: Kept) -> None:
    """Write the tidy table, and apart from it the seconds that runs took, which differ each time."""
    seconds = [{"run": job, "seconds": row["seconds"]} for job, row in kept.rows().items()]
    timings = pa.Table.from_pylist(seconds, pa.schema({"run": pa.int64(), "seconds": pa.float64()}))
    line = mixed_line(read_config(kept.folder))
    tidy = table_of(plan, kept).replace_schema_metadata({"note": line} if line else None)
    tables = {TABLE: tidy, TIMINGS: timings} | ({SERIES: _series(plan, kept)} if plan.every else {})
    for name, table in tables.items():
        kept.write(name, partial(pq.write_table, table))


def measures(plan: Plan) -> dict[str, pa.DataType]:
    """Return the columns of what runs come to."""
    return dict.fromkeys([*plan.collect, *(f"{name}_last" for name in plan.collect)], pa.float64())


def _columns(plan: Plan) -> dict[str, pa.DataType]:
    series = {f"{name}_series": KINDS[list[float]] for name in plan.collect if plan.every}
    return measures(plan) | series


def _series(plan: Plan, kept: Kept) -> pa.Table:
    """Return the series of finished runs, a row a run and step."""
    steps = list(range(0, plan.steps + 1, plan.every))
    done = [row for row in kept.rows().values() if row["status"] == "done"]
    own = {name: [value for row in done for value in row[f"{name}_series"]] for name in plan.collect}
    runs = [row["job"] for row in done for _ in steps]
    return pa.table({"run": runs, "step": steps * len(done)} | own)


def _kind(values: Sequence[Any]) -> pa.DataType:
    """Return the type of a parameter's column."""
    found = {type(value) for value in values if value is not None}
    if found == {bool}:
        return pa.bool_()
    if found == {int}:
        return pa.int64()
    return pa.float64() if found and found <= {int, float} else pa.string()


class _Note:
    """What the progress line says of a sweep: failed, running, welfare so far by arm."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs, self.failed = runs, 0
        self.welfare: dict[str, list[float]] = {run.arm: [] for run in runs}

    def __call__(self, finished: Sequence[Done], running: int) -> str:
        for done in finished:
            if done.error is None:
                self.add(done.index, done.value)
            else:
                self.failed += 1
        means = [f"{arm} {mean:.4f}" for arm, mean in self.means().items()]
        return f"{self.failed} failed, {running} running; welfare {' '.join(means[:4])}"

    def add(self, run: int, found: Mapping[str, Any]) -> None:
        """Take note of what a run found."""
        if "welfare" in found:
            self.welfare[self.runs[run].arm].append(found["welfare"])

    def means(self) -> dict[str, float]:
        """Return the mean welfare so far of each arm that has one."""
        return {arm: sum(values) / len(values) for arm, values in self.welfare.items() if values}
