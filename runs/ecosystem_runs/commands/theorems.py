"""``ecosystem theorems``: what the first paper proves, tried in small games."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Jobs, fields_are_options


@at_ctrl_c(GOES_ON)
@fields_are_options
def theorems(
    *,
    only: Annotated[str | None, typer.Option(help="One kind of check, such as theorem-1 or lne.")] = None,
    jobs: Jobs,
) -> None:
    """Check Theorems 1 and 2, their proofs term by term, and how far runs are from a local equilibrium.

    Stop it at any time; the same command goes on where it was.
    """
    from dataclasses import asdict

    from ecosystem_agents.inputs.checks import choice
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.plain import plain
    from ecosystem_runs.replication.checks import CHECKS, run_checks
    from ecosystem_runs.replication.theorem_parts import theorem_parts
    from ecosystem_runs.report_parts import Heading, Table, write_report

    if only is not None:
        choice("--only", only, dict.fromkeys(one.kind for one in CHECKS))
    folder = jobs.folder("theorems", {"experiment": "theorems", "only": only})
    checks = run_checks(folder, jobs.engine(), jobs.as_json, only)
    parts = [Heading("What the first paper proves, tried"), *theorem_parts(checks)]
    files = [str(path) for path in write_report(parts, folder, "theorems")]
    if jobs.as_json:
        typer.echo(json.dumps(dict(plain(asdict(checks))) | {"out": str(folder), "files": files}))
        return
    for part in parts:
        if isinstance(part, Table):
            show("", part.headings, part.rows)
        elif isinstance(part, str):
            typer.echo(f"\n{part}")
        elif isinstance(part, Heading):
            typer.echo(f"\n{part.text}")
    typer.echo(f"report in {files[0]}")
