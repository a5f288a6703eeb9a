"""``ecosystem bench``: what it costs on this machine."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ecosystem_runs.commands.options import AsJson


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out whole runs and large worlds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure steps, whole runs, growth and memory; targets are for two quiet cores."""
    from ecosystem_runs.bench import rows

    measured = []
    for row in rows(quick):
        measured.append(row)
        if not as_json:
            target = (
                "" if row.target is None else f"  (target {row.target:g}{', MISSED' if row.missed else ''})"
            )
            typer.echo(f"{row.name:<62} {row.value:10.3f} {row.unit}{target}")
    if as_json:
        typer.echo(json.dumps([row.as_dict() for row in measured]))
