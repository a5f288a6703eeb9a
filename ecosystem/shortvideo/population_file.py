"""A population from the user's own arrays, in a ``.npz`` file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ecosystem.file_sizes import load_npz
from ecosystem.reading import reading
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance
from ecosystem.shortvideo.population import Population, into_ball, keep_groups
from ecosystem.shortvideo.synthetic_population import N_TOPICS, drawn_traits, near_topics
from ecosystem_agents.inputs.checks import BadInput, choice, finite_array, same_dimensions

ARRAYS = ("users", "groups", "requests", "creators", "followers", "publishing", "habit", "topics")


def read_population(file: Path, rng: np.random.Generator, *, relevance: str = "dot") -> Population:
    """Read a population from a ``.npz`` file; what it does not hold is drawn as for the synthetic one.

    Parameters
    ----------
    file : Path
        Holds ``users`` (M, d), and optionally ``groups`` (M,) labels of any kind, ``requests`` (M,) a day,
        ``creators`` (N, d), ``followers``, ``publishing`` and ``habit`` (N,), and ``topics`` (T, d).
    rng : Generator
    relevance : {"dot", "distance"}
        Dot product scaled to [0, 1] over the users and creators, or 1 less the distance over the largest one.

    Raises
    ------
    BadInput
        If the file cannot be read or its arrays do not fit together.
    """
    arrays = _read(file)
    users = finite_array("users", arrays["users"], ndim=2)
    creators, topics = (_points(arrays, name, users) for name in ("creators", "topics"))
    m = len(users)
    labels = arrays.get("groups", np.zeros(m, dtype=np.int64))
    if labels.shape != (m,):
        raise BadInput(f"groups has shape {labels.shape}; it must have one label for each of {m} users")
    requests = _each(arrays, "requests", np.full(m, 2.0))
    makers = users if creators is None else creators
    radius = float(np.linalg.norm(makers, axis=1).max())
    if not radius > 0:
        raise BadInput("all embeddings are 0; creators and users must differ for relevance to mean anything")
    sigma: Relevance
    if choice("relevance", relevance, ("dot", "distance")) == "distance":
        sigma = DistanceRelevance(1.0, float(np.linalg.norm(users, axis=1).max()) + radius)
    else:
        sigma = DotRelevance.spanning(users, makers)
    if topics is None:
        topics = into_ball(users[rng.choice(m, min(N_TOPICS, m), replace=False)], radius)
    if creators is None:
        creators = near_topics(rng, users, requests, topics, max(m // 10, 1), radius)
    traits = zip(("followers", "publishing", "habit"), drawn_traits(rng, len(creators)), strict=True)
    followers, publishing, habit = (_each(arrays, name, drawn) for name, drawn in traits)
    groups, quarters = keep_groups(np.unique(labels, return_inverse=True)[1], requests, 1)
    return Population(
        users, groups, quarters, requests, creators, followers, publishing, habit, topics, sigma, radius
    )


def _points(arrays: dict[str, np.ndarray], name: str, users: np.ndarray) -> np.ndarray | None:
    if name not in arrays:
        return None
    points = finite_array(name, arrays[name], ndim=2)
    same_dimensions(name, points, "users", users)
    return points


def _each(arrays: dict[str, np.ndarray], name: str, otherwise: np.ndarray) -> np.ndarray:
    """Return an array of one number each, of the length of what takes its place where it is missing."""
    array = finite_array(name, arrays.get(name, otherwise), ndim=1)
    if len(array) != len(otherwise):
        raise BadInput(f"{name} has {len(array)} entries and must have {len(otherwise)}; give one each")
    if name != "habit" and (array.min() < 0 or not array.sum() > 0):
        raise BadInput(f"{name} holds {array.min():g}; entries must be at least 0, and not all 0")
    return array


def _read(file: Path) -> dict[str, np.ndarray]:
    if not os.path.isfile(file) or file.suffix != ".npz":
        raise BadInput(f"population is {str(file)!r}; give an existing .npz file with an array named users")
    with reading(f"population {file.name!r}", "save plain arrays with numpy.savez, without pickled objects"):
        arrays, names = load_npz(file, ARRAYS)
    unknown = sorted(set(names) - set(ARRAYS))
    if unknown:
        raise BadInput(f"population {file.name!r} holds {unknown[0]!r}; known arrays are {', '.join(ARRAYS)}")
    if "users" not in arrays:
        raise BadInput(f"population {file.name!r} has no array 'users'; it must hold one by that name")
    return arrays
