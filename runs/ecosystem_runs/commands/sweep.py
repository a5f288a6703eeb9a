"""``ecosystem sweep``: run a plan, see how far it is, report what it found."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.groups import RunUnlessNamed
from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c, end
from ecosystem_runs.commands.options import AsJson, Jobs, Scheduler, fields_are_options
from ecosystem_runs.progress import tell

if TYPE_CHECKING:
    from ecosystem_runs.sweeps.report import SweepReport

AS_IT_WAS = "the sweep is as it was"

app = typer.Typer(
    cls=RunUnlessNamed,
    help="Run a plan of many runs, resumable: `ecosystem sweep plan.toml`.",
    no_args_is_help=True,
    subcommand_metavar="PLAN.toml | COMMAND [ARGS]...",
)


@app.command("run")
@at_ctrl_c(GOES_ON)
@fields_are_options
def run(
    *,
    plan: Annotated[Path, typer.Argument(help="Plan of the sweep, a TOML file.")],
    scheduler: Scheduler = None,
    jobs: Jobs,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed runs again.")] = False,
) -> None:
    """Run a plan, or what is missing of it: `ecosystem sweep plan.toml` is short for this.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem_runs.sweeps.plan import read_plan
    from ecosystem_runs.sweeps.sweep import status as status_in
    from ecosystem_runs.sweeps.sweep import sweep

    wanted = read_plan(plan)
    folder = jobs.folder(f"sweep-{plan.stem}", wanted.description())
    engine = jobs.engine(scheduler)
    swept = sweep(wanted, engine, folder, retry_failed=retry_failed, quiet=jobs.as_json)
    if jobs.as_json:
        typer.echo(json.dumps(asdict(swept)))
    else:
        started = f" after {swept.startup_seconds:.1f} s of starting workers" if jobs.workers != 0 else ""
        typer.echo(
            f"{swept.done} of {swept.runs} runs done, {swept.failed} failed, "
            f"{swept.resumed} from earlier; {swept.seconds:.1f} s{started}"
        )
        typer.echo(f"table in {swept.table}")
    if swept.interrupted:
        end(GOES_ON)
    if swept.failed:
        why = f"`ecosystem sweep status {swept.out}` shows others"
        first = status_in(Path(swept.out)).errors[0]
        tell(f"{swept.failed} runs failed, first {first}; {why}")


@app.command("status")
@at_ctrl_c(AS_IT_WAS)
def status(
    folder: Annotated[Path, typer.Argument(help="Folder of the sweep.")],
    as_json: AsJson = False,
) -> None:
    """How far a sweep is, while it runs or after; changes nothing."""
    from ecosystem_runs.plain import plain
    from ecosystem_runs.sweeps.sweep import status as status_in

    found = status_in(folder)
    if as_json:
        typer.echo(json.dumps(plain(asdict(found))))
        return
    counts = f"{found.failed} failed, {found.missing} missing"
    typer.echo(f"{found.done} of {found.runs} runs done, {counts}")
    for arm, welfare in found.welfare.items():
        typer.echo(f"welfare so far, {arm}: {welfare:.5f}")
    for error in found.errors:
        typer.echo(f"failed: {error}")
    for path in found.damaged:
        typer.echo(f"damaged: {path}; its runs run again when the sweep goes on")


@app.command("report")
@at_ctrl_c(AS_IT_WAS)
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
    plot: Annotated[
        list[str] | None,
        typer.Option(
            metavar="x=NAME,y=NAME[,colour=NAME][,panel=NAME]",
            help="A picture instead of the metric's, such as x=beta,y=welfare,colour=arm; repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tables with paired intervals and plots of what varied, from the runs that are done."""
    from ecosystem_runs.sweeps.report import report as report_on

    found = report_on(
        folder, metric=metric, baseline=baseline, confidence=confidence, out=out, plots=plot or ()
    )
    for path in found.damaged:
        tell(f"{path} is damaged and left out; run the sweep again")
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        _show(found)


def _show(found: SweepReport) -> None:
    from ecosystem_runs.commands.tables import show

    level, less = f"{found.confidence:.0%}", f"less {found.baseline}, paired"
    rows = []
    for one in found.arms:
        row = [one.arm, f"{one.mean:.5f}", _interval(one.low, one.high)]
        if one.less_baseline is None:
            row += ["", "", "", ""]
        else:
            between = _interval(one.less_baseline_low, one.less_baseline_high, "+")
            above = f"{one.less_baseline_above}/{one.units}"
            row += [f"{one.less_baseline:+.5f}", between, str(one.units), above]
        rows.append(row)
    show(
        f"{found.metric}: {found.done} of {found.runs} runs",
        ("arm", "mean", f"{level} interval", less, f"{level} interval", f"{found.unit}s", "above"),
        rows,
        *filter(None, [found.mixed]),
        *found.files,
    )


def _interval(low: float | None, high: float | None, sign: str = "") -> str:
    return "" if low is None or high is None else f"{low:{sign}.5f} to {high:{sign}.5f}"
