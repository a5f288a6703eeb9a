"""``ecosystem abtest``: two or more arms of a short-video platform, compared as a platform would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecosystem_runs.commands.interrupts import GOES_ON, at_ctrl_c
from ecosystem_runs.commands.options import AsJson, Place, Seed, Settings, fields_are_options

if TYPE_CHECKING:
    from ecosystem_runs.abtest.findings import Findings
    from ecosystem_runs.abtest.statistics import Lift

DEFAULT_ARMS = "none,hmt_table1"


@dataclass(frozen=True)
class Worlds:
    """Options that say who meets whom for how long: fields of an `Experiment`, by the same names."""

    days: Annotated[int, typer.Option(help="Days of the test.")] = 21
    burn_in: Annotated[int, typer.Option(help="Days before it, on default terms.")] = 14
    users: Annotated[
        int | None,
        typer.Option(help="Users an arm (20000; 3 % of a population file); a tenth as many creators."),
    ] = None
    replicates: Annotated[int, typer.Option(help="Independent worlds, all drawn from --seed.")] = 1
    seed: Seed = 0
    population: Annotated[
        Path | None, typer.Option(help="A .npz file with users, and optionally groups, creators and more.")
    ] = None
    relevance: Annotated[str, typer.Option(help="Relevance for such a file: dot or distance.")] = "dot"
    min_group: Annotated[float, typer.Option(help="Users an arm below which a group is not kept.")] = 20


@at_ctrl_c(GOES_ON)
@fields_are_options
def abtest(
    *,
    arms: Annotated[
        str,
        typer.Option(
            help="Arms, the control first: none, hmt_table1, percentiles(values=[0.99, 0.95], edges=[1.0]) with a "
            "mapping of your own (edges are weights), or a mechanism, as everywhere else: hmt, smt, uir."
        ),
    ] = DEFAULT_ARMS,
    aa: Annotated[bool, typer.Option("--aa", help="An A/A test: two arms on default terms.")] = False,
    worlds: Worlds,
    settings: Settings = None,
    resamples: Annotated[int, typer.Option(help="Resamples of the bootstrap in each world.")] = 500,
    threads: Annotated[int, typer.Option(help="Arms run at a time; results do not depend on it.")] = 2,
    as_json: AsJson = False,
    place: Place,
) -> None:
    """Run a symmetric A/B test: users, creators and content of an arm never meet another arm's.

    `ecosystem abtest --aa --users 1000 --days 7 --burn-in 7 --replicates 200` counts false alarms.

    Stop it at any time; the same command goes on where it was.
    """
    from ecosystem_agents.inputs.checks import BadInput
    from ecosystem_agents.inputs.lookup import split_names
    from ecosystem_runs.abtest.arms import CONTROL
    from ecosystem_runs.abtest.experiment import Experiment, resume_experiment
    from ecosystem_runs.abtest.figures import draw_all
    from ecosystem_runs.abtest.findings import Findings
    from ecosystem_runs.abtest.report import write
    from ecosystem_runs.folders import file_name, whole_folder
    from ecosystem_runs.jobs.kept import read_config

    if aa and arms != DEFAULT_ARMS:
        raise BadInput(f"--aa and --arms {arms!r} are both given; give one of them")
    named = (CONTROL, CONTROL) if aa else tuple(split_names(arms))
    experiment = Experiment(
        arms=named, settings=_settings(settings or []), resamples=resamples, **vars(worlds)
    )
    name = f"abtest-{'-'.join(map(file_name, experiment.labels))}"
    folder = place.folder(name, experiment.description())
    started = time.perf_counter()
    tested = resume_experiment(experiment, folder, threads, quiet=as_json)
    simulated = time.perf_counter()
    found = Findings(experiment, tested.results)
    with whole_folder(folder) as scratch:
        write(found, scratch, read_config(folder))
    draw_all(found, folder)
    seconds = {"simulation": simulated - started, "statistics": time.perf_counter() - simulated}
    if as_json:
        typer.echo(json.dumps(found.as_dict() | {"seconds": seconds, "out": str(folder)}))
        return
    _show(found)
    count = worlds.replicates * len(named)
    typer.echo(
        f"{tested.resumed} of {count} arms from earlier; {sum(seconds.values()):.1f} s; results in {folder}"
    )


def _settings(texts: list[str]) -> Any:
    from dataclasses import fields

    from ecosystem.shortvideo.settings import Settings
    from ecosystem_agents.inputs.checks import BadInput, choice
    from ecosystem_runs.parameters import value_of

    names = [field.name for field in fields(Settings)]
    chosen: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadInput(f"--set has {text!r}; write name=value, such as --set alpha=5")
        chosen[choice("--set name", name.strip(), names)] = value_of(value.strip())
    return Settings(**chosen)


def _show(found: Findings) -> None:
    from ecosystem_runs.abtest.findings import columns_of
    from ecosystem_runs.abtest.report import hundredths
    from ecosystem_runs.abtest.statistics import LEVEL_OF_TESTS
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.report_parts import table_of

    columns = columns_of(found.worlds[0])
    groups = ", ".join(f"{k + 1}: {title}" for k, title in enumerate(columns))
    if "none" in columns:
        groups += f" (a group needs {found.experiment.min_group:g} users: --min-group)"

    def sign(lift: Lift) -> str:
        word, is_sign, _ = found.beside_paper(lift).partition(" sign")
        return word if is_sign else ""

    shown: dict[str, Callable[[Lift], str]] = {
        "metric": lambda lift: lift.metric.label,
        "lift": lambda lift: hundredths(lift.lift) + (" *" if lift.p < LEVEL_OF_TESTS else "  "),
        "95 % interval": lambda lift: f"{hundredths(lift.low)} {hundredths(lift.high)}",
        "detects": lambda lift: hundredths(lift.detectable, plus=False),
    }
    if not found.experiment.is_aa:
        shown |= {"paper": lambda lift: hundredths(lift.metric.paper), "sign": sign}
    below = f"quarters of the traffic, groups by falling size: {groups}"
    for arm in found.arms:
        title, table = f"{arm.arm} against {found.labels[0]}, per cent", table_of(arm.lifts, shown)
        show(title, table.headings, table.rows, below, left=("sign",), caption="* more than noise")
