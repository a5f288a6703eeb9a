"""The worlds that an experiment runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecosystem_runs.digests.inputs import inputs_of


@dataclass(frozen=True)
class Worlds:
    """Worlds 0 to `seeds` - 1 of an environment, each run for `steps`, with these settings of the model."""

    environment: str
    seeds: int
    steps: int
    settings: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of their models, without the horizon."""
        return {"environment": self.environment} | dict(self.settings)

    def description(self, experiment: str, *arms: Mapping[str, Any]) -> dict[str, Any]:
        """Return what an experiment in these worlds is, with arms that have these settings besides, as plain JSON."""
        own = {
            "experiment": experiment,
            "seeds": self.seeds,
            "steps": self.steps,
            "settings": dict(self.settings),
        }
        inputs = inputs_of(self.parameters, *arms)
        return own | ({"inputs": inputs} if inputs else {})
