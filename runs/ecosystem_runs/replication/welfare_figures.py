"""Figures 2 and 3: four mechanisms and two controls in ten worlds, paired by seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.metrics import tail_mean
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval, standard_error
from ecosystem_runs.folders import write_text, write_whole
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.paired.arms import cells_of, check_shared, run_cells
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.pictures import draw_last, panels, save
from ecosystem_runs.plain import interval_text, plain
from ecosystem_runs.replication.arms import ARMS, CORE, FIGURE_ARMS, StudiedRun, run_arm
from ecosystem_runs.replication.claims import CLAIMS_ON, DEFAULT, DEPLOYED, TERMS, Runs
from ecosystem_runs.replication.verdicts import HEADINGS, cells, judge
from ecosystem_runs.report_parts import Heading, Part, Table, write_report

STYLES: dict[str, dict[str, Any]] = {
    # Colours of equal steps in grey, and a line style and a mark each: readable without colour.
    "none": {"color": "#000000", "ls": "--", "marker": "o"},
    "uir": {"color": "#E69F00", "ls": "-", "marker": "s"},
    "smt": {"color": "#0072B2", "ls": "-", "marker": "^"},
    "hmt": {"color": "#D55E00", "ls": "-", "marker": "D"},
    "smt_sharpness": {"color": "#56B4E9", "ls": ":", "marker": "v"},
    "hmt_sharpness": {"color": "#CC79A7", "ls": ":", "marker": "x"},
}


@dataclass(frozen=True)
class WelfareFigure:
    """What a figure shows: its number in the paper, and its bands in standard deviations."""

    number: int
    bars: float


FIGURES = {"synthetic": WelfareFigure(2, 1.0), "movielens": WelfareFigure(3, 0.2)}
"""Both by their environment."""


@dataclass(frozen=True)
class ArmSummary:
    """An arm over seeds: mean final welfare with standard errors (None with one seed), and less no intervention."""

    seeds: int
    welfare: float
    welfare_se: float | None
    welfare_default: float
    welfare_default_se: float | None
    welfare_groups: float  # the mean over groups, whatever their sizes
    welfare_groups_default: float
    less_none: dict[str, PairedInterval] | None


def description_of(worlds: Worlds) -> dict[str, Any]:
    """Return what the experiment is, as plain JSON."""
    return worlds.description(f"figure {FIGURES[worlds.environment].number}")


def run(worlds: Worlds, folder: Path, engine: Engine, quiet: bool = False) -> Runs:
    """Run what is missing of the figure of these worlds' environment."""
    check_shared(worlds.settings)
    description = description_of(worlds)
    name = description["experiment"]
    cells = cells_of(name, worlds.parameters, FIGURE_ARMS, worlds.numbers, worlds.steps)
    found = run_cells(cells, ARMS, run_arm, StudiedRun, description, folder, engine, quiet)
    return Runs({arm: found[name, arm] for arm in FIGURE_ARMS}, worlds.steps, worlds.first_seed)


def summary(runs: Runs) -> dict[str, ArmSummary]:
    """Return per arm what ``--json`` prints."""
    figures = {}
    for arm, own in runs.arms.items():
        deployed, default = (runs.final(arm, kind) for kind in TERMS)
        by_group, by_group_default = (float(runs.final_groups(arm, kind).mean()) for kind in TERMS)
        figures[arm] = ArmSummary(
            len(own),
            float(deployed.mean()),
            standard_error(deployed),
            float(default.mean()),
            standard_error(default),
            by_group,
            by_group_default,
            None if arm == "none" else {kind: paired_interval(runs.less_none(arm, kind)) for kind in TERMS},
        )
    return figures


def series_table(runs: Runs) -> pd.DataFrame:
    """Return welfare over time, a row an arm, seed and step."""
    return _table(
        runs,
        lambda one: {"step": np.arange(len(one.welfare))} | {kind: getattr(one, kind) for kind in TERMS},
    )


def groups_table(runs: Runs) -> pd.DataFrame:
    """Return a row an arm, seed and group: size, last deployed weight and utility, largest first."""
    named = {
        "size": "sizes",
        "weight": "weights",
        "utility": "utilities",
        "utility_default": "utilities_default",
    }
    return _table(
        runs,
        lambda one: (
            {"rank": np.arange(len(one.sizes)) + 1, "group": one.order}
            | {name: one.by_size(column) for name, column in named.items()}
        ),
    )


def runs_table(runs: Runs) -> pd.DataFrame:
    """Return a row a run: final welfare, exploitability along the way and at the end, and a strategies hash."""
    return _table(
        runs,
        lambda one: (
            {kind: tail_mean(getattr(one, kind), runs.steps) for kind in TERMS}
            | {name: [[getattr(one, name)]] for name in ("exploitability", "gaining")}
            | {"strategies_hash": one.strategies_hash}
        ),
    )


