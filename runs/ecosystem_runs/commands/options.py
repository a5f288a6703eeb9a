"""Options that several commands share, so that the same one has the same name, help and range everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _seed(number: int) -> int:
    from ecosystem_agents.inputs.checks import whole

    return whole("--seed", number, at_least=0)


def _seeds(count: int) -> int:
    from ecosystem_agents.inputs.checks import whole

    return whole("--seeds", count, at_least=1)


Seed = Annotated[int, typer.Option(help="Seed of everything random.", callback=_seed)]
Seeds = Annotated[int, typer.Option(help="Worlds, seeds 0 to N-1.", callback=_seeds)]
Steps = Annotated[
    int | None,
    typer.Option(help="Horizon T of each run; by default the environment's. alpha drops half-way."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter; repeatable.")
]
Workers = Annotated[int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")]
NewFolder = Annotated[Path | None, typer.Option(help="Folder for the results; a new one under ./results/.")]
OwnFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the results, where the same command goes on; one of its own under ./results/."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def horizon(steps: int | None, environment: str, at_least: int) -> int:
    """Return T: what ``--steps`` says, which must be at least so much, or the environment's own."""
    from ecosystem.environments import environment_of
    from ecosystem_agents.inputs.checks import whole

    return whole(
        "--steps", environment_of(environment).horizon if steps is None else steps, at_least=at_least
    )
