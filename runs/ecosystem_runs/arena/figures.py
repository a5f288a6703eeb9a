"""The arena's figures: default-terms welfare against fairness and against payout, with the Pareto frontier."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ecosystem_runs.arena.table import PolicyRow
from ecosystem_runs.pictures import MARKS, draw_each, panels, save

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


def draw_all(rows: Sequence[PolicyRow], folder: Path) -> list[Path]:
    """Draw every figure of the report into a folder; return the files."""
    return draw_each(folder, {f"{quantity}.png": partial(draw, rows, quantity) for quantity in AXES})


def draw(rows: Sequence[PolicyRow], quantity: str, path: Path) -> None:
    """Draw default-terms welfare against a quantity of `AXES`, a mark a policy, readable in grey."""
    label, sign = AXES[quantity]
    figure, ((axis,),) = panels((8, 4.6))
    rows = [row for row in rows if row.welfare_default is not None]  # users are left in all worlds
    points = np.array([(getattr(row, quantity), row.welfare_default) for row in rows]).reshape(-1, 2)
    efficient = pareto(np.round(points * [sign, 1.0], 9))  # the same content may differ in a last digit
    order = efficient[np.argsort(points[efficient, 0])]
    axis.plot(*points[order].T, color="0.6", lw=1, zorder=1)
    for k, (x, y) in enumerate(points):
        colour, mark = f"C{k % 10}", MARKS[k % len(MARKS)]
        inside = colour if k in efficient else "white"
        axis.plot(x, y, mark, ms=7, ls="none", color=colour, mec="black", mfc=inside)
    for at, names in labels(points, [row.policy for row in rows]):
        right = reads_leftwards(points, at)
        axis.annotate(
            ",\n".join(", ".join(names[k : k + 2]) for k in range(0, len(names), 2)),
            (float(at[0]), float(at[1])),
            textcoords="offset points",
            xytext=(-7 if right else 7, 0),
            ha="right" if right else "left",
            va="center" if len(names) == 1 else "bottom",
            fontsize=7,
        )
    axis.set(xlabel=label, ylabel="user welfare, default terms")
    axis.margins(x=0.15, y=0.13)
    small = {"ha": "right", "fontsize": 7, "color": "0.3"}
    axis.text(0.99, 0.01, "filled: on the frontier", transform=axis.transAxes, **small)
    save(figure, path, dpi=120)


def labels(points: np.ndarray, names: Sequence[str]) -> list[tuple[np.ndarray, list[str]]]:
    """Return where to write which names: those of points nearer than 3 % of the axes share one label."""
    found: list[tuple[np.ndarray, list[str]]] = []
    span = np.maximum(np.ptp(points, axis=0), 1e-300) if names else 0
    for at, name in zip(points, names, strict=True):
        for there, listed in found:
            if (np.abs(at - there) < 0.03 * span).all():
                listed.append(name)
                break
        else:
            found.append((at, [name]))
    return found


def reads_leftwards(points: np.ndarray, at: np.ndarray) -> bool:
    """Return whether the label at a point has more room before it: to a point in its way, or to the edge."""
    in_the_way = (np.abs(points - at) < [0.25, 0.04] * np.maximum(np.ptp(points, axis=0), 1e-300)).all(axis=1)
    beside = points[in_the_way, 0] - at[0]
    before, behind = (np.min(way[way > 0], initial=np.inf) for way in (-beside, beside))
    return bool(at[0] > points[:, 0].mean() if before == behind else before > behind)


def pareto(points: np.ndarray) -> np.ndarray:
    """Return the rows of `points` (p, q), more being better, that no other row beats or equals everywhere.

    Of rows that are equal everywhere all are returned.
    """
    at_least = (points[:, None] >= points[None]).all(axis=2)
    better = at_least & (points[:, None] > points[None]).any(axis=2)
    return np.flatnonzero(~better.any(axis=0))
