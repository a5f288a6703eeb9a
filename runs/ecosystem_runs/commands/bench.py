"""``ecosystem bench``: what it costs on this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ecosystem_runs.commands.options import AsJson


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out whole runs and large worlds.")] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="This market beside NumPy and Mesa by hand, on the same moves.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure steps, whole runs, growth and memory; targets are for two quiet cores."""
    from ecosystem_runs.bench import rows

    if peers:
        beside(quick, as_json)
        return
    if as_json:
        typer.echo(json.dumps([asdict(row) | {"missed": row.missed} for row in rows(quick)]))
        return
    for row in rows(quick):
        missed = ", MISSED" if row.missed else ""
        target = "" if row.target is None else f"  (target {row.target:g}{missed})"
        typer.echo(f"{row.name:<62} {row.value:10.3f} {row.unit}{target}")


def beside(quick: bool, as_json: bool) -> None:
    """Print what a step costs this market and those who do without it; `quick` leaves out the largest world."""
    from ecosystem_runs.peers import WORLDS, rows

    timed = rows(dict(list(WORLDS.items())[: -1 if quick else None]))
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in timed]))
        return
    world = ""
    for row in timed:
        if row.world != world:
            world = row.world
            typer.echo(f"{f'{world}, {row.steps} steps':<52} ms a step       times")
        other = "" if row.same else "  (OTHER MOVES)"
        typer.echo(f"  {row.way:<48} {row.milliseconds:11.3f} {row.times:11.1f}{other}")
