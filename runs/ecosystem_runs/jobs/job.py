"""The job that most commands are made of: a world to play or to look at, from its parameters and seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy


@dataclass(frozen=True)
class Job:
    """A world: the parameters and the seed of its model, and perhaps the weights that it follows, an epoch a row."""

    parameters: Mapping[str, Any]
    seed: int
    weights: list[list[float]] | None = None

    def model(self) -> CreatorEconomy:
        """Return the model at its start."""
        model = CreatorEconomy(**self.parameters, rng=self.seed)
        if self.weights is not None:
            model.follow_weights(np.array(self.weights))
        return model
