"""The claims report's figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem_runs.pictures import panels, save
from ecosystem_runs.replication.arms import ARMS, LOOKS
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED
from ecosystem_runs.replication.readings import READINGS
from ecosystem_runs.replication.replicate import Replication
from ecosystem_runs.replication.verdicts import FAILS, HOLDS, TOO_FEW, UNDECIDED, verdict
from ecosystem_runs.replication.welfare_figures import FIGURE_2, FIGURE_3, FIGURE_ARMS, STYLES
from ecosystem_runs.replication.welfare_figures import draw as draw_figure

FIGURES: dict[str, str] = {
    "verdicts.png": "Every claim of Section 5.1.4 under every reading: holds, fails, or undecided.",
    "curves.png": "Welfare over time, group weights, group utilities: the paper's Figures 2 and 3.",
    "gains.png": "Final gain over no intervention, by reading: mean and 95 % interval, paired by seed.",
    "exploitability.png": "Largest sampled gain of any creator within eta, over the mean creator utility.",
}
"""Each figure's file and caption."""
MARKS: dict[str, dict[str, Any]] = {  # by shape and filling, too
    HOLDS: {"marker": "o", "s": 55, "color": "#0072B2"},
    FAILS: {"marker": "X", "s": 55, "color": "#D55E00"},
    UNDECIDED: {"marker": "o", "s": 30, "facecolors": "none", "edgecolors": "0.5"},
    TOO_FEW: {"marker": ".", "s": 12, "color": "0.5"},
}


def draw_all(replication: Replication, folder: Path) -> None:
    """Draw every figure of the report into a folder."""
    for name, draw in zip(FIGURES, (_verdicts, _curves, _gains, _exploitability), strict=True):
        draw(replication, folder / name)


def _verdicts(replication: Replication, path: Path) -> None:
    readings = [one.name for one in READINGS[replication.environment] if one.papers]
    claims = CLAIMS_ON[replication.environment]
    figure, ((axis,),) = panels((11, 1.6 + 0.24 * len(claims)))
    for row, claim in enumerate(claims):
        for column, reading in enumerate(readings):
            if reading in replication.verdicts[claim.name]:
                axis.scatter(column, row, **MARKS[replication.verdicts[claim.name][reading].says])
    for says, style in MARKS.items():
        axis.scatter([], [], label=says, **style)
    axis.set_yticks(range(len(claims)), [claim.text for claim in claims], fontsize=8)
    axis.set_xticks(range(len(readings)), readings, rotation=35, ha="left", fontsize=8)
    axis.xaxis.tick_top()
    axis.set(xlim=(-0.6, len(readings) - 0.4), ylim=(len(claims) - 0.4, -0.6))
    axis.grid(alpha=0.25)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    figure.legend(loc="outside lower right", ncols=len(MARKS), frameon=False, fontsize=8)
    save(figure, path, dpi=110)


def _curves(replication: Replication, path: Path) -> None:
    runs = replication.runs["default"]
    bars = FIGURE_3.bars if replication.environment == FIGURE_3.environment else FIGURE_2.bars
    draw_figure(replace(runs, arms={arm: runs.arms[arm] for arm in FIGURE_ARMS}), path, bars=bars)


def _gains(replication: Replication, path: Path) -> None:
    readings = [one.name for one in READINGS[replication.environment] if one.papers]
    figure, (axes,) = panels((10, 4.6), 1, 2, sharey=True)
    for axis, kind, title in zip(axes, (DEPLOYED, DEFAULT), ("deployed terms", "default terms"), strict=True):
        for k, arm in enumerate(("uir", "smt", "hmt")):
            places = np.arange(len(readings)) + 0.22 * (k - 1)
            found = [
                verdict(replication.runs[r].final(arm, kind) - replication.runs[r].final("none", kind))
                for r in readings
            ]
            means = np.array([one.mean for one in found])
            ends = np.array([[one.low, one.high] for one in found]).T
            bars = np.abs(np.nan_to_num(ends - means, nan=0.0))
            style: dict[str, Any] = {key: STYLES[arm][key] for key in ("color", "marker")}
            axis.errorbar(means, places, xerr=bars, ls="none", ms=4, lw=1.2, label=ARMS[arm].label, **style)
        axis.axvline(0, color="0.5", lw=0.8)
        axis.set(title=title, xlabel="welfare less no intervention")
    axes[0].set_yticks(range(len(readings)), readings)
    axes[0].invert_yaxis()
    axes[1].legend(frameon=False, fontsize=8)
    save(figure, path, dpi=110)


def _exploitability(replication: Replication, path: Path) -> None:
    figure, ((axis,),) = panels((6, 3.6))
    steps = [(k + 1) * replication.steps // LOOKS for k in range(LOOKS)]
    for arm in FIGURE_ARMS:
        rows = replication.runs["default"].arms[arm]
        axis.plot(
            steps,
            np.mean([row.exploitability for row in rows], axis=0),
            label=ARMS[arm].label,
            ms=4,
            lw=1,
            **STYLES[arm],
        )
    axis.set(xlabel="step", ylabel="largest gain / mean utility", yscale="log")
    axis.legend(frameon=False, fontsize=7)
    save(figure, path, dpi=110)
