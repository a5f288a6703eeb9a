"""The figures of an A/B test: lifts with their intervals, the arms day by day, and Table 2 as bars."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np

from ecosystem_runs.abtest.findings import QUARTERED, Findings, columns_of
from ecosystem_runs.pictures import ZERO, draw_each, panels, save

DAILY = {
    "ltr": "LTR",
    "cold": "cold-start impressions",
    "fresh": "impressions younger than two hours",
    "creator_dau": "active creators",
    "moved": "share of creators that moved",
    "retrieved": "share of the cold pool retrieved",
}
"""What is drawn day by day, and its title."""


def draw_all(found: Findings, folder: Path) -> None:
    """Draw every picture of the report into a folder."""
    drawings = {"lifts": draw_lifts, "days": draw_days, "table2": draw_table_2}
    draw_each(folder, {f"{name}.png": partial(draw, found) for name, draw in drawings.items()})


def draw_lifts(found: Findings, path: Path) -> None:
    """Draw every lift with its interval, beside the paper's."""
    figure, axes = panels((4.5 + 4.0 * len(found.arms), 6.5), columns=len(found.arms), sharey=True)
    for axis, arm in zip(axes[0], found.arms, strict=True):
        lifts = [lift for lift in arm.lifts if math.isfinite(lift.lift)]
        places = np.arange(len(lifts))
        lift, low, high = 100 * np.array([(one.lift, one.low, one.high) for one in lifts]).reshape(-1, 3).T
        axis.errorbar(lift, places, xerr=[lift - low, high - lift], fmt="o", color="C0", ms=4, label="here")
        papers = [(one.metric.paper, k) for k, one in enumerate(lifts)]
        if beside := [(100 * paper, k) for paper, k in papers if paper is not None]:
            axis.plot(*zip(*beside, strict=True), "x", color="C3", label="paper")
        axis.axvline(0, **ZERO)
        axis.set(xlabel="lift, %", title=f"{arm.arm} against {found.labels[0]}")
        axis.set_yticks(places, [one.metric.label for one in lifts], fontsize=8)
    axes[0, 0].invert_yaxis()
    axes[0, 0].legend(frameon=False)
    save(figure, path, dpi=150)


def draw_days(found: Findings, path: Path) -> None:
    """Draw the arms day by day, means over worlds; day 0 is the last before the test."""
    figure, axes = panels((11, 6.5), 2, 3)
    for axis, (key, title) in zip(axes.flat, DAILY.items(), strict=True):
        for a, (arm, readouts) in enumerate(found.readouts.items()):
            series = np.mean([readout.days[key] for readout in readouts], axis=0)
            axis.plot(readouts[0].days["day"], series, color=f"C{a}", label=arm)
        axis.axvline(0.5, ls=":", **ZERO)
        axis.set(title=title, xlabel="day")
    axes[0, 0].legend(frameon=False)
    save(figure, path, dpi=150)


def draw_table_2(found: Findings, path: Path) -> None:
    """Draw the gains by quarter of the traffic, the paper's beside ours."""
    figure, axes = panels((9, 3.2 * len(found.arms)), len(found.arms), 2)
    titles = [*columns_of(found.worlds[0]), "TOTAL"]
    places = np.arange(len(titles))
    for row, arm in zip(axes, found.arms, strict=True):
        for axis, (name, label) in zip(row, QUARTERED.items(), strict=True):
            lifts = arm.quartered(name)
            for shift, who, colour in ((-0.2, "here", "C0"), (0.2, "paper", "C3")):
                gains = [one.lift if who == "here" else one.metric.paper for one in lifts]
                heights = [100 * g if g is not None and math.isfinite(g) else np.nan for g in gains]
                axis.bar(places + shift, heights, 0.4, color=colour, label=who)
            axis.axhline(0, **ZERO)
            axis.set(title=f"{arm.arm}: {label}", ylabel="gain, %", xlabel="user groups, by falling size")
            axis.set_xticks(places, titles)
    axes[0, 0].legend(frameon=False)
    save(figure, path, dpi=150)
