"""``ecosystem run``: one run of an environment, watched, summarised and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from runs.commands.options import AsJson, NewFolder, Settings

if TYPE_CHECKING:
    from runs.single import Finished


def run(
    environment: Annotated[str, typer.Argument(help="Where to start; `ecosystem list` names them all.")],
    mechanism: Annotated[str, typer.Option(help="The platform's intervention.")] = "none",
    steps: Annotated[int | None, typer.Option(help="Horizon T; alpha drops half-way.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    out: NewFolder = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Run an environment under a mechanism and keep the results in a folder.

    `ecosystem run figure1` draws Figure 1: without intervention, and with the centre user's weight halved.
    """
    from agents.lookup import short
    from ecosystem.testing import check_plugins
    from runs.figure1 import PANELS
    from runs.parameters import parse_settings
    from runs.results import choose_folder, file_name, whole_folder, write_run
    from runs.single import run_economy, summary

    parameters = parse_settings(settings or [], environment)
    check_plugins({"mechanism": mechanism})
    folder = choose_folder(out, f"{file_name(environment)}-{file_name(mechanism)}-seed{seed}")
    paired = environment == "figure1"
    arms = list(dict.fromkeys([*PANELS, mechanism])) if paired else [mechanism]
    finished: dict[str, Finished] = {}
    for arm in arms:
        finished[arm] = run_economy(
            environment, arm, steps, seed, parameters, trajectory=paired, quiet=as_json
        )
        if finished[arm].interrupted:
            break
    shown = finished.get(mechanism, next(iter(finished.values())))
    with whole_folder(folder) as scratch:
        write_run(scratch, shown.model, shown.parameters)
        _draw({short(arm): f.model for arm, f in finished.items()}, scratch, paired)
    figures = summary(shown, folder)
    if paired:
        from runs.figure1 import served

        figures["served"] = {arm: served(f.model) for arm, f in finished.items()}
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        _show(figures, shown)
    if any(f.interrupted for f in finished.values()):
        typer.echo("ecosystem: interrupted; what was done is kept", err=True)
        raise typer.Exit(130)


def _draw(models: dict[str, Any], folder: Path, paired: bool) -> None:
    if paired:
        from runs.figure1 import draw as draw_figure1

        for ending in ("png", "svg"):
            draw_figure1(models, folder / f"figure.{ending}")
    else:
        from runs.run_figure import draw

        draw(next(iter(models.values())), folder / "figure.png")


def _show(figures: dict[str, Any], run: Finished) -> None:
    from rich.console import Console
    from rich.table import Table

    from agents.lookup import short

    world, mechanism = short(figures["environment"]), short(figures["mechanism"])
    table = Table(title=f"{world}, {mechanism}, seed {figures['seed']}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_row("steps", str(figures["steps"]))
    table.add_row("welfare, deployed terms", f"{figures['welfare']:.5f}")
    table.add_row("welfare, default terms", f"{figures['welfare_default']:.5f}")
    if figures["accepted_share"] is not None:
        table.add_row("accepted moves", f"{figures['accepted_share']:.1%}")
        table.add_row("time a step", f"{1e3 * figures['seconds_per_step']:.2f} ms")
    utilities = figures["group_utilities"]
    table.add_row("group utilities, worst to best", f"{min(utilities):.4f} to {max(utilities):.4f}")
    weights = figures["weights"]
    table.add_row("group weights", f"{min(weights):.3f} to {max(weights):.3f}")
    for arm, count in figures.get("served", {}).items():
        table.add_row(f"users served, {arm}", f"{count} of {run.model.n_users}")
    console = Console()
    console.print(table)
    console.print(f"results in {figures['out']}", soft_wrap=True, highlight=False)
