"""``ecosystem run``: one run of an environment, watched, summarised and kept."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.interrupts import at_ctrl_c, end
from ecosystem_runs.commands.options import (
    AsJson,
    MixVersions,
    NewFolder,
    Seed,
    Settings,
    Spread,
    Steps,
    fields_are_options,
)

if TYPE_CHECKING:
    from ecosystem import CreatorEconomy
    from ecosystem_runs.single.checkpoints import Checkpoints
    from ecosystem_runs.single.run import Summary
    from ecosystem_runs.single.run_folder import Finished


SHOWN = 6
"""Items that a summary names."""


@dataclass(frozen=True)
class Told:
    """Options that say what to run."""

    environment: Annotated[
        str | None, typer.Argument(help="Where to start; `ecosystem list` names them all.")
    ] = None
    mechanism: Annotated[str, typer.Option(help="The platform's intervention.")] = "none"
    steps: Steps = None
    seed: Seed = 0
    settings: Settings = None


@dataclass(frozen=True)
class Keeping:
    """Options that say how a run survives a kill."""

    checkpoint_every: Annotated[
        int | None, typer.Option(metavar="STEPS", help="Keep a checkpoint every so many steps.")
    ] = None
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with a stopped run from its last checkpoint.")
    ] = None
    mix_versions: MixVersions = False


@fields_are_options
def run(
    context: typer.Context,
    told: Told,
    spread: Spread,
    keeping: Keeping,
    out: NewFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run an environment under a mechanism and keep the results in a folder.

    `ecosystem run figure1` draws Figure 1: without intervention, and with the centre user's weight halved.
    A run with checkpoints that was stopped or killed goes on by `ecosystem run --resume FOLDER`, to the same bits.
    """
    from ecosystem.testing import check_plugins
    from ecosystem_agents.inputs.checks import BadInput, whole
    from ecosystem_runs.folders import choose_folder, file_name
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.progress import tell_compiling
    from ecosystem_runs.replication.figure1 import PANELS
    from ecosystem_runs.single.checkpoints import new_checkpoints, taken_up
    from ecosystem_runs.single.run import parameters_of, run_economy

    tell_compiling(as_json)
    if keeping.resume is not None:
        _refuse_others(context)
        folder = keeping.resume.absolute()
        with taken_up(folder, keeping.mix_versions) as checkpoints:
            where = checkpoints.spread | ({} if spread.scheduler is None else {"scheduler": spread.scheduler})
            found = run_economy(checkpoints.parameters, quiet=as_json, spread=where, checkpoints=checkpoints)
            _write({found.parameters["mechanism"]: found}, found, folder, as_json, checkpoints)
        return
    environment, mechanism = told.environment, told.mechanism
    if environment is None:
        raise BadInput(
            "no environment is named; `ecosystem list` names them, `ecosystem run --help` says what there is"
        )
    parameters = parse_settings(told.settings or [], environment)
    check_plugins({"mechanism": mechanism})
    schedule = parameters.get("schedule")
    swapped = "-scheduled" if schedule else ""
    folder = choose_folder(out, f"{file_name(environment)}-{file_name(mechanism)}{swapped}-seed{told.seed}")
    paired, every = environment == "figure1", keeping.checkpoint_every
    # A schedule says which mechanisms there are: no second panel beside it.
    arms = list(dict.fromkeys([*PANELS, mechanism])) if paired and not schedule else [mechanism]
    made = {
        arm: parameters_of(environment, arm, told.steps, told.seed, parameters, trajectory=paired)
        for arm in arms
    }
    if every is not None and whole("--checkpoint-every", every, at_least=1) and paired:
        raise BadInput("--checkpoint-every keeps one run, and figure1 is two short ones; leave it out")
    finished: dict[str, Finished] = {}
    with (
        nullcontext()
        if every is None
        else new_checkpoints(folder, made[mechanism], asdict(spread), every) as kept
    ):
        for arm in arms:
            finished[arm] = run_economy(made[arm], quiet=as_json, spread=asdict(spread), checkpoints=kept)
            if finished[arm].interrupted:
                break
        shown = finished.get(mechanism, next(iter(finished.values())))
        _write(finished, shown, folder, as_json, kept)


def _refuse_others(context: typer.Context) -> None:
    """Refuse what would change a run that goes on."""
    from ecosystem_agents.inputs.checks import BadInput

    given = [
        one.opts[0]
        for one in context.command.params
        if one.name not in ("resume", "mix_versions", "as_json", "scheduler")
        and str(context.get_parameter_source(one.name or "")) == "ParameterSource.COMMANDLINE"
    ]
    if given:
        raise BadInput(f"--resume goes on with what its folder says; leave out {', '.join(given)}")


