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
    from dataclasses import replace

    import numpy as np

    from ecosystem.sizes import TILE
    from ecosystem_runs.parameters import parse_settings
    from ecosystem_runs.progress import tell_compiling
    from ecosystem_runs.single.check import checked
    from ecosystem_runs.single.run import parameters_of

    tell_compiling(as_json)
    told = parse_settings(settings or [], "embeddings")
    world = replace(data, **{name: told[name] for name in vars(data) if name in told}).read()
    rows = np.linspace(0, len(world.users) - 1, min(len(world.users), TILE)).astype(int)
    mass = None if world.mass is None else world.mass[rows]
    few = replace(world, users=np.asarray(world.users)[rows], mass=mass, groups=None, group_names=None)
    unread = {name: value for name, value in told.items() if name not in vars(data)}
    parameters = parameters_of("embeddings", steps=steps, seed=seed, settings=unread | {"file": few})
    found = checked(parameters, n_users=len(world.users))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    taken = (f"{'LOOK  ' * (part == 'max_norm')}{line}" for part, line in found.taken.items())
    lines = (f"{'fine' if one.harmless else 'LOOK'}  {one}" for one in found.findings)
    typer.echo("\n".join([*taken, *lines, found.cost]))
