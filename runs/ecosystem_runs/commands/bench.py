"""``ecosystem bench``: what it costs on this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ecosystem_runs.commands.options import AsJson


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out whole runs and large worlds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure steps, whole runs, growth and memory; targets are for two quiet cores."""
    from ecosystem_runs.bench import rows

    if as_json:
        typer.echo(json.dumps([asdict(row) | {"missed": row.missed} for row in rows(quick)]))
        return
    for row in rows(quick):
        missed = ", MISSED" if row.missed else ""
        target = "" if row.target is None else f"  (target {row.target:g}{missed})"
        typer.echo(f"{row.name:<62} {row.value:10.3f} {row.unit}{target}")
