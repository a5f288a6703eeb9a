"""``ecosystem figure``: the papers' figures, from as many seeds as you like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ecosystem_runs.commands.groups import Commands
from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import (
    AsJson,
    FirstSeed,
    NewFolder,
    Place,
    Seeds,
    Settings,
    Steps,
    Study,
    fields_are_options,
    horizon,
)

if TYPE_CHECKING:
    from ecosystem_runs.paired.worlds import Worlds
    from ecosystem_runs.replication.figure1 import Distribution
    from ecosystem_runs.replication.welfare_figures import ArmSummary

app = typer.Typer(cls=Commands, help="Draw a figure of the papers.", no_args_is_help=True)

STOPPED = "Stop it at any time; the same command goes on where it was."


@app.command("1")
@at_ctrl_c(GOES_ON)
@fields_are_options
def figure_1(
    *,
    seeds: Seeds = 1,
    first_seed: FirstSeed = 0,
    steps: Steps = None,
    place: Place,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Figure 1, drawn for the first seed, and how often it looks like that: users served and crowding at the centre.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem_runs.paired.worlds import Worlds
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.replication import figure1

    steps = horizon(steps, "figure1", at_least=1)
    worlds = Worlds("figure1", seeds, steps, parse_settings(settings or [], "figure1"), first_seed)
    folder = place.folder("figure1", worlds.description("figure 1"))
    found = figure1.over_seeds(worlds, folder, quiet=as_json)
    figure1.write(found.results, worlds, folder)
    arms = figure1.distribution(found.results)
    if as_json:
        _print_json(1, worlds, arms, folder)
    else:
        _show(arms, found.resumed, folder)


@app.command(
    "3",
    help=f"Figure 3: the same on MovieLens-1M; `ecosystem data movielens --path ...` comes first.\n\n{STOPPED}",
)
@app.command(
    "2",
    help=f"Figure 2: mechanisms and matched-sharpness controls on synthetic worlds, paired by seed.\n\n{STOPPED}",
)
@at_ctrl_c(GOES_ON)
@fields_are_options
def welfare_figure(context: typer.Context, study: Study) -> None:
    """Run what is missing of the figure that the command's name is the number of, draw and report it."""
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.replication import welfare_figures
    from ecosystem_runs.replication.verdicts import FEWEST

    number = int(str(context.info_name))
    worlds = study.worlds(next(name for name, one in welfare_figures.FIGURES.items() if one.number == number))
    seeds = worlds.seeds
    folder = study.folder(f"figure{number}", welfare_figures.description_of(worlds))
    runs = welfare_figures.run(worlds, folder, study.engine(), quiet=study.as_json)
    welfare_figures.write(runs, folder, worlds.environment)
    arms = welfare_figures.summary(runs)
    if study.as_json:
        _print_json(number, worlds, arms, folder)
    else:
        show(
            f"Figure {number}: final welfare over {seeds} worlds, and paired differences",
            ("arm", "deployed terms", "less none", "default terms", "less none"),
            welfare_figures.shown(arms),
            f"± standard error; [95 % interval] of the difference, over {seeds} worlds"
            + (f": too few for either to mean much, give {FEWEST} or more" if seeds < FEWEST else ""),
            f"results in {folder}",
        )


@app.command("enrichment")
def enrichment(
    seeds: Seeds = 10, first_seed: FirstSeed = 0, out: NewFolder = None, as_json: AsJson = False
) -> None:
    """Draw the analogues of the corpus enrichment paper's Figures 1 to 5, and the charts of its theorems.

    Points of charts that play games are means over random starts of these seeds.
    """
    from ecosystem_runs.folders import choose_folder, whole_folder
    from ecosystem_runs.ranking.figures import draw_all

    folder = choose_folder(
        out, f"figure-enrichment-seeds{seeds}" + (f"-from{first_seed}" if first_seed else "")
    )
    with whole_folder(folder) as scratch:
        names = draw_all(scratch, range(first_seed, first_seed + seeds), quiet=as_json)
    files = [str(folder / name) for name in names]
    if as_json:
        typer.echo(json.dumps({"figure": "enrichment", "seeds": seeds, "out": str(folder), "files": files}))
    else:
        typer.echo("\n".join(files))


def _print_json(
    number: int, worlds: Worlds, arms: Mapping[str, Distribution | ArmSummary], folder: Path
) -> None:
    from ecosystem_runs.plain import plain

    found = {"arms": {arm: plain(asdict(one)) for arm, one in arms.items()}, "out": str(folder)}
    typer.echo(json.dumps({"figure": number} | worlds.size | found))


def _show(arms: dict[str, Distribution], resumed: int, folder: Path) -> None:
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.replication.figure1 import PANELS

    each = list(arms.values())
    show(
        f"Figure 1 over {each[0].seeds} seeds (shares of seeds)",
        ("", *(PANELS[arm] for arm in arms)),
        [
            *((f"{k} users served", *(f"{one.served[str(k)]:.1%}" for one in each)) for k in range(6)),
            ("two creators at the centre", *(f"{one.two_at_centre:.1%}" for one in each)),
            ("welfare", *(f"{one.welfare:.4f}" for one in each)),
        ],
        f"{resumed} of {len(each) * each[0].seeds} runs from earlier; results in {folder}",
    )
