"""The worlds that an experiment runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from ecosystem_runs.digests.inputs import inputs_of


@dataclass(frozen=True)
class Worlds:
    """Worlds of an environment, one a seed from `first_seed` on, each run for `steps`, with these settings."""

    environment: str
    seeds: int
    steps: int
    settings: Mapping[str, Any]
    first_seed: int = 0

    @property
    def numbers(self) -> range:
        """The worlds' seeds."""
        return range(self.first_seed, self.first_seed + self.seeds)

    @property
    def span(self) -> str:
        """The worlds' seeds, in words."""
        return f"seeds {self.numbers[0]} to {self.numbers[-1]}"

    @property
    def size(self) -> dict[str, int]:
        """How many there are, from which seed on and how long, for JSON."""
        return {"seeds": self.seeds, "first_seed": self.first_seed, "steps": self.steps}

    @property
    def options(self) -> str:
        """What says on a command line which worlds, and how long."""
        first = f" --first-seed {self.first_seed}" if self.first_seed else ""
        return f"--seeds {self.seeds}{first} --steps {self.steps}"

    @property
    def sets(self) -> str:
        """What says on a command line what else is set."""
        return " ".join(f"--set {quote(f'{name}={value}')}" for name, value in self.settings.items())

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of their models, without the horizon."""
        return {"environment": self.environment} | dict(self.settings)

    def description(self, experiment: str, *arms: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an experiment in these worlds is, with arms that have these settings besides, as plain JSON."""
        own = {"experiment": experiment} | self.size | {"settings": dict(self.settings)}
        inputs = inputs_of(self.parameters, *arms)
        return own | ({"inputs": inputs} if inputs else {})
