"""What the folder of a single run holds: its configuration and its tables."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem import CreatorEconomy
from ecosystem_runs.digests.hashes import digest_of, strategies_hash, world_hash
from ecosystem_runs.folders import write_config

LIBRARIES = ("creator-ecosystem", "mesa", "numpy", "numba", "pandas", "pyarrow", "scikit-learn")


@dataclass
class Finished:
    """A run as far as it got."""

    model: CreatorEconomy
    parameters: dict[str, Any]  # all it was made with; None where the environment decides
    in_force: dict[str, Any]  # what it decided, as the run began
    inputs: dict[str, str]  # files and plug-ins as they were then
    made_by: dict[str, Any]  # the code that began it and went on with it
    first_utilities: np.ndarray | None  # of users at its start, (m,), where they have ids
    seconds: float  # spent in steps
    interrupted: bool  # whether Ctrl-C ended it early


def write_run(folder: Path, run: Finished) -> None:
    """Write what a run was and did into an existing folder: ``config.json`` and its tables."""
    model = run.model
    config = {
        "parameters": run.parameters,
        "in_force": run.in_force,
        "steps": model.steps,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "world_hash": world_hash(model),
        "strategies_hash": strategies_hash(model),
        **run.made_by,
        "input_digest": digest_of({"parameters": run.parameters, "inputs": run.inputs}),
        "inputs": run.inputs,
        "taken": dict(model.setting.taken or {}),
    }
    write_config(folder, config)
    write_table(series_table(model), folder / "series.parquet")
    write_table(model.datacollector.get_table_dataframe("groups"), folder / "groups.parquet")
    write_table(creators_table(model), folder / "creators.parquet")
    path = model.datacollector.get_table_dataframe("strategies")
    if model.catalogue is not None and not len(path):
        path = ends_table(model)
    if len(path):
        write_table(path, folder / "strategies.parquet")
    if run.first_utilities is not None:
        pq.write_table(users_table(model, run.first_utilities), folder / "users.parquet")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet: the same table gives the same bytes."""
    table.to_parquet(path, index=False)


def series_table(model: CreatorEconomy) -> pd.DataFrame:
    """Return what was collected each step, the start included, with the step as first column."""
    series = model.datacollector.get_model_vars_dataframe()
    series.insert(0, "step", np.arange(len(series)))
    return series


def creators_table(model: CreatorEconomy) -> pd.DataFrame:
    """Return one row a creator ever born: when it came and left, its rule, utility, where it was first and last."""
    population = model.population
    ends = np.array(population.ends)
    ends[population.numbers] = model.strategies
    gone = np.array(population.gone)
    utility = np.full(len(gone), np.nan)
    utility[population.numbers] = model.creator_utilities
    table = pd.DataFrame(
        {
            "creator": np.arange(len(gone)),
            "born": population.born,
            "gone": pd.Series(gone, dtype="Int64").mask(gone < 0),
            "rule": population.rules,
            "utility": utility,
            "moved": population.moved,
        }
    )
    places = {"start": np.array(population.births), "end": ends}
    if model.catalogue is None:
        named = {f"{one}{k}": column for one, array in places.items() for k, column in enumerate(array.T)}
    else:
        found = {one: items_at(model, array) for one, array in places.items()}
        named = {f"{one}_item": [item.id for item in items] for one, items in found.items()}
        named |= {f"{one}_title": [item.title for item in items] for one, items in found.items()}
    return pd.concat([table, pd.DataFrame(named)], axis=1)


def ends_table(model: CreatorEconomy) -> pd.DataFrame:
    """Return where each creator ever born was first and last, as the table of a trajectory has it."""
    population = model.population
    ends, gone = np.array(population.ends), np.array(population.gone)
    ends[population.numbers] = model.strategies
    steps = np.concatenate([population.born, np.where(gone < 0, model.steps, gone)])
    about = {"step": steps, "creator": np.tile(np.arange(len(gone)), 2)}
    array = np.concatenate([population.births, ends])
    return pd.DataFrame(about | {f"s{k}": column for k, column in enumerate(array.T)})


def users_table(model: CreatorEconomy, first_utilities: np.ndarray) -> pa.Table:
    """Return one row a user whose id is known: it, the user's group and weight, and utility at start and end."""
    groups, names = model.groups, model.setting.group_names
    label = {} if names is None else {"group_name": pa.array(names).take(pa.array(groups))}
    ids = {"user": pa.array(model.setting.user_ids), "group": groups}
    utilities = {"first_utility": first_utilities, "last_utility": model.expected_utilities}
    return pa.table(ids | label | {"weight": model.weights[groups]} | utilities)


@dataclass(frozen=True)
class Item:
    """What a creator makes, as its owner calls it: by its row where it has no id."""

    id: str | int
    title: str


def items_at(model: CreatorEconomy, strategies: np.ndarray) -> list[Item]:
    """Return the items of a model's catalogue that strategies (n, d) are."""
    assert model.catalogue is not None
    rows = [model.catalogue.nearest(strategy) for strategy in strategies]
    own = model.setting.item_ids
    ids = rows if own is None else pa.array(own).take(pa.array(rows)).to_pylist()
    titles = model.titles_of(strategies) or [f"item {one}" for one in ids]
    return [Item(*named) for named in zip(ids, titles, strict=True)]


def _version(name: str) -> str:
    try:
        return version(name)
    except Exception:
        return "not installed"