def _write(
    finished: dict[str, Finished],
    shown: Finished,
    folder: Path,
    as_json: bool,
    checkpoints: Checkpoints | None,
) -> None:
    """Write the results of runs, one of which is `shown`, draw and print them; checkpoints end with their run."""
    from ecosystem.metrics import users_served
    from ecosystem_runs.folders import whole_folder
    from ecosystem_runs.plain import plain
    from ecosystem_runs.progress import tell
    from ecosystem_runs.single.run import summary
    from ecosystem_runs.single.run_folder import write_run

    paired, schedule = shown.parameters["environment"] == "figure1", shown.parameters["schedule"]
    with whole_folder(folder) as scratch:
        write_run(scratch, shown)
    with at_ctrl_c("the tables are kept"):
        _draw({_called(arm, schedule): f.model for arm, f in finished.items()}, folder, paired)
        figures, served = summary(shown, folder), {}
        if paired:
            served = {arm: users_served(f.model.users, f.model.strategies) for arm, f in finished.items()}
        if as_json:
            typer.echo(json.dumps(plain(asdict(figures)) | ({"served": served} if paired else {})))
        else:
            _show(figures, served, shown.model)
        if figures.steps and not figures.moved:
            back = f"steps of eta {shown.model.eta:g} lead back to where they start; a larger --set eta goes farther"
            why = back if figures.accepted_share else "no step was accepted"
            tell(f"nobody moved in {figures.steps} steps: {why}")
    if any(f.interrupted for f in finished.values()):
        goes_on = checkpoints is not None and checkpoints.paths
        end("what was done is kept" + (f"; go on by `ecosystem run --resume {folder}`" if goes_on else ""))
    if checkpoints is not None:
        shutil.rmtree(checkpoints.folder)


def _called(mechanism: str, schedule: str | None) -> str:
    """Return what is in force by name: the mechanism, and what it is swapped for."""
    from ecosystem_agents.inputs.lookup import short

    return f"{short(mechanism)}, swapped {short(schedule)}" if schedule else short(mechanism)


def _draw(models: dict[str, CreatorEconomy], folder: Path, paired: bool) -> None:
    from functools import partial

    from ecosystem_runs.pictures import draw_last

    if paired:
        from ecosystem_runs.replication.figure1 import draw as draw_figure1

        for ending in ("png", "svg"):
            draw_last(folder / f"figure.{ending}", partial(draw_figure1, models, ending=ending))
    else:
        from ecosystem_runs.single.figure import draw

        draw_last(folder / "figure.png", partial(draw, next(iter(models.values()))))


def _of_who_is_there(welfare: float) -> str:
    return f"{welfare:.5f}" if isfinite(welfare) else "- (no user is left)"


def _show(one: Summary, served: dict[str, int], model: CreatorEconomy) -> None:
    from ecosystem.metrics import tail_length
    from ecosystem.yardsticks.figure1 import story_of
    from ecosystem_agents.inputs.lookup import short
    from ecosystem_runs.commands.tables import show

    tail = tail_length(one.steps)
    over = "last step" if tail == 1 else f"mean of the last {tail} steps"
    rows = {
        "steps": str(one.steps),
        f"welfare, deployed terms, {over}": _of_who_is_there(one.welfare),
        f"welfare, default terms, {over}": _of_who_is_there(one.welfare_default),
        "mean over groups, deployed terms, last step": f"{one.welfare_groups:.5f}",
    }
    if one.accepted_share is not None and one.seconds_per_step is not None:
        rows["accepted moves"] = f"{one.accepted_share:.1%}"
        moved = f"{one.moved:,}, by {one.creators_moved} of {one.creators} creators"
        rows["moves that led elsewhere"] = moved if one.moved else "none"
        rows["time a step"] = f"{1e3 * one.seconds_per_step:.2f} ms"
    below: list[str] = []  # titles may be long
    for label, items in (
        ("items creators end on", one.ended_on),
        ("items they left", [(item, 1) for item in one.left]),
    ):
        some = [item.title + (f" ({count})" if count > 1 else "") for item, count in items[:SHOWN]]
        more = [f"{len(items) - SHOWN} more"] if len(items) > SHOWN else []
        below += [f"{label}: {'; '.join(some + more)}"] if some else []
    utilities, weights = one.group_utilities, one.weights
    in_force = "" if model.platform.weights_matter else ", not in force"
    rows["group utilities, worst to best"] = f"{min(utilities):.4f} to {max(utilities):.4f}"
    rows[f"group weights{in_force}"] = f"{min(weights):.3f} to {max(weights):.3f}"
    below += story_of(model)
    rows |= {f"users served, {arm}": f"{count} of {model.n_users}" for arm, count in served.items()}
    title = f"{short(one.environment)}, {_called(one.mechanism, one.schedule)}, seed {one.seed}"
    show(title, ("figure", "value"), rows.items(), *below, f"results in {one.out}")
