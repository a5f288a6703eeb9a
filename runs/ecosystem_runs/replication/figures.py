"""The claims report's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem_runs.pictures import draw_each, panels, save
from ecosystem_runs.replication import plane, welfare_figures
from ecosystem_runs.replication.arms import ARMS, FIGURE_ARMS, LOOKS, MECHANISMS
from ecosystem_runs.replication.claims import TERMS
from ecosystem_runs.replication.readings import papers
from ecosystem_runs.replication.replicate import Replication
from ecosystem_runs.replication.verdicts import FAILS, HOLDS, TOO_FEW, UNDECIDED
from ecosystem_runs.replication.welfare_figures import STYLES

VERDICTS = (
    "Every claim of Section 5.1.4 under every reading, before Holm's correction: holds, fails, or undecided."
)
CURVES = "Welfare over time, group weights, group utilities: the paper's Figures 2 and 3."
GAINS = "Final gain over no intervention, by reading: mean and 95 % interval, paired by seed."
EXPLOITABILITY = "Largest sampled gain of any creator within eta, over the mean creator utility."
PLANE = (
    "Where the sign of UIR's effect turns, where SMT and HMT improve content, where the paper's order holds: mean of "
    "each difference, and in how many seeds it is above 0. Colours are after Holm's correction: blue holds, "
    "orange fails, white is undecided, or too few seeds to say; with a star: decided only before it."
)
BY_GROUPS = "The same, colours too, for means over groups, whatever their sizes."
MARKS: dict[str, dict[str, Any]] = {  # by shape and filling, too
    HOLDS: {"marker": "o", "s": 55, "color": "#0072B2"},
    FAILS: {"marker": "X", "s": 55, "color": "#D55E00"},
    UNDECIDED: {"marker": "o", "s": 30, "facecolors": "none", "edgecolors": "0.5"},
    TOO_FEW: {"marker": ".", "s": 12, "color": "0.5"},
}


Draw = Callable[[Replication, Path], None]


def figures_of(replication: Replication) -> dict[str, tuple[str, Draw]]:
    """Return the figures of a report, by file: its caption, and what draws it."""
    found: dict[str, tuple[str, Draw]] = {}
    if plane.is_plane(replication.asked.readings):
        found["plane.png"] = PLANE, plane.draw
        found["plane-groups.png"] = BY_GROUPS, partial(plane.draw, rows=plane.OVER_GROUPS)
    found["verdicts.png"] = VERDICTS, _verdicts
    found["curves.png"] = CURVES + _first(replication), _curves
    found["gains.png"] = GAINS, _gains
    if replication.asked.is_papers:
        found["exploitability.png"] = EXPLOITABILITY + _first(replication), _exploitability
    return found


def _first(replication: Replication) -> str:
    """Say which of several readings a figure of one shows."""
    return f" Reading: {replication.default}." if len(replication.asked.readings) > 1 else ""


def draw_all(replication: Replication, folder: Path) -> list[Path]:
    """Draw every figure of the report into a folder; return the files."""
    drawings = figures_of(replication).items()
    return draw_each(folder, {name: partial(draw, replication) for name, (_, draw) in drawings})


def _verdicts(replication: Replication, path: Path) -> None:
    readings = [one.name for one in papers(replication.asked.readings)]
    figure, ((axis,),) = panels((11, 1.6 + 0.24 * len(replication.judged)))
    for row, one in enumerate(replication.judged):
        for reading, by in one.verdicts.items():
            axis.scatter(readings.index(reading), row, **MARKS[by.says])
    for says, style in MARKS.items():
        axis.scatter([], [], label=says, **style)
    texts = [one.claim.text for one in replication.judged]
    axis.set_yticks(range(len(texts)), texts, fontsize=8)
    axis.set_xticks(range(len(readings)), readings, rotation=35, ha="left", fontsize=8)
    axis.xaxis.tick_top()
    axis.set(xlim=(-0.6, len(readings) - 0.4), ylim=(len(texts) - 0.4, -0.6))
    axis.grid(alpha=0.25)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    figure.legend(loc="outside lower right", ncols=len(MARKS), frameon=False, fontsize=8)
    save(figure, path, dpi=110)


def _curves(replication: Replication, path: Path) -> None:
    runs = replication.runs[replication.default]
    bars = welfare_figures.FIGURES[replication.worlds.environment].bars
    welfare_figures.draw(
        replace(runs, arms={arm: own for arm, own in runs.arms.items() if arm in FIGURE_ARMS}),
        path,
        bars=bars,
        title=_first(replication).strip(" ."),
    )


def _gains(replication: Replication, path: Path) -> None:
    readings = [one.name for one in papers(replication.asked.readings)]
    figure, (axes,) = panels((10, 4.6), 1, 2, sharey=True)
    gains = {one.claim.name: one.verdicts for one in replication.judged}
    for axis, terms in zip(axes, TERMS.values(), strict=True):
        for k, arm in enumerate(MECHANISMS):
            places = np.arange(len(readings)) + 0.22 * (k - 1)
            found = list(gains[f"{arm} beats none, {terms}"].values())
            means = np.array([one.mean for one in found])
            ends = np.array([[one.low, one.high] for one in found]).T
            bars = np.abs(np.nan_to_num(ends - means, nan=0.0))
            style: dict[str, Any] = {key: STYLES[arm][key] for key in ("color", "marker")}
            axis.errorbar(means, places, xerr=bars, ls="none", ms=4, lw=1.2, label=ARMS[arm].label, **style)
        axis.axvline(0, color="0.5", lw=0.8)
        axis.set(title=terms, xlabel="welfare less no intervention")
    axes[0].set_yticks(range(len(readings)), readings)
    axes[0].invert_yaxis()
    axes[1].legend(frameon=False, fontsize=8)
    save(figure, path, dpi=110)


def _exploitability(replication: Replication, path: Path) -> None:
    figure, ((axis,),) = panels((6, 3.6))
    steps = [(k + 1) * replication.worlds.steps // LOOKS for k in range(LOOKS)]
    for arm in FIGURE_ARMS:
        mean = np.mean(replication.runs[replication.default].each(arm, "exploitability"), axis=0)
        axis.plot(steps, mean, label=ARMS[arm].label, ms=4, lw=1, **STYLES[arm])
    axis.set(xlabel="step", ylabel="largest gain / mean utility", yscale="log")
    axis.legend(frameon=False, fontsize=7)
    save(figure, path, dpi=110)
