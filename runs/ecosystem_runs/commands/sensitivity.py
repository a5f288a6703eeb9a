"""``ecosystem sensitivity``: which parameter matters, over a plan's ranges."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Jobs, Scheduler, fields_are_options


@at_ctrl_c(GOES_ON)
@fields_are_options
def sensitivity(
    *,
    plan: Annotated[Path, typer.Argument(help="Plan of the analysis, a TOML file.")],
    outcome: Annotated[str, typer.Option(help="Series whose final mean is looked at.")] = "welfare_default",
    effect: Annotated[
        str | None,
        typer.Option(help="Arm whose difference to the plan's first arm is looked at, world by world."),
    ] = None,
    scheduler: Scheduler = None,
    jobs: Jobs,
) -> None:
    """Tell which parameters an outcome depends on, by Sobol' indices or Morris screening; seeds are a factor: noise.

    Stop it at any time; the same command goes on where it was, and another `--outcome` runs nothing again.
    """
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.plain import plain
    from ecosystem_runs.sensitivity.analysis import COLUMNS, analysed, check_values, run, write
    from ecosystem_runs.sensitivity.design import read_design

    design = read_design(plan)
    folder = jobs.folder(f"sensitivity-{plan.stem}", design.description())
    if not (folder / "parts").is_dir():
        check_values(design)
    runs = run(design, folder, jobs.engine(scheduler), quiet=jobs.as_json)
    found = analysed(design, runs, outcome, effect)
    files = [str(path) for path in write(design, runs, found, folder)]
    if jobs.as_json:
        size = {"method": design.method, "points": len(design.points), "runs": len(runs)}
        rows = [plain(asdict(one)) for one in found]
        typer.echo(json.dumps(size | {"outcomes": rows, "out": str(folder), "files": files}))
        return
    columns = COLUMNS[design.method]
    for one in found:
        show(
            one.title,
            tuple(columns),
            [[cell(row) for cell in columns.values()] for row in one.indices],
        )
    typer.echo("\n".join(files))
