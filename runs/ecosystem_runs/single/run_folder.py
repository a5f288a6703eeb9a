"""What the folder of a single run holds: its configuration and its tables."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem import CreatorEconomy
from ecosystem_runs.digests.hashes import digest_of, strategies_hash, world_hash
from ecosystem_runs.folders import write_config

LIBRARIES = ("creator-ecosystem", "mesa", "numpy", "numba", "pandas", "pyarrow", "scikit-learn")


def write_run(
    folder: Path,
    model: CreatorEconomy,
    parameters: dict[str, Any],
    in_force: dict[str, Any],
    inputs: dict[str, str],
    made_by: Mapping[str, Any],
) -> None:
    """Write what a run was and did into an existing folder: ``config.json`` and four tables.

    `made_by` is the code that began it and went on with it.
    """
    config = {
        "parameters": parameters,
        "in_force": in_force,
        "steps": model.steps,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "world_hash": world_hash(model),
        "strategies_hash": strategies_hash(model),
        **made_by,
        "input_digest": digest_of({"parameters": parameters, "inputs": inputs}),
        "inputs": inputs,
    }
    write_config(folder, config)
    write_table(series_table(model), folder / "series.parquet")
    write_table(model.datacollector.get_table_dataframe("groups"), folder / "groups.parquet")
    write_table(creators_table(model), folder / "creators.parquet")
    path = model.datacollector.get_table_dataframe("strategies")
    if len(path):
        write_table(path, folder / "strategies.parquet")


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
    for prefix, strategies in (("start", np.array(population.births)), ("end", ends)):
        if model.titles is not None:
            table[f"{prefix}_title"] = model.titles_of(strategies)
        for k, column in enumerate(strategies.T):
            table[f"{prefix}{k}"] = column
    return table


def _version(name: str) -> str:
    try:
        return version(name)
    except Exception:
        return "not installed"
