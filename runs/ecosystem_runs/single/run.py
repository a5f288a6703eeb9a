"""One run of the creator economy: from parameters to a finished model and the figures it comes to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.economy.parameters import DEFAULTS
from ecosystem.environments import environment_of
from ecosystem.metrics import tail_mean
from ecosystem.testing import check_plugins
from ecosystem_agents.inputs.checks import whole
from ecosystem_agents.inputs.lookup import short
from ecosystem_runs.digests.code import code
from ecosystem_runs.digests.hashes import strategies_hash
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.parameters import check_reached, in_force, recorded
from ecosystem_runs.progress import progress, tell
from ecosystem_runs.single.check import checked
from ecosystem_runs.single.checkpoints import Checkpoints, kept_after_steps
from ecosystem_runs.single.run_folder import Finished, Item, items_at, series_table


def parameters_of(
    environment: str,
    mechanism: str = "none",
    steps: int | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    *,
    trajectory: bool = False,
) -> dict[str, Any]:
    """Return all that a run to its horizon, `steps`, is made with; `trajectory` keeps every creator's path."""
    spec = environment_of(environment)
    steps = whole("--steps", spec.horizon if steps is None else steps, at_least=0)
    parameters = dict(DEFAULTS) | dict(spec.options) | (settings or {})
    parameters |= {
        "environment": environment,
        "mechanism": mechanism,
        "horizon": steps,
        "trajectory": trajectory,
        "rng": seed,
    }
    check_reached(parameters)
    return recorded(parameters)


def run_economy(
    parameters: dict[str, Any],
    *,
    quiet: bool = False,
    spread: Mapping[str, Any] | None = None,
    checkpoints: Checkpoints | None = None,
) -> Finished:
    """Make a model and run it to its horizon; Ctrl-C ends it early and keeps what was done.

    Plug-ins are checked before the run starts. `spread` are the model's ``shards`` and ``scheduler``, which are no
    part of what the run is. It goes on from the last of its `checkpoints`.
    """
    check_plugins(parameters)
    model = CreatorEconomy(**parameters, **(spread or {}))
    began, inputs = in_force(model), inputs_of(parameters)
    first = None if model.setting.user_ids is None else model.expected_utilities.copy()
    for line in (model.setting.taken or {}).values() if not quiet else ():
        tell(line)
    if environment_of(parameters["environment"]).by_eta and not quiet:
        about = checked(parameters, model.setting)
        for line in (*(str(one) for one in about.findings if not one.harmless), about.cost):
            tell(line)
    made_by = code().as_dict() if checkpoints is None else checkpoints.made_by
    title = f"{short(parameters['environment'])} {short(parameters['mechanism'])}"
    before = checkpoints.begin(model) if checkpoints else 0.0
    interrupted, start, steps = False, time.perf_counter() - before, model.horizon
    try:
        with (
            progress(title, steps, quiet or steps == 0) as report,
            kept_after_steps(checkpoints) as after_step,
        ):
            for done in range(model.steps + 1, steps + 1):
                model.step()
                report(done, f"welfare {model.welfare:.4f}" if model.present else "no user is left")
                after_step(model, time.perf_counter() - start)
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.perf_counter() - start
    return Finished(model, parameters, began, inputs, made_by, first, seconds, interrupted)


@dataclass(frozen=True)
class Summary:
    """The figures of a run: welfare over the last min(250, T / 10) steps, and that of the last step alone."""

    environment: str
    mechanism: str
    schedule: str | None
    steps: int
    seed: int
    welfare: float
    welfare_default: float
    welfare_last: float
    welfare_default_last: float
    accepted_share: float | None
    moved: int
    creators: int
    creators_moved: int
    group_utilities: list[float]
    welfare_groups: float
    weights: list[float]
    ended_on: list[
        tuple[Item, int]
    ]  # where creators are among items: what they make, and how many do, most first
    left: list[Item]  # what they made at first and nobody makes any more
    strategies_hash: str
    seconds_per_step: float | None
    out: str


def summary(run: Finished, out: Path) -> Summary:
    """Return the figures of a run whose folder is `out`."""
    model, series = run.model, series_table(run.model)
    ended = Counter([] if model.catalogue is None else items_at(model, model.strategies))
    begun = [] if model.catalogue is None else items_at(model, model.start)
    return Summary(
        environment=run.parameters["environment"],
        mechanism=run.parameters["mechanism"],
        schedule=run.parameters["schedule"],
        steps=model.steps,
        seed=run.parameters["rng"],
        welfare=tail_mean(series["welfare"].to_numpy(), model.steps),
        welfare_default=tail_mean(series["welfare_default"].to_numpy(), model.steps),
        welfare_last=float(series["welfare"].iloc[-1]),
        welfare_default_last=float(series["welfare_default"].iloc[-1]),
        accepted_share=float(np.nanmean(series["accepted_share"])) if model.steps else None,
        moved=int(series["moved"].sum()),
        creators=len(model.population.moved),
        creators_moved=int(np.count_nonzero(model.population.moved)),
        group_utilities=model.group_utilities.tolist(),
        welfare_groups=float(np.mean(model.group_utilities)),
        weights=model.weights.tolist(),
        ended_on=ended.most_common(),
        left=[item for item in dict.fromkeys(begun) if item not in ended],
        strategies_hash=strategies_hash(model),
        seconds_per_step=run.seconds / model.steps if model.steps else None,
        out=str(out),
    )
