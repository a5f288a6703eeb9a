"""The arena: policies in the same worlds, judged by what they do for content, fairness and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ecosystem.economy import CreatorEconomy
from ecosystem.environments import environment_of
from ecosystem.metrics import tail_mean
from ecosystem.policies import BASE, Policy, policy_of
from ecosystem.testing import check_plugins
from ecosystem.yardsticks.equilibrium import exploitability
from ecosystem.yardsticks.final import Final, Recorded
from ecosystem.yardsticks.intervals import paired_interval
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.fingerprints import strategies_sha256
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.paired.arms import COUNTS, NUMBERS, Arm, Job, cells_of, run_cells
from ecosystem_runs.paired.planned import planned_worlds
from ecosystem_runs.parameters import plugin_files
from ecosystem_runs.plain import plain

CONTROLS = {"smt": "smt_sharpness", "hmt": "hmt_sharpness"}
"""What is shown with terms of each user's own, and its control: the same sharpness for everybody."""

COLUMNS: dict[str, pa.DataType] = {
    "welfare": NUMBERS,  # per step, the start included
    "welfare_default": NUMBERS,
    "weights": NUMBERS,  # (epochs, L), flat
    "sizes": COUNTS,  # (L,)
    "groups": NUMBERS,  # (L,), under default terms, mean over the last steps
    "groups_deployed": NUMBERS,  # (L,), under the terms shown
    "creator_gini": pa.float64(),  # these three: mean over the last steps
    "negative_pay": pa.float64(),
    "payout": pa.float64(),
    "exploitability": pa.float64(),  # at the end
    "strategies_sha256": pa.string(),
}

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
    """Policies in the worlds of an environment.

    Attributes
    ----------
    environment : str
    policies : list of Policy
        No intervention first; controls behind the policies they control for.
    seeds, steps : int
        Worlds, seeds 0 to `seeds` - 1, and the horizon of each run.
    settings : mapping
        Other parameters of the model, the same for all.
    """

    environment: str
    policies: Sequence[Policy]
    seeds: int
    steps: int
    settings: Mapping[str, Any]

    @property
    def evaluation(self) -> str:
        """How creators compare: as set, or as the environment has it."""
        return str(self.settings.get("lbr_evaluation") or environment_of(self.environment).lbr_evaluation)

    @cached_property
    def sharpness_of(self) -> dict[str, str]:
        """Name of the matched-sharpness control of each policy that gives users terms of their own."""
        return {
            policy.name: f"{policy.name}_sharpness"
            for policy in self.policies
            if policy.mechanism in CONTROLS
        }

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
        CreatorEconomy(**parameters_of(found), **policy.parameters() | {"rng": 0})
    return found


def parameters_of(arena: Arena) -> dict[str, Any]:
    """Return the model's parameters that all policies share."""
    return {"environment": arena.environment, "horizon": arena.steps} | dict(arena.settings)


def run_policy(job: Job) -> dict[str, Any]:
    """Run one policy in one world: a pure function of (parameters, seed, weights to follow).

    Returns
    -------
    dict
        `COLUMNS`. The Gini coefficient counts negative pay as 0. Exploitability draws from a stream of its own.
    """
    parameters, seed, history = job
    model = CreatorEconomy(**parameters, rng=seed)
    if history is not None:
        model.follow_weights(np.array(history))
    played = Recorded(model)
    played.play()
    final = played.final()
    return {
        "welfare": model.datacollector.model_vars["welfare"],
        "welfare_default": model.datacollector.model_vars["welfare_default"],
        "weights": model.datacollector.tables["groups"]["weight"],
        "sizes": np.bincount(model.groups, minlength=model.n_groups).tolist(),
        "groups": final.groups.tolist(),
        "groups_deployed": final.groups_deployed.tolist(),
        "creator_gini": final.creator_gini,
        "negative_pay": final.negative_pay,
        "payout": final.payout,
        "exploitability": exploitability(model, np.random.default_rng(seed), trials=8).relative,
        "strategies_sha256": strategies_sha256(model),
    }


