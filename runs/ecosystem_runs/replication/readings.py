"""Readings: what the paper leaves open, each way of reading it a set of the model's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecosystem_runs.replication.arms import ARMS, CORE


@dataclass(frozen=True)
class Reading:
    """One way to read the text.

    Shares of the planner and of the attainable are measured from the baseline of `base`, a reading of the same
    comparison rule; none are reported without.
    """

    name: str
    says: str  # what is read how
    settings: Mapping[str, Any] = field(default_factory=dict)  # parameters that differ from the default
    arms: tuple[str, ...] = CORE
    papers: bool = True  # whether it is a reading of the paper; the others are remedies for comparison
    base: str | None = None


SIMULTANEOUS = Reading(
    "simultaneous",
    "all creators answer the same profile s(t), as Algorithm 2's superscripts read",
    {"order": "simultaneous"},
)
TRAFFIC = Reading(
    "traffic", "creators are paid by traffic, Eq. (6), as the proofs assume", {"reward": "traffic"}
)
TIES_REFUSED = Reading(
    "ties refused",
    "a creator moves for more alone, where Algorithm 2 lets it move for no less: whoever nobody is shown stays",
    {"accept": "better"},
    base="ties refused",
)
WEIGHTS = (
    Reading(
        "default-terms weights",
        "the group utilities of Algorithm 1 are those under the default beta and K",
        {"weights_from": "default"},
    ),
    Reading("alpha kept", "alpha stays at 0.5 throughout", {"late_alpha": 0.5}),
    Reading(
        "alpha a tenth",
        "the weights move a tenth as fast: alpha 0.05, then 0.01",
        {"alpha": 0.05, "late_alpha": 0.01},
    ),
)
"""How the weights of Algorithm 1 are computed."""

CONTRIBUTION = Reading(
    "contribution pay",
    "not the paper's: creators are paid what users would lose without them",
    {"reward": "contribution"},
    arms=("none", "uir"),
    papers=False,
    base="default",
)

SYNTHETIC: tuple[Reading, ...] = (
    Reading(
        "default",
        "the rules of this project, every open question as documented",
        arms=tuple(ARMS),
        base="default",
    ),
    Reading(
        "projected",
        "Algorithm 2 compares where the creator would land, not at the unprojected point",
        {"lbr_evaluation": "projected"},
        base="projected",
    ),
    SIMULTANEOUS,
    TIES_REFUSED,
    TRAFFIC,
    Reading(
        "inverse beta",
        "the printed beta is an inverse temperature here too: temperature 10",
        {"beta": 10.0},
    ),
    Reading("tight start", "creators start within 0.01 of the largest cluster", {"initial_spread": 0.01}),
    Reading("renormalised", "clipped weights are scaled to sum L again", {"renormalise_after_clip": True}),
    *WEIGHTS,
    Reading(
        "traffic and projected",
        "traffic pay, compared where the creator would land",
        {"reward": "traffic", "lbr_evaluation": "projected"},
    ),
    replace(
        CONTRIBUTION, settings={"reward": "contribution", "lbr_evaluation": "projected"}, base="projected"
    ),
)

MOVIELENS: tuple[Reading, ...] = (
    Reading(
        "default",
        "the rules of this project: creators compare the movies where they would land",
        arms=tuple(ARMS),
        base="default",
    ),
    Reading(
        "printed",
        "Algorithm 2 compares at the unprojected point, which is no movie, as printed",
        {"lbr_evaluation": "printed"},
        base="printed",
    ),
    SIMULTANEOUS,
    TIES_REFUSED,
    TRAFFIC,
    Reading(
        "first movie",
        "creators start on the movie that active users rated highest on average, as printed",
        {"start": "highest_rated"},
    ),
    *WEIGHTS,
    CONTRIBUTION,
)

READINGS = {"synthetic": SYNTHETIC, "movielens": MOVIELENS}
"""The readings of Section 5.1.4, by environment."""


def papers(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of the paper, without remedies."""
    return [one for one in readings if one.papers]


FIGURE1: tuple[Reading, ...] = (
    Reading("default", "temperature 0.1, eta 0.1"),
    Reading("temperature 10", "the printed beta = 10 is a temperature", {"beta": 10.0}),
    Reading("eta 0.2", "the learning rate of Section 5.1.3", {"eta": 0.2}),
    Reading("eta 0.5", "a large learning rate", {"eta": 0.5}),
    Reading("simultaneous", "all creators answer the same profile", {"order": "simultaneous"}),
    Reading("traffic", "creators are paid by traffic, Eq. (6)", {"reward": "traffic"}),
)
