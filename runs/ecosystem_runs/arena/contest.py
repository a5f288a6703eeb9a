"""The arena: policies in the same worlds, judged by what they do for content, fairness and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.economy import CreatorEconomy
from ecosystem.environments import environment_of
from ecosystem.metrics import tail_mean
from ecosystem.policies import BASE, Policy, policy_of
from ecosystem.testing import check_plugins
from ecosystem.yardsticks.equilibrium import exploitability
from ecosystem.yardsticks.final import Final, Recorded
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.fingerprints import strategies_sha256
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.arms import Arm, cells_of, run_cells
from ecosystem_runs.paired.planned import planned_worlds
from ecosystem_runs.parameters import plugin_files
from ecosystem_runs.plain import plain

CONTROLS = {"smt": "smt_sharpness", "hmt": "hmt_sharpness"}
"""What is shown with terms of each user's own, and its control: the same sharpness for everybody."""

MEASURES = (
    "welfare_default",
    "welfare",
    "worst_group",
    "sd_groups",
    "worst_group_deployed",
    "sd_groups_deployed",
    "creator_gini",
    "negative_pay",
    "payout",
)
"""What is told of a policy in one world, by the names of `Final`."""
COMPARED = ("welfare_default", "welfare", "worst_group", "sd_groups", "creator_gini", "payout")
"""What is compared with no intervention and with the control, paired by seed."""
DECIDED_BY_POLICIES = ("reward", "pay_terms", "weighting", "schedule")


@dataclass(frozen=True)
class Arena:
    """Policies in the worlds of an environment, seeds 0 to `seeds` - 1, each run for `steps`.

    No intervention stands first among the policies, controls behind what they control for; `settings` are other
    parameters of the model, the same for all.
    """

    environment: str
    policies: Sequence[Policy]
    seeds: int
    steps: int
    settings: Mapping[str, Any]

    @property
    def shared(self) -> dict[str, Any]:
        """The model's parameters that all policies share."""
        return {"environment": self.environment, "horizon": self.steps} | dict(self.settings)

    @property
    def evaluation(self) -> str:
        """How creators compare: as set, or as the environment has it."""
        return str(self.settings.get("lbr_evaluation") or environment_of(self.environment).lbr_evaluation)

    @cached_property
    def sharpness_of(self) -> dict[str, str]:
        """Name of the matched-sharpness control of each policy that gives users terms of their own."""
        return {p.name: f"{p.name}_sharpness" for p in self.policies if p.mechanism in CONTROLS}

    @cached_property
    def control_of(self) -> dict[str, str]:
        """Name of the control of each policy that has one.

        Matched sharpness; for other policies that show what is not the default and pay otherwise than by
        relevance, the policy that shows the same and pays by relevance, where it competes.
        """
        plain = {
            p.mechanism: p.name
            for p in self.policies
            if (p.reward, p.weighting) == ("relevance", "mechanism")
        }
        same = {
            p.name: plain[p.mechanism]
            for p in self.policies
            if p.mechanism != "none" and p.mechanism in plain
        }
        return {name: other for name, other in same.items() if name != other} | self.sharpness_of

    def description(self) -> dict[str, Any]:
        """Return what the arena is, as plain JSON."""
        policies = {policy.name: policy.parameters() for policy in self.policies}
        files = plugin_files({"environment": self.environment}, self.settings, *policies.values())
        return {
            "experiment": "arena",
            "environment": self.environment,
            "policies": policies,
            "seeds": self.seeds,
            "steps": self.steps,
            "settings": dict(self.settings),
        } | ({"plugin_files": files} if files else {})


def arena_of(
    environment: str, policies: Sequence[Policy], seeds: int, steps: int | None, settings: Mapping[str, Any]
) -> Arena:
    """Return an arena of these policies, with no intervention in front.

    Raises
    ------
    BadInput
        If a setting is what policies decide, a name comes twice, or a value is out of range: each policy is built
        once in the first world.
    """
    for name in DECIDED_BY_POLICIES:
        if name in settings:
            raise BadInput(f"--set names {name}, which policies decide; write a policy with it instead")
    wanted = [policy_of(BASE), *(policy for policy in policies if policy.name != BASE)]
    names = [policy.name for policy in wanted]
    steps = environment_of(environment).horizon if steps is None else steps
    found = Arena(lookup.absolute(environment), wanted, seeds, steps, dict(settings))
    twice = [name for k, name in enumerate(names) if name in names[:k] or name in found.sharpness_of.values()]
    if twice:
        raise BadInput(f"two policies are called {twice[0]!r}; rename or leave out one")
    for policy in wanted:
        check_plugins(policy.parameters())
        CreatorEconomy(**found.shared, **policy.parameters(), rng=0)
    return found


@dataclass(frozen=True)
class PolicyRun:
    """What is kept of a policy in one world.

    Attributes
    ----------
    welfare, welfare_default : (T + 1,) list
        Per step, the start included.
    weights : (epochs * L,) list
    sizes : (L,) list
    groups, groups_deployed : (L,) list
    creator_gini, negative_pay, payout : float
        These five as in `Final`.
    exploitability : float
        At the end.
    strategies_sha256 : str
    """

    welfare: list[float]
    welfare_default: list[float]
    weights: list[float]
    sizes: list[int]
    groups: list[float]
    groups_deployed: list[float]
    creator_gini: float
    negative_pay: float
    payout: float
    exploitability: float
    strategies_sha256: str

    def final(self, steps: int) -> Final:
        """Return the final figures of the run, which had so many steps."""
        return Final(
            welfare=tail_mean(self.welfare, steps),
            welfare_default=tail_mean(self.welfare_default, steps),
            groups=np.asarray(self.groups),
            groups_deployed=np.asarray(self.groups_deployed),
            creator_gini=self.creator_gini,
            negative_pay=self.negative_pay,
            payout=self.payout,
        )


