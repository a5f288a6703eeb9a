"""``ecosystem figure``: the papers' figures, from as many seeds as you like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from runs.commands.options import AsJson, NewFolder, Settings

app = typer.Typer(help="Draw a figure of the papers.", no_args_is_help=True)


@app.command("1")
def figure_1(
    seeds: Annotated[int, typer.Option(help="How many seeds, 0 to N-1; 1 draws the picture of seed 0.")] = 1,
    steps: Annotated[int, typer.Option(help="Steps of each run.")] = 2000,
    out: NewFolder = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Figure 1, and how often it looks like that: users served and crowding at the centre, over seeds."""
    from agents.checks import whole
    from runs.figure1 import PANELS, distribution, draw, over_seeds
    from runs.parameters import parse_settings
    from runs.results import CONFIG, choose_folder, whole_folder, write_table
    from runs.single import run_economy

    seeds, steps = whole("--seeds", seeds, at_least=1), whole("--steps", steps, at_least=1)
    parameters = parse_settings(settings or [], "figure1")
    folder = choose_folder(out, f"figure1-seeds{seeds}")
    table = over_seeds(seeds, steps, parameters, quiet=as_json)
    arms = {
        arm: run_economy("figure1", arm, steps, 0, parameters, trajectory=True, quiet=True).model
        for arm in PANELS
    }
    rows = distribution(table)
    with whole_folder(folder) as scratch:
        write_table(table, scratch / "runs.parquet")
        for ending in ("png", "svg"):
            draw(arms, scratch / f"figure1.{ending}")
        config = {"figure": 1, "seeds": seeds, "steps": steps, "parameters": parameters}
        (scratch / CONFIG).write_text(json.dumps(config, indent=2) + "\n")
    if as_json:
        typer.echo(json.dumps({"figure": 1, "steps": steps, "mechanisms": rows, "out": str(folder)}))
    else:
        _show(rows, folder)


Seeds = Annotated[int, typer.Option(help="How many worlds, seeds 0 to N-1.")]
Steps = Annotated[int, typer.Option(help="Steps of each run.")]
Workers = Annotated[int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder for the results; one of the figure's own under ./results/.")
]


@app.command("2")
def figure_2(
    seeds: Seeds = 10,
    steps: Steps = 3000,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Figure 2: mechanisms and matched-sharpness controls on synthetic worlds, paired by seed.

    Stop it at any time; the same command goes on where it was.
    """
    _welfare_figure(2, seeds, steps, workers, out, as_json, settings or [])


@app.command("3")
def figure_3(
    seeds: Seeds = 10,
    steps: Steps = 3000,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Figure 3: the same on MovieLens-1M; `ecosystem data movielens --path ...` comes first.

    Stop it at any time; the same command goes on where it was.
    """
    _welfare_figure(3, seeds, steps, workers, out, as_json, settings or [])


def _welfare_figure(
    number: int,
    seeds: int,
    steps: int,
    workers: int | None,
    out: Path | None,
    as_json: bool,
    settings: list[str],
) -> None:
    from agents.checks import whole
    from runs.jobs.engines import engine_of
    from runs.parameters import parse_settings
    from runs.replication import welfare_figures
    from runs.sweeps.sweep import warm_up

    figure = {2: welfare_figures.FIGURE_2, 3: welfare_figures.FIGURE_3}[number]
    seeds, steps = whole("--seeds", seeds, at_least=1), whole("--steps", steps, at_least=10)
    parameters = parse_settings(settings, figure.environment)
    if number == 3:  # say what is missing before workers start
        from ecosystem import CreatorEconomy

        CreatorEconomy(environment=figure.environment, rng=0, **parameters)
    folder = (out or welfare_figures.default_folder(seeds, steps, parameters, figure)).absolute()
    engine = engine_of(workers, warm_up=warm_up)
    rows = welfare_figures.run(seeds, steps, parameters, folder, engine, quiet=as_json, figure=figure)
    welfare_figures.write(rows, steps, folder, figure)
    figures = welfare_figures.summary(rows, steps)
    if as_json:
        typer.echo(
            json.dumps(
                {"figure": number, "seeds": seeds, "steps": steps, "arms": figures, "out": str(folder)}
            )
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Figure {number}: final welfare over {seeds} worlds, and paired differences")
    for heading in ("arm", "deployed terms", "less none", "default terms", "less none"):
        table.add_column(heading)
    for row in welfare_figures.shown(figures):
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print(f"results in {folder}", soft_wrap=True, highlight=False)


def _show(rows: dict[str, dict[str, Any]], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from runs.figure1 import PANELS

    table = Table(title=f"Figure 1 over {rows['none']['seeds']} seeds (shares of seeds)")
    table.add_column("")
    for mechanism in rows:
        table.add_column(PANELS[mechanism], justify="right")
    for count in range(6):
        table.add_row(f"{count} users served", *(f"{row['served'][str(count)]:.1%}" for row in rows.values()))
    table.add_row("two creators at the centre", *(f"{row['two_at_centre']:.1%}" for row in rows.values()))
    table.add_row("welfare", *(f"{row['welfare']:.4f}" for row in rows.values()))
    console = Console()
    console.print(table)
    console.print(f"results in {folder}", soft_wrap=True, highlight=False)
