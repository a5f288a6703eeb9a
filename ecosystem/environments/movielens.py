"""MovieLens-1M: creators choose which movie to make, users are the most active raters (Section 5.1.2)."""

from __future__ import annotations

import numpy as np

from ecosystem.environments.environment import Environment, Setting
from ecosystem.ratings.prepared import Embeddings, prepare, recall, source_of
from ecosystem.ratings.training import MODELS
from ecosystem.relevance import DotRelevance, most_relevant
from ecosystem.strategy_sets import Catalogue
from ecosystem_agents.inputs.checks import BadInput, choice, path_of, real, whole


def build(
    rng: np.random.Generator,
    path: str | None = None,
    name: str = "movielens",
    n_creators: int = 20,
    shared: int = 700,
    private: int = 300,
    active_above: int = 200,
    max_norm: float = 0.35,
    *,
    model: str = "mf",
    start: str = "favourite",
) -> Setting:
    """Make the world of Section 5.1.2 from embeddings trained on ratings.

    Parameters
    ----------
    rng : Generator
        Source of the private movies.
    path : str, optional
        GroupLens' zip or folder, or a CSV or Parquet table; trained on at the first use. By default what
        ``ecosystem data`` prepared under `name`.
    name : str
        Name of the prepared ratings, where `path` is not given.
    n_creators : int
        n, at least 1.
    shared : int
        How many of the most rated movies every creator can make, at least 1.
    private : int
        How many of the other movies, at random, each creator can make besides, at least 0.
    active_above : int
        Users with more ratings than this take part, at least 0.
    max_norm : float
        Length of the longest movie vector, above 0. Movies are divided and users multiplied by one constant:
        relevance stays what it is, and a step of length eta can reach another movie.
    model : {"mf", "nmf", "pmf"}
        Which factorisation of the ratings; see `ecosystem.ratings.training`.
    start : {"favourite", "highest_rated"}
        Where creators start: all on the shared movie that is most relevant on average, or on the one that these
        users rated highest on average, of equals the most rated.

    Raises
    ------
    BadInput
        If there are no ratings, or too few users or movies for what is asked.
    """
    n_creators, shared = whole("n_creators", n_creators, at_least=1), whole("shared", shared, at_least=1)
    private = whole("private", private, at_least=0)
    active_above = whole("active_above", active_above, at_least=0)
    settings = MODELS[choice("model", model, MODELS)]
    by_stars = choice("start", start, ("favourite", "highest_rated")) == "highest_rated"
    trained = recall(name, model) if path is None else prepare(source_of(path_of("path", path)), settings)
    users, movies = _scaled(trained, active_above, real("max_norm", max_norm, above=0))
    common, others = _most_rated(trained, shared, private)
    own = [np.sort(rng.choice(others, private, replace=False)) for _ in range(n_creators)]
    used = np.concatenate([common, np.unique(np.concatenate(own))])
    relevance = DotRelevance.spanning(users, movies[used])
    stars = trained.mean_ratings(trained.user_counts > active_above)[common]
    first = common[np.argmax(stars) if by_stars else most_relevant(relevance, users, movies[common])]
    return Setting(
        users=users,
        strategies=np.repeat(movies[[first]], n_creators, axis=0),
        relevance=relevance,
        strategy_sets=[Catalogue(movies[np.concatenate([common, mine])]) for mine in own],
        catalogue=Catalogue(movies[used]),
        titles=trained.titles[used].tolist(),
        user_ids=trained.user_ids[trained.user_counts > active_above],
        item_ids=trained.item_ids[used],
    )


def _most_rated(trained: Embeddings, shared: int, private: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the most rated movies, that many of them, and all others."""
    if shared + private > len(trained.items):
        raise BadInput(
            f"shared is {shared} and private {private}; together they must be at most {len(trained.items)}, the "
            "number of movies with ratings"
        )
    popular = np.argsort(-trained.item_counts, kind="stable")
    return popular[:shared], popular[shared:]


def _scaled(trained: Embeddings, active_above: int, max_norm: float) -> tuple[np.ndarray, np.ndarray]:
    active = trained.user_counts > active_above
    if not active.any():
        raise BadInput(
            f"active_above is {active_above} and no user has more ratings; it must be below "
            f"{trained.user_counts.max()}"
        )
    factor = max_norm / np.sqrt(np.square(trained.items).sum(axis=1).max())
    return trained.users[active] / factor, trained.items * factor


MOVIELENS = Environment(
    name="movielens",
    summary="1578 active MovieLens-1M users, 20 creators that choose among 1000 movies each (Section 5.1.2)",
    build=build,
    beta=0.1,
    K=20,
    eta=0.2,
    horizon=3000,
    n_groups=15,
    lbr_evaluation="projected",  # as printed, half of the accepted moves cost the mover
)
