"""``ecosystem claims``: which of the paper's claims hold, and under which reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Study, fields_are_options


@at_ctrl_c(GOES_ON)
@fields_are_options
def claims(
    *,
    environment: Annotated[
        str,
        typer.Argument(help="Whose claims: synthetic, movielens, or a TOML file of readings of your own."),
    ] = "synthetic",
    study: Study,
) -> None:
    """Run the paper's experiments under every reading and judge each claim, in a report of its own.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.replication.reading_files import asked
    from ecosystem_runs.replication.replicate import as_dict, description_of, replicate
    from ecosystem_runs.replication.report import write
    from ecosystem_runs.replication.verdicts import number, overall

    what = asked(environment)
    worlds = study.worlds(what.environment)
    what.check(worlds.parameters)
    folder = study.folder(f"claims-{Path(environment).stem}", description_of(what, worlds))
    found = replicate(what, worlds, folder, study.engine(), quiet=study.as_json)
    files = write(found, folder)
    if study.as_json:
        typer.echo(json.dumps(as_dict(found) | {"out": str(folder), "files": [str(path) for path in files]}))
        return
    headings = ("claim", found.default, "verdict", "after Holm", "over readings")
    show(
        f"The paper's claims, {worlds.environment}, {worlds.seeds} seeds, T = {worlds.steps}",
        headings,
        [
            (
                one.claim.text,
                number(one.default),
                one.default.says,
                one.default.corrected,
                overall(one.verdicts),
            )
            for one in found.judged
        ],
        f"report in {files[0]}",
        left=headings,
    )
