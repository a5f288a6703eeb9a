"""A world from the user's own arrays: users, and optionally items, groups and starting points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosystem.chunks import EVERYBODY, Rows, chunks, picked
from ecosystem.environments.check import reachable
from ecosystem.environments.environment import Environment, Setting
from ecosystem.file_sizes import Claim, claims_of
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance, most_relevant
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, StrategySet
from ecosystem_agents.inputs.checks import BadInput, choice, path_of, real, whole

if TYPE_CHECKING:
    from ecosystem.own_data.files import Given
    from ecosystem.own_data.world import World

_COLUMNS = ("id", "vector", "group", "title", "mass", "ignore")


def build(
    rng: np.random.Generator,
    file: str | World | None = None,
    items: str | None = None,
    groups: str | None = None,
    initial: str | None = None,
    id: str | None = None,
    vector: str | None = None,
    group: str | None = None,
    title: str | None = None,
    mass: str | None = None,
    ignore: str | None = None,
    n_creators: int = 20,
    relevance: str = "dot",
    strategy_set: str = "auto",
    radius: float = 1.0,
    scale: float | None = None,
    start: str = "random",
    max_norm: str | float | None = "auto",
    rows: range = EVERYBODY,
    eta: float = 0.2,
) -> Setting:
    """Read the arrays and make a world of them.

    Parameters
    ----------
    rng : Generator
        Source of starting points where creators move freely.
    file : str or World
        Users, in any format that `ecosystem.own_data` reads; a ``.npz`` may hold the others, too. Or what was read.
    items, groups, initial : str, optional
        Files of what creators can make, of users' groups and of starting points, where they are not in `file`.
    id, vector, group, title, mass, ignore : str, optional
        Which columns are what; see `ecosystem.own_data.columns.Columns`.
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
    max_norm : "auto" or float, optional
        Length of the longest item, above 0, to which vectors are scaled by one constant; relevance stays what it is.
        Auto scales only where steps of length `eta` reach no other item from most, so that they do; None never.
    rows : range
        Numbers of the users that are wanted; where they are not all, files are read a range of rows at a time.
    eta : float
        Length of a creator's step.

    Raises
    ------
    BadInput
        If a file cannot be read, is hostile, or its arrays do not fit together.
    """
    named = {"id": id, "vector": vector, "group": group, "title": title, "mass": mass, "ignore": ignore}
    parts = {"items": items, "groups": groups, "initial": initial}
    paths = {name: None if path is None else path_of(name, path) for name, path in parts.items()}
    world = _read(path_of("file", file) if isinstance(file, int | float) else file, paths, named, rows)
    by_distance = choice("relevance", relevance, ("dot", "distance")) == "distance"
    if scale is not None and not by_distance:
        raise BadInput(
            f"scale is {scale} and relevance is 'dot', which has none; leave it out, or take 'distance'"
        )
    reach = _strategy_set(strategy_set, world.items, real("radius", radius, above=0))
    max_norm, factor, told = _scaling(max_norm, reach, world.initial, eta)
    users = world.users if max_norm is None else Scaled(world.users, factor if by_distance else 1 / factor)
    longest = max(
        float(np.linalg.norm(chunk, axis=1).max()) for chunk in chunks(users)
    )  # and all are checked
    points = {
        name: array * factor for name in ("items", "initial") if (array := getattr(world, name)) is not None
    }
    n_creators = whole("n_creators", n_creators, at_least=1)
    if isinstance(reach, Catalogue):
        reach = Catalogue(points["items"])
    if scale is not None:
        scale = factor * real("scale", scale, above=0)
    sigma = _relevance(relevance, users, longest, reach, radius, scale)
    crowded = choice("start", start, ("random", "favourite")) == "favourite"
    begin = (
        points["initial"] if "initial" in points else _starts(rng, users, sigma, reach, n_creators, crowded)
    )
    some, catalogue = slice(rows.start, rows.stop), reach if isinstance(reach, Catalogue) else None
    return Setting(
        users=users[some],
        strategies=np.array([reach.project(s) for s in begin]),
        relevance=sigma,
        strategy_sets=reach,
        groups=None if world.groups is None else world.groups[some],
        user_mass=None if world.mass is None else world.mass[some],
        catalogue=catalogue,
        titles=world.titles if catalogue else None,
        n_users=len(users),
        user_ids=world.user_ids,
        item_ids=world.item_ids if catalogue else None,
        group_names=world.group_names,
        taken=world.taken | told,
        max_norm=max_norm,
    )


def embeddings(users: Given, items: Given | None = None, **options: Any) -> Environment:
    """Return an environment of your own vectors: arrays, DataFrames, Arrow tables, or files of any format.

    Parameters
    ----------
    users, items : array, DataFrame, Arrow table, str or Path
        Vectors of users (m, d), and of what creators can make (k, d), with their ids and whatever stands beside them.
    **options
        Those of the environment `embeddings`, such as ``n_creators=12`` or ``id="customer"``; `groups` and `initial`
        are given as `users` are.

    Raises
    ------
    BadInput
        If data cannot be read or do not fit together, or there is no such option.

    Examples
    --------
    >>> world = embeddings(np.eye(3), items=np.eye(3), n_creators=2)
    >>> world.build(np.random.default_rng(0)).n_users
    3
    """
    EMBEDDINGS.check_options(options, [])
    if "file" in options:
        raise BadInput(f"file is {options['file']!r} and users are given; leave one of them out")
    parts = {"items": items} | {name: options.pop(name, None) for name in ("groups", "initial")}
    named = {name: options.pop(name, None) for name in _COLUMNS}
    world = _read(users, parts, named, EVERYBODY)
    built = partial(build, file=world, **options)
    return replace(EMBEDDINGS, build=built, options=None)  # type: ignore[arg-type]  # by those of `built`


def sizes_in(file: Path) -> dict[str, int]:
    """Return how many users, dimensions and, if it says where they start, creators a file's world has."""
    with file.open("rb") as content:
        claims = claims_of(content, file.suffix)
    rows, *others = claims.get("users", claims.get("", Claim((), 0))).shape or (0,)
    sizes = {"n_users": rows, "dim": math.prod(others)}
    return sizes | ({"n_creators": (claims["initial"].shape or (0,))[0]} if "initial" in claims else {})


