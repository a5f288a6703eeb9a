"""Sweeps: the runs of a plan on an engine, kept in a folder, and the tidy table they make."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem.economy import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.testing import check_plugins
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import Done, Engine
from ecosystem_runs.jobs.kept import Kept, kept_in, open_folder, read_config
from ecosystem_runs.progress import progress
from ecosystem_runs.sweeps.plan import Plan, Run, plan_of

TABLE = "table.parquet"
TIMINGS = "timings.parquet"

Job = tuple[dict[str, Any], int, list[str]]


def run_one(job: Job) -> dict[str, float]:
    """Run the economy once: a pure function of (parameters, seed, series to collect).

    Returns
    -------
    dict
        Of each series its mean over the last min(250, T / 10) steps, under its name, and its last value,
        under its name and ``_last``.
    """
    parameters, seed, collect = job
    model = CreatorEconomy(**parameters, rng=seed)
    model.run()
    series = {name: model.datacollector.model_vars[name] for name in collect}
    final = {name: tail_mean(values, model.horizon) for name, values in series.items()}
    return final | {f"{name}_last": float(values[-1]) for name, values in series.items()}


def sweep(
    plan: Plan, engine: Engine, folder: Path, *, retry_failed: bool = False, quiet: bool = False
) -> dict[str, Any]:
    """Run what is missing of a plan and write its table.

    Parameters
    ----------
    plan : Plan
    engine : Engine
        Not started yet.
    folder : Path
        New, empty, or of the same plan, which then goes on.
    retry_failed : bool
        Whether runs recorded as failed count as missing.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict
        What ``ecosystem sweep --json`` prints: how many runs there are, are done, failed, and were found from
        earlier; seconds of running and, apart, of starting the engine; absolute paths; whether Ctrl-C ended
        it.

    Raises
    ------
    BadInput
        If a value is out of range, the folder cannot be used, or the engine is lost; what finished is kept.
    """
    runs = list(plan.runs())
    jobs: list[Job] = [(run.parameters, run.seed, plan.collect) for run in runs]
    seconds = startup = 0.0
    interrupted = False
    if not (folder / "parts").is_dir():
        check_values(plan)
    with open_folder(folder, plan.description(), _columns(plan)) as kept:
        damaged = [str(path.with_suffix(".damaged")) for path in kept.damaged]
        again = [job for job, status in kept.finished.items() if retry_failed and status == "failed"]
        resumed = len(kept.finished) - len(again)
        missing = len(runs) - resumed
        try:
            if missing:
                start = time.perf_counter()
                with (
                    engine,
                    progress(f"sweep, {resumed} kept" if resumed else "sweep", missing, quiet) as report,
                ):
                    startup = time.perf_counter() - start
                    watch = _Watch(runs, report)
                    start = time.perf_counter()
                    try:
                        kept.run(engine, run_one, jobs, watch, again)
                    finally:
                        seconds = time.perf_counter() - start
        except KeyboardInterrupt:
            interrupted = True
        finally:
            kept.merge()
            write_tables(plan, kept)
    counts = status_of(plan, kept)
    return {
        "runs": counts["runs"],
        "done": counts["done"],
        "failed": counts["failed"],
        "resumed": resumed,
        "seconds": seconds,
        "startup_seconds": startup,
        "damaged": damaged,
        "interrupted": interrupted,
        "table": str(kept.folder / TABLE),
        "timings": str(kept.folder / TIMINGS),
        "out": str(kept.folder),
    }


def check_values(plan: Plan) -> None:
    """Make a model at every extreme of the plan, so that a value out of range stops it before it starts.

    Raises
    ------
    BadInput
        The model's own line, or which rule a plug-in breaks.
    """
    for run in plan.revealing_runs():
        check_plugins(run.parameters)
        CreatorEconomy(**run.parameters, rng=run.seed)


def status(folder: Path) -> dict[str, Any]:
    """Return how far the sweep in a folder is; nothing there is changed.

    Raises
    ------
    BadInput
        If the folder is no sweep's.
    """
    plan, kept = load(folder)
    rows = kept.rows().values()
    sums: dict[str, list[float]] = defaultdict(list)
    runs = list(plan.runs())
    for row in rows:
        if row["status"] == "done" and "welfare" in row:
            sums[runs[row["job"]].arm].append(row["welfare"])
    return status_of(plan, kept) | {
        "welfare": {arm: sum(values) / len(values) for arm, values in sums.items()},
        "errors": sorted({row["error"] for row in rows if row["error"] is not None})[:10],
        "damaged": [str(path) for path in kept.damaged],
        "out": str(kept.folder),
    }


def status_of(plan: Plan, kept: Kept) -> dict[str, int]:
    """Return how many runs there are, are done, failed and missing."""
    states = list(kept.finished.values())
    counts = {name: states.count(name) for name in ("done", "failed")}
    return {"runs": len(plan)} | counts | {"missing": len(plan) - len(states)}


def load(folder: Path) -> tuple[Plan, Kept]:
    """Return the plan and the results of a sweep's folder.

    Raises
    ------
    BadInput
        If the folder is no sweep's.
    """
    description = read_config(folder).get("description")
    if not isinstance(description, dict) or set(description) | {"files"} != set(Plan.__annotations__):
        raise BadInput(f"{str(folder.absolute())!r} holds another kind of run; give the folder of a sweep")
    plan = plan_of(description)
    return plan, kept_in(folder, description, _columns(plan))


def table_of(plan: Plan, kept: Kept) -> pa.Table:
    """Return the tidy table: a row a finished run, in the order of runs, whatever ran it.

    Columns: run, point, arm, seed, the parameters as the plan names them, status, error, and of each
    collected series its final mean and last value.
    """
    runs = list(plan.runs())
    names, rows = plan.parameters(), []
    for job, row in kept.rows().items():
        run = runs[job]
        place = {"run": run.number, "point": run.point, "arm": run.arm, "seed": run.seed}
        rows.append(place | {name: run.parameters.get(name) for name in names} | row)
    kinds = {name: _kind([run.parameters.get(name) for run in runs]) for name in names}
    for row in rows:
        row |= {
            name: str(row[name]) for name in names if kinds[name] == pa.string() and row[name] is not None
        }
    own = {"run": pa.int64(), "point": pa.int64(), "arm": pa.string(), "seed": pa.int64()}
    outcome = {"status": pa.string(), "error": pa.string()}
    return pa.Table.from_pylist(rows, pa.schema(own | kinds | outcome | _columns(plan)))


def read_table(folder: Path) -> tuple[Plan, pd.DataFrame]:
    """Return the plan and the tidy table of a sweep's folder, from its parts."""
    plan, kept = load(folder)
    return plan, table_of(plan, kept).to_pandas()


