"""The arena: policies in the same worlds, judged by what they do for content, fairness and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.environments import environment_of
from ecosystem.policies import DECIDED, Policy
from ecosystem.yardsticks.equilibrium import exploitability
from ecosystem.yardsticks.final import Recorded
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.arena.table import PolicyRow, PolicyRun, Yardsticks, rows_of
from ecosystem_runs.digests.hashes import strategies_hash
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.arms import Arm, cells_of, recorded, run_cells
from ecosystem_runs.paired.planned import UNPLANNED, planned_worlds
from ecosystem_runs.paired.policies import base_first
from ecosystem_runs.paired.worlds import Worlds

CONTROLS = {"smt": "smt_sharpness", "hmt": "hmt_sharpness"}
"""What is shown with terms of each user's own, and its control: the same sharpness for everybody."""


@dataclass(frozen=True)
class Arena:
    """Policies in the same worlds; no intervention stands first, controls behind what they control for."""

    worlds: Worlds
    policies: Sequence[Policy]
    planner: bool = True  # whether shares of what it finds are told; the runs are the same

    @property
    def shared(self) -> dict[str, Any]:
        """The model's parameters that all policies share."""
        worlds = self.worlds
        return {"environment": worlds.environment, "horizon": worlds.steps} | dict(worlds.settings)

    @property
    def evaluation(self) -> str:
        """How creators compare: as set, or as the environment has it."""
        own = environment_of(self.worlds.environment).lbr_evaluation
        return str(self.worlds.settings.get("lbr_evaluation") or own)

    @cached_property
    def sharpness_of(self) -> dict[str, str]:
        """Name of the matched-sharpness control of each policy that gives users terms of their own."""
        return {p.name: f"{p.name}_sharpness" for p in self.policies if p.mechanism in CONTROLS}

    @cached_property
    def control_of(self) -> dict[str, str]:
        """Name of the control of each policy that has one.

        Matched sharpness; for other policies that show what is not the default and pay otherwise than by
        relevance, the policy that pays by relevance on what it shows and is the same else, where it competes.
        """

        def else_of(policy: Policy) -> frozenset[tuple[str, Any]]:
            own = policy.parameters().items()
            return frozenset((name, value) for name, value in own if name not in ("reward", "pay_terms"))

        controlled = [policy for policy in self.policies if policy.mechanism != "none"]
        plain = {
            else_of(policy): policy.name
            for policy in controlled
            if (policy.reward, policy.pay_terms) == ("relevance", "deployed")
        }
        paid = [policy for policy in controlled if policy.reward != "relevance"]
        same = {policy.name: plain[else_of(policy)] for policy in paid if else_of(policy) in plain}
        return same | self.sharpness_of

    def description(self) -> dict[str, Any]:
        """Return what the arena is, as plain JSON."""
        policies = {policy.name: policy.parameters() for policy in self.policies}
        own = {"experiment": "arena", "environment": self.worlds.environment, "policies": policies}
        return own | self.worlds.description("arena", *policies.values())


def arena_of(worlds: Worlds, policies: Sequence[Policy]) -> Arena:
    """Return an arena of these policies, no intervention in front; each is built once, which checks its values."""
    for name in DECIDED:
        if name in worlds.settings:
            raise BadInput(f"--set names {name}, which policies decide; write a policy with it instead")
    worlds = replace(worlds, environment=lookup.absolute(worlds.environment))
    wanted = base_first(policies, worlds.parameters | {"horizon": worlds.steps})
    names, found = [policy.name for policy in wanted], Arena(worlds, wanted)
    twice = [name for k, name in enumerate(names) if name in names[:k] or name in found.sharpness_of.values()]
    if twice:
        raise BadInput(f"two policies are called {twice[0]!r}; rename or leave out one")
    return found


def run_policy(job: Job) -> PolicyRun:
    """Run one policy in one world; exploitability draws from a stream of its own."""
    model = job.model()
    played = Recorded(model)
    played.play()
    final = played.final()
    return PolicyRun(
        **recorded(model),
        groups=final.groups.tolist(),
        groups_deployed=final.groups_deployed.tolist(),
        creator_gini=final.creator_gini,
        negative_pay=final.negative_pay,
        payout=final.payout,
        turnovers=final.turnovers,
        exploitability=exploitability(model, np.random.default_rng(job.seed), trials=8).relative,
        strategies_hash=strategies_hash(model),
    )


def compete(arena: Arena, folder: Path, engine: Engine, quiet: bool = False) -> list[PolicyRow]:
    """Run what is missing of an arena, runs and the planner's results kept in `folder`; return its table."""
    arms: dict[str, Arm] = {}
    for policy in arena.policies:
        own = policy.parameters()
        mechanism = own.pop("mechanism")
        arms[policy.name] = Arm(policy.name, mechanism, settings=own)
        control = arena.sharpness_of.get(policy.name)
        if control is not None:
            arms[control] = Arm(control, CONTROLS[mechanism], copies=policy.name, settings=own)
    seeds, steps = arena.worlds.numbers, arena.worlds.steps
    cells = cells_of("arena", arena.shared, arms, seeds, steps)
    found = run_cells(cells, arms, run_policy, PolicyRun, arena.description(), folder, engine, quiet)
    planned = [UNPLANNED] * len(seeds)
    if arena.planner:
        planned = planned_worlds([arena.shared], seeds, folder, engine, quiet)[0]
    runs = {name: found["arena", name] for name in arms}
    worlds = np.array([(one.welfare, one.attainable) for one in planned])
    return rows_of(runs, Yardsticks(*worlds.T), steps, arena.control_of)
