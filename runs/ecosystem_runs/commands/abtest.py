"""``ecosystem abtest``: two or more arms of a short-video platform, compared as a platform would."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ecosystem_runs.commands.options import AsJson, NewFolder, Seed, Settings

DEFAULT_ARMS = "none,hmt_table1"


def abtest(
    arms: Annotated[
        str,
        typer.Option(
            help="Arms, the control first: none, hmt_table1, percentiles(values=[0.99, 0.95], edges=[1.0]) with a "
            "mapping of your own (edges are weights), or a mechanism, as everywhere else: hmt, smt, uir."
        ),
    ] = DEFAULT_ARMS,
    aa: Annotated[bool, typer.Option("--aa", help="An A/A test: two arms on default terms.")] = False,
    days: Annotated[int, typer.Option(help="Days of the test.")] = 21,
    burn_in: Annotated[int, typer.Option(help="Days before it, on default terms.")] = 14,
    users: Annotated[
        int | None,
        typer.Option(help="Users an arm (20000; 3 % of a population file); a tenth as many creators."),
    ] = None,
    replicates: Annotated[int, typer.Option(help="Independent worlds, all drawn from --seed.")] = 1,
    seed: Seed = 0,
    population: Annotated[
        Path | None, typer.Option(help="A .npz file with users, and optionally groups, creators and more.")
    ] = None,
    relevance: Annotated[str, typer.Option(help="Relevance for such a file: dot or distance.")] = "dot",
    min_group: Annotated[float, typer.Option(help="Users an arm below which a group is not kept.")] = 20,
    settings: Settings = None,
    resamples: Annotated[int, typer.Option(help="Resamples of the bootstrap in each world.")] = 500,
    threads: Annotated[int, typer.Option(help="Arms run at a time; results do not depend on it.")] = 2,
    as_json: AsJson = False,
    out: NewFolder = None,
) -> None:
    """Run a symmetric A/B test: users, creators and content of an arm never meet another arm's.

    `ecosystem abtest --aa --users 1000 --days 7 --burn-in 7 --replicates 200` counts false alarms.
    """
    from ecosystem_agents.inputs.checks import BadInput
    from ecosystem_agents.inputs.lookup import split_names
    from ecosystem_runs.abtest.arms import CONTROL
    from ecosystem_runs.abtest.experiment import Experiment, run_experiment
    from ecosystem_runs.abtest.report import all_lifts, report
    from ecosystem_runs.folders import choose_folder, file_name, whole_folder
    from ecosystem_runs.progress import progress

    if aa and arms != DEFAULT_ARMS:
        raise BadInput(f"--aa and --arms {arms!r} are both given; give one of them")
    experiment = Experiment(
        arms=(CONTROL, CONTROL) if aa else tuple(split_names(arms)),
        days=days,
        burn_in=burn_in,
        users=users,
        replicates=replicates,
        seed=seed,
        min_group=min_group,
        population=population,
        relevance=relevance,
        settings=_settings(settings or []),
        resamples=resamples,
    )
    folder = choose_folder(out, f"abtest-{'-'.join(map(file_name, experiment.labels))}-seed{seed}")
    started = time.perf_counter()
    with progress("arms", replicates * len(experiment.arms), quiet=as_json) as told:
        worlds = run_experiment(experiment, threads=threads, report=told)
    simulated = time.perf_counter()
    compared = all_lifts(experiment, worlds)
    figures = report(experiment, worlds, compared)
    with whole_folder(folder) as scratch:
        _write(figures, worlds, scratch)
    figures["seconds"] = {"simulation": simulated - started, "statistics": time.perf_counter() - simulated}
    figures["out"] = str(folder)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        _show(figures)


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


def _write(figures: dict[str, Any], worlds: list[Any], folder: Path) -> None:
    import pandas as pd

    from ecosystem_runs.abtest.figures import draw_days, draw_lifts, draw_table_2
    from ecosystem_runs.abtest.report import markdown
    from ecosystem_runs.folders import CONFIG
    from ecosystem_runs.single.run_folder import write_table

    (folder / "report.md").write_text(markdown(figures))
    write_table(pd.DataFrame(figures["lifts"]), folder / "lifts.parquet")
    days = [
        {"world": w, "arm": arm, **day}
        for w, world in enumerate(worlds)
        for arm, readout in zip(figures["arms"], world.readouts, strict=True)
        for day in readout.days
    ]
    write_table(pd.DataFrame(days), folder / "days.parquet")
    groups = [
        {
            "world": w,
            "arm": arm,
            "group": g,
            "quarter": int(quarter) + 1,
            "users": int(size),
            "weight": float(weight),
        }
        for w, world in enumerate(worlds)
        for arm, r in zip(figures["arms"], world.readouts, strict=True)
        for g, (quarter, size, weight) in enumerate(
            zip(r.group_quarters, r.group_sizes, r.group_weights, strict=True)
        )
    ]
    columns = ["world", "arm", "group", "quarter", "users", "weight"]
    write_table(pd.DataFrame(groups, columns=columns), folder / "groups.parquet")
    draw_lifts(figures, folder / "lifts.png")
    draw_days(figures, worlds, folder / "days.png")
    draw_table_2(figures, folder / "table2.png")
    (folder / CONFIG).write_text(json.dumps(figures, indent=2) + "\n")


def _show(figures: dict[str, Any]) -> None:
    from ecosystem_runs.abtest.report import LEVEL_OF_TESTS
    from ecosystem_runs.commands.tables import show

    def percent(value: float | None, form: str = "+.2f") -> str:
        return "-" if value is None else format(100 * value, form)

    beside = any(row["beside_paper"] for row in figures["lifts"])  # nothing to compare in an A/A test
    for compared in figures["table_2"]:
        rows = []
        for row in (row for row in figures["lifts"] if row["arm"] == compared["arm"]):
            sign, is_sign, _ = row["beside_paper"].partition(" sign")
            between = f"{percent(row['low'])} {percent(row['high'])}"
            signal = row["p"] is not None and row["p"] < LEVEL_OF_TESTS
            lift = percent(row["lift"]) + (" *" if signal else "  ")
            cells = (row["label"], lift, between, percent(row["detectable"], ".2f"))
            rows.append((*cells, percent(row["paper"]), sign if is_sign else "") if beside else cells)
        groups = ", ".join(f"{k + 1}: {title}" for k, title in enumerate(compared["columns"]))
        if "none" in compared["columns"]:
            groups += f" (a group needs {figures['min_group']:g} users: --min-group)"
        show(
            f"{compared['arm']} against {figures['arms'][0]}, per cent",
            ("metric", "lift", "95 % interval", "detects", *(("paper", "sign") if beside else ())),
            rows,
            f"quarters of the traffic, groups by falling size: {groups}",
            left=("sign",),
            caption="* more than noise",
        )
    typer.echo(f"{sum(figures['seconds'].values()):.1f} s; results in {figures['out']}")