def write_tables(plan: Plan, kept: Kept) -> None:
    """Write the tidy table, and apart from it the seconds that runs took, which differ each time."""
    seconds = [{"run": job, "seconds": row["seconds"]} for job, row in kept.rows().items()]
    timings = pa.Table.from_pylist(seconds, pa.schema({"run": pa.int64(), "seconds": pa.float64()}))
    for name, table in ((TABLE, table_of(plan, kept)), (TIMINGS, timings)):
        kept.write(name, partial(pq.write_table, table))


def _columns(plan: Plan) -> dict[str, pa.DataType]:
    return dict.fromkeys([*plan.collect, *(f"{name}_last" for name in plan.collect)], pa.float64())


def _kind(values: Sequence[Any]) -> pa.DataType:
    """Return the type of a parameter's column."""
    found = {type(value) for value in values if value is not None}
    if found == {bool}:
        return pa.bool_()
    if found == {int}:
        return pa.int64()
    return pa.float64() if found and found <= {int, float} else pa.string()


class _Watch:
    """Counts finished runs for the progress line: failed, running, welfare so far by arm."""

    def __init__(self, runs: list[Run], report: Any) -> None:
        self.runs, self.report = runs, report
        self.arms = list(dict.fromkeys(run.arm for run in runs))
        self.done = self.failed = 0
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)

    def __call__(self, finished: Sequence[Done], running: int) -> None:
        for done in finished:
            self.done += 1
            if done.error is not None:
                self.failed += 1
            elif "welfare" in done.value:
                arm = self.runs[done.index].arm
                self.sums[arm] += done.value["welfare"]
                self.counts[arm] += 1
        means = [f"{arm} {self.sums[arm] / self.counts[arm]:.4f}" for arm in self.arms if self.counts[arm]]
        welfare = " ".join(means[:4])
        self.report(self.done, f"{self.failed} failed, {running} running; welfare {welfare}")
