"""The arms of the paper's experiments, controls included, and a run of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.yardsticks.equilibrium import exploitability, lne_check
from ecosystem_agents.reweighting import group_means
from ecosystem_runs.digests.hashes import strategies_hash
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.arms import Arm, ArmRun, recorded

MECHANISMS = ("uir", "smt", "hmt")
CORE = ("none", *MECHANISMS)
"""The arms that every reading of the paper has."""
FIGURE_ARMS = (*CORE, "smt_sharpness", "hmt_sharpness")
"""Those of Figures 2 and 3."""
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
    """What is kept of a run of the paper's experiments."""

    utilities: list[float]  # of groups, (L,): mean over the last tenth of epochs
    utilities_default: list[float]  # of groups at the end, under default terms
    exploitability: list[float]  # relative, at `LOOKS` moments
    gaining: list[float]  # share of creators that gain within eta / 4^k at the end
    strategies_hash: str

    @property
    def order(self) -> np.ndarray:
        """Groups, (L,), the largest first."""
        return np.argsort(-np.array(self.sizes), kind="stable")

    def by_size(self, column: str) -> np.ndarray:
        """Return a quantity of groups, (L,), the largest first; of weights those deployed last."""
        values = self.weights_by_epoch()[-1] if column == "weights" else np.array(getattr(self, column))
        return np.asarray(values[self.order])


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
        strategies_hash=strategies_hash(model),
    )
