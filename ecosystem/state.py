"""What changes while a world runs, as plain arrays by name, kept in files and put back: how runs go on."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.file_sizes import load_npz
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms

State = Mapping[str, np.ndarray]
"""Plain arrays by name; what is part of something has its name and a dot before its own."""
NONE = np.array([], dtype="S1")
"""Stands for None."""


def arrays_of(values: Mapping[str, Any], without: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Return the arrays and numbers among an object's attributes, and inside its named tuples and terms.

    What is of another type, or has a name in `without`, is left to whoever makes the object again.
    """
    return {name: array for own, value in values.items() for name, array in _arrays(own, value, without)}


def put_back(thing: object, values: Mapping[str, Any], state: State, without: Collection[str] = ()) -> None:
    """Give an object's attributes, whose `values` are these, the arrays and numbers of a state of `arrays_of`.

    Raises
    ------
    BadInput
        If these are not the state of such an object.
    """
    left = set(state)
    for name, value in dict(values).items():
        setattr(thing, name, _restored(name, value, state, without, left))
    if left:
        raise _unfit(min(left))


def part_of(state: State, name: str) -> dict[str, np.ndarray]:
    """Return what a state holds under names that begin with `name` and a dot, by what comes behind."""
    start = f"{name}."
    return {own.removeprefix(start): state[own] for own in state if own.startswith(start)}


def named(name: str, state: State) -> dict[str, np.ndarray]:
    """Return a state as the part of that `name` of a larger one."""
    return {f"{name}.{own}": array for own, array in state.items()}


def world_of(*arrays: np.ndarray) -> np.ndarray:
    """Return a hash of what a state takes for granted, to be part of it."""
    return np.array(hashlib.sha256(b"".join(np.asarray(one).tobytes() for one in arrays)).hexdigest())


def write_state(path: Path, state: State) -> str:
    """Write a state into a file, on disk once it returns; return the SHA-256 of its bytes."""
    if unfit := [name for name, array in state.items() if array.dtype.hasobject]:
        raise BadInput(
            f"the state's {unfit[0]!r} holds Python objects; make it an array of numbers or of texts"
        )
    with path.open("wb+") as file:
        np.savez(file, **state)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_state(path: Path) -> dict[str, np.ndarray]:
    """Return the state in a file; BadInput if there is none."""
    try:
        return load_npz(path)[0]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{str(path)!r} holds no state ({error}); go on from another") from None


def _fields(value: object) -> tuple[str, ...]:
    """Return the names of what a named tuple or terms consist of; none of anything else."""
    if isinstance(value, Terms):
        return tuple(vars(value))
    return tuple(getattr(value, "_fields", ())) if isinstance(value, tuple) else ()


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (np.ndarray, np.generic, bool, int, float))


def _arrays(name: str, value: object, without: Collection[str]) -> Iterator[tuple[str, np.ndarray]]:
    if _is_plain(value) and name not in without:
        yield name, NONE if value is None else np.asarray(value)
    for field in _fields(value):
        yield from _arrays(f"{name}.{field}", getattr(value, field), without)


def _restored(name: str, value: Any, state: State, without: Collection[str], left: set[str]) -> Any:
    """Return what belongs in the place of `value`, of its type; its names are taken from those `left`."""
    if fields := _fields(value):
        parts = (_restored(f"{name}.{one}", getattr(value, one), state, without, left) for one in fields)
        return type(value)(*parts)
    if name in without or not _is_plain(value):
        return value
    if name not in left:
        raise _unfit(name)
    left.remove(name)
    array = state[name]
    if array.dtype == NONE.dtype:
        return None
    if not isinstance(value, np.ndarray):
        return array if array.ndim else array.item() if value is None else type(value)(array.item())
    if (array.ndim, array.dtype.kind, array.dtype.names) != (value.ndim, value.dtype.kind, value.dtype.names):
        raise _unfit(name)
    return array.view(value.dtype) if value.dtype.names else array


def _unfit(name: str) -> BadInput:
    return BadInput(f"the state's {name[:80]!r} does not fit: it is of another world, or of another version")
