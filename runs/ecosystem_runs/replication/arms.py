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

    utilities: list[float]  # of groups, (L,): mean over the last tenth of epochs; without any the last step's
    utilities_default: list[float]  # the same under default terms
    exploitability: list[float]  # relative, at `LOOKS` moments; none where nobody looks
    gaining: list[float]  # share of creators that gain within eta / 4^k at the end; as above
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
    return _run(job, LOOKS)


def run_arm_unseen(job: Job) -> StudiedRun:
    """Run the economy once without a look at exploitability, which takes longer than the run where lists are long."""
    return _run(job, looks=0)


def _run(job: Job, looks: int) -> StudiedRun:
    model = job.model()
    look, gains, at_default = np.random.default_rng(job.seed), [], []
    looked_at = {(k + 1) * model.horizon // looks for k in range(looks)}
    epochs = model.horizon // model.epoch_length
    tail = max(1, epochs // 10)
    ends = {(epochs - k) * model.epoch_length if epochs else model.horizon for k in range(tail)}
    for step in sorted(looked_at | ends | {model.horizon}):
        model.run(step - model.steps)
        if step in looked_at:
            gains.append(exploitability(model, look, trials=8).relative)
        if step in ends:
            utilities = model.market.user_utilities(model.beta, model.K)
            at_default.append(group_means(utilities, model.groups, model.n_groups, model.user_mass))
    of_epochs = model.datacollector.tables["groups"]["utility"] if epochs else model.group_utilities
    deployed = np.array(of_epochs).reshape(-1, model.n_groups)
    return StudiedRun(
        **recorded(model),
        utilities=deployed[-tail:].mean(axis=0).tolist(),
        utilities_default=np.mean(at_default, axis=0).tolist(),
        exploitability=gains,
        gaining=[found.gaining for found in lne_check(model, look, trials=16)] if looks else [],
        strategies_hash=strategies_hash(model),
    )
