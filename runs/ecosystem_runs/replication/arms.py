"""The arms of the paper's experiments, controls included, and a run of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.yardsticks.equilibrium import exploitability, lne_check
from ecosystem_agents.reweighting import group_means
from ecosystem_runs.fingerprints import strategies_sha256
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.arms import Arm, ArmRun, recorded

LOOKS = 10
"""How many times along a run exploitability is sampled."""

ARMS: dict[str, Arm] = {
    "none": Arm("no intervention", "none"),
    "uir": Arm("UIR", "uir"),
    "smt": Arm("SMT", "smt"),
    "hmt": Arm("HMT", "hmt"),
    "smt_sharpness": Arm("matched sharpness, SMT", "smt_sharpness", copies="smt"),
    "hmt_sharpness": Arm("matched sharpness, HMT", "hmt_sharpness", copies="hmt"),
    "uir_frozen": Arm("frozen weights, UIR", "uir", copies="uir", frozen=True),
    "smt_frozen": Arm("frozen weights, SMT", "smt", copies="smt", frozen=True),
    "hmt_frozen": Arm("frozen weights, HMT", "hmt", copies="hmt", frozen=True),
}
"""Every arm by name. "none" doubles as the idle platform: it computes weights and deploys none of them."""


@dataclass(frozen=True)
class StudiedRun(ArmRun):
    """What is kept of a run of the paper's experiments.

    Attributes
    ----------
    utilities, utilities_default : (L,) list
        Of groups: mean over the last tenth of epochs; at the end under default terms.
    exploitability : list
        Relative, at `LOOKS` moments.
    gaining : list
        Share of creators that gain within eta / 4^k at the end.
    """

    utilities: list[float]
    utilities_default: list[float]
    exploitability: list[float]
    gaining: list[float]
    strategies_sha256: str


def run_arm(job: Job) -> StudiedRun:
    """Run the economy once; exploitability draws from a stream of its own, so that looking changes nothing."""
    model = job.model()
    look, gains = np.random.default_rng(job.seed), []
    for k in range(LOOKS):
        model.run((k + 1) * model.horizon // LOOKS - model.steps)
        gains.append(exploitability(model, look, trials=8).relative)
    groups = model.datacollector.tables["groups"]
    epochs, shape = len(groups["step"]) // model.n_groups, (-1, model.n_groups)
    tail = np.array(groups["utility"]).reshape(shape)[-max(1, epochs // 10) :]
    at_default = model.market.user_utilities(model.beta, model.K)
    return StudiedRun(
        **recorded(model),
        utilities=tail.mean(axis=0).tolist(),
        utilities_default=group_means(at_default, model.groups, model.n_groups, model.user_mass).tolist(),
        exploitability=gains,
        gaining=[found.gaining for found in lne_check(model, look, trials=16)],
        strategies_sha256=strategies_sha256(model),
    )
