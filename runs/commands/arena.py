"""``ecosystem arena``: policies in the same worlds, one table of what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from runs.commands.options import Settings


def arena(
    environment: Annotated[str, typer.Argument(help="Where they compete; `ecosystem list` names them all.")],
    policies: Annotated[
        str, typer.Option(help="Names, such as smt,contribution,uniform(K=4), or a TOML file of policies.")
    ] = "uir,smt,hmt,relevance_at_4,lift,contribution,contribution_at_4,contribution_uir",
    seeds: Annotated[int, typer.Option(help="Worlds, seeds 0 to N-1.")] = 10,
    steps: Annotated[
        int | None, typer.Option(help="Steps of each run; by default the environment's.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; one of the arena's own under ./results/.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list and nothing else.")] = False,
    settings: Settings = None,
) -> None:
    """Let policies compete: welfare, fairness, cost and how much of the attainable each reaches, paired by seed.

    No intervention is always run, and a matched-sharpness control beside SMT and HMT. Stop it at any time; the
    same command goes on where it was.
    """
    from functools import partial

    from agents.checks import whole
    from ecosystem.policies import policies_of
    from runs.arena.contest import arena_of, compete, default_folder
    from runs.arena.report import HEADINGS, cells, write
    from runs.jobs.engines import engine_of
    from runs.parameters import parse_settings
    from runs.sweeps.sweep import warm_up

    seeds = whole("--seeds", seeds, at_least=1)
    steps = None if steps is None else whole("--steps", steps, at_least=10)
    parameters = parse_settings(settings or [], environment)
    found = arena_of(environment, policies_of(policies), seeds, steps, parameters)
    folder = (out or default_folder(found)).absolute()
    engine = partial(engine_of, workers, warm_up=warm_up)
    engine()  # says at once what cannot be
    rows = compete(found, folder, engine, quiet=as_json)
    files = write(found, rows, folder)
    if as_json:
        typer.echo(
            json.dumps([row | {"lbr_evaluation": found.evaluation, "out": str(folder)} for row in rows])
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{environment}, {seeds} seeds, T = {found.steps}, creators compare at the {found.evaluation} point"
    )
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "policy" else "right")
    for row in rows:
        table.add_row(*cells(row))
    console = Console()
    console.print(table)
    console.print(f"report in {files[0]}", soft_wrap=True, highlight=False)
