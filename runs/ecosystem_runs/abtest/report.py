"""The report of an A/B test: one dictionary of figures, and the same as Markdown (Section 5.2.2, Table 2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.abtest.experiment import Experiment, World
from ecosystem_runs.abtest.readout import WEEK, Metric, metrics
from ecosystem_runs.abtest.statistics import Lift, Resampled, combine, compare
from ecosystem_runs.fingerprints import file_fingerprint
from ecosystem_runs.parameters import plugin_files
from ecosystem_runs.plain import plain

LEVEL_OF_TESTS = 0.05


@dataclass(frozen=True)
class ArmLifts:
    """An arm against the control, by metric: lifts over all worlds, and the share of worlds whose own test rejects.

    The second share is that of tests which resample users alone.
    """

    arm: str
    lifts: list[Lift]
    rejected: list[float]
    users_rejected: list[float]


def all_lifts(experiment: Experiment, worlds: Sequence[World]) -> list[ArmLifts]:
    """Return the lifts of every arm over the first.

    With one world the interval is two-way over its users and creators; with more it is over worlds.

    Parameters
    ----------
    experiment : Experiment
    worlds : sequence of World
    """
    compared = metrics(experiment.days // WEEK)
    by_world: list[list[list[Lift]]] = []  # world, arm, metric
    for replicate, world in enumerate(worlds):
        # A stream apart from those that the worlds were made with.
        seed = np.random.SeedSequence(experiment.seed, spawn_key=(replicate, 0, 0))
        arms = [
            Resampled(readout, np.random.default_rng(stream), experiment.resamples)
            for readout, stream in zip(world.readouts, seed.spawn(len(world.readouts)), strict=True)
        ]
        by_world.append([[compare(arms[0], arm, metric) for metric in compared] for arm in arms[1:]])
    rng = np.random.default_rng(np.random.SeedSequence(experiment.seed, spawn_key=(len(worlds), 0, 0)))
    found = []
    for a, label in enumerate(experiment.labels[1:]):
        per_metric = [[world[a][k] for world in by_world] for k in range(len(compared))]
        lifts = [row[0] if len(row) == 1 else combine(row, rng) for row in per_metric]
        rejected = [
            _share(lift.p < LEVEL_OF_TESTS for lift in row if math.isfinite(lift.p)) for row in per_metric
        ]
        by_users = [
            _share(not w.users_low < 0 < w.users_high for w in row if w.users_low < w.users_high)
            for row in per_metric
        ]
        found.append(ArmLifts(label, lifts, rejected, by_users))
    return found


def report(experiment: Experiment, worlds: Sequence[World], arms: Sequence[ArmLifts]) -> dict[str, Any]:
    """Return every figure and what it takes to have them again, ready for JSON; nothing depends on the clock."""
    first, file, own = worlds[0], experiment.population, experiment.mechanisms
    return plain(
        {
            "arms": experiment.labels,
            "mechanisms": {
                label: type(own[arm]).__name__ if arm in own else absolute(arm)
                for label, arm in zip(experiment.labels, experiment.arms, strict=True)
            },
            "plugin_files": plugin_files(*({"mechanism": arm} for arm in experiment.arms if arm not in own)),
            "days": experiment.days,
            "burn_in": experiment.burn_in,
            "users": len(first.shares[0].users),
            "creators": len(first.shares[0].creators),
            "groups": first.population.n_groups,
            "users_outside_groups": float((first.population.groups < 0).mean()),
            "replicates": experiment.replicates,
            "seed": experiment.seed,
            "min_group": experiment.min_group,
            "population": str(file.absolute()) if file else "synthetic",
            "population_sha256": file_fingerprint(file) if file else None,
            "relevance": experiment.relevance,
            "resamples": experiment.resamples,
            "settings": asdict(experiment.settings),
            "lifts": [
                {
                    "arm": arm.arm,
                    **_row(lift, experiment.is_aa),
                    "rejected": rejected,
                    "users_rejected": by_users,
                }
                for arm in arms
                for lift, rejected, by_users in zip(arm.lifts, arm.rejected, arm.users_rejected, strict=True)
            ],
            "table_2": [_table_2(arm, columns_of(first), experiment.is_aa) for arm in arms],
            "topic_correlation": {
                label: {
                    "within": float(np.mean([w.readouts[a].topic_correlation for w in worlds])),
                    "across": float(np.mean([w.readouts[a].topic_correlation_across for w in worlds])),
                }
                for a, label in enumerate(experiment.labels)
            },
            "retrieved": {label: _retrieved(worlds, a) for a, label in enumerate(experiment.labels)},
            "weights": {label: _weights(worlds, a) for a, label in enumerate(experiment.labels)},
        }
    )


def columns_of(world: World) -> list[str]:
    """Return the ranges of groups, by falling size from 1, in Table 2's columns: quarters of the traffic."""
    groups, quarters = world.population.groups, world.population.quarters
    titles = []
    for k in range(4):
        ranks = groups[quarters == k]
        titles.append(f"{ranks.min() + 1}-{ranks.max() + 1}" if len(ranks) else "none")
    return titles


