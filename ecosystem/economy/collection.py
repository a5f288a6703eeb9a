"""What the creator economy records: a series of figures a step, groups an epoch, strategies on request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mesa import DataCollector, Model

from ecosystem.economy.reporting import with_added

SERIES: tuple[str, ...] = (
    "welfare",
    "welfare_default",
    "sampled_welfare",
    "accepted_share",
    "moved",
    "welfare_creators",
    "effective_creators",
    "creator_gini",
    "min_group_utility",
    "alive",
    "entered",
    "left",
    "present",
    "users_lost",
    "welfare_all",
)
"""What is collected each step, start included; attributes of the model by the same names."""


def new_collector(model: Model, dim: int, added: Mapping[str, Any]) -> DataCollector:
    """Return an empty data collector for strategies in `dim` dimensions, and for what is `added`: see `reporting`."""
    tables = {
        "groups": ["step", "group", "size", "weight", "utility"],
        "strategies": ["step", "creator", *(f"s{k}" for k in range(dim))],
    }
    own: dict[str, dict[str, Any]] = {"model_reporters": {name: name for name in SERIES}, "tables": tables}
    return DataCollector(**with_added(model, own, added))


def record_strategies(
    table: dict[str, list[Any]], step: int, numbers: np.ndarray, strategies: np.ndarray
) -> None:
    """Append every creator's number (n,) and strategy (n, d) to the table "strategies"."""
    table["step"].extend([step] * len(numbers))
    table["creator"].extend(numbers.tolist())
    for k, column in enumerate(strategies.T):
        table[f"s{k}"].extend(column.tolist())


def record_groups(
    table: dict[str, list[Any]], step: int, sizes: np.ndarray, weights: np.ndarray, utilities: np.ndarray
) -> None:
    """Append an epoch to the table "groups": sizes, the weights deployed in it and what groups got, (L,) each."""
    table["step"].extend([step] * len(sizes))
    table["group"].extend(range(len(sizes)))
    for name, column in (("size", sizes), ("weight", weights), ("utility", utilities)):
        table[name].extend(column.tolist())
