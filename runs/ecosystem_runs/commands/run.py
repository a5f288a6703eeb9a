"""``ecosystem run``: one run of an environment, watched, summarised and kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.interrupts import at_ctrl_c, end
from ecosystem_runs.commands.options import (
    AsJson,
    NewFolder,
    Seed,
    Settings,
    Spread,
    Steps,
    fields_are_options,
)

if TYPE_CHECKING:
    from ecosystem import CreatorEconomy
    from ecosystem_runs.single.run import Finished, Summary


@fields_are_options
def run(
    environment: Annotated[str, typer.Argument(help="Where to start; `ecosystem list` names them all.")],
    spread: Spread,
    mechanism: Annotated[str, typer.Option(help="The platform's intervention.")] = "none",
    steps: Steps = None,
    seed: Seed = 0,
    out: NewFolder = None,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Run an environment under a mechanism and keep the results in a folder.

    `ecosystem run figure1` draws Figure 1: without intervention, and with the centre user's weight halved.
    """
    from ecosystem.metrics import users_served
    from ecosystem.testing import check_plugins
    from ecosystem_runs.folders import choose_folder, file_name, whole_folder
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.replication.figure1 import PANELS
    from ecosystem_runs.single.run import run_economy, summary
    from ecosystem_runs.single.run_folder import write_run

    parameters = parse_settings(settings or [], environment)
    check_plugins({"mechanism": mechanism})
    schedule = parameters.get("schedule")
    swapped = "-scheduled" if schedule else ""
    folder = choose_folder(out, f"{file_name(environment)}-{file_name(mechanism)}{swapped}-seed{seed}")
    paired = environment == "figure1"
    # A schedule says which mechanisms there are: no second panel beside it.
    arms = list(dict.fromkeys([*PANELS, mechanism])) if paired and not schedule else [mechanism]
    finished: dict[str, Finished] = {}
    for arm in arms:
        finished[arm] = run_economy(
            environment, arm, steps, seed, parameters, trajectory=paired, quiet=as_json, spread=asdict(spread)
        )
        if finished[arm].interrupted:
            break
    shown = finished.get(mechanism, next(iter(finished.values())))
    with whole_folder(folder) as scratch:
        write_run(scratch, shown.model, shown.parameters, shown.in_force, shown.inputs)
    with at_ctrl_c("the tables are kept"):
        _draw({_called(arm, schedule): f.model for arm, f in finished.items()}, folder, paired)
        figures, served = summary(shown, folder), {}
        if paired:
            served = {arm: users_served(f.model.users, f.model.strategies) for arm, f in finished.items()}
        if as_json:
            typer.echo(json.dumps(asdict(figures) | ({"served": served} if paired else {})))
        else:
            _show(figures, served, shown.model)
    if any(f.interrupted for f in finished.values()):
        end("what was done is kept")


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


def _show(one: Summary, served: dict[str, int], model: CreatorEconomy) -> None:
    from ecosystem.metrics import tail_length
    from ecosystem_agents.inputs.lookup import short
    from ecosystem_runs.commands.tables import show

    tail = tail_length(one.steps)
    over = "last step" if tail == 1 else f"mean of the last {tail} steps"
    rows = {
        "steps": str(one.steps),
        f"welfare, deployed terms, {over}": f"{one.welfare:.5f}",
        f"welfare, default terms, {over}": f"{one.welfare_default:.5f}",
    }
    if one.accepted_share is not None and one.seconds_per_step is not None:
        rows["accepted moves"] = f"{one.accepted_share:.1%}"
        rows["time a step"] = f"{1e3 * one.seconds_per_step:.2f} ms"
    utilities, weights = one.group_utilities, one.weights
    in_force = "" if model.platform.weights_matter else ", not in force"
    rows["group utilities, worst to best"] = f"{min(utilities):.4f} to {max(utilities):.4f}"
    rows[f"group weights{in_force}"] = f"{min(weights):.3f} to {max(weights):.3f}"
    rows |= {f"users served, {arm}": f"{count} of {model.n_users}" for arm, count in served.items()}
    title = f"{short(one.environment)}, {_called(one.mechanism, one.schedule)}, seed {one.seed}"
    show(title, ("figure", "value"), rows.items(), f"results in {one.out}")