def compete(arena: Arena, folder: Path, engine: Engine, quiet: bool = False) -> list[dict[str, Any]]:
    """Run what is missing of an arena and return its table: `rows_of`.

    Parameters
    ----------
    arena : Arena
    folder : Path
        Where runs and the planner's results are kept as they finish.
    engine : Engine
        Not started yet.
    quiet : bool
        Whether to show no progress.
    """
    arms: dict[str, Arm] = {}
    for policy in arena.policies:
        own = policy.parameters()
        mechanism = own.pop("mechanism")
        arms[policy.name] = Arm(policy.name, mechanism, settings=own)
        control = arena.sharpness_of.get(policy.name)
        if control is not None:
            arms[control] = Arm(control, CONTROLS[mechanism], copies=policy.name, settings=own)
    cells = cells_of("arena", parameters_of(arena), arms, arena.seeds, arena.steps)
    found = run_cells(cells, arms, run_policy, COLUMNS, folder, arena.description(), engine, quiet)
    planned = planned_worlds(parameters_of(arena), arena.seeds, folder, engine, quiet)
    runs = {name: found["arena", name] for name in arms}
    return rows_of(runs, np.array([row["welfare"] for row in planned]), arena.steps, arena.control_of)


def rows_of(
    runs: Mapping[str, Sequence[Mapping[str, Any]]],
    planned: np.ndarray,
    steps: int,
    control_of: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the table, a row a policy: means over seeds, and intervals of differences paired by seed.

    Parameters
    ----------
    runs : mapping
        By policy, `COLUMNS` of each seed in order; "none" among them.
    planned : (s,) array
        The planner's default-terms welfare in each world; NaN where there is none.
    steps : int
        T.
    control_of : mapping
        Name of the control of each policy that has one.

    Returns
    -------
    list of dict
        policy, then means: welfare_default, welfare, share, worst_group, sd_groups (both on default terms),
        worst_group_deployed, sd_groups_deployed, creator_gini, negative_pay, payout, exploitability; half_headroom,
        the median of steps until half the headroom is reached (None: never in half of the worlds), and reached, in
        how many worlds it is; planned, the planner's default-terms welfare. Intervals: share_interval, less_none and
        less_control (by quantity of `COMPARED`).
    """
    base = measures(runs[BASE], runs[BASE], planned, steps)
    own = {name: measures(of, runs[BASE], planned, steps) for name, of in runs.items()}
    rows = []
    for name, found in own.items():
        control = control_of.get(name)
        until = found["half_headroom"]
        row: dict[str, Any] = {"policy": name, "seeds": len(until)}
        row |= {key: plain(values.mean()) for key, values in found.items() if key != "half_headroom"}
        row |= {"half_headroom": plain(np.median(until)), "reached": int(np.isfinite(until).sum())}
        row["planned"] = plain(planned.mean())
        row["share_interval"] = vars(paired_interval(found["share"]))
        row["less_none"] = None if name == BASE else _differences(found, base)
        row["control"] = control
        row["less_control"] = None if control is None else _differences(found, own[control])
        rows.append(row)
    return rows


def measures(
    runs: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]], planned: np.ndarray, steps: int
) -> dict[str, np.ndarray]:
    """Return every quantity of one policy, an array (s,) each: one number a seed.

    Parameters
    ----------
    runs, base : sequence
        `COLUMNS` of the policy and of no intervention, by seed.
    planned, steps
        As for `rows_of`.
    """
    finals, idle = ([final_of(run, steps) for run in some] for some in (runs, base))
    halves = [
        (low.welfare_default + high) / 2 if high > low.welfare_default else np.nan
        for low, high in zip(idle, planned, strict=True)
    ]
    until = [
        steps_until(np.array(run["welfare_default"]), half) for run, half in zip(runs, halves, strict=True)
    ]
    return {
        **{key: np.array([getattr(final, key) for final in finals]) for key in MEASURES},
        "share": np.array([final.share(*world) for final, *world in zip(finals, idle, planned, strict=True)]),
        "exploitability": np.array([run["exploitability"] for run in runs], dtype=np.float64),
        "half_headroom": np.array(until),
    }


def final_of(run: Mapping[str, Any], steps: int) -> Final:
    """Return the final figures of a run of `steps` steps from its `COLUMNS`."""
    return Final(
        welfare=tail_mean(run["welfare"], steps),
        welfare_default=tail_mean(run["welfare_default"], steps),
        groups=np.asarray(run["groups"]),
        groups_deployed=np.asarray(run["groups_deployed"]),
        creator_gini=float(run["creator_gini"]),
        negative_pay=float(run["negative_pay"]),
        payout=float(run["payout"]),
    )


def steps_until(series: np.ndarray, level: float) -> float:
    """Return the first step at which `series` (T + 1,), the start included, is at least `level`; inf for never."""
    above = np.flatnonzero(series >= level)
    return float(above[0]) if len(above) else float("inf")


def _differences(own: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    return {key: vars(paired_interval(own[key] - other[key])) for key in COMPARED}
