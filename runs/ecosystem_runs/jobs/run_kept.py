"""The one loop of kept jobs: run what is missing on an engine, keep each as it finishes, show how far it is.

Sweeps, figures, claims, the arena and A/B tests run here, so that all of them go on where they were. ::

    work = Work("squares", {"jobs": [1, 2, 3]}, [1, 2, 3], square, Square)
    found = run_kept(work, folder, LocalWorkers(2))
    found.results       # a Square a job, in order
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import pyarrow as pa

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.checked import Checked, Refused
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.kept import Kept, open_folder
from ecosystem_runs.jobs.queue import Done, EngineLost, by_machine
from ecosystem_runs.progress import progress

Result = TypeVar("Result")

KINDS: dict[Any, pa.DataType] = {
    float: pa.float64(),
    int: pa.int64(),
    str: pa.string(),
    bytes: pa.binary(),
    list[float]: pa.list_(pa.field("element", pa.float64())),  # the element's name that Parquet gives back
    list[int]: pa.list_(pa.field("element", pa.int64())),
}
"""How a field of a result is kept."""


@dataclass(frozen=True)
class Work(Generic[Result]):
    """Jobs to run, and what each finds.

    `function` makes a result of nothing but a job; it is module-level where an engine sends it to other processes.
    """

    name: str  # what is being done, for people
    description: Mapping[str, Any]  # what the jobs are, as plain JSON: equal for equal jobs
    jobs: Sequence[Any]
    function: Callable[[Any], Result]
    result: type[Result]  # a dataclass of fields in `KINDS`; in a sweep a dict
    named: Callable[[int], str] | None = None  # from a job's number to what it is called
    note: Callable[[Sequence[Done], int], str] | None = (
        None  # what progress adds, of those finished and running
    )
    later: Callable[[list[Result]], Sequence[Any]] | None = (
        None  # `n_later` jobs more, made of results of `jobs`
    )
    n_later: int = 0

    @property
    def columns(self) -> dict[str, pa.DataType]:
        """How the fields of a result are kept."""
        return {name: KINDS[kind] for name, kind in get_type_hints(self.result).items()}

    def line(self, finished: Sequence[Done], running: int) -> str:
        """Return what progress adds to its numbers."""
        if self.note is not None:
            return self.note(finished, running)
        return "" if self.named is None else f"last: {self.named(finished[-1].index)}"


@dataclass(frozen=True)
class Ran:
    """What it took: jobs that were there from earlier, wall time, and whether Ctrl-C ended it."""

    resumed: int
    startup_seconds: float = 0.0
    seconds: float = 0.0
    interrupted: bool = False


@dataclass(frozen=True)
class Found(Generic[Result]):
    """The results of all jobs, in order, and how many of them were there from earlier."""

    results: list[Result]
    resumed: int


def run_kept(work: Work[Result], folder: Path, engine: Engine, quiet: bool = False) -> Found[Result]:
    """Run what is missing of some work, on an engine that is not started yet; `folder` keeps what finished.

    Jobs that failed earlier by what the machine did, such as for want of memory, count as missing.
    """
    with open_folder(folder, work.description, work.columns) as kept:
        ran = run_missing(work, kept, engine, quiet, kept.unlucky)
        if ran.interrupted:
            raise KeyboardInterrupt
        results = _results(work, kept, len(work.jobs) + work.n_later)
        kept.merge()
    return Found(results, ran.resumed)


def run_missing(
    work: Work[Result], kept: Kept, engine: Engine, quiet: bool = False, again: Collection[int] = ()
) -> Ran:
    """Run what is missing in a folder that is open, and the jobs named in `again`; the later result counts."""
    resumed = len(kept.finished) - len(again)
    missing = len(work.jobs) + work.n_later - resumed
    if not missing:
        return Ran(resumed)
    title = f"{work.name}, {resumed} kept" if resumed else work.name
    done, interrupted = 0, False
    begun = started = time.perf_counter()
    try:
        with engine, progress(title, missing, quiet) as report:
            started = time.perf_counter()
            report(0)

            def watch(finished: Sequence[Done]) -> None:
                nonlocal done
                done += len(finished)
                report(done, work.line(finished, engine.running))

            keep(work, dict(enumerate(work.jobs)), kept, engine, watch, again)
            if work.later is not None:
                first = _results(work, kept, len(work.jobs))
                later = dict(enumerate(work.later(first), len(work.jobs)))
                keep(work, later, kept, engine, watch, again)
    except KeyboardInterrupt:
        interrupted = True
    return Ran(resumed, started - begun, time.perf_counter() - started, interrupted)


def keep(
    work: Work[Result],
    jobs: Mapping[int, Any],
    kept: Kept,
    engine: Engine,
    watch: Callable[[Sequence[Done]], None],
    again: Collection[int] = (),
) -> None:
    """Run those of some jobs, by number, that are missing; put each on disk, then show it."""
    missing = [index for index in jobs if index not in kept.finished or index in again]
    function = Checked(work.function, work.description.get("inputs", {}))
    with closing(engine.run(function, [jobs[index] for index in missing])) as chunks:
        for chunk in chunks:
            refused = [one.value for one in chunk if isinstance(one.value, Refused)]
            believed = [one for one in chunk if not isinstance(one.value, Refused)]
            if believed:
                finished = [replace(one, index=missing[one.index]) for one in believed]
                kept.add(finished)
                watch(finished)
            if refused:
                raise EngineLost(f"{refused[0].line(function)}; what finished before is kept")


def _results(work: Work[Result], kept: Kept, count: int) -> list[Result]:
    """Return what is kept of the first so many jobs, in their order; one that failed ends it."""
    rows = list(kept.rows().values())[:count]
    failed = [row for row in rows if row["status"] == "failed"]
    if failed:
        # What the same command does not mend is told first.
        first = min(failed, key=lambda row: by_machine(row["error"]))
        about = f"{work.name}: {len(failed)} jobs failed, first"
        if work.named is not None:
            about = f"{len(failed)} runs failed, first {work.named(first['job'])}"
        raise BadInput(f"{about}: {first['error']}; {fix_of(first['error'])}")
    return [work.result(**{name: row[name] for name in work.columns}) for row in rows]


def fix_of(error: str, otherwise: str = "give another --out to start over") -> str:
    """Return what to do about a job that failed."""
    return "the same command tries again" if by_machine(error) else otherwise
