"""What an A/B test found: lifts of every arm over the first, and all figures as JSON (Section 5.2.2, Table 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.abtest.experiment import Experiment, World
from ecosystem_runs.abtest.readout import WEEK, metrics
from ecosystem_runs.abtest.statistics import LEVEL_OF_TESTS, Lift, Resampled, combine, compare
from ecosystem_runs.fingerprints import file_fingerprint
from ecosystem_runs.parameters import plugin_files
from ecosystem_runs.plain import plain

QUARTERED = {"ltr": "LTR", "cold": "cold-start impressions"}
"""The metrics of Table 2, by quarter of the traffic."""


@dataclass(frozen=True)
class ArmLifts:
    """An arm against the control: its lifts over all worlds, by metric."""

    arm: str
    lifts: list[Lift]

    def quartered(self, name: str) -> list[Lift]:
        """Return a row of Table 2: a metric of `QUARTERED` by quarter, and in all."""
        by_key = {lift.metric.key: lift for lift in self.lifts}
        return [by_key[key] for key in (*(f"{name}_{k}" for k in range(1, 5)), name)]


def all_lifts(experiment: Experiment, worlds: Sequence[World]) -> list[ArmLifts]:
    """Return the lifts of every arm over the first.

    With one world the interval is two-way over its users and creators; with more it is over worlds.
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
        found.append(ArmLifts(label, [row[0] if len(row) == 1 else combine(row, rng) for row in per_metric]))
    return found


@dataclass(frozen=True)
class Findings:
    """All that an experiment found: its worlds, and every arm against the first."""

    experiment: Experiment
    worlds: Sequence[World]
    arms: Sequence[ArmLifts]

    @cached_property
    def labels(self) -> list[str]:
        """Arm names made distinct, the control first."""
        return self.experiment.labels

    def paper(self, lift: Lift) -> float | None:
        """Return the paper's lift; none in an A/A test."""
        return None if self.experiment.is_aa else lift.metric.paper

    def beside_paper(self, lift: Lift) -> str:
        """Return how a lift's sign compares with the paper's, and whether it is more than noise."""
        if self.experiment.is_aa:
            return ""
        if lift.metric.paper is None:
            return "the paper has none"
        if not math.isfinite(lift.lift) or not math.isfinite(lift.p):
            return "not measured"
        sign = "same sign" if (lift.lift > 0) == (lift.metric.paper > 0) else "opposite sign"
        return sign if lift.p < LEVEL_OF_TESTS else f"{sign}, within noise"

    def retrieved(self, a: int) -> float:
        """Return the share of the cold pool that a request retrieved, mean over the days of the test."""
        days = [day for world in self.worlds for day in world.readouts[a].days]
        return float(np.mean([day["retrieved"] for day in days if day["day"] > 0]))

    def weights(self, a: int) -> dict[str, float]:
        """Return the range of the weights in force at the end; 1 where there are no groups."""
        at_end = [world.readouts[a].group_weights for world in self.worlds]
        weights = [w for of_groups in at_end for w in (of_groups if len(of_groups) else np.ones(1))]
        return {"min": float(min(weights)), "max": float(max(weights))}

    def topic_correlation(self, a: int) -> dict[str, float]:
        """Return the correlations of impressions and items: within topics over days, and across topics."""
        readouts = [world.readouts[a] for world in self.worlds]
        return {
            "within": float(np.mean([one.topic_correlation for one in readouts])),
            "across": float(np.mean([one.topic_correlation_across for one in readouts])),
        }

    def as_dict(self) -> dict[str, Any]:
        """Return every figure and what it takes to have them again, ready for JSON; nothing depends on the clock."""
        experiment, first = self.experiment, self.worlds[0]
        file, own = experiment.population, experiment.mechanisms
        by_label = {label: a for a, label in enumerate(self.labels)}
        return plain(
            {
                "arms": self.labels,
                "mechanisms": {
                    label: type(own[arm]).__name__ if arm in own else absolute(arm)
                    for label, arm in zip(self.labels, experiment.arms, strict=True)
                },
                "plugin_files": plugin_files(
                    *({"mechanism": arm} for arm in experiment.arms if arm not in own)
                ),
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
                "lifts": [self._lift(arm, lift) for arm in self.arms for lift in arm.lifts],
                "table_2": [self._table_2(arm) for arm in self.arms],
                "topic_correlation": {label: self.topic_correlation(a) for label, a in by_label.items()},
                "retrieved": {label: self.retrieved(a) for label, a in by_label.items()},
                "weights": {label: self.weights(a) for label, a in by_label.items()},
            }
        )

    def _lift(self, arm: ArmLifts, lift: Lift) -> dict[str, Any]:
        numbers = dict(vars(lift))
        metric, rejected, by_users = (numbers.pop(key) for key in ("metric", "rejected", "users_rejected"))
        row = {"arm": arm.arm, "metric": metric.key, "label": metric.label, **numbers}
        row |= {"paper": self.paper(lift), "beside_paper": self.beside_paper(lift)}
        return row | {"rejected": rejected, "users_rejected": by_users}

    def _table_2(self, arm: ArmLifts) -> dict[str, Any]:
        table: dict[str, Any] = {"arm": arm.arm, "columns": columns_of(self.worlds[0])}
        for name in QUARTERED:
            table[name] = [lift.lift for lift in arm.quartered(name)]
            table[f"paper_{name}"] = [self.paper(lift) for lift in arm.quartered(name)]
        return table


def columns_of(world: World) -> list[str]:
    """Return the ranges of groups, by falling size from 1, in Table 2's columns: quarters of the traffic."""
    groups, quarters = world.population.groups, world.population.quarters
    titles = []
    for k in range(4):
        ranks = groups[quarters == k]
        titles.append(f"{ranks.min() + 1}-{ranks.max() + 1}" if len(ranks) else "none")
    return titles
