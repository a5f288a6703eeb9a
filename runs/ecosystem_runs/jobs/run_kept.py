"""One list of jobs from start to end: run what is missing, keep it in a folder, show how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.engines import Done, Engine
from ecosystem_runs.jobs.kept import open_folder
from ecosystem_runs.progress import progress


def run_kept(
    name: str,
    description: Mapping[str, Any],
    jobs: Sequence[Any],
    function: Callable[[Any], Mapping[str, Any]],
    columns: Mapping[str, pa.DataType],
    folder: Path,
    engine: Engine,
    quiet: bool = False,
) -> list[dict[str, Any]]:
    """Run what is missing of some jobs, kept in the folder `name` below `folder`; return the rows in order.

    Parameters
    ----------
    name : str
        What is being done.
    description : mapping
        What the jobs are, as plain JSON.
    jobs, function, columns
        As for `ecosystem_runs.jobs.kept.Kept.run`.
    folder : Path
    engine : Engine
        Not started yet.
    quiet : bool
        Whether to show no progress.
    """
    with open_folder(folder / name, {"experiment": name} | dict(description), columns) as kept:
        missing, done = len(jobs) - len(kept.finished), 0
        if missing:
            with engine, progress(name, missing, quiet) as report:

                def watch(finished: Sequence[Done], running: int) -> None:
                    nonlocal done
                    done += len(finished)
                    report(done)

                kept.run(engine, function, jobs, watch)
        failed = [row["error"] for row in kept.rows().values() if row["status"] == "failed"]
        if failed:
            raise BadInput(
                f"{name}: {len(failed)} jobs failed, first: {failed[0]}; give another --out to start over"
            )
        kept.merge()
        return list(kept.rows().values())
