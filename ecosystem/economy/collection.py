"""What the creator economy records: a series of figures a step, groups an epoch, strategies on request."""

from __future__ import annotations

from typing import Any

import numpy as np
from mesa import DataCollector

SERIES: tuple[str, ...] = (
    "welfare",
    "welfare_default",
    "sampled_welfare",
    "accepted_share",
    "welfare_creators",
    "effective_creators",
    "creator_gini",
    "min_group_utility",
)
"""What is collected each step, start included; attributes of the model by the same names."""


def new_collector(dim: int) -> DataCollector:
    """Return an empty data collector for strategies in `dim` dimensions."""
    return DataCollector(
        model_reporters={name: name for name in SERIES},
        tables={
            "groups": ["step", "group", "size", "weight", "utility"],
            "strategies": ["step", "creator", *(f"s{k}" for k in range(dim))],
        },
    )


def record_strategies(model: Any) -> None:
    """Append every creator's present strategy to the table "strategies"."""
    table = model.datacollector.tables["strategies"]
    table["step"].extend([model.steps] * model.n_creators)
    table["creator"].extend(range(model.n_creators))
    for k, column in enumerate(model.strategies.T):
        table[f"s{k}"].extend(column.tolist())


def record_groups(model: Any, deployed: np.ndarray) -> None:
    """Append an epoch to the table "groups": what each group's weight was, `deployed` (L,), and what it got."""
    table = model.datacollector.tables["groups"]
    table["step"].extend([model.steps] * model.n_groups)
    table["group"].extend(range(model.n_groups))
    table["size"].extend(np.bincount(model.groups, minlength=model.n_groups).tolist())
    table["weight"].extend(deployed.tolist())
    table["utility"].extend(model.platform.group_utilities.tolist())
