"""``ecosystem figure``: the papers' figures, from as many seeds as you like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Draw a figure of the papers.", no_args_is_help=True)


@app.command("1")
def figure_1(
    seeds: Annotated[int, typer.Option(help="How many seeds, 0 to N-1; 1 draws the picture of seed 0.")] = 1,
    steps: Annotated[int, typer.Option(help="Steps of each run.")] = 2000,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; a new one under ./results/.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter; repeatable.")
    ] = None,
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


@app.command("2")
def figure_2(
    seeds: Annotated[int, typer.Option(help="How many synthetic worlds, seeds 0 to N-1.")] = 10,
    steps: Annotated[int, typer.Option(help="Steps of each run.")] = 3000,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; one of the figure's own under ./results/.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter; repeatable.")
    ] = None,
) -> None:
    """Figure 2: mechanisms and matched-sharpness controls on synthetic worlds, paired by seed.

    Stop it at any time; the same command goes on where it was.
    """
    from agents.checks import whole
    from runs import figure2
    from runs.engines import engine_of
    from runs.parameters import parse_settings
    from runs.sweep import warm_up

    seeds, steps = whole("--seeds", seeds, at_least=1), whole("--steps", steps, at_least=10)
    parameters = parse_settings(settings or [], "synthetic")
    folder = (out or figure2.default_folder(seeds, steps, parameters)).absolute()
    rows = figure2.run(seeds, steps, parameters, folder, engine_of(workers, warm_up=warm_up), quiet=as_json)
    figure2.write(rows, steps, folder)
    figures = figure2.summary(rows, steps)
    if as_json:
        typer.echo(
            json.dumps({"figure": 2, "seeds": seeds, "steps": steps, "arms": figures, "out": str(folder)})
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Figure 2: final welfare over {seeds} worlds, and paired differences")
    for heading in ("arm", "deployed terms", "less none", "default terms", "less none"):
        table.add_column(heading)
    for row in figure2.shown(figures):
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
