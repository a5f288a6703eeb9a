"""The figures of an A/B test: lifts with their intervals, the arms day by day, and Table 2 as bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem_runs.abtest.experiment import World


def draw_lifts(figures: dict[str, Any], path: Path) -> None:
    """Draw every lift with its interval, beside the paper's."""
    from matplotlib.figure import Figure

    arms = [table["arm"] for table in figures["table_2"]]
    figure = Figure(figsize=(4.5 + 4.0 * len(arms), 6.5), layout="constrained")
    axes = figure.subplots(1, len(arms), sharey=True, squeeze=False)[0]
    for axis, arm in zip(axes, arms, strict=True):
        rows = [row for row in figures["lifts"] if row["arm"] == arm and row["lift"] is not None]
        places = np.arange(len(rows))
        lift = 100 * np.array([row["lift"] for row in rows])
        low, high = (
            100 * np.array([np.nan if row[side] is None else row[side] for row in rows], dtype=float)
            for side in ("low", "high")
        )
        axis.errorbar(lift, places, xerr=[lift - low, high - lift], fmt="o", color="C0", ms=4, label="here")
        paper = [(100 * row["paper"], k) for k, row in enumerate(rows) if row["paper"] is not None]
        if paper:
            axis.plot(*zip(*paper, strict=True), "x", color="C3", label="paper")
        axis.axvline(0, color="0.4", lw=0.8)
        axis.set(xlabel="lift, %", title=f"{arm} against {figures['arms'][0]}")
        axis.set_yticks(places, [row["label"] for row in rows], fontsize=8)
    axes[0].invert_yaxis()
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def draw_days(figures: dict[str, Any], worlds: Sequence[World], path: Path) -> None:
    """Draw the arms day by day, means over worlds; day 0 is the last before the test."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.5), layout="constrained")
    panels = (
        ("ltr", "LTR"),
        ("cold", "cold-start impressions"),
        ("fresh", "impressions younger than two hours"),
        ("creator_dau", "active creators"),
        ("moved", "share of creators that moved"),
        ("retrieved", "share of the cold pool retrieved"),
    )
    for axis, (key, title) in zip(figure.subplots(2, 3).flat, panels, strict=True):
        for a, arm in enumerate(figures["arms"]):
            days = [day["day"] for day in worlds[0].readouts[a].days]
            series = np.mean([[day[key] for day in world.readouts[a].days] for world in worlds], axis=0)
            axis.plot(days, series, color=f"C{a}", label=arm)
        axis.axvline(0.5, color="0.4", lw=0.8, ls=":")
        axis.set(title=title, xlabel="day")
    figure.axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def draw_table_2(figures: dict[str, Any], path: Path) -> None:
    """Draw the gains by quarter of the traffic, the paper's beside ours."""
    from matplotlib.figure import Figure

    tables = figures["table_2"]
    figure = Figure(figsize=(9, 3.2 * len(tables)), layout="constrained")
    panels = figure.subplots(len(tables), 2, squeeze=False)
    for row, table in zip(panels, tables, strict=True):
        for axis, (name, label) in zip(
            row, (("ltr", "LTR"), ("cold", "cold-start impressions")), strict=True
        ):
            titles = [*table["columns"], "TOTAL"]
            places = np.arange(len(titles))
            for shift, values, who in ((-0.2, table[name], "here"), (0.2, table[f"paper_{name}"], "paper")):
                heights = [np.nan if v is None else 100 * v for v in values]
                axis.bar(places + shift, heights, 0.4, color="C0" if who == "here" else "C3", label=who)
            axis.axhline(0, color="0.4", lw=0.8)
            axis.set(
                title=f"{table['arm']}: {label}", ylabel="gain, %", xlabel="user groups, by falling size"
            )
            axis.set_xticks(places, titles)
    panels[0][0].legend(frameon=False)
    figure.savefig(path, dpi=150)
