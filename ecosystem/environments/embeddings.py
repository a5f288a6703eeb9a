"""A world from the user's own arrays: users, and optionally items, groups and starting points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ecosystem.chunks import EVERYBODY, Rows, chunks, picked
from ecosystem.environments.array_files import read_arrays
from ecosystem.environments.environment import Environment, Setting
from ecosystem.environments.row_files import Points, read_rows
from ecosystem.file_sizes import Claim, claims_of
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance, most_relevant
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, StrategySet
from ecosystem_agents.inputs.checks import (
    BadInput,
    choice,
    path_of,
    points_of,
    real,
    same_dimensions,
    whole,
)


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
    rows: range = EVERYBODY,
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
    rows : range
        Numbers of the users that are wanted; where they are not all, files are read a range of rows at a time.

    Raises
    ------
    BadInput
        If a file cannot be read, is hostile, or its arrays do not fit together.
    """
    arrays = _arrays(file, {"items": items, "groups": groups, "initial": initial}, rows)
    given = arrays["users"]
    users: Rows = points_of("users", given) if rows == EVERYBODY else Points("users", given)
    longest = max(
        float(np.linalg.norm(chunk, axis=1).max()) for chunk in chunks(users)
    )  # and all are checked
    points = {name: points_of(name, arrays[name]) for name in ("items", "initial") if name in arrays}
    for name, array in points.items():
        same_dimensions(name, array, "users", users[:1])
    n_creators = whole("n_creators", n_creators, at_least=1)
    radius = real("radius", radius, above=0)
    reach = _strategy_set(strategy_set, points.get("items"), radius)
    sigma = _relevance(relevance, users, longest, reach, radius, scale)
    crowded = choice("start", start, ("random", "favourite")) == "favourite"
    begin = (
        points["initial"] if "initial" in points else _starts(rng, users, sigma, reach, n_creators, crowded)
    )
    return Setting(
        users=users[rows.start : rows.stop],
        strategies=np.array([reach.project(s) for s in begin]),
        relevance=sigma,
        strategy_sets=reach,
        groups=_groups(arrays.get("groups"), len(users), rows),
        catalogue=reach if isinstance(reach, Catalogue) else None,
        n_users=len(users),
    )


def sizes_in(file: Path) -> dict[str, int]:
    """Return how many users, dimensions and, if it says where they start, creators a file's world has."""
    with file.open("rb") as content:
        claims = claims_of(content, file.suffix)
    rows, *others = claims.get("users", claims.get("", Claim((), 0))).shape or (0,)
    sizes = {"n_users": rows, "dim": math.prod(others)}
    return sizes | ({"n_creators": claims["initial"].shape[0]} if "initial" in claims else {})


def _arrays(file: str | None, parts: dict[str, str | None], rows: range) -> dict[str, Rows]:
    """Return the arrays of a file, or of files of their own where parts have one; as `Rows` those of the users."""
    if file is None:
        raise BadInput(
            "file is not given; environment embeddings needs --set file=PATH to a .npz, .npy or Parquet file "
            "with an array of users"
        )

    def read(path: str, name: str) -> Mapping[str, Rows]:
        if rows == EVERYBODY or name not in ("users", "groups"):
            return read_arrays(path_of("file" if name == "users" else name, path), name)
        return read_rows(path_of(name, path), name, len(rows))

    arrays = dict(read(file, "users"))
    for name, path in parts.items():
        if path is not None:
            arrays[name] = read(path, name)[name]
    return arrays


def _strategy_set(name: str, items: np.ndarray | None, radius: float) -> StrategySet:
    kind = choice("strategy_set", name, ("auto", "catalogue", "ball", "free"))
    if kind == "catalogue" and items is None:
        raise BadInput(
            "strategy_set is 'catalogue' and there are no items; give --set items=PATH or another set"
        )
    if items is not None and kind in ("auto", "catalogue"):
        return Catalogue(items)
    return FreeSpace() if kind == "free" else Ball(radius)


def _relevance(
    name: str, users: Rows, longest: float, reach: StrategySet, radius: float, scale: float | None
) -> Relevance:
    items = reach.items if isinstance(reach, Catalogue) else None
    if choice("relevance", name, ("dot", "distance")) == "dot":
        if items is None:
            return DotRelevance(-radius * max(longest, 1e-12), radius * max(longest, 1e-12))
        return DotRelevance.spanning(users, items)
    farthest = radius if items is None else float(np.linalg.norm(items, axis=1).max())
    return DistanceRelevance(1.0, real("scale", longest + farthest if scale is None else scale, above=0))


def _starts(
    rng: np.random.Generator, users: Rows, sigma: Relevance, reach: StrategySet, n: int, crowded: bool
) -> np.ndarray:
    if isinstance(reach, Catalogue):
        places = (
            np.full(n, most_relevant(sigma, users, reach.items))
            if crowded
            else rng.integers(len(reach.items), size=n)
        )
        return np.asarray(reach.items[places])
    if crowded:
        mean = sum(chunk.sum(axis=0) for chunk in chunks(users)) / len(users)
        return np.asarray(mean + 0.1 * rng.standard_normal((n, users.shape[1])))
    return picked(users, rng.integers(len(users), size=n))


def _groups(groups: Rows | None, m: int, rows: range) -> np.ndarray | None:
    """Return the labels of the users that are wanted, 0 to L - 1, where none of all users' groups is empty."""
    if groups is None:
        return None
    if groups.shape != (m,):
        raise BadInput(f"groups has shape {groups.shape}; it must have one label for each of {m} users")
    try:
        found = np.unique(np.concatenate([np.unique(np.asarray(chunk)) for chunk in chunks(groups)]))
        labels = np.array(groups[rows.start : rows.stop])
        if not np.issubdtype(found.dtype, np.integer):  # names: any label makes a group
            return np.searchsorted(found, labels)
    except BadInput:
        raise
    except (TypeError, ValueError):
        raise BadInput("groups holds labels that cannot be compared; give whole numbers or names") from None
    if found[0] < 0:
        raise BadInput(f"groups holds {found[0]}; labels are whole numbers at least 0")
    empty = np.flatnonzero(found != np.arange(len(found)))
    if len(empty):
        raise BadInput(f"group {empty[0]} is empty; number the groups 0 to {len(found) - 1} without gaps")
    return labels.astype(np.int64)


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
    by_rows=True,
)
