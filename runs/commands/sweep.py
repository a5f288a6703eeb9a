"""``ecosystem sweep``: run a plan, see how far it is, report what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup


class _PlanOrCommand(TyperGroup):
    """Takes what is no command for the words of ``run``, so that ``ecosystem sweep plan.toml`` works."""

    def parse_args(self, context: Any, words: list[str]) -> list[str]:
        if words and words[0] != "--help" and words[0] not in self.commands:
            words = ["run", *words]
        return super().parse_args(context, words)


app = typer.Typer(
    cls=_PlanOrCommand,
    help="Run a plan of many runs, resumable: `ecosystem sweep plan.toml`.",
    no_args_is_help=True,
    subcommand_metavar="PLAN.toml | COMMAND [ARGS]...",
)


@app.command("run")
def run(
    plan: Annotated[Path, typer.Argument(help="Plan of the sweep, a TOML file.")],
    workers: Annotated[
        int | None, typer.Option(help="Local worker processes; 0 for none, by default one a core.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler to run on.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; one of the plan's own under ./results/.")
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed runs again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Run a plan, or what is missing of it: `ecosystem sweep plan.toml` is short for this.

    Stop it at any time; the same command goes on where it was.
    """
    from runs.jobs.engines import engine_of
    from runs.sweeps.plan import read_plan
    from runs.sweeps.sweep import default_folder, sweep, warm_up

    wanted = read_plan(plan)
    engine = engine_of(workers, scheduler, warm_up)
    figures = sweep(
        wanted, engine, out or default_folder(wanted, plan.stem), retry_failed=retry_failed, quiet=as_json
    )
    for path in figures["damaged"]:
        typer.echo(
            f"ecosystem: a part of the results was damaged; put aside as {path}, its runs were run again",
            err=True,
        )
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        started = f" after {figures['startup_seconds']:.1f} s of starting workers" if workers != 0 else ""
        typer.echo(
            f"{figures['done']} of {figures['runs']} runs done, {figures['failed']} failed, "
            f"{figures['resumed']} from earlier; {figures['seconds']:.1f} s{started}"
        )
        typer.echo(f"table in {figures['table']}")
    if figures["interrupted"]:
        typer.echo("ecosystem: interrupted; the same command goes on from here", err=True)
        raise typer.Exit(130)
    if figures["failed"]:
        why = f"`ecosystem sweep status {figures['out']}` shows why"
        typer.echo(f"ecosystem: {figures['failed']} runs failed; {why}", err=True)


@app.command("status")
def status(
    folder: Annotated[Path, typer.Argument(help="Folder of the sweep.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """How far a sweep is, while it runs or after; changes nothing."""
    from runs.sweeps.sweep import status as status_in

    figures = status_in(folder)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    counts = f"{figures['failed']} failed, {figures['missing']} missing"
    typer.echo(f"{figures['done']} of {figures['runs']} runs done, {counts}")
    for arm, welfare in figures["welfare"].items():
        typer.echo(f"welfare so far, {arm}: {welfare:.5f}")
    for error in figures["errors"]:
        typer.echo(f"failed with {error}")
    for path in figures["damaged"]:
        typer.echo(f"damaged: {path}; its runs run again when the sweep goes on")


@app.command("report")
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of the sweep.")],
    metric: Annotated[
        str | None, typer.Option(help="Column to report; welfare where it was collected.")
    ] = None,
    baseline: Annotated[str | None, typer.Option(help="Arm to compare with; the plan's first.")] = None,
    confidence: Annotated[float, typer.Option(help="Coverage of the intervals.")] = 0.95,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and plots; `report` in the sweep's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Tables with paired intervals and plots of what varied, from the runs that are done."""
    from runs.sweeps.report import report as report_on

    figures = report_on(folder, metric=metric, baseline=baseline, confidence=confidence, out=out)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        _show(figures)


def _show(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    level = f"{figures['confidence']:.0%}"
    table = Table(title=f"{figures['metric']}: {figures['done']} of {figures['runs']} runs")
    for heading in (
        "arm",
        "mean",
        f"{level} interval",
        f"less {figures['baseline']}, paired",
        f"{level} interval",
        "pairs",
        "above",
    ):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for arm in figures["arms"]:
        row = [arm["arm"], f"{arm['mean']:.5f}", _interval(arm["low"], arm["high"])]
        if arm["difference"] is None:
            row += ["", "", "", ""]
        else:
            row += [
                f"{arm['difference']:+.5f}",
                _interval(arm["difference_low"], arm["difference_high"], "+"),
            ]
            row += [str(arm["pairs"]), f"{arm['share_above']:.0%}"]
        table.add_row(*row)
    console = Console()
    console.print(table)
    for path in figures["files"]:
        console.print(path, soft_wrap=True, highlight=False)


def _interval(low: float | None, high: float | None, sign: str = "") -> str:
    return "" if low is None or high is None else f"{low:{sign}.5f} to {high:{sign}.5f}"
