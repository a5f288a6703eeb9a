"""Options that several commands share, so that the same one has the same name, help and range everywhere.

A command with many options, or with the same as another's, takes dataclasses of them: see `fields_are_options`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ecosystem_runs.jobs.engines import Engine
    from ecosystem_runs.paired.worlds import Worlds


def fields_are_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take dataclasses, each field of which is an option or argument as a parameter would be.

    Typer reads a command's signature. The one it is shown has the fields, with their annotations and defaults, in the
    place of a parameter that is a dataclass.
    """
    shown: list[inspect.Parameter] = []
    groups: dict[str, Callable[..., object]] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[parameter.name] = kind
            shown += inspect.signature(kind, eval_str=True).parameters.values()
        else:
            shown.append(parameter)

    @wraps(command)
    def with_fields(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{field: given.pop(field) for field in inspect.signature(kind).parameters})
        command(**given)

    by_name = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in shown]
    with_fields.__signature__ = inspect.Signature(by_name)  # type: ignore[attr-defined]
    return with_fields


def whole_number(name: str, at_least: int, at_most: int | None = None) -> Callable[[int], int]:
    """Return a callback of an option of that name that refuses numbers out of range."""

    def check(number: int) -> int:
        from ecosystem_agents.inputs.checks import whole

        return whole(name, number, at_least=at_least, at_most=at_most)

    return check


Seed = Annotated[int, typer.Option(help="Seed of everything random.", callback=whole_number("--seed", 0))]
Seeds = Annotated[
    int, typer.Option(help="Worlds, one a seed.", callback=whole_number("--seeds", 1, 1_000_000))
]
FirstSeed = Annotated[
    int,
    typer.Option(
        help="Their first seed; the others follow.", callback=whole_number("--first-seed", 0, 2**62)
    ),
]
Steps = Annotated[
    int | None,
    typer.Option(help="Horizon T of each run; by default the environment's. alpha drops half-way."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any other parameter; repeatable.")
]
Workers = Annotated[int | None, typer.Option(help="Worker processes; 0 for none, by default one a core.")]
Stall = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Replace a worker that is silent for so long; by default 10 times the longest job, at least 60.",
    ),
]
NewFolder = Annotated[Path | None, typer.Option(help="Folder for the results; a new one under ./results/.")]
OwnFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder for the results, where the same command goes on; one of its own under ./results/."
    ),
]
MixVersions = Annotated[
    bool,
    typer.Option("--mix-versions", help="Go on in a folder that other code began; results then say so."),
]
Scheduler = Annotated[str | None, typer.Option(help="Address of a Dask scheduler to run on.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@dataclass(frozen=True)
class Place:
    """Options that say where jobs are kept as they finish."""

    out: OwnFolder = None
    mix_versions: MixVersions = False

    def folder(self, name: str, description: Mapping[str, Any]) -> Path:
        """Return the absolute folder of an experiment of that name and description."""
        from ecosystem_runs.folders import own_folder
        from ecosystem_runs.jobs.kept import let_mix

        folder = (self.out or own_folder(name, description)).absolute()
        let_mix(folder, self.mix_versions)
        return folder


@dataclass(frozen=True)
class Spread:
    """Options that say where the users of one world are."""

    shards: Annotated[
        int | None, typer.Option(help="Spread users over N processes, which changes no result.", metavar="N")
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Dask scheduler on whose workers the shards are; by default here.", metavar="ADDRESS"
        ),
    ] = None


@dataclass(frozen=True)
class Jobs(Place):
    """Options of commands that run many jobs, keep each and go on where they were."""

    workers: Workers = None
    stall: Stall = None
    as_json: AsJson = False

    def engine(self, scheduler: str | None = None) -> Engine:
        """Return the engine that was asked for, not started yet."""
        from ecosystem_runs.jobs.engines import engine_of
        from ecosystem_runs.progress import tell_compiling

        tell_compiling(self.as_json)  # where jobs, or what comes before and after them, run in this process
        return engine_of(self.workers, scheduler, self.stall)


@dataclass(frozen=True)
class Study(Jobs):
    """Options of commands whose jobs are worlds."""

    seeds: Seeds = 10
    first_seed: FirstSeed = 0
    steps: Steps = None
    settings: Settings = None

    def horizon(self, environment: str) -> int:
        """Return T, of which the last tenth is reported."""
        return horizon(self.steps, environment, at_least=10)

    def parameters(self, environment: str) -> dict[str, Any]:
        """Return the parameters that were set."""
        from ecosystem_runs.parameters import parse_settings

        return parse_settings(self.settings or [], environment)

    def worlds(self, environment: str) -> Worlds:
        """Return the worlds to run in; says what they miss before workers start."""
        from ecosystem import CreatorEconomy
        from ecosystem_runs.paired.worlds import Worlds

        steps, parameters = self.horizon(environment), self.parameters(environment)
        found = Worlds(environment, self.seeds, steps, parameters, self.first_seed)
        CreatorEconomy(**found.parameters, rng=0)
        return found


def horizon(steps: int | None, environment: str, at_least: int) -> int:
    """Return T: what ``--steps`` says, which must be at least so much, or the environment's own."""
    from ecosystem.environments import environment_of
    from ecosystem_agents.inputs.checks import whole

    own = environment_of(environment).horizon
    return whole("--steps", own if steps is None else steps, at_least=at_least)