def _table(runs: Runs, columns: Callable[[StudiedRun], dict[str, Any]]) -> pd.DataFrame:
    """Return the columns of each run, one run below the other, behind its arm and seed."""
    parts = [
        pd.DataFrame({"arm": arm, "seed": seed} | columns(one))
        for arm, own in runs.arms.items()
        for seed, one in enumerate(own, runs.first_seed)
    ]
    return pd.concat(parts, ignore_index=True)


def write(runs: Runs, folder: Path, environment: str = "synthetic") -> None:
    """Write tables, summary, figure and judged claims into a folder: the same runs give the same bytes."""
    tables = {"series": series_table(runs), "groups": groups_table(runs), "runs": runs_table(runs)}
    for name, table in tables.items():
        write_whole(folder / f"{name}.parquet", partial(table.to_parquet, index=False))
    arms = {arm: plain(asdict(one)) for arm, one in summary(runs).items()}
    write_text(folder / "summary.json", json.dumps(arms, indent=1) + "\n")
    write_report(report(runs, environment), folder, "claims")
    figure = FIGURES[environment]
    for ending in ("png", "svg"):
        path = folder / f"figure{figure.number}.{ending}"
        draw_last(path, partial(draw, runs, ending=ending, bars=figure.bars))


def report(runs: Runs, environment: str) -> list[Part]:
    """Return the paper's claims judged on these runs, the default reading, as parts of a report."""
    number = FIGURES[environment].number
    table = [
        (one.claim.text, one.claim.where.replace("Fig. 2", f"Fig. {number}"), *cells(one.default))
        for one in judge(CLAIMS_ON[environment], {"default": runs})
    ]
    what = (
        f"{len(runs.arms['none'])} seeds, T = {runs.steps}. Every number is a mean over seeds of a difference taken "
        "seed by seed, with its 95 % interval; above 0 it speaks for the claim. After Holm: corrected for the claims "
        "of this table."
    )
    return [
        Heading(f"The claims of Section 5.1.4 on {environment} worlds"),
        what,
        Table(("claim", "where", *HEADINGS), table),
    ]


def draw(runs: Runs, path: Path, ending: str = "png", bars: float = 1.0, title: str = "") -> None:
    """Draw the paper's panels: (a) welfare under both terms, (b) weights, (c) group utilities.

    Bands are `bars` standard deviations over seeds. Groups stand in order of size, largest first, and are
    averaged over seeds place by place.
    """
    figure, ((deployed, default), (weights, utilities)) = panels((11, 8), 2, 2)
    if title:
        figure.suptitle(title)
    for axis, kind, what in (
        (deployed, DEPLOYED, "(a) welfare, deployed terms"),
        (default, DEFAULT, "(a') welfare, default terms"),
    ):
        for arm in runs.arms:
            _band(axis, runs.each(arm, kind), ARMS[arm].label, STYLES[arm], bars)
        axis.set(xlabel="step", ylabel="user welfare", title=what)
    default.legend(frameon=False, fontsize=8)

    sizes = np.mean(runs.groups("none", "sizes"), axis=0)
    ranks = np.arange(len(sizes)) + 1
    for arm in CORE:
        label, style = ARMS[arm].label, {"ms": 4, "lw": 1} | STYLES[arm]
        line = style | ({"marker": None, "lw": 2} if arm == "none" else {})
        utilities.plot(ranks, np.mean(runs.groups(arm, "utilities"), axis=0), label=label, **line)
        label = "idle platform (not deployed)" if arm == "none" else label
        weights.plot(ranks, np.mean(runs.groups(arm, "weights"), axis=0), label=label, **style)
    weights.set(ylabel="mean weight at the end", title="(b) group weights")
    utilities.set(ylabel="mean user utility", title="(c) group utilities, deployed terms")
    places = ranks[:: max(1, len(ranks) // 7)]
    for axis in (weights, utilities):
        axis.set_xticks(places, [f"{sizes[rank - 1]:.0f}" for rank in places])
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
    return [
        (
            ARMS[arm].label,
            _mean(row.welfare, row.welfare_se),
            _difference(row, DEPLOYED),
            _mean(row.welfare_default, row.welfare_default_se),
            _difference(row, DEFAULT),
        )
        for arm, row in figures.items()
    ]


def _mean(mean: float, error: float | None) -> str:
    return f"{mean:.4f}" + ("" if error is None else f" ± {error:.4f}")


def _difference(row: ArmSummary, kind: str) -> str:
    return "" if row.less_none is None else interval_text(row.less_none[kind])