@dataclass(frozen=True)
class PolicyRow:
    """A row of the table: means over seeds, and differences paired by seed; None where there is no number.

    Attributes
    ----------
    share : float, optional
        Part of the way from no intervention to the planner; `share_interval` has its interval.
    half_headroom : float, optional
        The median of steps until half the headroom is reached, None where it never is in half of the worlds;
        `reached` says in how many it is.
    planned : float, optional
        The planner's default-terms welfare.
    less_none, less_control : dict, optional
        By quantity of `COMPARED`.
    """

    policy: str
    seeds: int
    welfare_default: float
    welfare: float
    worst_group: float
    sd_groups: float
    worst_group_deployed: float
    sd_groups_deployed: float
    creator_gini: float | None
    negative_pay: float
    payout: float
    share: float | None
    exploitability: float | None
    half_headroom: float | None
    reached: int
    planned: float | None
    share_interval: PairedInterval
    less_none: dict[str, PairedInterval] | None
    control: str | None
    less_control: dict[str, PairedInterval] | None


def run_policy(job: Job) -> PolicyRun:
    """Run one policy in one world; exploitability draws from a stream of its own."""
    model = job.model()
    played = Recorded(model)
    played.play()
    final = played.final()
    return PolicyRun(
        welfare=model.datacollector.model_vars["welfare"],
        welfare_default=model.datacollector.model_vars["welfare_default"],
        weights=model.datacollector.tables["groups"]["weight"],
        sizes=np.bincount(model.groups, minlength=model.n_groups).tolist(),
        groups=final.groups.tolist(),
        groups_deployed=final.groups_deployed.tolist(),
        creator_gini=final.creator_gini,
        negative_pay=final.negative_pay,
        payout=final.payout,
        exploitability=exploitability(model, np.random.default_rng(job.seed), trials=8).relative,
        strategies_sha256=strategies_sha256(model),
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
    cells = cells_of("arena", arena.shared, arms, arena.seeds, arena.steps)
    found = run_cells(cells, arms, run_policy, PolicyRun, arena.description(), folder, engine, quiet)
    planned = planned_worlds(arena.shared, arena.seeds, folder, engine, quiet)
    runs = {name: found["arena", name] for name in arms}
    return rows_of(runs, np.array([one.welfare for one in planned]), arena.steps, arena.control_of)


def rows_of(
    runs: Mapping[str, Sequence[PolicyRun]],
    planned: np.ndarray,
    steps: int,
    control_of: Mapping[str, str],
) -> list[PolicyRow]:
    """Return the table, a row a policy.

    Parameters
    ----------
    runs : mapping
        By policy, the run of each seed in order; no intervention among them.
    planned : (s,) array
        The planner's default-terms welfare in each world; NaN where there is none.
    steps : int
        T.
    control_of : mapping
        Name of the control of each policy that has one.
    """
    measured = {name: measures(of, runs[BASE], planned, steps) for name, of in runs.items()}
    rows = []
    for name, own in measured.items():
        control, until = control_of.get(name), own.pop("half_headroom")
        means: dict[str, Any] = {key: plain(values.mean()) for key, values in own.items()}
        rows.append(
            PolicyRow(
                policy=name,
                seeds=len(until),
                **means,
                half_headroom=plain(np.median(until)),
                reached=int(np.isfinite(until).sum()),
                planned=plain(planned.mean()),
                share_interval=paired_interval(own["share"]),
                less_none=None if name == BASE else _differences(own, measured[BASE]),
                control=control,
                less_control=None if control is None else _differences(own, measured[control]),
            )
        )
    return rows


def measures(
    runs: Sequence[PolicyRun], base: Sequence[PolicyRun], planned: np.ndarray, steps: int
) -> dict[str, np.ndarray]:
    """Return every quantity of one policy, an array (s,) each: one number a seed; `base` is no intervention."""
    finals, idle = ([run.final(steps) for run in some] for some in (runs, base))
    worlds = list(zip(finals, idle, planned, strict=True))
    halves = [
        (low.welfare_default + high) / 2 if high > low.welfare_default else np.nan for _, low, high in worlds
    ]
    until = [steps_until(np.array(run.welfare_default), half) for run, half in zip(runs, halves, strict=True)]
    return {
        **{key: np.array([getattr(final, key) for final in finals]) for key in MEASURES},
        "share": np.array([final.share(low, high) for final, low, high in worlds]),
        "exploitability": np.array([run.exploitability for run in runs], dtype=np.float64),
        "half_headroom": np.array(until),
    }


def steps_until(series: np.ndarray, level: float) -> float:
    """Return the first step at which `series` (T + 1,), the start included, is at least `level`; inf for never."""
    above = np.flatnonzero(series >= level)
    return float(above[0]) if len(above) else float("inf")


def _differences(own: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict[str, PairedInterval]:
    return {key: paired_interval(own[key] - other[key]) for key in COMPARED}
