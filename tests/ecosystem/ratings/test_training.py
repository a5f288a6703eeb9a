from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from ecosystem.ratings.grouplens import movielens_source
from ecosystem.ratings.table import Ratings
from ecosystem.ratings.training import MODELS, TrainingSettings, cross_validate, rmse, train
from ecosystem_agents.inputs.checks import BadInput


@pytest.fixture(scope="module")
def ratings(movielens_folder):
    pytest.importorskip("cornac")
    return movielens_source(movielens_folder).read()


def test_rmse_by_hand():
    two = Ratings(
        np.array([1, 2]),
        np.array([5]),
        np.array([0, 1]),
        np.array([0, 0]),
        np.array([3.0, 1.0]),
        ["a"],
        False,
    )
    users, items = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[2.0, 4.0]])
    assert rmse(users, items, two) == pytest.approx(np.sqrt((1 + 9) / 2))
    assert rmse(users, items, two, np.array([1])) == pytest.approx(3)


@pytest.mark.parametrize("biases", [True, False])
def test_dot_products_are_the_library_s_own_predictions(ratings, biases, monkeypatch):
    import cornac.models

    made = []

    class Watched(cornac.models.MF):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(cornac.models, "MF", Watched)
    users, items = train(ratings, TrainingSettings(dim=8, biases=biases))
    assert users.shape == (len(ratings.user_ids), 8)
    assert items.shape == (len(ratings.item_ids), 8)
    for user in (0, 17, 89):
        for item in (0, 60, 119):
            assert users[user] @ items[item] == pytest.approx(made[0].score(user, item), abs=1e-5)


@pytest.mark.parametrize("biases", [True, False])
def test_training_finds_what_is_there(ratings, biases):
    fit = rmse(*train(ratings, TrainingSettings(dim=8, biases=biases, epochs=60)), ratings)
    assert fit < 0.6 * ratings.rating.std()


@pytest.mark.parametrize("model", ["nmf", "pmf"])
def test_other_factorisations_predict_what_was_not_trained_on(ratings, model, monkeypatch):
    import cornac.models

    made, watched = [], getattr(cornac.models, model.upper())

    class Watched(watched):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(cornac.models, model.upper(), Watched)
    settings = replace(MODELS[model], dim=3, epochs=300)
    users, items = train(ratings, settings)
    assert users[17] @ items[60] == pytest.approx(made[0].score(17, 60), abs=1e-5)
    assert rmse(users, items, ratings) < 0.7 * ratings.rating.std()
    assert np.mean(cross_validate(ratings, settings, 3)) < 0.8 * ratings.rating.std()
    assert (min(users.min(), items.min()) >= 0) == (model == "nmf")


@pytest.mark.parametrize("model", MODELS)
def test_a_seed_fixes_the_bits(ratings, model):
    settings = replace(MODELS[model], dim=5)
    first, again = train(ratings, settings), train(ratings, settings)
    other = train(ratings, replace(settings, seed=1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not (first[0] == other[0]).all()


def test_cross_validation_measures_what_was_not_trained_on(ratings, monkeypatch):
    from ecosystem.ratings import training

    seen = []
    monkeypatch.setattr(training, "train", lambda r, s, rows: (seen.append(rows), train(r, s, rows))[1])
    told = []
    settings = TrainingSettings(dim=5)
    errors = cross_validate(ratings, settings, 5, lambda done, note: told.append((done, note)))
    n = len(ratings.rating)
    left_out = [np.setdiff1d(np.arange(n), rows) for rows in seen]
    assert sorted(np.concatenate(left_out).tolist()) == list(range(n))
    assert max(map(len, left_out)) - min(map(len, left_out)) <= 1
    assert [done for done, _ in told] == [1, 2, 3, 4, 5]
    assert rmse(*train(ratings, settings), ratings) < min(errors) < ratings.rating.std()
    assert cross_validate(ratings, settings) == errors


def test_too_few_ratings_and_a_missing_library(ratings, monkeypatch):
    few = Ratings(
        np.array([1]), np.array([1, 2]), np.zeros(2, int), np.arange(2), np.ones(2), ["a", "b"], False
    )
    with pytest.raises(BadInput, match="there are 2 ratings"):
        cross_validate(few, TrainingSettings())
    monkeypatch.setitem(sys.modules, "cornac.data", None)
    with pytest.raises(BadInput, match=r"pip install -c constraints.txt '\.\[movielens\]'"):
        train(few, TrainingSettings())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_fit_that_diverges_is_named(ratings):
    with pytest.raises(BadInput, match="diverged"):
        train(ratings, TrainingSettings(learning_rate=1e6))
