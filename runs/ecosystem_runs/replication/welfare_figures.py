"""Figures 2 and 3: four mechanisms and two controls in ten worlds, paired by seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.metrics import tail_mean
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval
from ecosystem_runs.folders import write_text, write_whole
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.paired.arms import cells_of, run_cells
from ecosystem_runs.pictures import panels, save
from ecosystem_runs.replication.arms import ARMS, StudiedRun, run_arm
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED, Runs
from ecosystem_runs.replication.verdicts import number, verdict
from ecosystem_runs.report_parts import Heading, Part, Table, write_report

FIGURE_ARMS = ("none", "uir", "smt", "hmt", "smt_sharpness", "hmt_sharpness")
STYLES: dict[str, dict[str, Any]] = {
    # Colours of equal steps in grey, and a line style and a mark each: readable without colour.
    "none": {"color": "#000000", "ls": "--", "marker": "o"},
    "uir": {"color": "#E69F00", "ls": "-", "marker": "s"},
    "smt": {"color": "#0072B2", "ls": "-", "marker": "^"},
    "hmt": {"color": "#D55E00", "ls": "-", "marker": "D"},
    "smt_sharpness": {"color": "#56B4E9", "ls": ":", "marker": "v"},
    "hmt_sharpness": {"color": "#CC79A7", "ls": ":", "marker": "x"},
}

KINDS = (DEPLOYED, DEFAULT)


@dataclass(frozen=True)
class WelfareFigure:
    """What a figure shows: its number in the paper, its environment, and its bars in standard deviations."""

    number: int
    environment: str
    bars: float


FIGURE_2 = WelfareFigure(2, "synthetic", 1.0)
FIGURE_3 = WelfareFigure(3, "movielens", 0.2)
FIGURES = {"2": FIGURE_2, "3": FIGURE_3}
"""Both by the name of their command."""


@dataclass(frozen=True)
class ArmSummary:
    """An arm over seeds: mean final welfare with standard errors (None with one seed), and less no intervention."""

    seeds: int
    welfare: float
    welfare_se: float | None
    welfare_default: float
    welfare_default_se: float | None
    less_none: dict[str, PairedInterval] | None


def description_of(
    seeds: int, steps: int, settings: Mapping[str, Any], figure: WelfareFigure = FIGURE_2
) -> dict[str, Any]:
    """Return what the experiment is, as plain JSON."""
    name = f"figure {figure.number}"
    return {"experiment": name, "seeds": seeds, "steps": steps, "settings": dict(settings)}


def run(
    seeds: int,
    steps: int,
    settings: Mapping[str, Any],
    folder: Path,
    engine: Engine,
    quiet: bool = False,
    figure: WelfareFigure = FIGURE_2,
) -> Runs:
    """Run what is missing of the figure."""
    description = description_of(seeds, steps, settings, figure)
    name = description["experiment"]
    cells = cells_of(name, {"environment": figure.environment} | dict(settings), FIGURE_ARMS, seeds, steps)
    found = run_cells(cells, ARMS, run_arm, StudiedRun, description, folder, engine, quiet)
    return Runs({arm: found[name, arm] for arm in FIGURE_ARMS}, steps)


def summary(runs: Runs) -> dict[str, ArmSummary]:
    """Return per arm what ``--json`` prints."""
    figures = {}
    for arm, own in runs.arms.items():
        final = {kind: runs.final(arm, kind) for kind in KINDS}
        numbers: dict[str, Any] = {kind: float(values.mean()) for kind, values in final.items()}
        for kind, values in final.items():
            error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
            numbers[f"{kind}_se"] = error
        less = {kind: paired_interval(values - runs.final("none", kind)) for kind, values in final.items()}
        figures[arm] = ArmSummary(len(own), **numbers, less_none=None if arm == "none" else less)
    return figures


def series_table(runs: Runs) -> pd.DataFrame:
    """Return welfare over time, a row an arm, seed and step."""
    parts = []
    for arm, seed, one in _each(runs):
        series = {kind: getattr(one, kind) for kind in KINDS}
        columns = {"arm": arm, "seed": seed, "step": np.arange(len(one.welfare))} | series
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def groups_table(runs: Runs) -> pd.DataFrame:
    """Return a row an arm, seed and group: size, last deployed weight and utility, largest first."""
    parts = []
    for arm, seed, one in _each(runs):
        order = np.argsort(-np.array(one.sizes), kind="stable")
        columns = {
            "arm": arm,
            "seed": seed,
            "rank": np.arange(len(order)) + 1,
            "group": order,
            "size": np.array(one.sizes)[order],
            "weight": one.weights_by_epoch()[-1][order],
            "utility": np.array(one.utilities)[order],
            "utility_default": np.array(one.utilities_default)[order],
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def runs_table(runs: Runs) -> pd.DataFrame:
    """Return a row a run: final welfare, exploitability along the way and at the end, and a fingerprint."""
    return pd.DataFrame(
        {
            "arm": arm,
            "seed": seed,
            "welfare": tail_mean(one.welfare, runs.steps),
            "welfare_default": tail_mean(one.welfare_default, runs.steps),
            "exploitability": [one.exploitability],
            "gaining": [one.gaining],
            "strategies_sha256": one.strategies_sha256,
        }
        for arm, seed, one in _each(runs)
    )


def _each(runs: Runs) -> Iterator[tuple[str, int, StudiedRun]]:
    for arm, own in runs.arms.items():
        for seed, one in enumerate(own):
            yield arm, seed, one


def write(runs: Runs, folder: Path, figure: WelfareFigure = FIGURE_2) -> None:
    """Write tables, summary, figure and judged claims into a folder: the same runs give the same bytes."""
    tables = {"series": series_table(runs), "groups": groups_table(runs), "runs": runs_table(runs)}
    for name, table in tables.items():
        write_whole(folder / f"{name}.parquet", partial(table.to_parquet, index=False))
    arms = {arm: asdict(one) for arm, one in summary(runs).items()}
    write_text(folder / "summary.json", json.dumps(arms, indent=1) + "\n")
    write_report(judged(runs, figure), folder, "claims")
    for ending in ("png", "svg"):
        path = folder / f"figure{figure.number}.{ending}"
        write_whole(path, partial(draw, runs, ending=ending, bars=figure.bars))


def judged(runs: Runs, figure: WelfareFigure = FIGURE_2) -> list[Part]:
    """Return the paper's claims judged on these runs, the default reading, as parts of a report."""
    table = []
    for claim in CLAIMS_ON[figure.environment]:
        if set(claim.needs) <= set(runs.arms):
            one = verdict(claim.number(runs))
            where = claim.where.replace("Fig. 2", f"Fig. {figure.number}")
            table.append((claim.text, where, number(one), f"{one.above}/{one.seeds}", one.says))
    what = (
        f"{len(runs.arms['none'])} seeds, T = {runs.steps}. Every number is a mean over seeds of a difference taken "
        "seed by seed, with a 95 % bootstrap interval; above 0 it speaks for the claim."
    )
    return [
        Heading(f"The claims of Section 5.1.4 on {figure.environment} worlds"),
        what,
        Table(("claim", "where", "mean and interval", "seeds for it", "verdict"), table),
    ]


