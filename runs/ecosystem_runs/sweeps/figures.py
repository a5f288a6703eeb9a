"""Figures of a sweep: main effects, responses to a parameter, heat maps of two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

MARKERS = "os^Dv*PX"


def main_effects(effects: pd.DataFrame, metric: str, folder: Path) -> Path:
    """Draw the mean of the metric by level of each factor, a panel a factor, with intervals.

    Parameters
    ----------
    effects : DataFrame
        As `ecosystem_runs.sweeps.report.main_effects` gives them.
    metric : str
        What the means are of.
    folder : Path
        Where ``main_effects_<metric>.png`` goes.
    """
    factors = list(dict.fromkeys(effects["factor"]))
    figure = Figure(figsize=(1 + 3.2 * len(factors), 3.6), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(factors), sharey=True))
    for axis, factor in zip(axes, factors, strict=True):
        part = effects[effects["factor"] == factor]
        places = np.arange(len(part))
        reach = np.abs(part[["low", "high"]].to_numpy().T - part["mean"].to_numpy())
        # A line says that what lies between two levels means something: between names nothing does.
        line = "o-" if all(isinstance(at, (int, float)) for at in part["at"]) else "o"
        axis.errorbar(places, part["mean"], yerr=np.nan_to_num(reach), fmt=line, color="C0", capsize=3)
        axis.margins(x=0.15)
        axis.set_xticks(places, part["level"], rotation=30 if part["level"].str.len().sum() > 20 else 0)
        axis.set_xlabel(factor)
    axes[0].set_ylabel(metric)
    return _save(figure, folder / f"main_effects_{metric}.png")


def response(done: pd.DataFrame, arms: list[str], parameter: str, metric: str, folder: Path) -> Path:
    """Draw the metric over a numeric parameter: a dot a run, a line an arm through the means.

    Where runs have many different values, as samples do, the line runs through the means of eight groups.

    Parameters
    ----------
    done : DataFrame
        Finished runs.
    arms : list of str
        A line each.
    parameter, metric : str
        Columns.
    folder : Path
        Where ``response_<parameter>_<metric>.png`` goes.
    """
    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    for k, arm in enumerate(arms):
        part = done[done["arm"] == arm]
        if not len(part):
            continue
        many = part[parameter].nunique() > 12
        groups: Any = pd.qcut(part[parameter], 8, duplicates="drop") if many else part[parameter]
        line = part.groupby(groups, observed=True)[[parameter, metric]].mean()
        axis.plot(part[parameter], part[metric], ".", color=f"C{k}", alpha=0.25, ms=4)
        axis.plot(
            line[parameter], line[metric], "-", marker=MARKERS[k % len(MARKERS)], color=f"C{k}", label=arm
        )
    if _logarithmic(done[parameter]):
        axis.set_xscale("log")
    axis.set(xlabel=parameter, ylabel=metric)
    axis.legend(frameon=False)
    return _save(figure, folder / f"response_{parameter}_{metric}.png")


def heat_map(done: pd.DataFrame, arms: list[str], parameters: list[str], metric: str, folder: Path) -> Path:
    """Draw the mean of the metric over two parameters, a panel an arm: cells of a grid, dots of a sample.

    Parameters
    ----------
    done : DataFrame
        Finished runs.
    arms : list of str
        A panel each.
    parameters : list of str
        The two columns: across and up.
    metric : str
        Column that gives the colour.
    folder : Path
        Where ``heat_<across>_<up>_<metric>.png`` goes.
    """
    across, up = parameters
    shown = [arm for arm in arms if (done["arm"] == arm).any()]
    means = {
        arm: done[done["arm"] == arm].groupby([across, up], as_index=False)[metric].mean() for arm in shown
    }
    values = pd.concat([table[metric] for table in means.values()])
    colours: dict[str, Any] = {"vmin": values.min(), "vmax": values.max(), "cmap": "viridis"}
    figure = Figure(figsize=(1.2 + 3.4 * len(shown), 3.4), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(shown), sharex=True, sharey=True))
    for axis, arm in zip(axes, shown, strict=True):
        table = means[arm]
        if table[across].nunique() * table[up].nunique() <= 2 * len(table):
            grid = table.pivot(index=up, columns=across, values=metric)
            drawn: Any = axis.imshow(grid.to_numpy(), origin="lower", aspect="auto", **colours)
            axis.set_xticks(range(grid.shape[1]), [_text(level) for level in grid.columns], rotation=45)
            axis.set_yticks(range(grid.shape[0]), [_text(level) for level in grid.index])
        else:
            drawn = axis.scatter(table[across], table[up], c=table[metric], **colours)
            axis.set_xscale("log" if _logarithmic(table[across]) else "linear")
            axis.set_yscale("log" if _logarithmic(table[up]) else "linear")
        axis.set(title=arm, xlabel=across)
    axes[0].set_ylabel(up)
    figure.colorbar(drawn, ax=list(axes), label=metric)
    return _save(figure, folder / f"heat_{across}_{up}_{metric}.png")


def _logarithmic(values: pd.Series[Any]) -> bool:
    """Whether values span enough to be shown on a log scale."""
    return bool(values.min() > 0 and values.max() / values.min() >= 50)


def _text(level: Any) -> str:
    return f"{level:.3g}" if isinstance(level, float) else str(level)


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=130)
    return path
