"""Matrix factorisation of ratings, as embeddings whose plain dot product predicts them (Section 5.1.2).

The fits are cornac's, each on one thread because only then does a seed fix the bits: MF, biased matrix factorisation
by stochastic gradient descent; NMF, of vectors that are nowhere negative, by multiplicative updates; PMF, the linear
probabilistic one, by RMSProp. The biases of MF are folded into the embeddings, so that relevance is a dot product and
no more: ``(u, mean + b_u, 1) . (v, 1, b_v) = mean + b_u + b_v + u . v``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecosystem.extras import library
from ecosystem.ratings.table import Ratings
from ecosystem_agents.inputs.checks import BadInput


@dataclass(frozen=True)
class TrainingSettings:
    """How embeddings are trained."""

    dim: int = 32  # d, at least 3: the paper's 32
    biases: bool = (
        True  # of users and items, which take two of the dimensions; without, all are factors; MF's
    )
    epochs: int = 30  # passes over the ratings, at least 1
    learning_rate: float = 0.01  # of the gradient descent, above 0; NMF has none
    regularisation: float = 0.04  # at least 0
    seed: int = 0  # of starting values and of the order of the ratings, at least 0
    model: str = "mf"  # one of `MODELS`


MODELS = {
    "mf": TrainingSettings(),
    "nmf": TrainingSettings(model="nmf", biases=False, epochs=150, regularisation=0.08),
    "pmf": TrainingSettings(model="pmf", biases=False, learning_rate=0.003, regularisation=0.05),
}
"""Every factorisation by its name, each with the settings it does well with."""


def train(
    ratings: Ratings, settings: TrainingSettings, rows: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Fit embeddings to ratings: to all, or to those in `rows`.

    Returns
    -------
    users : (m, d) array
    items : (k, d) array
        ``users[j] . items[i]`` predicts the rating of item i by user j.

    Raises
    ------
    BadInput
        If cornac is not installed or the fit diverges.
    """
    read, models = (
        library(f"cornac.{part}", "training embeddings", "movielens") for part in ("data", "models")
    )
    rng = np.random.default_rng(settings.seed)
    rows = np.arange(len(ratings.rating)) if rows is None else rows
    rows = rng.permutation(rows)  # gradient descent takes them in this order, pass after pass
    m, k = len(ratings.user_ids), len(ratings.item_ids)
    data = read.Dataset(
        num_users=m,
        num_items=k,
        uid_map=OrderedDict(enumerate(range(m))),
        iid_map=OrderedDict(enumerate(range(k))),
        uir_tuple=(ratings.user[rows], ratings.item[rows], ratings.rating[rows]),
        seed=settings.seed,
    )
    factors = settings.dim - 2 if settings.biases else settings.dim
    start = None
    if not settings.biases:
        # Dot products that start at 0 have no gradient to climb: without biases, start them at the mean.
        level = np.sqrt(max(ratings.rating[rows].mean(), 0.0) / factors)
        start = {
            name: level + 0.1 * rng.standard_normal((size, factors)) for name, size in (("U", m), ("V", k))
        }
        if settings.model != "pmf":
            start = {name: own.astype(np.float32) for name, own in start.items()}
        if settings.model == "nmf":
            start = {name: np.abs(own) for name, own in start.items()}
    given = {
        "k": factors,
        "max_iter": settings.epochs,
        "learning_rate": settings.learning_rate,
        "lambda_reg": settings.regularisation,
        "init_params": start,
        "seed": settings.seed,  # and so on one thread
    }
    if settings.model == "mf":
        model = models.MF(use_bias=settings.biases, **given)
    else:
        model = models.NMF(**given) if settings.model == "nmf" else models.PMF(variant="linear", **given)
    model.fit(data)
    if settings.biases:
        user_bias = float(model.global_mean) + model.u_biases.astype(np.float64)
        users = np.column_stack([model.u_factors, user_bias, np.ones(m)])
        items = np.column_stack([model.i_factors, np.ones(k), model.i_biases.astype(np.float64)])
    else:
        vectors = model.get_user_vectors(), model.get_item_vectors()
        users, items = (own.astype(np.float64) for own in vectors)
    if not (np.isfinite(users).all() and np.isfinite(items).all()):
        raise BadInput("training diverged on these ratings; bring them to a range such as 1 to 5")
    return users, items


def rmse(users: np.ndarray, items: np.ndarray, ratings: Ratings, rows: np.ndarray | None = None) -> float:
    """Return the root mean squared error of plain dot products, neither clipped nor rounded.

    `rows` says which ratings count; all do by default.
    """
    rows = np.arange(len(ratings.rating)) if rows is None else rows
    squared = 0.0
    # In parts: the embeddings of a million ratings are half a gigabyte.
    for part in np.array_split(rows, len(rows) // 50_000 + 1):
        predicted = np.einsum("rd,rd->r", users[ratings.user[part]], items[ratings.item[part]])
        squared += float(np.sum((predicted - ratings.rating[part]) ** 2))
    return float(np.sqrt(squared / len(rows)))


def cross_validate(
    ratings: Ratings,
    settings: TrainingSettings,
    folds: int = 5,
    report: Callable[[int, str], None] = lambda done, note: None,
) -> list[float]:
    """Return the test RMSE of each fold: trained on the other folds, measured on this one.

    Folds are at least 2 random parts of equal size; `report` is called with how many are done, and the last one's
    RMSE as text.

    Raises
    ------
    BadInput
        If there are fewer ratings than folds, or a fit fails (see `train`).
    """
    from sklearn.model_selection import KFold

    if len(ratings.rating) < folds:
        raise BadInput(
            f"there are {len(ratings.rating)} ratings; {folds}-fold validation needs at least {folds}"
        )
    errors: list[float] = []
    split = KFold(folds, shuffle=True, random_state=settings.seed)
    for train_rows, test_rows in split.split(ratings.rating):
        users, items = train(ratings, settings, train_rows)
        errors.append(rmse(users, items, ratings, test_rows))
        report(len(errors), f"RMSE {errors[-1]:.4f}")
    return errors
