import copy
import pickle
from fractions import Fraction

import mesa
import numpy as np
import pytest

from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.responses import is_equilibrium
from ecosystem_agents.inputs.checks import BadInput

F = Fraction
NEWER_MESA = tuple(map(int, mesa.__version__.split(".")[:2])) >= (3, 5)


def test_a_run_ends_in_an_equilibrium_and_keeps_its_path():
    model = RankingCompetition(n_publishers=4, n_queries=7, rng=5)
    model.run()
    assert model.converged
    assert is_equilibrium(model.profile)
    assert [move.step for move in model.history] == list(range(1, model.steps + 1))
    assert all(move.after > move.before for move in model.history)
    series = model.datacollector.get_model_vars_dataframe()
    assert len(series) == len(model.history)
    assert series["can_improve"].tolist() == [len(move.can_improve) for move in model.history]
    assert series["welfare"].tolist() == [float(move.welfare) for move in model.history]
    assert series["kind"].tolist() == [move.kind for move in model.history]


def test_the_seed_alone_decides():
    def path(rng):
        model = RankingCompetition(n_publishers=4, n_queries=6, rng=rng)
        model.run()
        return model.history, model.profile.documents

    assert path(3) == path(3) == path(np.int64(3))
    assert path(3) != path(4)


def test_random_starts_are_allowed_profiles():
    for seed in range(30):
        model = RankingCompetition(n_publishers=3, n_queries=7, peak="2/7", threshold="none", rng=seed)
        documents = model.profile.documents
        assert [len(document) for document in documents] == [7] * 3
        assert all(0 <= w <= F(2, 7) and sum(d) <= 1 for d in documents for w in d)


def test_a_random_start_copes_with_a_peak_of_many_digits():
    model = RankingCompetition(n_publishers=2, n_queries=3, peak="1/99999999999999999999", rng=1)
    assert all(0 <= w <= model.game.peak and sum(d) <= 1 for d in model.profile.documents for w in d)


def test_an_equilibrium_to_begin_with_is_left_alone():
    model = RankingCompetition(n_publishers=2, n_queries=2, start=[[1, 0], [0, 1]])
    assert model.converged
    assert not model.running
    model.step()
    assert model.history == []
    assert model.datacollector.get_model_vars_dataframe()["converged"].all()


def test_arbitrary_orders_and_documents():
    model = RankingCompetition(
        n_publishers=2, n_queries=4, threshold="2/5", start=[[0.5, 0.4, 0, 0], [0.4, 0, 0.5, 0]]
    )
    made = model.move(1, [0, "1/2", "2/5", 0])
    assert (made.before, made.after, made.equity) == (1, 2, 1)
    assert model.cycle == (0, 1)  # the start renamed
    assert not model.running
    model.step()  # stepping on is allowed
    assert len(model.history) == 2
    with pytest.raises(BadInput, match="publisher is 2"):
        model.move(2)
    with pytest.raises(BadInput, match="a focus of 2 in all"):
        model.move(0, [1, 1, 0, 0])


def test_orders():
    start = [[0] * 6] * 3
    cyclic = RankingCompetition(n_publishers=3, n_queries=6, order="round-robin", start=start)
    cyclic.run()
    assert [move.mover for move in cyclic.history] == [0, 1, 2]
    gains = RankingCompetition(
        n_publishers=3,
        n_queries=6,
        order="largest-gain",
        start=[["1/2", 0, 0, 0, 0, 0], [0] * 6, ["1/2", 0, 0, 0, 0, 0]],
    )
    gains.step()
    assert gains.history[0].mover == 1
    movers = set()
    for seed in range(20):
        model = RankingCompetition(n_publishers=3, n_queries=6, start=start, rng=seed)
        model.step()
        movers.add(model.history[0].mover)
    assert movers == {0, 1, 2}


def test_unfair_play_can_cycle_where_fair_play_settles():
    endings = {}
    for rule in ("fair", "unfair"):
        models = [RankingCompetition(n_publishers=4, n_queries=5, rule=rule, rng=seed) for seed in range(25)]
        for model in models:
            model.run(200)
        endings[rule] = [model.cycle is not None for model in models]
        for model in models:
            if model.cycle:
                first, length = model.cycle
                assert first + length == len(model.history)
    assert not any(endings["fair"])
    assert any(endings["unfair"])


def test_without_static_documents_play_neither_settles_nor_repeats_exactly():
    model = RankingCompetition(n_publishers=2, n_queries=5, threshold="none", rng=0)
    model.run(100)
    assert len(model.history) == 100
    assert not model.converged
    assert model.cycle is None
    assert model.profile.worst_value <= 1


