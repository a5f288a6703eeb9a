"""Arrays of the user's own, read from files: one reader an ending."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.file_sizes import check_claims, claims_of, load_npz, load_table
from ecosystem_agents.inputs.checks import BadInput

PARTS = ("users", "items", "groups", "initial")
"""What a file of several arrays may hold; in a file of one array it is whatever was asked for."""


def read_arrays(path: Path, main: str) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name, `main` (one of `PARTS`) among them.

    Raises
    ------
    BadInput
        If the file cannot be read, holds no such array, or one whose name is nearly that of a part.
    """
    with reading(path, main):
        arrays = READERS[path.suffix](path, main)
    if main not in arrays:
        raise BadInput(f"{main} file {path.name!r} has no array {main!r}; it must hold one by that name")
    return arrays


@contextmanager
def reading(path: Path, main: str) -> Iterator[None]:
    """Refuse a path that is no such file, and tell in a line what goes wrong while it is read."""
    if not os.path.isfile(path):  # also where the name is longer than names can be
        raise BadInput(
            f"{main} file {str(path)!r} does not exist or is no file; give a .npz, .npy or Parquet file"
        )
    if path.suffix not in READERS:
        raise BadInput(
            f"{main} file {path.name!r} ends in {path.suffix!r}; it must be .npz, .npy or .parquet"
        )
    try:
        yield
    except BadInput:
        raise
    except Exception as error:  # readers raise many kinds, those of zlib, tokenize and pyarrow among them
        # NumPy's advice on what it cannot read is to unpickle it, which would run the file's code.
        why = "no plain arrays" if "pickle" in str(error) else " ".join(str(error).split())[:120]
        raise BadInput(
            f"{main} file {path.name!r} cannot be read ({why}); save plain numeric "
            "arrays with numpy.savez or numpy.save, without pickled objects"
        ) from None


def _read_npz(path: Path, main: str) -> dict[str, np.ndarray]:
    arrays, names = load_npz(path, PARTS)
    _refuse_misspelt(path.name, names, PARTS if main == "users" else (main,))
    return arrays


def _refuse_misspelt(file: str, names: list[str], parts: tuple[str, ...]) -> None:
    """Refuse an array whose name is nearly that of a part which is missing; others are the user's own affair."""
    missing = [part for part in parts if part not in names]
    for name in names:
        near = [] if name in PARTS else get_close_matches(name.lower(), missing, n=1, cutoff=0.79)
        if near:
            raise BadInput(
                f"file {file!r} has an array {name!r}, which is not read; did you mean {near[0]!r}?"
            )


def _read_npy(path: Path, main: str) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        check_claims(path.name, claims_of(file, ".npy").values())
    return {main: np.load(path, allow_pickle=False)}


def _read_parquet(path: Path, main: str) -> dict[str, np.ndarray]:
    with path.open("rb") as file:
        return arrays_of(load_table(file, path.name).to_pandas(), main)


def arrays_of(table: Any, main: str) -> dict[str, np.ndarray]:
    """Return the arrays in a table: `main`, and the users' groups where it is theirs and they have a column."""
    arrays: dict[str, np.ndarray] = {}
    if main == "users" and "group" in table:
        arrays["groups"] = table.pop("group").to_numpy()
    if main == "groups":
        arrays[main] = table.iloc[:, 0].to_numpy()
    elif table.shape[1] == 1 and isinstance(table.iloc[0, 0], (list, np.ndarray)):
        arrays[main] = np.stack(list(table.iloc[:, 0]))  # one column of vectors
    else:
        arrays[main] = table.to_numpy()
    return arrays


READERS: dict[str, Callable[[Path, str], dict[str, np.ndarray]]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
}
"""How to read a file, by its ending: from its path and the array asked for."""
