"""The report of an A/B test: what it found in tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ecosystem_runs.abtest import findings
from ecosystem_runs.abtest.findings import QUARTERED, Findings, columns_of
from ecosystem_runs.abtest.readout import ArmReadout
from ecosystem_runs.abtest.statistics import Lift
from ecosystem_runs.folders import write_config
from ecosystem_runs.jobs.made_by import mixed_line
from ecosystem_runs.report_parts import Columns, Heading, Part, Table, markdown, table_of
from ecosystem_runs.single.run_folder import write_table


def write(found: Findings, folder: Path, begun: Mapping[str, Any]) -> None:
    """Write report and tables into a folder, and every figure into its config as it was begun."""
    days, groups = [], []
    for w, world in enumerate(found.worlds):
        for arm, readout in zip(found.labels, world.readouts, strict=True):
            days.append(pd.DataFrame({"world": w, "arm": arm, **readout.days}))
            of_groups = zip(*readout.groups.values(), strict=True)
            groups += [(w, arm, g, *group) for g, group in enumerate(of_groups)]
    columns = ["world", "arm", "group", "quarter", "users", "weight"]
    as_dict = found.as_dict()
    config = dict(begun) | as_dict
    (folder / "report.md").write_text(markdown([*parts_of(found), *filter(None, [mixed_line(begun)])]))
    write_table(pd.DataFrame(as_dict["lifts"]), folder / "lifts.parquet")
    write_table(pd.concat(days), folder / "days.parquet")
    write_table(pd.DataFrame(groups, columns=columns), folder / "groups.parquet")
    write_config(folder, config)


def parts_of(found: Findings) -> list[Part]:
    """Return the report as headings, paragraphs and tables."""
    parts: list[Part] = [Heading(f"A/B test: {', '.join(found.labels)}"), _size(found)]
    for arm in found.arms:
        parts += [
            Heading(f"{arm.arm} against {found.labels[0]}"),
            table_of(arm.lifts, _lift_columns(found)),
            "Gains per user group, as in Table 2 (the paper's in brackets):",
            Table(
                ("user groups", *columns_of(found.worlds[0]), "TOTAL"),
                [(label, *map(_gain, arm.quartered(name))) for name, label in QUARTERED.items()],
            ),
        ]
    return [*parts, Heading("The mechanism at work"), table_of(found.readouts.items(), ARM_COLUMNS)]


def hundredths(value: float | None, plus: bool = True, unit: str = "") -> str:
    """Return a fraction in hundredths, to two decimals; a dash for none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{100 * value:{'+' if plus else ''}.2f}{unit}"


def percent(value: float | None, plus: bool = True) -> str:
    """Return a fraction as a percentage, to two decimals; a dash for none."""
    return hundredths(value, plus, " %")


def _size(found: Findings) -> str:
    experiment, first = found.experiment, found.worlds[0]
    arm = first.readouts[0]
    worlds, file = experiment.replicates, experiment.population
    return (
        f"{len(arm.users['one'])} users and {len(arm.creators['other'])} creators an arm, "
        f"{first.population.n_groups} user groups, {experiment.days} days after {experiment.burn_in} days on default "
        f"terms, {worlds} world{'s' if worlds > 1 else ''}, seed {experiment.seed}, population "
        f"{file.name if file else 'synthetic'}. Intervals of 95 % over "
        f"{'worlds' if worlds > 1 else 'users and creators'}; *detectable* is the smallest lift that a test of this "
        "size finds in 4 of 5 cases."
    )


def _lift_columns(found: Findings) -> Columns[Lift]:
    return {
        "metric": lambda lift: lift.metric.label,
        "control": lambda lift: _level(lift.control),
        "test": lambda lift: _level(lift.test),
        "lift": lambda lift: percent(lift.lift),
        "95 % interval": lambda lift: f"{percent(lift.low)} to {percent(lift.high)}",
        "detectable": lambda lift: percent(lift.detectable, plus=False),
        "paper": lambda lift: percent(lift.metric.paper),
        "": found.beside_paper,
    }


def _gain(lift: Lift) -> str:
    return f"{percent(lift.lift)} ({percent(lift.metric.paper)})"


def _level(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else "-"


ARM_COLUMNS: Columns[tuple[str, list[ArmReadout]]] = {
    "arm": lambda arm: arm[0],
    "cold pool retrieved": lambda arm: percent(findings.retrieved(arm[1]), plus=False),
    "weights": lambda arm: " to ".join(map(_level, findings.weights_at_end(arm[1]).values())),
    "topic correlation": lambda arm: "{} within topics over days, {} across topics".format(
        *map(_level, findings.topic_correlation(arm[1]).values())
    ),
}
