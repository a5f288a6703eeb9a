"""``ecosystem planner``: the best welfare that could be found for an environment."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ecosystem_runs.commands.options import AsJson, Seeds, Settings


def planner(
    environment: Annotated[str, typer.Argument(help="Which; `ecosystem list` names them all.")],
    seeds: Seeds = 1,
    starts: Annotated[int, typer.Option(help="Starts in each world.")] = 3,
    effort: Annotated[float, typer.Option(help="Factor on the rounds of each start.")] = 1.0,
    as_json: AsJson = False,
    settings: Settings = None,
) -> None:
    """Place all creators for users' sake, from several starts: an estimate of the best attainable welfare.

    Terms are the environment's, or `--set beta=... --set K=...`; a lower bound of the best there is.
    """
    from functools import partial

    from ecosystem import CreatorEconomy
    from ecosystem.yardsticks.planner import plan_world
    from ecosystem_agents.inputs.checks import real, whole
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.progress import progress

    starts = whole("--starts", starts, at_least=1)
    effort = real("--effort", effort, above=0)
    parameters = parse_settings(settings or [], environment)
    worlds = []
    with progress(f"planner {environment}", seeds * starts, quiet=as_json) as report:
        for seed in range(seeds):
            model = CreatorEconomy(environment=environment, rng=seed, **parameters)
            done = partial(_report, report, seed * starts)
            found = plan_world(model, seed, starts=starts, effort=effort, report=done)
            worlds.append(
                {"seed": seed, "start_welfare": model.welfare_default, "welfare": found.welfare}
                | {"restarts": found.restarts.tolist(), "spread": found.spread}
            )
    if as_json:
        typer.echo(
            json.dumps({"environment": environment, "seeds": seeds, "starts": starts, "worlds": worlds})
        )
        return
    for world in worlds:
        typer.echo(
            f"{environment}, seed {world['seed']}: planned welfare {world['welfare']:.5f} (starts within "
            f"{world['spread']:.1e}); where creators start it is {world['start_welfare']:.5f}"
        )


def _report(report: Any, before: int, done: int, note: str) -> None:
    report(before + done, note)
