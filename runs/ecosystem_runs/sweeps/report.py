"""What a sweep found: arms with paired intervals, and figures of what the varied parameters do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_agents.inputs.checks import BadInput, choice, real
from ecosystem_runs.folders import write_whole
from ecosystem_runs.jobs.kept import read_config
from ecosystem_runs.jobs.made_by import mixed_line
from ecosystem_runs.pictures import draw_each
from ecosystem_runs.plain import plain
from ecosystem_runs.sweeps import figures
from ecosystem_runs.sweeps.figures import Picture
from ecosystem_runs.sweeps.plan import Plan
from ecosystem_runs.sweeps.sweep import SERIES, load, measures, status_of, table_of


@dataclass(frozen=True)
class ArmRow:
    """An arm over all points and seeds, and paired with the baseline; None where there is nothing to pair."""

    arm: str
    mean: float
    low: float | None
    high: float | None
    less_baseline: float | None
    less_baseline_low: float | None
    less_baseline_high: float | None
    less_baseline_above: int  # of units, in how many the difference is above 0
    pairs: int  # runs compared
    units: int  # seeds or points


@dataclass(frozen=True)
class SweepReport:
    """What ``ecosystem sweep report --json`` prints: `files` are absolute paths."""

    metric: str
    baseline: str
    confidence: float
    runs: int
    done: int
    failed: int
    missing: int
    unit: str  # what intervals rest on: seed or point
    arms: list[ArmRow]
    damaged: list[str]
    mixed: str | None  # a line where different code ran them
    out: str
    files: list[str]


@dataclass(frozen=True)
class Question:
    """A metric of finished runs by arm, and the differences to one of them, with intervals.

    Points share seeds, so the units that intervals resample are seeds, each with its mean over points; with a single
    seed they are points. Intervals take the points as given.
    """

    plan: Plan
    done: pd.DataFrame
    metric: str
    baseline: str
    confidence: float = 0.95

    def arms(self) -> pd.DataFrame:
        """Return a row an arm, the fields of `ArmRow`: runs are paired by point and seed."""
        wide = self.done.pivot(index=["point", "seed"], columns="arm", values=self.metric)
        rows = []
        for arm in (name for name in self.plan.arms if name in wide):
            paired = arm != self.baseline and self.baseline in wide
            gaps = (wide[arm] - wide[self.baseline]).dropna() if paired else wide[arm].iloc[:0]
            own, less = (values.groupby(self.unit).mean() for values in (wide[arm].dropna(), gaps))
            above, pairs = int((less > 0).sum()), len(gaps)
            rows.append((arm, *self._interval(own), *self._interval(less), above, pairs, len(less)))
        return pd.DataFrame(rows, columns=list(ArmRow.__dataclass_fields__))

    def points(self) -> pd.DataFrame:
        """Return `arms` of every point by itself, with the point's settings in front."""
        tables = []
        for point in sorted(self.done["point"].unique().tolist()):
            table = replace(self, done=self.done[self.done["point"] == point]).arms()
            for k, (name, value) in enumerate([("point", point), *self.plan.points[point].items()]):
                if name not in table:
                    table.insert(k, name, value)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def main_effects(self) -> pd.DataFrame:
        """Return the metric by level of each varied parameter and by arm, over everything else.

        Sampled parameters, which have a level a point, are cut into four groups of equally many points; `at` is the
        place of a level: the number, or its group's mean.
        """
        rows = []
        for factor in [*varied(self.plan), *(["arm"] if len(self.plan.arms) > 1 else [])]:
            levels = figures.levels_of(self.done[factor])
            for k, (text, at) in enumerate(zip(levels.texts, levels.places, strict=True)):
                part = self.done[levels.of == k]
                units = part.groupby(self.unit)[self.metric].mean().dropna()
                rows.append((factor, text, float(at), *self._interval(units), len(part)))
        return pd.DataFrame(rows, columns=["factor", "level", "at", "mean", "low", "high", "runs"])

    @property
    def unit(self) -> str:
        """The column of what intervals resample."""
        return "seed" if len(self.plan.seeds) > 1 else "point"

    def _interval(self, units: pd.Series[float]) -> tuple[float, float, float]:
        """Return mean and ends of its interval; NaN of none."""
        return float(units.mean()), *mean_interval(units.to_numpy(), self.confidence)


