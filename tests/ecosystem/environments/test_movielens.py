from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.environments.movielens import build
from ecosystem.game import creator_utilities, user_utilities
from ecosystem.matching import matching_probabilities
from ecosystem.ratings.prepared import prepare, recall, remember, source_of
from ecosystem.ratings.training import TrainingSettings
from ecosystem_agents.inputs.checks import BadInput

SMALL = {"n_creators": 8, "shared": 30, "private": 20, "active_above": 40}


@pytest.fixture
def prepared_ratings(movielens_folder, own_cache):
    pytest.importorskip("cornac")
    embeddings = prepare(source_of(movielens_folder), TrainingSettings())
    remember("movielens", embeddings)
    return embeddings


def setting(seed=0, **options):
    return build(np.random.default_rng(seed), **(SMALL | options))


def test_active_users_and_their_scale(prepared_ratings):
    made = setting()
    active = prepared_ratings.user_counts > 40
    assert 0 < active.sum() < 90
    assert len(made.users) == active.sum()
    assert np.linalg.norm(setting(shared=120, private=0).catalogue.items, axis=1).max() == pytest.approx(0.35)
    # Whatever the scale, dot products are the ratings that the embeddings predict.
    titles = prepared_ratings.titles.tolist()
    predicted = prepared_ratings.users[active] @ prepared_ratings.items.T
    for other in (made, setting(max_norm=1.0)):
        at = [titles.index(title) for title in other.titles]
        np.testing.assert_allclose(other.users @ other.catalogue.items.T, predicted[:, at], rtol=1e-10)


def test_relevance_spans_0_to_1_over_users_and_used_movies(prepared_ratings):
    made = setting()
    relevance = made.relevance(made.users, made.catalogue.items)
    assert relevance.min() == pytest.approx(0, abs=1e-12)
    assert relevance.max() == pytest.approx(1)


def test_action_sets(prepared_ratings):
    made = setting()
    title = dict(zip(map(bytes, made.catalogue.items), made.titles, strict=True))
    sets = [[title[bytes(item)] for item in one.items] for one in made.strategy_sets]
    counts = dict(zip(prepared_ratings.titles.tolist(), prepared_ratings.item_counts, strict=True))
    for one in sets:
        assert len(one) == len(set(one)) == 50
        assert one[:30] == sets[0][:30]
    rest = set(counts) - set(sets[0][:30])
    assert min(counts[t] for t in sets[0][:30]) >= max(counts[t] for t in rest)
    private = [frozenset(one[30:]) for one in sets]
    assert len(set(private)) == 8
    assert set().union(*map(set, sets)) == set(made.titles)
    assert [p.tolist() for p in setting(1).catalogue.items] != [p.tolist() for p in made.catalogue.items]


def test_all_start_on_the_shared_movie_most_relevant_on_average(prepared_ratings):
    made = setting()
    assert (made.strategies == made.strategies[0]).all()
    means = made.relevance(made.users, made.catalogue.items[:30]).mean(axis=0)
    assert made.catalogue.nearest(made.strategies[0]) == np.argmax(means)


def rated(folder, *stars):
    """Write ratings, (user, movie, stars) each."""
    (folder / "ratings.dat").write_text("".join(f"{u}::{i}::{s}::0\n" for u, i, s in stars))
    return {"path": str(folder), "n_creators": 2, "shared": 3, "private": 0, "active_above": 2}


def first_movie(**options):
    made = build(np.random.default_rng(0), **options, start="highest_rated")
    assert (made.strategies == made.strategies[0]).all()
    return made.titles[made.catalogue.nearest(made.strategies[0])]


def test_all_start_on_the_shared_movie_that_active_users_rated_highest(own_cache, tmp_path):
    pytest.importorskip("cornac")
    # Users 1, 2 and 3 are active. Movie 10 has the most ratings, 4 its one rating of 5 but is not shared; of users
    # 1 to 3, movie 20 has (4 + 5) / 2 = 4.5 and movie 30 (5 + 4 + 5) / 3, though user 4 thinks little of it.
    active = [(1, 10, 3), (2, 10, 4), (3, 10, 3), (1, 20, 4), (2, 20, 5), (1, 30, 5), (2, 30, 4), (3, 30, 5)]
    others = [(4, 10, 5), (5, 10, 5), (3, 40, 5), (4, 30, 1), (5, 20, 5)]
    assert first_movie(**rated(tmp_path, *active, *others)) == "movie 30"
    # Everybody counts once all are active: movie 30 has 15 / 4, movie 20 14 / 3.
    everybody = rated(tmp_path, *active, *others) | {"active_above": 0}
    assert first_movie(**everybody) == "movie 20"
    # Of movies that are level, here at 4, the most rated one, by whomever: 30 has four ratings, 20 three.
    level = [(1, 10, 3), (2, 10, 3), (3, 10, 3), (1, 20, 4), (2, 20, 4), (1, 30, 4), (2, 30, 4), (3, 30, 4)]
    assert first_movie(**rated(tmp_path, *level, *others)) == "movie 30"


