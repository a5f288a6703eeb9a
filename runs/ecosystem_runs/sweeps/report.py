"""What a sweep found: arms with paired intervals, and figures of what the varied parameters do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_agents.inputs.checks import BadInput, choice, real
from ecosystem_runs.plain import plain
from ecosystem_runs.sweeps import figures
from ecosystem_runs.sweeps.plan import Plan
from ecosystem_runs.sweeps.sweep import load, read_table, status_of


def report(
    folder: Path,
    *,
    metric: str | None = None,
    baseline: str | None = None,
    confidence: float = 0.95,
    out: Path | None = None,
) -> dict[str, Any]:
    """Write tables and figures of a sweep's finished runs; return what ``ecosystem sweep report --json`` prints.

    The metric is a collected series (its final mean) or one of its last values. By default it is the first, the
    baseline the plan's first arm, and the place ``report`` in the sweep's folder. Files' names end in the metric.
    """
    plan, table = read_table(folder)
    columns = [*plan.collect, *(f"{name}_last" for name in plan.collect)]
    metric = choice("--metric", columns[0] if metric is None else metric, columns)
    baseline = choice("--baseline", next(iter(plan.arms)) if baseline is None else baseline, plan.arms)
    if not real("--confidence", confidence, above=0, at_most=1) < 1:
        raise BadInput("--confidence is 1; it must be a number above 0 and below 1, such as 0.95")
    counts = status_of(*load(folder))
    done = table[table["status"] == "done"]
    if not len(done):
        raise BadInput(f"{str(folder.absolute())!r} has no finished runs yet; run the sweep first")
    arms = compare_arms(plan, done, metric, baseline, confidence)
    target = (folder / "report" if out is None else out).absolute()
    try:
        target.mkdir(parents=True, exist_ok=True)
        files = _write(plan, done, arms, metric, baseline, confidence, target)
    except OSError as error:
        raise BadInput(f"cannot write into {str(target)!r}: {error.strerror}; give another --out") from None
    return {
        "metric": metric,
        "baseline": baseline,
        "confidence": confidence,
        **counts,
        "arms": plain(arms.to_dict("records")),
        "out": str(target),
        "files": [str(path) for path in files],
    }


def compare_arms(
    plan: Plan, done: pd.DataFrame, metric: str, baseline: str, confidence: float
) -> pd.DataFrame:
    """Return a row an arm: its mean over all points and seeds, and the paired difference to the baseline.

    Runs are paired by point and seed. Points share seeds, so the units that intervals resample are seeds,
    each with its mean over points; with a single seed they are points. Intervals take the points as given.

    Returns
    -------
    DataFrame
        arm, mean, low, high; less_baseline, the mean difference, less_baseline_low, less_baseline_high and
        less_baseline_above (of units, in how many it is above 0); pairs (runs compared), units (seeds or points).
    """
    unit = "seed" if len(plan.seeds) > 1 else "point"
    wide = done.pivot(index=["point", "seed"], columns="arm", values=metric)
    rows = []
    for arm in (name for name in plan.arms if name in wide):
        own = wide[arm].dropna().groupby(unit).mean()
        low, high = mean_interval(own.to_numpy(), confidence)
        gaps = (wide[arm] - wide[baseline]).dropna() if arm != baseline and baseline in wide else pd.Series()
        of_units = gaps.groupby(unit).mean() if len(gaps) else gaps
        less_low, less_high = mean_interval(of_units.to_numpy(), confidence)
        rows.append(
            {
                "arm": arm,
                "mean": own.mean(),
                "low": low,
                "high": high,
                "less_baseline": of_units.mean() if len(gaps) else np.nan,
                "less_baseline_low": less_low,
                "less_baseline_high": less_high,
                "less_baseline_above": int((of_units > 0).sum()),
                "pairs": len(gaps),
                "units": len(of_units),
            }
        )
    return pd.DataFrame(rows)


def main_effects(plan: Plan, done: pd.DataFrame, metric: str, confidence: float) -> pd.DataFrame:
    """Return the mean of the metric by level of each varied parameter and by arm, over everything else.

    Sampled parameters, which have a level a point, are cut into four groups of equally many points.

    Returns
    -------
    DataFrame
        factor, level (text), at (its place: the number, or the group's mean), mean, low, high, runs.
    """
    unit = "seed" if len(plan.seeds) > 1 else "point"
    rows = []
    for factor in [*varied(plan), *(["arm"] if len(plan.arms) > 1 else [])]:
        values = done[factor]
        numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        groups = pd.qcut(values, 4, duplicates="drop") if numeric and values.nunique() > 10 else values
        for place, (level, part) in enumerate(done.groupby(groups, observed=True, sort=numeric)):
            units = part.groupby(unit)[metric].mean().dropna().to_numpy()
            low, high = mean_interval(units, confidence)
            at = float(part[factor].mean()) if numeric else float(place)
            text = figures.level_text(level)
            if isinstance(level, pd.Interval):
                text = f"{level.left:.3g} to {level.right:.3g}"
            mean = units.mean() if len(units) else np.nan
            rows.append((factor, text, at, mean, low, high, len(part)))
    return pd.DataFrame(rows, columns=["factor", "level", "at", "mean", "low", "high", "runs"])


def varied(plan: Plan) -> list[str]:
    """Return the parameters that differ between points."""
    return [name for name in plan.points[0] if len({repr(point[name]) for point in plan.points}) > 1]


def _write(
    plan: Plan,
    done: pd.DataFrame,
    arms: pd.DataFrame,
    metric: str,
    baseline: str,
    confidence: float,
    target: Path,
) -> list[Path]:
    effects = main_effects(plan, done, metric, confidence)
    points = points_table(plan, done, metric, baseline, confidence)
    files = []
    for name, table in (("arms", arms), ("points", points), ("main_effects", effects)):
        if len(table):
            files.append(target / f"{name}_{metric}.csv")
            table.assign(metric=metric).to_csv(files[-1], index=False)
    if len(effects):
        files.append(figures.main_effects(effects, metric, target / f"main_effects_{metric}.png"))
    names = varied(plan)
    for name in names:
        if pd.api.types.is_numeric_dtype(done[name]):
            path = target / f"response_{name}_{metric}.png"
            files.append(figures.response(done, plan.arms, name, metric, path))
    if len(names) == 2:
        path = target / f"heat_{names[0]}_{names[1]}_{metric}.png"
        files.append(figures.heat_map(done, plan.arms, names, metric, path))
    return files


def points_table(
    plan: Plan, done: pd.DataFrame, metric: str, baseline: str, confidence: float
) -> pd.DataFrame:
    """Return `compare_arms` of every point by itself, with the point's settings in front."""
    tables = []
    for point in sorted(done["point"].unique().tolist()):
        part, settings = done[done["point"] == point], plan.points[point]
        table = compare_arms(plan, part, metric, baseline, confidence)
        for k, (name, value) in enumerate([("point", point), *settings.items()]):
            if name not in table:
                table.insert(k, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
