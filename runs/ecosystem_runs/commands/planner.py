"""``ecosystem planner``: the best welfare that could be found for an environment."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ecosystem_runs.commands.options import AsJson, FirstSeed, Seeds, Settings, Steps, horizon


def planner(
    environment: Annotated[str, typer.Argument(help="Which; `ecosystem list` names them all.")],
    seeds: Seeds = 1,
    first_seed: FirstSeed = 0,
    steps: Steps = None,
    starts: Annotated[int, typer.Option(help="Starts in each world.")] = 3,
    effort: Annotated[float, typer.Option(help="Factor on the rounds of each start.")] = 1.0,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Place all creators for users' sake, from several starts: an estimate of the best welfare there is.

    Terms are the environment's, or `--set beta=... --set K=...`; a lower bound of the best
    there is. Beside it stands what small steps attain: each creator starts a step off the planner's place for it, and
    all go on for T steps, paid by contribution; a run and no bound.
    """
    from functools import partial

    from ecosystem import CreatorEconomy
    from ecosystem.yardsticks.attainable import attainable
    from ecosystem.yardsticks.planner import plan_world
    from ecosystem_agents.inputs.checks import real, whole
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.progress import progress, tell_compiling

    starts = whole("--starts", starts, at_least=1)
    effort = real("--effort", effort, above=0)
    world = parse_settings(settings or [], environment)
    world |= {"environment": environment, "horizon": horizon(steps, environment, at_least=10)}
    worlds = []
    tell_compiling(as_json)
    with progress(f"planner {environment}", seeds * starts, quiet=as_json) as report:
        for k, seed in enumerate(range(first_seed, first_seed + seeds)):
            model = CreatorEconomy(**world, rng=seed)
            done = partial(_report, report, k * starts)
            found = plan_world(model, seed, starts=starts, effort=effort, report=done)
            worlds.append(
                {"seed": seed, "start_welfare": model.welfare_default, "welfare": found.welfare}
                | {"restarts": found.restarts.tolist(), "spread": found.spread}
                | {"attainable": attainable(world, found.strategies, seed)}
            )
    if as_json:
        typer.echo(
            json.dumps(
                {"environment": environment, "seeds": seeds, "starts": starts, "steps": world["horizon"]}
                | {"worlds": worlds}
            )
        )
        return
    for one in worlds:
        typer.echo(
            f"{environment}, seed {one['seed']}: planned welfare {one['welfare']:.5f} (starts within "
            f"{one['spread']:.1e}), small steps attain {one['attainable']:.5f}; where creators start it is "
            f"{one['start_welfare']:.5f}"
        )


def _report(report: Any, before: int, done: int, note: str) -> None:
    report(before + done, note)
