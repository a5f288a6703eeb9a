"""Figures of a sweep: main effects, responses to a parameter, heat maps of two; each returns the path of its file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem_runs.pictures import MARKS, panels, save

DPI = 130


def main_effects(effects: pd.DataFrame, metric: str, path: Path) -> Path:
    """Draw the mean of the metric by level, with intervals, a panel a factor of `report.main_effects`."""
    factors = list(dict.fromkeys(effects["factor"]))
    figure, axes = panels((1 + 3.2 * len(factors), 3.6), columns=len(factors), sharey=True)
    for axis, factor in zip(axes[0], factors, strict=True):
        part = effects[effects["factor"] == factor]
        places = np.arange(len(part))
        reach = np.abs(part[["low", "high"]].to_numpy().T - part["mean"].to_numpy())
        # A line says that what lies between two levels means something: between names nothing does.
        line = "o-" if all(isinstance(at, (int, float)) for at in part["at"]) else "o"
        axis.errorbar(places, part["mean"], yerr=np.nan_to_num(reach), fmt=line, color="C0", capsize=3)
        axis.margins(x=0.15)
        axis.set_xticks(places, part["level"], rotation=30 if part["level"].str.len().sum() > 20 else 0)
        axis.set_xlabel(factor)
    axes[0, 0].set_ylabel(metric)
    return save(figure, path, dpi=DPI)


def response(done: pd.DataFrame, arms: Iterable[str], parameter: str, metric: str, path: Path) -> Path:
    """Draw the metric over a numeric parameter: a dot a finished run, a line an arm through the means.

    Where runs have many different values, as samples do, the line runs through the means of eight groups.
    """
    figure, axes = panels((6, 4))
    axis = axes[0, 0]
    for k, arm in enumerate(arms):
        part = done[done["arm"] == arm]
        if not len(part):
            continue
        many = part[parameter].nunique() > 12
        groups: Any = pd.qcut(part[parameter], 8, duplicates="drop") if many else part[parameter]
        line = part.groupby(groups, observed=True)[[parameter, metric]].mean()
        axis.plot(part[parameter], part[metric], ".", color=f"C{k}", alpha=0.25, ms=4)
        axis.plot(line[parameter], line[metric], "-", marker=MARKS[k % len(MARKS)], color=f"C{k}", label=arm)
    axis.set(xlabel=parameter, ylabel=metric, xscale=_scale(done[parameter]))
    axis.legend(frameon=False)
    return save(figure, path, dpi=DPI)


def heat_map(done: pd.DataFrame, arms: Iterable[str], parameters: list[str], metric: str, path: Path) -> Path:
    """Draw the metric's mean over two parameters, a panel an arm: cells of a grid, dots of a sample."""
    across, up = parameters
    found = {arm: done[done["arm"] == arm] for arm in arms}
    means = {
        arm: part.groupby([across, up], as_index=False)[metric].mean()
        for arm, part in found.items()
        if len(part)
    }
    values = pd.concat([table[metric] for table in means.values()])
    colours: dict[str, Any] = {"vmin": values.min(), "vmax": values.max(), "cmap": "viridis"}
    figure, axes = panels((1.2 + 3.4 * len(means), 3.4), columns=len(means), sharex=True, sharey=True)
    for axis, (arm, table) in zip(axes[0], means.items(), strict=True):
        if table[across].nunique() * table[up].nunique() <= 2 * len(table):
            grid = table.pivot(index=up, columns=across, values=metric)
            drawn: Any = axis.imshow(grid.to_numpy(), origin="lower", aspect="auto", **colours)
            axis.set_xticks(range(grid.shape[1]), [level_text(level) for level in grid.columns], rotation=45)
            axis.set_yticks(range(grid.shape[0]), [level_text(level) for level in grid.index])
        else:
            drawn = axis.scatter(table[across], table[up], c=table[metric], **colours)
            axis.set(xscale=_scale(table[across]), yscale=_scale(table[up]))
        axis.set(title=arm, xlabel=across)
    axes[0, 0].set_ylabel(up)
    figure.colorbar(drawn, ax=list(axes[0]), label=metric)
    return save(figure, path, dpi=DPI)


def _scale(values: pd.Series[Any]) -> str:
    """Return the scale that values are shown on: a logarithmic one where they span enough."""
    return "log" if values.min() > 0 and values.max() / values.min() >= 50 else "linear"


def level_text(level: Any) -> str:
    """Return a level as text: three digits of a number that is not whole."""
    return f"{level:.3g}" if isinstance(level, float) else str(level)
