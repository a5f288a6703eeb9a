"""A world from the user's own arrays: users, and optionally items, groups and starting points."""

from __future__ import annotations

import os
import zipfile
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.environments.environment import Environment, Setting
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance, most_relevant
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, StrategySet
from ecosystem_agents.inputs.checks import BadInput, choice, finite_array, path_of, real, whole

PARTS = ("users", "items", "groups", "initial")
LARGEST = 1e100
"""Of an entry: squares of larger ones overflow."""


def build(
    rng: np.random.Generator,
    file: str | None = None,
    items: str | None = None,
    groups: str | None = None,
    initial: str | None = None,
    n_creators: int = 20,
    relevance: str = "dot",
    strategy_set: str = "auto",
    radius: float = 1.0,
    scale: float | None = None,
    start: str = "random",
) -> Setting:
    """Read the arrays and make a world of them.

    Parameters
    ----------
    rng : Generator
        Source of starting points where creators move freely.
    file : str
        ``.npz`` with ``users`` (m, d) and optionally ``items`` (k, d), ``groups`` (m,) and ``initial`` (n, d);
        or ``.npy`` or Parquet with the users alone.
    items, groups, initial : str, optional
        Files of these arrays, where they are not in `file`.
    n_creators : int
        How many creators there are where ``initial`` is not given.
    relevance : {"dot", "distance"}
        Dot product scaled to [0, 1] over all users and reachable strategies, or 1 less the distance over `scale`.
    strategy_set : {"auto", "catalogue", "ball", "free"}
        Items only, a ball of `radius`, or everything; auto takes the catalogue where there are items.
    radius : float
        Radius of the ball, above 0.
    scale : float, optional
        Distance at which relevance is 0; by default the largest possible one.
    start : {"random", "favourite"}
        Where creators start: on items drawn at random (without items: where random users are), or all on the
        item most relevant on average (without items: around the mean user).

    Raises
    ------
    BadInput
        If a file cannot be read, is hostile, or its arrays do not fit together.
    """
    if file is None:
        raise BadInput(
            "file is not given; environment embeddings needs --set file=PATH to a .npz, .npy or Parquet file "
            "with an array of users"
        )
    arrays = _read(path_of("file", file), "users")
    for name, path in (("items", items), ("groups", groups), ("initial", initial)):
        if path is not None:
            arrays[name] = _read(path_of(name, path), name)[name]
    users = _points("users", arrays["users"])
    n_creators = whole("n_creators", n_creators, at_least=1)
    radius = real("radius", radius, above=0)
    catalogue = None if "items" not in arrays else _points("items", arrays["items"])
    kind = choice("strategy_set", strategy_set, ("auto", "catalogue", "ball", "free"))
    kind = ("ball" if catalogue is None else "catalogue") if kind == "auto" else kind
    if kind == "catalogue" and catalogue is None:
        raise BadInput(
            "strategy_set is 'catalogue' and there are no items; give --set items=PATH or another set"
        )
    reach = catalogue if kind == "catalogue" else None
    begin = None if "initial" not in arrays else _points("initial", arrays["initial"])
    for name, array in (("items", catalogue), ("initial", begin)):
        if array is not None and array.shape[1] != users.shape[1]:
            raise BadInput(
                f"{name} have {array.shape[1]} dimensions and users {users.shape[1]}; both must have the same"
            )
    sigma = _relevance(relevance, users, reach, radius, scale)
    crowded = choice("start", start, ("random", "favourite")) == "favourite"
    sets: StrategySet
    if kind == "catalogue":
        assert catalogue is not None
        sets = Catalogue(catalogue)
        if begin is None:
            first = np.full(n_creators, most_relevant(sigma, users, catalogue))
            begin = catalogue[first if crowded else rng.integers(len(catalogue), size=n_creators)]
    else:
        sets = Ball(radius) if kind == "ball" else FreeSpace()
        if begin is None and crowded:
            begin = users.mean(axis=0) + 0.1 * rng.standard_normal((n_creators, users.shape[1]))
        elif begin is None:
            begin = users[rng.integers(len(users), size=n_creators)]
    return Setting(
        users=users,
        strategies=np.array([sets.project(s) for s in begin]),
        relevance=sigma,
        strategy_sets=sets,
        groups=_groups(arrays.get("groups"), len(users)),
        catalogue=sets if isinstance(sets, Catalogue) else None,
    )


