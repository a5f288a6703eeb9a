"""``ecosystem arena``: policies in the same worlds, one table of what they do."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Study, fields_are_options


@at_ctrl_c(GOES_ON)
@fields_are_options
def arena(
    *,
    environment: Annotated[str, typer.Argument(help="Where they compete; `ecosystem list` names them all.")],
    policies: Annotated[
        str, typer.Option(help="Names, such as smt,contribution,uniform(K=4), or a TOML file of policies.")
    ] = "uir,smt,hmt,relevance_at_4,lift,contribution,contribution_at_4,contribution_uir",
    planner: Annotated[
        bool,
        typer.Option(help="Say which share of a planner's gain each reaches; it may take minutes a world."),
    ] = True,
    study: Study,
) -> None:
    """Let policies compete: welfare, fairness, cost and how much of what can be had each reaches, paired by seed.

    No intervention is always run, and a matched-sharpness control beside SMT and HMT.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem.environments import environment_of
    from ecosystem.policies import policies_of
    from ecosystem_runs.arena.contest import arena_of, compete
    from ecosystem_runs.arena.report import COLUMNS, write
    from ecosystem_runs.commands.tables import show

    worlds = study.worlds(environment)
    found = replace(arena_of(worlds, policies_of(policies)), planner=planner)
    folder = study.folder(f"arena-{environment_of(environment).name}", found.description())
    rows = compete(found, folder, study.engine(), quiet=study.as_json)
    files = write(found, rows, folder)
    if study.as_json:
        shared = {"lbr_evaluation": found.evaluation, "out": str(folder)}
        typer.echo(json.dumps([asdict(row) | shared for row in rows]))
        return
    show(
        f"{environment}, {worlds.seeds} seeds, T = {worlds.steps}, creators compare at the {found.evaluation} point",
        list(COLUMNS),
        ([cell(row) for cell in COLUMNS.values()] for row in rows),
        f"report in {files[0]}",
    )
