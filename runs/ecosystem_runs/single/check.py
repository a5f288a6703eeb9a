"""What a run on a user's own vectors is like and will cost, found before it starts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.compiling import threads
from ecosystem.economy.parameters import DEFAULTS, NAMING, Parameters
from ecosystem.environments import Environment, Setting, environment_of
from ecosystem.environments.check import ROWS, Finding, findings
from ecosystem.sizes import THREADED, TILE, run_bytes, world_bytes
from ecosystem_agents.inputs import lookup

TRIED = 0.2
"""Seconds for which steps are tried."""


@dataclass(frozen=True)
class Checked:
    """What was found, and what each step and all of it will take, about."""

    findings: list[Finding]
    taken: Mapping[str, str]  # what was taken for what, and how vectors are scaled
    max_norm: float | None
    step_seconds: float
    seconds: float
    bytes: int

    @property
    def cost(self) -> str:
        """What it will take, as a line."""
        took = f"{self.seconds:,.0f} s ({1e3 * self.step_seconds:.3g} ms a step)"
        return f"it will take about {took} and {self.bytes / 1e6:,.0f} MB of memory for the world"


def checked(
    parameters: Mapping[str, Any], setting: Setting | None = None, n_users: int | None = None
) -> Checked:
    """Return what a run with these parameters is like; `setting` is where it starts, if that is made already.

    There are `n_users` of whom those in the world are some, unless they are all.
    """
    spec = environment_of(parameters["environment"])
    how = Parameters(**{name: parameters[name] for name in DEFAULTS}).in_force(spec)
    options = {name: parameters[name] for name in spec.options} | ({"eta": how["eta"]} if spec.by_eta else {})
    rng = np.random.default_rng(parameters["rng"])
    if setting is None:
        setting = spec.build(rng, **options)
    elif not len(setting.users):  # they are in shards
        setting = spec.build_rows(rng, range(min(setting.n_users or 0, ROWS)), **options)
    m, (n, d), steps = (
        n_users or setting.n_users or len(setting.users),
        setting.strategies.shape,
        how["horizon"],
    )
    step = _step_seconds(setting, parameters, how, min(m, TILE))
    if m > TILE:  # part of a step takes as long for any number of users, such as finding the nearest item
        each = max(step - _step_seconds(setting, parameters, how, TILE // 4), 0.0) / (TILE - TILE // 4)
        step += (m - TILE) * each / (threads() if m >= THREADED else 1)
    return Checked(
        findings(setting, beta=how["beta"], K=how["K"], eta=how["eta"]),
        setting.taken or {},
        setting.max_norm,
        step,
        steps * step,
        world_bytes(m, n, d, how["K"]) + run_bytes(steps),
    )


def _is_brought(kind: str, named: Any) -> bool:
    """Whether a text names something of a file or of an installed package; a schedule may, at any of its steps."""
    if kind == "schedule":
        return named is not None
    return bool(lookup.files_in(named) or lookup.packages_in(kind, named))


def _step_seconds(setting: Setting, parameters: Mapping[str, Any], how: Mapping[str, Any], m: int) -> float:
    """Return how long a step takes for the first m users: some are tried, without plug-ins, which may keep count."""
    few = replace(setting.with_users(range(m)), groups=None, n_users=None)
    own = {name: how[name] for name in ("beta", "K", "eta", "lbr_evaluation")}
    world = Environment("few", "the first users", lambda rng: few, horizon=how["horizon"], n_groups=1, **own)
    given = {name: parameters[name] for name in DEFAULTS}
    given |= {name: DEFAULTS[name] for name in NAMING if _is_brought(name, given[name])}
    given |= {"environment": world, "n_groups": 1, "trajectory": False, "rng": 0}
    model = CreatorEconomy(**given)
    model.step()  # compiles
    begin, taken = time.perf_counter(), 0.0
    while taken < TRIED:
        model.step()
        taken = time.perf_counter() - begin
    return taken / (model.steps - 1)