def beside_paper(lift: Lift) -> str:
    """Return how a lift's sign compares with the paper's, and whether it is more than noise."""
    if lift.metric.paper is None:
        return "the paper has none"
    if not math.isfinite(lift.lift) or not math.isfinite(lift.p):
        return "not measured"
    sign = "same sign" if (lift.lift > 0) == (lift.metric.paper > 0) else "opposite sign"
    return sign if lift.p < LEVEL_OF_TESTS else f"{sign}, within noise"


def markdown(figures: dict[str, Any]) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    figures : dict
        What `report` returned.
    """
    worlds = figures["replicates"]
    over = "worlds" if worlds > 1 else "users and creators"
    size = (
        f"{figures['users']} users and {figures['creators']} creators an arm, {figures['groups']} user groups, "
        f"{figures['days']} days after {figures['burn_in']} days on default terms, {worlds} "
        f"world{'s' if worlds > 1 else ''}, seed {figures['seed']}, population {Path(figures['population']).name}. "
        f"Intervals of 95 % over {over}; *detectable* is the smallest lift that a test of this size finds "
        "in 4 of 5 cases."
    )
    lines = [f"# A/B test: {', '.join(figures['arms'])}", "", size]
    for table in figures["table_2"]:
        rows = [row for row in figures["lifts"] if row["arm"] == table["arm"]]
        lines += [
            "",
            f"## {table['arm']} against {figures['arms'][0]}",
            "",
            "| metric | control | test | lift | 95 % interval | detectable | paper | |",
            "|---|---:|---:|---:|---|---:|---:|---|",
        ]
        for row in rows:
            lines.append(
                f"| {row['label']} | {_level(row['control'])} | {_level(row['test'])} | {percent(row['lift'])} "
                f"| {percent(row['low'])} to {percent(row['high'])} | {percent(row['detectable'], plus=False)} "
                f"| {percent(row['paper'])} | {row['beside_paper']} |"
            )
        lines += ["", "Gains per user group, as in Table 2 (the paper's in brackets):", ""]
        lines += ["| user groups | " + " | ".join([*table["columns"], "TOTAL"]) + " |", "|---" * 6 + "|"]
        for name, label in (("ltr", "LTR"), ("cold", "cold-start impressions")):
            cells = [
                f"{percent(ours)} ({percent(paper)})"
                for ours, paper in zip(table[name], table[f"paper_{name}"], strict=True)
            ]
            lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## The mechanism at work",
        "",
        "| arm | cold pool retrieved | weights | topic correlation |",
        "|---" * 4 + "|",
    ]
    for arm in figures["arms"]:
        weights, correlation = figures["weights"][arm], figures["topic_correlation"][arm]
        lines.append(
            f"| {arm} | {percent(figures['retrieved'][arm], plus=False)} | {_level(weights['min'])} to "
            f"{_level(weights['max'])} | {_level(correlation['within'])} within topics over days, "
            f"{_level(correlation['across'])} across topics |"
        )
    return "\n".join(lines) + "\n"


def percent(value: float | None, *, plus: bool = True) -> str:
    """Return a fraction as a percentage of two decimals; a dash for none."""
    return "-" if value is None else f"{100 * value:{'+' if plus else ''}.2f} %"


def _row(lift: Lift, is_aa: bool) -> dict[str, Any]:
    values = asdict(lift)
    metric: Metric = lift.metric
    del values["metric"]
    return {
        "metric": metric.key,
        "label": metric.label,
        **values,
        "paper": None if is_aa else metric.paper,
        "beside_paper": "" if is_aa else beside_paper(lift),
    }


def _table_2(arm: ArmLifts, columns: list[str], is_aa: bool) -> dict[str, Any]:
    by_key = {lift.metric.key: lift for lift in arm.lifts}
    table: dict[str, Any] = {"arm": arm.arm, "columns": columns}
    for name in ("ltr", "cold"):
        row = [by_key[f"{name}_{k}"] for k in range(1, 5)] + [by_key[name]]
        table[name] = [lift.lift for lift in row]
        table[f"paper_{name}"] = [None if is_aa else lift.metric.paper for lift in row]
    return table


def _retrieved(worlds: Sequence[World], a: int) -> float:
    """Return the share of the cold pool that a request retrieved, mean over the days of the test."""
    days = [day for world in worlds for day in world.readouts[a].days]
    return float(np.mean([day["retrieved"] for day in days if day["day"] > 0]))


def _weights(worlds: Sequence[World], a: int) -> dict[str, float]:
    """Return the range of the weights in force at the end; 1 where there are no groups."""
    at_end = [world.readouts[a].group_weights for world in worlds]
    weights = [w for of_groups in at_end for w in (of_groups if len(of_groups) else np.ones(1))]
    return {"min": float(min(weights)), "max": float(max(weights))}


def _share(events: Iterable[bool]) -> float:
    happened = list(events)
    return float(np.mean(happened)) if happened else float("nan")


def _level(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