def draw(runs: Runs, path: Path, ending: str = "png", bars: float = 1.0) -> None:
    """Draw the paper's panels: (a) welfare under both terms, (b) weights, (c) group utilities.

    Bands are `bars` standard deviations over seeds. Groups stand in order of size, largest first, and are
    averaged over seeds place by place.
    """
    figure, ((deployed, default), (weights, utilities)) = panels((11, 8), 2, 2)
    for axis, kind, title in (
        (deployed, "welfare", "(a) welfare, deployed terms"),
        (default, "welfare_default", "(a') welfare, default terms"),
    ):
        for arm, own in runs.arms.items():
            _band(axis, np.array([getattr(run, kind) for run in own]), ARMS[arm].label, STYLES[arm], bars)
        axis.set(xlabel="step", ylabel="user welfare", title=title)
    default.legend(frameon=False, fontsize=8)

    groups = groups_table(runs)
    by_rank = groups.groupby(["arm", "rank"])[["size", "weight", "utility"]].mean()
    sizes = groups[groups["arm"] == "none"].groupby("rank")["size"].mean()
    for arm in (name for name in ("none", "uir", "smt", "hmt") if name in runs.arms):
        label = "idle platform (not deployed)" if arm == "none" else ARMS[arm].label
        weights.plot(sizes.index, by_rank.loc[arm, "weight"], label=label, ms=4, lw=1, **STYLES[arm])
        style = STYLES[arm] | ({"marker": None, "lw": 2} if arm == "none" else {})
        utilities.plot(
            sizes.index, by_rank.loc[arm, "utility"], label=ARMS[arm].label, **({"ms": 4, "lw": 1} | style)
        )
    weights.set(ylabel="mean weight at the end", title="(b) group weights")
    utilities.set(ylabel="mean user utility", title="(c) group utilities, deployed terms")
    places = sizes.index[:: max(1, len(sizes) // 7)]
    for axis in (weights, utilities):
        axis.set_xticks(places, [f"{sizes[k]:.0f}" for k in places])
        axis.set_xlabel("group, by size (mean number of users)")
        axis.legend(frameon=False, fontsize=8)
    save(figure, path, ending, dpi=110)


def _band(axis: Any, curves: np.ndarray, label: str, style: Mapping[str, Any], bars: float) -> None:
    steps = np.unique(np.linspace(0, curves.shape[1] - 1, 300).astype(int))
    mean, sd = curves.mean(axis=0)[steps], curves.std(axis=0, ddof=min(1, len(curves) - 1))[steps]
    axis.fill_between(steps, mean - bars * sd, mean + bars * sd, color=style["color"], alpha=0.08, lw=0)
    axis.plot(steps, mean, label=label, lw=1.4, ms=4, markevery=(10, 40), **style)


def shown(figures: Mapping[str, ArmSummary]) -> list[tuple[str, ...]]:
    """Return the summary as rows of text: arm, welfare and difference under deployed and default terms."""
    table = []
    for arm, row in figures.items():
        cells = [ARMS[arm].label]
        for kind in KINDS:
            error = getattr(row, f"{kind}_se")
            cells.append(f"{getattr(row, kind):.4f}" + ("" if error is None else f" ± {error:.4f}"))
            cells.append("" if row.less_none is None else _difference(row.less_none[kind]))
        table.append(tuple(cells))
    return table


def _difference(one: PairedInterval) -> str:
    between = "" if one.low is None else f" [{one.low:+.4f}, {one.high:+.4f}]"
    return f"{one.mean:+.4f}{between}"
