"""``ecosystem claims``: which of the paper's claims hold, and under which reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from runs.commands.options import AsJson, Settings


def claims(
    environment: Annotated[str, typer.Argument(help="Whose claims: synthetic or movielens.")] = "synthetic",
    seeds: Annotated[int, typer.Option(help="Worlds, seeds 0 to N-1.")] = 10,
    steps: Annotated[int, typer.Option(help="Steps of each run.")] = 3000,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; one of its own under ./results/.")
    ] = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Run the paper's experiments under every reading and judge each claim, in a report of its own.

    Stop it at any time; the same command goes on where it was.
    """
    from functools import partial

    from agents.checks import choice, whole
    from ecosystem import CreatorEconomy
    from runs.jobs.engines import engine_of
    from runs.parameters import parse_settings
    from runs.replication.claims import CLAIMS_ON
    from runs.replication.readings import READINGS
    from runs.replication.replicate import as_dict, default_folder, replicate
    from runs.replication.report import write
    from runs.replication.verdicts import number, overall
    from runs.sweeps.sweep import warm_up

    choice("environment", environment, READINGS)
    seeds, steps = whole("--seeds", seeds, at_least=1), whole("--steps", steps, at_least=10)
    parameters = parse_settings(settings or [], environment)
    CreatorEconomy(environment=environment, rng=0, **parameters)  # says what is missing before workers start
    folder = (out or default_folder(environment, seeds, steps, parameters)).absolute()
    engines = partial(engine_of, workers, warm_up=warm_up)
    found = replicate(environment, seeds, steps, parameters, folder, engines, quiet=as_json)
    files = write(found, folder)
    if as_json:
        typer.echo(json.dumps(as_dict(found) | {"out": str(folder), "files": [str(path) for path in files]}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"The paper's claims, {environment}, {seeds} seeds, T = {steps}")
    for heading in ("claim", "default reading", "verdict", "over readings"):
        table.add_column(heading)
    for claim in CLAIMS_ON[environment]:
        by = found.verdicts[claim.name]
        table.add_row(claim.text, number(by["default"]), by["default"].says, overall(by))
    console = Console()
    console.print(table)
    console.print(f"report in {files[0]}", soft_wrap=True, highlight=False)
