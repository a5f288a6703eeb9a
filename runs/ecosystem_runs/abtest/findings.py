"""What an A/B test found: lifts of every arm over the first, and all figures as JSON (Section 5.2.2, Table 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.abtest.experiment import Experiment, World
from ecosystem_runs.abtest.readout import WEEK, ArmReadout, metrics
from ecosystem_runs.abtest.statistics import LEVEL_OF_TESTS, Lift, Resampled, combine, compare
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


@dataclass(frozen=True)
class Findings:
    """All that an experiment found in its worlds."""

    experiment: Experiment
    worlds: Sequence[World]

    @cached_property
    def readouts(self) -> dict[str, list[ArmReadout]]:
        """What each arm read out in every world, by arm names made distinct; the control first."""
        by_arm = zip(*(world.readouts for world in self.worlds), strict=True)
        return {label: list(of_arm) for label, of_arm in zip(self.experiment.labels, by_arm, strict=True)}

    @property
    def labels(self) -> list[str]:
        """Arm names made distinct, the control first."""
        return list(self.readouts)

    @cached_property
    def arms(self) -> list[ArmLifts]:
        """The lifts of every arm over the first.

        With one world the interval is two-way over its users and creators; with more it is over worlds.
        """
        experiment = self.experiment
        compared = metrics(experiment.days // WEEK, experiment.is_aa)
        by_world: list[list[list[Lift]]] = []  # world, arm, metric
        for replicate, world in enumerate(self.worlds):
            # A stream apart from those that the worlds were made with.
            seed = np.random.SeedSequence(experiment.seed, spawn_key=(replicate, 0, 0))
            control, *tests = (
                Resampled(readout, np.random.default_rng(stream), experiment.resamples)
                for readout, stream in zip(world.readouts, seed.spawn(len(world.readouts)), strict=True)
            )
            by_world.append([[compare(control, test, metric) for metric in compared] for test in tests])
        found = []
        for label, of_arm in zip(self.labels[1:], zip(*by_world, strict=True), strict=True):
            per_metric = zip(*of_arm, strict=True)
            found.append(ArmLifts(label, [row[0] if len(row) == 1 else combine(row) for row in per_metric]))
        return found

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

    def as_dict(self) -> dict[str, Any]:
        """Return every figure and what it takes to have them again, ready for JSON; nothing depends on the clock."""
        experiment, first = self.experiment, self.worlds[0]
        described, own = experiment.description(), experiment.mechanisms
        return plain(
            {
                "arms": self.labels,
                "mechanisms": {
                    label: type(own[arm]).__name__ if arm in own else absolute(arm)
                    for label, arm in zip(self.labels, experiment.arms, strict=True)
                },
                "inputs": described["inputs"],
                "days": experiment.days,
                "burn_in": experiment.burn_in,
                "users": len(first.readouts[0].users["one"]),
                "creators": len(first.readouts[0].creators["other"]),
                "groups": first.population.n_groups,
                "users_outside_groups": float((first.population.groups < 0).mean()),
                "replicates": experiment.replicates,
                "seed": experiment.seed,
                "min_group": experiment.min_group,
                "population": described["population"] or "synthetic",
                "relevance": experiment.relevance,
                "resamples": experiment.resamples,
                "settings": described["settings"],
                "lifts": [self._lift(arm, lift) for arm in self.arms for lift in arm.lifts],
                "table_2": [self._table_2(arm) for arm in self.arms],
                "topic_correlation": {
                    label: topic_correlation(of_arm) for label, of_arm in self.readouts.items()
                },
                "retrieved": {label: retrieved(of_arm) for label, of_arm in self.readouts.items()},
                "weights": {label: weights_at_end(of_arm) for label, of_arm in self.readouts.items()},
            }
        )

    def _lift(self, arm: ArmLifts, lift: Lift) -> dict[str, Any]:
        numbers = dict(vars(lift))
        metric, rejected, by_users = (numbers.pop(key) for key in ("metric", "rejected", "users_rejected"))
        row = {"arm": arm.arm, "metric": metric.key, "label": metric.label, **numbers}
        row |= {"paper": lift.metric.paper, "beside_paper": self.beside_paper(lift)}
        return row | {"rejected": rejected, "users_rejected": by_users}

    def _table_2(self, arm: ArmLifts) -> dict[str, Any]:
        table: dict[str, Any] = {"arm": arm.arm, "columns": columns_of(self.worlds[0])}
        for name in QUARTERED:
            table[name] = [lift.lift for lift in arm.quartered(name)]
            table[f"paper_{name}"] = [lift.metric.paper for lift in arm.quartered(name)]
        return table


def retrieved(readouts: Sequence[ArmReadout]) -> float:
    """Return the share of the cold pool that a request retrieved, mean over the days of the test."""
    during = [readout.days["retrieved"][readout.days["day"] > 0] for readout in readouts]
    return float(np.mean(np.concatenate(during)))


def weights_at_end(readouts: Sequence[ArmReadout]) -> dict[str, float]:
    """Return the range of the weights in force at the end; 1 where there are no groups."""
    weights = [readout.groups["weight"] for readout in readouts]
    at_end = np.concatenate([of_groups if len(of_groups) else np.ones(1) for of_groups in weights])
    return {"min": float(at_end.min()), "max": float(at_end.max())}


def topic_correlation(readouts: Sequence[ArmReadout]) -> dict[str, float]:
    """Return the correlations of impressions and items: within topics over days, and across topics."""
    kinds = readouts[0].topics
    return {kind: float(np.mean([readout.topics[kind] for readout in readouts])) for kind in kinds}


def columns_of(world: World) -> list[str]:
    """Return the ranges of groups, by falling size from 1, in Table 2's columns: quarters of the traffic."""
    groups, quarters = world.population.groups, world.population.quarters
    titles = []
    for k in range(4):
        ranks = groups[quarters == k]
        titles.append(f"{ranks.min() + 1}-{ranks.max() + 1}" if len(ranks) else "none")
    return titles
