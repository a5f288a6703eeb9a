"""``ecosystem phase``: where competition hurts, and which policy mends it, over a grid of worlds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import Study, fields_are_options, horizon


@dataclass(frozen=True)
class Grid:
    """Options that say which cells there are, and what runs in each."""

    ratios: Annotated[str, typer.Option(help="Creators per cluster of users, n/C; C is 10.")] = "0.5,1,2,5"
    scales: Annotated[
        str, typer.Option(help="Distances at which relevance is 0; clusters are 1.41 apart.")
    ] = "1,1.5,2,5"
    zipfs: Annotated[str, typer.Option(help="How unequal clusters are: the k-th goes as k^-zipf.")] = "0,1,2"
    policies: Annotated[
        str, typer.Option(help="Names, such as hmt,contribution, or a TOML file of policies.")
    ] = "uir,smt,hmt,contribution,contribution_turnover"
    accept: Annotated[str, typer.Option(help="Ties accepted (no_worse), refused (better), or both.")] = (
        "no_worse,better"
    )


@at_ctrl_c(GOES_ON)
@fields_are_options
def phase(*, grid: Grid, study: Study) -> None:
    """Map where competing creators hurt users, and which policy mends it: niches from sparse to crowded.

    In every cell of the grid run no intervention and the policies, paired by seed, beside the planner and what small
    steps can attain. T is 1500 unless `--steps` says otherwise; all cells take 20 to 45 minutes on two
    cores, `--ratios 1 --scales 2 --zipfs 1 --steps 300` seconds.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem.policies import policies_of
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.paired.worlds import Worlds
    from ecosystem_runs.phase.grid import ENVIRONMENT, STEPS, TIES, phase_of, run
    from ecosystem_runs.phase.report import tally_of, write
    from ecosystem_runs.plain import plain

    steps = horizon(STEPS if study.steps is None else study.steps, ENVIRONMENT, at_least=10)
    worlds = Worlds(ENVIRONMENT, study.seeds, steps, study.parameters(ENVIRONMENT), study.first_seed)
    axes = (grid.ratios, grid.scales, grid.zipfs)
    found = phase_of(worlds, axes, policies_of(grid.policies), grid.accept)
    folder = study.folder("phase", found.description())
    rows = run(found, folder, study.engine(), quiet=study.as_json)
    files = [str(path) for path in write(found, rows, folder)]
    if study.as_json:
        told = {"cells": plain([asdict(row) for row in rows]), "out": str(folder), "files": files}
        typer.echo(json.dumps(worlds.size | told))
        return
    for accept in found.accepts:
        tally = tally_of([row for row in rows if row.accept == accept])
        title = (
            f"Policies over {len(found.cells)} cells, {study.seeds} seeds, T = {steps}, ties {TIES[accept]}"
        )
        show(title, tally.headings, tally.rows)
    typer.echo(f"every cell in {files[0]}")
