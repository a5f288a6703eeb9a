"""Run folders: where results go, what they hold, and never half of one."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.checks import BadInput
from ecosystem.economy import CreatorEconomy
from runs.parameters import plugin_files

CONFIG = "config.json"
LIBRARIES = ("creator-ecosystem", "mesa", "numpy", "numba", "pandas", "pyarrow", "scikit-learn")


def choose_folder(out: Path | None, name: str) -> Path:
    """Return the absolute folder for a run's results; it is not made yet.

    Parameters
    ----------
    out : Path, optional
        What the user asked for; by default a new folder under ``./results/``.
    name : str
        What the default folder is called; a number is appended where it exists.

    Raises
    ------
    BadInput
        If `out` is a file, holds another run, or cannot be written.
    """
    folder = Path.cwd() / "results" / name if out is None else out.absolute()
    try:
        folder.exists()
    except OSError as error:
        raise BadInput(
            f"--out is {str(folder)!r}, which cannot be ({error.strerror}); give another"
        ) from None
    if out is None:
        root, k = folder.parent, 2
        while folder.exists():
            folder, k = root / f"{name}-{k}", k + 1
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"--out is {str(folder)!r}, a file; give a folder")
    if (folder / CONFIG).exists():
        raise BadInput(f"--out is {str(folder)!r}, which holds another run; give a new or empty folder")
    above = folder
    while not above.exists():
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise BadInput(
            f"--out is {str(folder)!r} and {str(above)!r} cannot be written; give a writable folder"
        )
    return folder


def file_name(text: str) -> str:
    """Return a name of the catalogue as part of a file's name: ``mine.py:Quota(K=4)`` as ``Quota-K-4``."""
    name = re.sub(r"^[^()]*\.py:", "", text)
    return re.sub(r"[^\w.]+", "-", name).strip("-")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a scratch folder whose files appear in `folder` together, once the context ends without an error."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name[:50]}-", dir=folder.parent))
    try:
        yield scratch
        folder.mkdir(exist_ok=True)
        for path in sorted(
            scratch.iterdir(), key=lambda p: p.name == CONFIG
        ):  # the config last: it marks a run
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_run(folder: Path, model: CreatorEconomy, parameters: dict[str, Any]) -> None:
    """Write what a run was and did: ``config.json`` and four tables.

    Parameters
    ----------
    folder : Path
        An existing folder.
    model : CreatorEconomy
        The model, where it got to.
    parameters : dict
        Every parameter it was made with, seed included.
    """
    config = {
        "parameters": parameters,
        "steps": model.steps,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "world_sha256": world_sha256(model),
        "strategies_sha256": strategies_sha256(model),
    }
    if files := plugin_files(parameters):
        config["plugin_files"] = files
    (folder / CONFIG).write_text(json.dumps(config, indent=2, default=str) + "\n")
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
    """Return one row a creator: rule, utility, where it started and where it is."""
    table = pd.DataFrame(
        {
            "creator": np.arange(model.n_creators),
            "rule": [type(creator).__name__ for creator in model.creators],
            "utility": model.creator_utilities,
        }
    )
    for prefix, strategies in (("start", model.start), ("end", model.strategies)):
        if model.titles is not None:
            table[f"{prefix}_title"] = model.titles_of(strategies)
        for k, column in enumerate(strategies.T):
            table[f"{prefix}{k}"] = column
    return table


def world_sha256(model: CreatorEconomy) -> str:
    """Return a fingerprint of the world a run started in: users, creators, and items to choose among."""
    arrays = [model.users, model.start] + ([] if model.catalogue is None else [model.catalogue.items])
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()


def strategies_sha256(model: CreatorEconomy) -> str:
    """Return a fingerprint of where creators stand: equal only for equal bits."""
    return hashlib.sha256(np.ascontiguousarray(model.strategies, dtype="<f8").tobytes()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except Exception:
        return "not installed"
