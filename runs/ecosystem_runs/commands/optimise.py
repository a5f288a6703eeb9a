"""``ecosystem optimise``: the best policy, searched for by a plan and confirmed on other seeds."""

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
def optimise(
    *,
    plan: Annotated[Path, typer.Argument(help="Plan of the search, a TOML file.")],
    scheduler: Scheduler = None,
    jobs: Jobs,
) -> None:
    """Search for the best policy by Optuna, and confirm it on held-out seeds beside the named ones.

    What is found is a file for `ecosystem arena --policies FILE`. Stop it at any time; the same command goes on where
    it was, and more `trials` in the plan go on where fewer ended.
    """
    from ecosystem_agents.inputs.checks import BadInput
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.optimise.plan import read_search
    from ecosystem_runs.optimise.report import best_named, columns_of, in_words, rows_of, why_none, write
    from ecosystem_runs.optimise.study import run
    from ecosystem_runs.plain import plain

    search = read_search(plan)
    folder = jobs.folder(f"optimise-{plan.stem}", search.description())
    study = run(search, folder, jobs.engine(scheduler), quiet=jobs.as_json)
    rows = rows_of(search, study)
    files = [str(path) for path in write(search, study, rows, folder)]
    if not study.front:
        raise BadInput(why_none(search, study))
    if jobs.as_json:
        found = [plain(asdict(one)) for one in study.front]
        told = {"trials": len(study.trials), "front": found, "held_out": [plain(asdict(row)) for row in rows]}
        typer.echo(json.dumps(told | {"out": str(folder), "files": files}))
        return
    columns = columns_of(search, search.held_out.seeds)
    best, named = study.front[0], best_named(search, rows)
    notes = [f"best of {len(study.trials)} trials is {best.policy.name}: {in_words(best.policy)}"]
    if named is not None and named.best_less is not None:
        kept = " that keeps to the constraints" if search.constraints else ""
        notes.append(
            f"less {named.policy}, the best named one{kept} on held-out seeds: "
            f"{columns['best found less it'](named)} in {next(iter(search.objectives))}"
        )
    notes.append(
        f"fairness, cost and a planner, in worlds not seen yet: {search.arena(str(folder / 'policies.toml'))}"
    )
    show(
        f"Held-out {search.held_out.span}, T = {search.held_out.steps}",
        tuple(columns),
        [[cell(row) for cell in columns.values()] for row in rows],
        *notes,
        *files,
    )