def _read(
    given: Given | World | None, parts: Mapping[str, Given | None], named: dict[str, str | None], rows: range
) -> World:
    """Return a world's data: read, unless they were already."""
    from ecosystem.own_data.columns import Columns
    from ecosystem.own_data.world import World, read_world

    if isinstance(given, World):
        for name, value in {**parts, **named}.items():
            if value is not None:
                raise BadInput(
                    f"{name} is {value!r}, and this world has been read; tell `embeddings` when you make it"
                )
        return given
    if given is None:
        raise BadInput(
            "file is not given; environment embeddings needs --set file=PATH to a file with vectors of users, such "
            "as .npz, .npy, .parquet or .csv"
        )
    return read_world(given, **parts, columns=Columns(**named), rows=rows)


def _scaling(
    max_norm: str | float | None, reach: StrategySet, initial: np.ndarray | None, eta: float
) -> tuple[float | None, float, dict[str, str]]:
    """Return the length of the longest item, by which factor items are scaled to it, and a line where none asked.

    The length is None, and the factor 1, where they stay as they are.
    """
    if max_norm is None or (max_norm == "auto" and not isinstance(reach, Catalogue)):
        return None, 1.0, {}
    if not isinstance(reach, Catalogue):
        raise BadInput(f"max_norm is {max_norm} and creators choose among no items; leave it out")
    longest, told = float(np.linalg.norm(reach.items, axis=1).max()), {}
    if max_norm == "auto":
        starts = None if initial is None else np.array([reach.project(s) for s in initial])
        found, max_norm = reachable(reach.items, eta, starts)
        if max_norm is None:
            return None, 1.0, {}
        told = {
            "max_norm": f"scaled for you to max_norm {max_norm:g}, since {found.line}; to decide yourself: "
            f"--set max_norm=none, or --set {found.cures[0]}"
        }
    length = real("max_norm", max_norm, above=0)
    if not longest:
        raise BadInput(f"max_norm is {length:g} and all items are 0; give vectors that differ")
    return length, length / longest, told


class Scaled:
    """Vectors (m, d) times a constant, a range of rows at a time."""

    def __init__(self, vectors: Rows, factor: float) -> None:
        self._vectors, self._factor, self.shape = vectors, factor, vectors.shape

    def __len__(self) -> int:
        return len(self._vectors)

    def __getitem__(self, rows: slice) -> np.ndarray:
        return self._vectors[rows] * self._factor


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
    by_eta=True,
)