def test_a_shared_movie_that_no_active_user_rated_is_no_start(own_cache, tmp_path):
    pytest.importorskip("cornac")
    stars = [(1, 20, 1), (1, 30, 2), (1, 40, 1), *((u, 10, 5) for u in (2, 3, 4))]
    assert first_movie(**rated(tmp_path, *stars) | {"shared": 4}) == "movie 30"


@pytest.mark.parametrize("mechanism", ["none", "uir", "smt", "hmt"])
def test_every_mechanism_runs_and_agrees_with_the_definitions(prepared_ratings, mechanism):
    given = {
        "environment": "movielens",
        "mechanism": mechanism,
        "n_groups": 4,
        "K": 5,
        "horizon": 40,
        "rng": 1,
    }
    model = CreatorEconomy(**given, **SMALL)
    model.run()
    assert model.lbr_evaluation == "projected"
    for strategy, own in zip(model.strategies, model.strategy_sets, strict=True):
        assert (own.items == strategy).all(axis=1).any()
    assert len(np.unique(model.strategies, axis=0)) < model.n_creators  # ties are there to be shared
    relevance = model.market.relevance(model.users, model.strategies)
    probabilities = matching_probabilities(relevance, model.market.beta, model.market.K)
    terms = model.platform.terms()
    utilities, breadth = model.market.matched()
    np.testing.assert_allclose(utilities, user_utilities(relevance, probabilities), rtol=1e-12)
    np.testing.assert_allclose(breadth, 1 / (probabilities**2).sum(axis=1), rtol=1e-10)
    expected = creator_utilities(relevance, probabilities, weights=terms.reward_weight)
    np.testing.assert_allclose(model.creator_utilities, expected, rtol=1e-11)
    one_by_one = CreatorEconomy(**given, **SMALL, one_by_one=True)
    one_by_one.run()
    assert (one_by_one.strategies == model.strategies).all()
    assert (
        one_by_one.datacollector.model_vars["accepted_share"][1:]
        == model.datacollector.model_vars["accepted_share"][1:]
    )


def test_titles_of_what_creators_make(prepared_ratings):
    model = CreatorEconomy(environment="movielens", rng=0, n_groups=4, horizon=30, **SMALL)
    assert len(set(model.titles_of(model.start))) == 1
    model.run()
    for title, strategy in zip(model.titles_of(model.strategies), model.strategies, strict=True):
        assert model.titles[int(np.argmin(((model.catalogue.items - strategy) ** 2).sum(axis=1)))] == title
    assert title.startswith("Café")
    assert CreatorEconomy(environment="figure1", rng=0).titles_of(np.zeros((1, 2))) == []


def test_a_path_is_trained_on_at_the_first_use(movielens_folder, own_cache):
    pytest.importorskip("cornac")
    made = setting(path=str(movielens_folder))
    assert len(list(own_cache.glob("*.npz"))) == 1
    assert (setting(path=str(movielens_folder)).users == made.users).all()
    with pytest.raises(BadInput, match="no ratings are prepared"):
        recall("movielens")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"shared": 100, "private": 21}, "together they must be at most 120"),
        ({"active_above": 500}, "no user has more ratings"),
        ({"shared": 0}, "shared is 0"),
        ({"max_norm": 0}, "max_norm is 0"),
        ({"n_creators": 0}, "n_creators is 0"),
        ({"path": "nowhere.zip"}, "does not exist"),
        ({"name": "books"}, "no ratings are prepared under the name 'books'"),
        ({"model": "svd"}, "model is 'svd'; it must be one of mf, nmf, pmf"),
        ({"model": "nmf"}, "the name 'movielens-nmf'; .* --path ml-1m.zip --model nmf"),
        ({"start": "random"}, "start is 'random'; it must be one of favourite, highest_rated"),
    ],
)
def test_bad_options_are_named(prepared_ratings, options, named):
    with pytest.raises(BadInput, match=named):
        setting(**options)


def test_without_data_it_says_where_to_get_it(own_cache):
    with pytest.raises(BadInput, match=r"grouplens.org/datasets/movielens/1m/ .*no redistribution"):
        CreatorEconomy(environment="movielens")


@pytest.mark.slow  # the made-up ratings above take the same way
def test_the_real_movies(real_movielens, own_cache):
    pytest.importorskip("cornac")
    model = CreatorEconomy(environment="movielens", path=real_movielens, mechanism="hmt", rng=0, horizon=100)
    assert (model.n_users, model.n_creators, model.dim, model.n_groups) == (1578, 20, 32, 15)
    assert all(len(one.items) == 1000 for one in model.strategy_sets)
    model.run()
    assert model.welfare > model.datacollector.model_vars["welfare"][0]
    made = build(np.random.default_rng(0), path=real_movielens, start="highest_rated")
    assert made.item_ids[made.catalogue.nearest(made.strategies[0])] == 858