def _points(name: str, array: np.ndarray) -> np.ndarray:
    points = finite_array(name, array, ndim=2)
    if np.abs(points).max() > LARGEST:
        raise BadInput(
            f"{name} holds {points[np.abs(points) > LARGEST][0]:g}; entries must be within {LARGEST:g}"
        )
    return points


def _relevance(
    name: str, users: np.ndarray, items: np.ndarray | None, radius: float, scale: float | None
) -> Relevance:
    longest = float(np.linalg.norm(users, axis=1).max())
    if choice("relevance", name, ("dot", "distance")) == "dot":
        if items is None:
            return DotRelevance(-radius * max(longest, 1e-12), radius * max(longest, 1e-12))
        return DotRelevance.spanning(users, items)
    reach = radius if items is None else float(np.linalg.norm(items, axis=1).max())
    return DistanceRelevance(1.0, real("scale", longest + reach if scale is None else scale, above=0))


def _groups(groups: np.ndarray | None, m: int) -> np.ndarray | None:
    if groups is None:
        return None
    labels = np.asarray(groups)
    if labels.shape != (m,):
        raise BadInput(f"groups has shape {labels.shape}; it must have one label for each of {m} users")
    if not np.issubdtype(labels.dtype, np.integer):
        try:
            labels = np.unique(labels, return_inverse=True)[1]  # names: any label makes a group
        except (TypeError, ValueError):
            raise BadInput(
                "groups holds labels that cannot be compared; give whole numbers or names"
            ) from None
    if labels.min() < 0:
        raise BadInput(f"groups holds {labels.min()}; labels are whole numbers at least 0")
    found = np.unique(labels)
    empty = np.flatnonzero(found != np.arange(len(found)))
    if len(empty):
        raise BadInput(f"group {empty[0]} is empty; number the groups 0 to {len(found) - 1} without gaps")
    return labels.astype(np.int64)


def _read(path: Path, main: str) -> dict[str, np.ndarray]:
    if not os.path.isfile(path):  # also where the name is longer than names can be
        raise BadInput(
            f"{main} file {str(path)!r} does not exist or is no file; give a .npz, .npy or Parquet file"
        )
    names: list[str] = []
    try:
        if path.suffix == ".npz" and not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz archive")
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                names = archive.files
                arrays: dict[str, np.ndarray] = {k: archive[k] for k in names if k in (*PARTS, main)}
        elif path.suffix == ".npy":
            arrays = {main: np.load(path, allow_pickle=False)}
        elif path.suffix in (".parquet", ".pq"):
            arrays = _read_parquet(path, main)
        else:
            raise BadInput(
                f"{main} file {path.name!r} ends in {path.suffix!r}; it must be .npz, .npy or .parquet"
            )
    except BadInput:
        raise
    except Exception as error:  # readers raise many kinds, those of zlib, tokenize and pyarrow among them
        # NumPy's advice on what it cannot read is to unpickle it, which would run the file's code.
        why = "no plain arrays" if "pickle" in str(error) else " ".join(str(error).split())[:120]
        raise BadInput(
            f"{main} file {path.name!r} cannot be read ({why}); save plain numeric "
            "arrays with numpy.savez or numpy.save, without pickled objects"
        ) from None
    _refuse_misspelt(path.name, names, PARTS if main == "users" else (main,))
    if main not in arrays:
        raise BadInput(f"{main} file {path.name!r} has no array {main!r}; it must hold one by that name")
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


def _read_parquet(path: Path, main: str) -> dict[str, np.ndarray]:
    import pandas as pd

    table: Any = pd.read_parquet(path)
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


EMBEDDINGS = Environment(
    name="embeddings",
    summary="your own arrays of users, and optionally items, groups and starting points",
    build=build,
    beta=0.1,
    K=20,
    eta=0.2,
    horizon=3000,
    n_groups=15,
    lbr_evaluation="projected",
)