def report(
    folder: Path,
    *,
    metric: str | None = None,
    baseline: str | None = None,
    confidence: float = 0.95,
    out: Path | None = None,
    plots: Sequence[str] = (),
) -> SweepReport:
    """Write tables and figures of a sweep's finished runs.

    The metric is a collected series (its final mean) or one of its last values. By default it is the first, the
    baseline the plan's first arm, and the place ``report`` in the sweep's folder. Tables' names end in the metric.
    Pictures are those that `plots` say (`figures.picture_of`), or the metric over each varied parameter by arm.
    """
    plan, kept = load(folder)
    columns = [*measures(plan)]
    settings = list(dict.fromkeys(["arm", *plan.parameters(), "seed", "point"]))
    wanted = [figures.picture_of(one, settings, columns, plan.collect if plan.every else ()) for one in plots]
    metric = choice("--metric", columns[0] if metric is None else metric, columns)
    baseline = choice("--baseline", next(iter(plan.arms)) if baseline is None else baseline, plan.arms)
    if not real("--confidence", confidence, above=0, at_most=1) < 1:
        raise BadInput("--confidence is 1; it must be a number above 0 and below 1, such as 0.95")
    table = table_of(plan, kept).to_pandas()
    done = table[table["status"] == "done"]
    if not len(done):
        raise BadInput(f"{str(folder.absolute())!r} has no finished runs yet; run the sweep first")
    question = Question(plan, done, metric, baseline, confidence)
    arms = question.arms()
    target = (folder / "report" if out is None else out).absolute()
    try:
        target.mkdir(parents=True, exist_ok=True)
        files = _write(question, arms, target)
        files += draw_each(target, _drawings(question, wanted, folder / SERIES))
    except OSError as error:
        raise BadInput(f"cannot write into {str(target)!r}: {error.strerror}; give another --out") from None
    return SweepReport(
        metric,
        baseline,
        confidence,
        **status_of(plan, kept),
        unit=question.unit,
        arms=[ArmRow(**row) for row in plain(arms.to_dict("records"))],
        damaged=[str(path) for path in kept.damaged],
        mixed=mixed_line(read_config(folder)),
        out=str(target),
        files=[str(path) for path in files],
    )


def varied(plan: Plan) -> list[str]:
    """Return the parameters that differ between points."""
    return [name for name in plan.points[0] if len({repr(point[name]) for point in plan.points}) > 1]


def _write(question: Question, arms: pd.DataFrame, target: Path) -> list[Path]:
    metric, effects = question.metric, question.main_effects()
    files = []
    for name, table in {"arms": arms, "points": question.points(), "main_effects": effects}.items():
        if len(table):
            files.append(target / f"{name}_{metric}.csv")
            write_whole(files[-1], partial(table.assign(metric=metric).to_csv, index=False))
    return files


def _drawings(
    question: Question, wanted: Sequence[Picture], series: Path
) -> dict[str, Callable[[Path], object]]:
    """Return what draws each picture, by its file's name."""
    plan, done, metric = question.plan, question.done, question.metric
    if wanted:
        own = [name for name in done if name not in measures(plan)]
        steps = done[own].merge(pd.read_parquet(series), on="run") if plan.every else done
        tables = [(one, steps if one.x == figures.STEP else done) for one in wanted]
        return {
            one.file: partial(figures.draw, table, one, question.unit, question.confidence)
            for one, table in tables
        }
    names = varied(plan)
    arm, how = "arm" if len(plan.arms) > 1 else None, (question.unit, question.confidence)
    drawings: dict[str, Callable[[Path], object]] = {}
    for name in names or ["arm"]:
        picture = Picture(name, metric, arm if names else None)
        drawings[f"response_{name}_{metric}.png"] = partial(figures.draw, done, picture, *how)
    if len(names) == 2:
        heat_map = partial(figures.heat_map, done, plan.arms, names, metric)
        drawings[f"heat_{names[0]}_{names[1]}_{metric}.png"] = heat_map
    return drawings