def test_mixed_rules():
    model = RankingCompetition(n_publishers=3, n_queries=5, rule="fair, greedy, local", rng=0)
    assert [p.name for p in model.publishers] == ["fair", "greedy", "local"]
    model.run(300)
    assert all(move.after >= move.before for move in model.history)
    assert {move.mover for move in model.history} == {0, 1, 2}


def test_a_profile_shows_its_moment_and_stays():
    model = RankingCompetition(n_publishers=2, n_queries=3, start=[["1/2", "1/2", 0], [0, 0, 0]], rng=0)
    before = model.profile
    assert model.history == []
    assert before.winners == [(0,), (0,), ()]
    assert before.documents == ((F(1, 2), F(1, 2), 0), (0, 0, 0))
    assert before.values == (F(1, 2), F(1, 2), 0)
    assert model.game.thresholds == (F(1, 2),) * 3
    assert before.utilities == (2, 0)
    assert (model.can_improve, model.converged, model.cycle) == ((1,), False, None)
    assert (before.worst_value, before.welfare) == (0, -1)
    model.run()
    assert before.utilities == (2, 0)
    assert len(model.history) == 1
    assert model.converged
    assert model.profile.utilities == (F(3, 2), F(3, 2))
    assert model.history[-1].sentence().startswith("Publisher 2 goes for queries")


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_continue_alike(copied):
    model = RankingCompetition(n_publishers=4, n_queries=7, rng=2)
    model.step()
    other = copied(model)
    model.run()
    other.run()
    assert model.history == other.history
    assert len(model.history) > 2


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"n_publishers": 1}, "number of publishers is 1"),
        ({"n_queries": "5"}, "number of queries is '5'"),
        ({"peak": 2}, "peak is 2"),
        ({"rule": "best"}, "rule is 'best'"),
        ({"rule": "fair,fair"}, "rule names 2 rules"),
        ({"order": "alphabetic"}, "order is 'alphabetic'"),
        ({"eta": 0}, "eta is 0"),
        ({"start": [[1, 0, 0, 0, 0]]}, "profile has 1 documents"),
        ({"start": [[1, 1, 0, 0, 0], [0] * 5, [0] * 5]}, "document of publisher 1 has a focus of 2 in all"),
    ],
)
def test_bad_parameters_are_named(parameters, named):
    with pytest.raises(BadInput, match=named):
        RankingCompetition(**parameters)


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="this Mesa has no batch_run")
def test_mesas_batch_runner_runs_it():
    parameters = {"n_publishers": [2, 3], "n_queries": 5, "rule": ["fair", "greedy"], "peak": ["1", "1/2"]}
    options = {
        "max_steps": 50,
        "number_processes": 1,
        "data_collection_period": -1,
        "display_progress": False,
    }
    if NEWER_MESA:
        rows = mesa.batch_run(RankingCompetition, parameters, rng=[7], **options)
    else:
        rows = mesa.batch_run(RankingCompetition, {**parameters, "rng": [7]}, **options)
    assert len(rows) == 8
    for row in rows:
        model = RankingCompetition(
            n_publishers=row["n_publishers"], n_queries=5, rule=row["rule"], peak=row["peak"], rng=7
        )
        model.run(50)
        assert row["converged"] is True
        assert row["moves"] == len(model.history)
        assert row["welfare"] == float(model.profile.welfare)


@pytest.mark.parametrize(
    ("parameters", "unit", "start", "moves"),
    [
        (
            {"n_queries": 5, "peak": "1/3", "threshold": "1/4"},
            12,
            [(4, 3, 3, 0, 0), (0, 0, 4, 3, 3)],
            [(0, (3, 3, 0, 0, 4))],
        ),
        (
            {"n_queries": 4, "threshold": "1/3"},
            12,
            [(0, 4, 4, 4), (4, 0, 0, 5)],
            [(0, (4, 4, 4, 0)), (1, (0, 0, 5, 4))],
        ),
        (
            {"n_queries": 3, "threshold": "1/2,0,1/2"},
            8,
            [(4, 0, 4), (0, 1, 5)],
            [(0, (4, 2, 0)), (1, (0, 3, 4)), (0, (4, 4, 0)), (1, (4, 0, 4)), (0, (0, 1, 5))],
        ),
    ],
)
def test_replayed_cycles_are_announced(parameters, unit, start, moves):
    documents = [[F(w, unit) for w in row] for row in start]
    model = RankingCompetition(n_publishers=2, start=documents, **parameters)
    for step, (mover, row) in enumerate(moves):
        assert model.cycle is None
        assert model.running
        model.move(mover, [F(w, unit) for w in row])
        assert model.history[step].after > model.history[step].before
    assert model.cycle == (0, len(moves))
    assert not model.running
