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
        typer.Argument(
            help="Whose claims: synthetic, movielens, a TOML file of readings of your own, or ranking, "
            "the second paper's."
        ),
    ] = "synthetic",
    queries: Annotated[int, typer.Option(help="Of ranking: games of up to so many queries, 3 to 6.")] = 5,
    study: Study,
) -> None:
    """Run the paper's experiments under every reading and judge each claim, in a report of its own.

    `ranking` judges the second paper: games of few queries are searched, exactly, more are played, from ten starts a
    seed.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.replication.reading_files import asked
    from ecosystem_runs.replication.replicate import as_dict, description_of, replicate
    from ecosystem_runs.replication.report import ANSWER, SHORT, write

    if environment == "ranking":
        _ranking(queries, study)
        return
    what = asked(environment)
    worlds = study.worlds(what.environment)
    what.check(worlds.parameters)
    folder = study.folder(f"claims-{Path(environment).stem}", description_of(what, worlds))
    found = replicate(what, worlds, folder, study.engine(), quiet=study.as_json)
    files = write(found, folder)
    if study.as_json:
        typer.echo(json.dumps(as_dict(found) | {"out": str(folder), "files": [str(path) for path in files]}))
        return
    headings = ("claim", found.default, *ANSWER)
    show(
        f"The paper's claims, {worlds.environment}, {worlds.seeds} seeds, T = {worlds.steps}",
        headings,
        [[cell(one) for heading, cell in SHORT.items() if heading != "where"] for one in found.judged],
        f"report in {files[0]}",
        left=headings,
    )


def _ranking(queries: int, study: Study) -> None:
    from ecosystem_agents.inputs.checks import BadInput, whole
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.ranking.claims import as_dict, jobs_of, judge, run, steps_of, write

    if study.steps is not None or study.settings or study.first_seed:
        raise BadInput("claims ranking takes none of --steps, --set, --first-seed; leave them out")
    jobs = jobs_of(
        whole("--queries", queries, at_least=3, at_most=6), whole("--seeds", study.seeds, at_least=1)
    )
    folder = study.folder("claims-ranking", {"jobs": jobs})
    found = run(jobs, folder, study.engine(), study.as_json)
    judged, steps = judge(jobs, found), steps_of(jobs, found)
    files = [str(path) for path in write(judged, steps, folder)]
    if study.as_json:
        table = {"queries": queries, "seeds": study.seeds, "claims": as_dict(judged), "steps": steps}
        typer.echo(json.dumps(table | {"out": str(folder), "files": files}))
        return
    headings = ("claim", "section", "verdict")
    rows = [(one.claim.text, one.claim.where, one.verdict) for one in judged]
    show(
        "The second paper's claims", headings, rows, f"how, and counterexamples, in {files[0]}", left=headings
    )
