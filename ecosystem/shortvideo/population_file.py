"""A population from the user's own arrays, in a ``.npz`` file."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance
from ecosystem.shortvideo.population import Population, into_ball
from ecosystem.shortvideo.synthetic_population import drawn_population
from ecosystem_agents.inputs.checks import BadInput, choice, finite_array, whole

ARRAYS = ("users", "groups", "requests", "creators", "followers", "publishing", "habit", "topics")


def read_population(
    file: Path, rng: np.random.Generator, *, relevance: str = "dot", n_topics: int = 200
) -> Population:
    """Read a population from a ``.npz`` file; what it does not hold is drawn as for the synthetic one.

    Parameters
    ----------
    file : Path
        Holds ``users`` (M, d), and optionally ``groups`` (M,) labels of any kind, ``requests`` (M,) a day,
        ``creators`` (N, d), ``followers``, ``publishing`` and ``habit`` (N,), and ``topics`` (T, d).
    rng : Generator
    relevance : {"dot", "distance"}
        Dot product scaled to [0, 1] over the users and creators, or 1 less the distance over the largest one.
    n_topics : int
        Topics to place on random users where the file has none.

    Raises
    ------
    BadInput
        If the file cannot be read or its arrays do not fit together.
    """
    arrays = _read(file)
    users = finite_array("users", arrays["users"], ndim=2)
    m, dim = users.shape
    labels = arrays.get("groups", np.zeros(m, dtype=np.int64))
    if labels.shape != (m,):
        raise BadInput(f"groups has shape {labels.shape}; it must have one label for each of {m} users")
    requests = _positive(arrays, "requests", m)
    creators = None if "creators" not in arrays else finite_array("creators", arrays["creators"], ndim=2)
    n_topics = min(whole("n_topics", n_topics, at_least=1), m)
    topics = users[rng.choice(m, n_topics, replace=False)] if "topics" not in arrays else arrays["topics"]
    topics = finite_array("topics", topics, ndim=2)
    for name, array in (("creators", creators), ("topics", topics)):
        if array is not None and array.shape[1] != dim:
            raise BadInput(
                f"{name} have {array.shape[1]} dimensions and users {dim}; both must have the same"
            )
    makers = users if creators is None else creators
    radius = float(np.linalg.norm(makers, axis=1).max())
    if not radius > 0:
        raise BadInput("all embeddings are 0; creators and users must differ for relevance to mean anything")
    if "topics" not in arrays:
        topics = into_ball(topics, radius)
    n = max(m // 10, 1) if creators is None else len(creators)
    sigma: Relevance
    if choice("relevance", relevance, ("dot", "distance")) == "distance":
        sigma = DistanceRelevance(1.0, float(np.linalg.norm(users, axis=1).max()) + radius)
    else:
        sigma = DotRelevance.spanning(users, makers)
    drawn = drawn_population(
        rng,
        users,
        np.unique(labels, return_inverse=True)[1],
        np.full(m, 2.0) if requests is None else requests,
        topics,
        n,
        sigma,
        radius=radius,
        creators=creators,
    )
    followers, publishing = (_positive(arrays, name, n) for name in ("followers", "publishing"))
    habit = finite_array("habit", arrays["habit"], ndim=1) if "habit" in arrays else drawn.habit
    if len(habit) != n:
        raise BadInput(f"habit has {len(habit)} entries and must have {n}; give one each")
    return replace(
        drawn,
        followers=drawn.followers if followers is None else followers,
        publishing=drawn.publishing if publishing is None else publishing,
        habit=habit,
    )


def _positive(arrays: dict[str, np.ndarray], name: str, length: int) -> np.ndarray | None:
    if name not in arrays:
        return None
    array = finite_array(name, arrays[name], ndim=1)
    if len(array) != length:
        raise BadInput(f"{name} has {len(array)} entries and must have {length}; give one each")
    if array.min() < 0 or not array.sum() > 0:
        raise BadInput(f"{name} holds {array.min():g}; entries must be at least 0, and not all 0")
    return array


def _read(file: Path) -> dict[str, np.ndarray]:
    if not os.path.isfile(file) or file.suffix != ".npz":
        raise BadInput(f"population is {str(file)!r}; give an existing .npz file with an array named users")
    try:
        with np.load(file, allow_pickle=False) as archive:
            unknown = sorted(set(archive.files) - set(ARRAYS))
            arrays = {name: archive[name] for name in archive.files if name in ARRAYS}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        raise BadInput(
            f"population {file.name!r} cannot be read ({' '.join(str(error).split())[:120]}); save plain arrays with "
            "numpy.savez, without pickled objects"
        ) from None
    if unknown:
        raise BadInput(f"population {file.name!r} holds {unknown[0]!r}; known arrays are {', '.join(ARRAYS)}")
    if "users" not in arrays:
        raise BadInput(f"population {file.name!r} has no array 'users'; it must hold one by that name")
    return arrays
