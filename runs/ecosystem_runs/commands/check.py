"""``ecosystem data check``: what a world of one's own vectors is like, before anything runs."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from ecosystem_runs.commands.embeddings import OwnData
from ecosystem_runs.commands.options import AsJson, Seed, Settings, Steps, fields_are_options


@fields_are_options
def check(
    *,
    data: OwnData,
    steps: Steps = None,
    seed: Seed = 0,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Say what would go wrong in a world of your own vectors, what would cure it, and what a run will cost."""
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.single.check import checked
    from ecosystem_runs.single.run import parameters_of

    told = parse_settings(settings or [], "embeddings")
    told |= {name: str(value) for name, value in vars(data).items() if value is not None}
    told["file"] = told.pop("users")
    found = checked(parameters_of("embeddings", steps=steps, seed=seed, settings=told))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    lines = (f"{'fine' if one.harmless else 'LOOK'}  {one}" for one in found.findings)
    typer.echo("\n".join([*found.taken.values(), *lines, found.cost]))
