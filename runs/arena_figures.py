"""The arena's figures: default-terms welfare against fairness and against payout, with the Pareto frontier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from runs.resumable import write_whole

FIGURES: dict[str, str] = {
    "worst_group.png": "Default-terms welfare against the worst group; up and right is better. "
    "The line joins the policies that no other beats in both.",
    "sd_groups.png": "Default-terms welfare against the standard deviation over groups; up and left is better.",
    "payout.png": "Default-terms welfare against the sum of creators' pay; up and left is better.",
}
"""Each figure's file and caption."""

AXES = {
    "worst_group": ("worst group's utility, default terms", +1.0),
    "sd_groups": ("standard deviation over groups, default terms", -1.0),
    "payout": ("payout: sum of creators' pay a step", -1.0),
}
"""Axis label of each quantity, and whether more or less of it is better."""

MARKS = "os^Dv*PX<>phHd"


def draw_all(rows: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Draw every figure of the report into a folder."""
    for quantity in AXES:
        write_whole(folder / f"{quantity}.png", partial(draw, rows, quantity))


def draw(rows: Sequence[Mapping[str, Any]], quantity: str, path: Path) -> None:
    """Draw default-terms welfare against a quantity, a mark a policy, readable in grey.

    Parameters
    ----------
    rows : sequence
        From `runs.arena.rows_of`.
    quantity : str
        A key of `AXES`.
    path : Path
        Where to save, as PNG.
    """
    from matplotlib.figure import Figure

    label, sign = AXES[quantity]
    figure = Figure(figsize=(8, 4.6), layout="constrained")
    axis = figure.subplots()
    points = np.array([(row[quantity], row["welfare_default"]) for row in rows])
    efficient = pareto(points * [sign, 1.0])
    order = efficient[np.argsort(points[efficient, 0])]
    axis.plot(*points[order].T, color="0.6", lw=1, zorder=1)
    for k, (row, (x, y)) in enumerate(zip(rows, points, strict=True)):
        filled = k in efficient
        axis.plot(
            x,
            y,
            MARKS[k % len(MARKS)],
            ms=7,
            ls="none",
            color=f"C{k % 10}",
            mec="black",
            mfc=f"C{k % 10}" if filled else "white",
            label=row["policy"],
        )
        axis.annotate(row["policy"], (x, y), textcoords="offset points", xytext=(6, 4), fontsize=7)
    axis.set(xlabel=label, ylabel="user welfare, default terms")
    axis.margins(x=0.15, y=0.1)
    axis.text(
        0.99, 0.01, "filled: on the frontier", transform=axis.transAxes, ha="right", fontsize=7, color="0.3"
    )
    figure.savefig(path, format="png", dpi=120)


def pareto(points: np.ndarray) -> np.ndarray:
    """Return the rows of `points` (p, q), more being better, that no other row beats or equals everywhere.

    Of rows that are equal everywhere all are returned.
    """
    at_least = (points[:, None] >= points[None]).all(axis=2)
    better = at_least & (points[:, None] > points[None]).any(axis=2)
    return np.flatnonzero(~better.any(axis=0))
