"""A sensitivity analysis: the runs of a design, kept as they finish, and what its indices say of an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, make_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.economy.collection import SERIES
from ecosystem_agents.inputs.checks import choice
from ecosystem_runs.folders import write_whole
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.parameters import try_out
from ecosystem_runs.pictures import draw_last, panels, save
from ecosystem_runs.report_parts import Columns, Heading, Image, Part, table_of, write_report
from ecosystem_runs.sensitivity.design import MORRIS_LEVELS, SEED, Design
from ecosystem_runs.sensitivity.indices import Index, morris, sobol
from ecosystem_runs.sweeps.parameter_ranges import one_type_a_column
from ecosystem_runs.sweeps.sweep import run_one

Outcome: Any = make_dataclass("Outcome", [(name, float) for name in SERIES])
"""Final mean of every series of a run."""
Outcome.__module__ = __name__  # where workers find it


@dataclass(frozen=True)
class Sensitivity:
    """What each factor does to an outcome: its final mean under an arm, or that less the first arm's."""

    outcome: str
    arm: str
    less: str | None
    mean: float
    sd: float
    indices: list[Index]  # the largest total first; the seed's is noise

    @property
    def title(self) -> str:
        """What it is of, as a line."""
        return f"{self.outcome}, {self.arm}" + (f" less {self.less}" if self.less else "")


def check_values(design: Design) -> None:
    """Make a model at the extremes of every factor and with each listed value that is run.

    So a value out of range is one line, and no lost hour.
    """
    jobs, arms = design.jobs(), len(design.arms)
    first: dict[tuple[str, str], int] = {}
    for place, setting in enumerate(design.settings()):
        for name in design.listed:
            first.setdefault((name, repr(setting[name])), place)
    for place in {*design.points.argmin(axis=0), *design.points.argmax(axis=0), *first.values()}:
        for job in jobs[place * arms : (place + 1) * arms]:
            try_out(job.parameters, job.seed)


def run_job(job: Job) -> Any:
    """Run the economy once."""
    found = run_one(SERIES, job)
    return Outcome(**{name: found[name] for name in SERIES})


def run(design: Design, folder: Path, engine: Engine, quiet: bool = False) -> pd.DataFrame:
    """Run what is missing of a design; return a row a run: point, arm, what the point sets and every outcome."""
    work = Work("sensitivity", design.description(), design.jobs(), run_job, Outcome)
    found = run_kept(work, folder, engine, quiet).results
    at = [
        {"point": point, "arm": arm} | settings
        for point, settings in enumerate(design.settings())
        for arm in design.arms
    ]
    table = pd.DataFrame([place | asdict(one) for place, one in zip(at, found, strict=True)])
    return one_type_a_column(table, design.listed)


def analysed(design: Design, runs: pd.DataFrame, outcome: str, arm: str | None = None) -> list[Sensitivity]:
    """Return the indices of an outcome: of one arm's effect, its runs less the first arm's, or of every arm's level.

    Raises
    ------
    BadInput
        If there is no such outcome or arm, or the outcome does not vary.
    """
    outcome = choice("--outcome", outcome, SERIES)
    by_arm = {name: runs.loc[runs["arm"] == name, outcome].to_numpy() for name in design.arms}
    if arm is None:
        return [_of(design, outcome, name, None, values) for name, values in by_arm.items()]
    first, *others = design.arms
    arm = choice("--effect", arm, others)
    return [_of(design, outcome, arm, first, by_arm[arm] - by_arm[first])]


def _of(design: Design, outcome: str, arm: str, less: str | None, values: np.ndarray) -> Sensitivity:
    if design.method == "sobol":
        found, independent = sobol(design.names, values), values[: len(values) * 2 // (len(design.names) + 2)]
    else:
        found, independent = morris(design.names, design.points, values, MORRIS_LEVELS), values
    order = sorted(found, key=lambda one: -(one.total if design.method == "sobol" else one.first))
    return Sensitivity(outcome, arm, less, float(independent.mean()), float(independent.std()), order)


def write(design: Design, runs: pd.DataFrame, found: Sequence[Sensitivity], folder: Path) -> list[Path]:
    """Write ``runs.parquet``, ``sensitivity.md`` and ``.html`` and a bar chart into a folder; return the paths."""
    table = folder / "runs.parquet"
    write_whole(table, partial(runs.to_parquet, index=False))
    pages = write_report(parts_of(design, found), folder, "sensitivity")
    picture = folder / "sensitivity.png"
    return [table, *pages, *([picture] if draw_last(picture, partial(draw, design, found)) else [])]


def parts_of(design: Design, found: Sequence[Sensitivity]) -> list[Part]:
    """Return the report."""
    parts: list[Part] = [Heading(f"Which parameter matters on {design.environment}"), _how(design)]
    for one in found:
        parts += [
            f"{one.title}: {one.mean:.4f} in the mean, standard deviation {one.sd:.4f}.",
            table_of(one.indices, COLUMNS[design.method]),
        ]
    return [*parts, Image("sensitivity.png", "The same as bars, with 95 % intervals.")]


def _how(design: Design) -> str:
    size = f"{len(design.points)} points, {len(design.arms)} arms, T = {design.steps}. "
    noise = f"*{SEED}* is the world's seed, a factor like others: what it does is noise. "
    if design.method == "sobol":
        return (
            f"Sobol' indices, {size}*First*: the part of the outcome's variance that knowing the factor takes away; "
            f"*total*: the part left where all others are known. {noise}Negative ones are 0, as exactly as this many "
            "points tell."
        )
    return (
        f"Morris screening, {size}*mu\\**: mean size of the change that a step through two thirds of the "
        f"factor's range makes, over that step; *sigma*: how it differs from place to place. {noise}"
    )


def _ends(mean: float, low: float, high: float) -> str:
    return f"{mean:+.3f}" + (f" [{low:+.3f}, {high:+.3f}]" if np.isfinite(low) else "")


def _columns(first: str, total: str) -> Columns[Index]:
    return {
        "factor": lambda one: one.factor,
        first: lambda one: _ends(one.first, one.first_low, one.first_high),
        total: lambda one: _ends(one.total, one.total_low, one.total_high),
    }


COLUMNS = {"sobol": _columns("first", "total"), "morris": _columns("mu*", "sigma")}


def draw(design: Design, found: Sequence[Sensitivity], path: Path) -> None:
    """Draw first and total indices as bars, a panel an arm."""
    height = 1.2 + 0.5 * len(design.factors)
    figure, (axes,) = panels((5.2 * len(found), height), 1, len(found), sharex=True)
    words = list(COLUMNS[design.method])[1:]
    for axis, one in zip(axes, found, strict=True):
        for k, (name, label) in enumerate(zip(("first", "total"), words, strict=True)):
            means, low, high = (
                np.array([getattr(index, f"{name}{end}") for index in one.indices])
                for end in ("", "_low", "_high")
            )
            places = np.arange(len(means)) + 0.2 * (2 * k - 1)
            reach = np.nan_to_num(np.maximum([means - low, high - means], 0.0))
            colour = ("#56B4E9", "#D55E00")[k]
            axis.barh(places, means, 0.38, xerr=reach, color=colour, label=label, error_kw={"lw": 1})
        axis.set_yticks(range(len(one.indices)), [index.factor for index in one.indices])
        axis.invert_yaxis()
        axis.axvline(0, color="0.4", lw=0.8)
        axis.set_title(one.title, fontsize=9)
    axes[0].legend(frameon=False, fontsize=8)
    save(figure, path, dpi=110)
