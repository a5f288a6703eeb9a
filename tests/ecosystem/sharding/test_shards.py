"""One world in any number of shards, in threads, processes or on Dask's workers: the same bits."""

from __future__ import annotations

import multiprocessing
import threading
from itertools import pairwise

import numpy as np
import pytest
from piped_shards import by_pipes

from ecosystem import CreatorEconomy, sizes
from ecosystem.environments import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.sharding import opening
from ecosystem.sharding.links import InThread, ShardLost
from ecosystem.sharding.shard import rows_of, skip
from ecosystem.strategy_sets import Ball
from ecosystem_agents.inputs.checks import BadInput

SMALL = {"n_users": 500, "n_creators": 12, "K": 4, "n_groups": 5, "rng": 3, "user_agents": False}
CASES = [
    {"mechanism": "hmt", "lbr_evaluation": "projected"},
    {"schedule": "smt@0,enrichment@3,halved@6,hmt_sharpness@9,none@12"},
    {"mechanism": "hmt", "matching": "sampled", "requests_per_trial": 20},
    {"reward": "backward", "matching": "sampled", "requests_per_trial": 20},
    {"mechanism": "uir", "rules": "explore=3,still=2", "pay_terms": "default"},
    {"mechanism": "hmt", "order": "simultaneous", "weights_from": "default", "reward": "contribution"},
    {"mechanism": "smt", "reward": "backward", "weighting": "uir"},
]


def history(model: CreatorEconomy, steps: int = 14) -> dict[str, np.ndarray]:
    """Return all that a run comes to."""
    model.run(steps)
    series = {name: np.array(column, dtype=float) for name, column in model.datacollector.model_vars.items()}
    groups = {f"groups.{name}": np.array(c) for name, c in model.datacollector.tables["groups"].items()}
    names = "strategies", "creator_utilities", "users", "user_mass", "groups", "user_utilities"
    means = {"epoch_means": model._audience.of_users("epoch_means")}
    return series | groups | means | {name: getattr(model, name) for name in names}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(sizes, "TILE", 64)  # eight of them
    monkeypatch.setattr(opening, "in_processes", by_pipes)


@pytest.mark.parametrize(
    ("in_shards", "in_threads"),
    [((2, 7), (3,)), pytest.param((1, 3), (1, 2), marks=pytest.mark.slow)],
    ids=["few", "more"],
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case))
def test_shards_and_threads_change_no_bit(case, in_shards, in_threads, small_tiles, monkeypatch):
    whole = history(CreatorEconomy(**SMALL, **case))
    assert_same(history(CreatorEconomy(**SMALL, **case, one_by_one=True)), whole)
    for shards in in_shards:
        model = CreatorEconomy(**SMALL, **case, shards=shards)
        assert len(model._audience.links) == shards
        assert_same(history(model), whole)
    monkeypatch.setattr(sizes, "THREADED", 500)
    for threads in in_threads:
        monkeypatch.setattr(opening, "threads", lambda count=threads: count)
        model = CreatorEconomy(**SMALL, **case)
        assert len(model._audience.links) == threads
        assert_same(history(model), whole)


def test_shards_beyond_the_tiles_are_left_out(small_tiles):
    model = CreatorEconomy(**SMALL, shards=50)
    assert len(model._audience.links) == 8
    assert_same(history(model, 3), history(CreatorEconomy(**SMALL), 3))


def test_groups_and_masses_of_an_environment_are_those_of_the_whole_world(small_tiles):
    def build(rng):
        return Setting(
            rng.normal(size=(300, 2)),
            rng.normal(size=(6, 2)) / 3,
            DistanceRelevance(),
            Ball(1.0),
            groups=np.arange(300) // 100,  # the last group is on one shard alone
            user_mass=np.where(np.arange(300) < 64, 0.0, rng.random(300)),
        )

    towns = Environment("towns", "three towns", build, beta=0.1, K=3, eta=0.2, horizon=20, n_groups=3)
    world = {"environment": towns, "mechanism": "hmt", "rng": 1}
    whole = history(CreatorEconomy(**world))
    assert_same(history(CreatorEconomy(**world, shards=3)), whole)
    assert whole["user_mass"].sum() == pytest.approx(1)


@pytest.mark.parametrize("shards", [2, pytest.param(7, marks=pytest.mark.slow)])
def test_processes_have_the_same_bits_and_a_lost_one_ends_the_run_in_a_line(shards):
    world = SMALL | {"n_users": 9000, "mechanism": "hmt"}
    model = CreatorEconomy(**world, shards=shards)
    assert_same(history(model, 6), history(CreatorEconomy(**world), 6))
    number = int(model._audience.links[1].where.split()[-1].strip(","))
    process = next(p for p in multiprocessing.active_children() if p.pid == number)
    process.kill()
    process.join()
    with pytest.raises(ShardLost, match=rf"^shard 2 of \d, process {number}, is lost"):
        model.run(2)
    names = "".join(link.where for link in model._audience.links)
    others = [p for p in multiprocessing.active_children() if f" {p.pid}," in names]
    for link in model._audience.links:
        link.connection.close()
    for other in others:
        other.join(10)
        assert other.exitcode == 0


def test_processes_outlast_the_thread_that_started_them():
    world = SMALL | {"n_users": 5000}
    models = []
    maker = threading.Thread(target=lambda: models.append(CreatorEconomy(**world, shards=1)))
    maker.start()
    maker.join()
    assert_same(history(models[0], 2), history(CreatorEconomy(**world), 2))


def test_what_a_thread_was_told_and_failed_at_is_raised_at_the_next_answer():
    link = InThread([1, 2])
    link.tell("index", 3)
    link.ask("index", 2)
    with pytest.raises(ValueError, match="3 is not in list"):
        link.answer()
    link.ask("index", 2)
    assert link.answer() == 1


def test_workers_of_a_dask_cluster_have_the_same_bits(small_tiles):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        model = CreatorEconomy(**SMALL, mechanism="smt", shards=3, scheduler=cluster.scheduler_address)
        assert ["worker" in link.where for link in model._audience.links] == [True] * 3
        assert_same(history(model, 6), history(CreatorEconomy(**SMALL, mechanism="smt"), 6))
        for link in model._audience.links:
            link.connection.close()
        model._audience.links[0].held[0].close()


def test_an_answer_that_nobody_took_is_no_answer_to_the_next_question(small_tiles):
    audience = CreatorEconomy(**SMALL, shards=2)._audience
    for link in audience.links:
        link.ask("of_users", "users")  # as Ctrl-C leaves it
    assert audience.ask("of_users", "n_users") == [256, 244]


def test_what_fails_on_a_shard_is_told_here(small_tiles):
    with pytest.raises(BadInput, match="K is 0"):
        CreatorEconomy(**SMALL, shards=2)._audience.ask("utilities_on", 0.1, 0)
    with pytest.raises(RuntimeError, match=r"AttributeError: .*nonsense"):
        CreatorEconomy(**SMALL, shards=2)._audience.ask("nonsense")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"shards": 0}, "shards is 0; it must be a whole number at least 1"),
        ({"shards": 2, "user_agents": True}, "users in shards are no agents; leave one of the two out"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "shards is not given; say how many"),
    ],
)
def test_what_cannot_be_sharded_is_a_line(given, line):
    with pytest.raises(BadInput, match=line):
        CreatorEconomy(**(SMALL | given))


def test_a_utility_of_its_own_needs_all_users_in_one_place():
    def build(rng):
        return Setting(
            rng.normal(size=(20, 2)),
            np.zeros((3, 2)),
            DistanceRelevance(),
            Ball(1.0),
            utility=DistanceRelevance(),
        )

    own = Environment("own", "its own", build, beta=0.1, K=2, eta=0.2, horizon=5, n_groups=2)
    with pytest.raises(BadInput, match="utility is not relevance, which needs all users in one place"):
        CreatorEconomy(environment=own, shards=2, rng=0)


def test_an_environment_that_no_process_can_be_handed_is_a_line():
    def build(rng):
        return Setting(rng.normal(size=(20, 2)), np.zeros((3, 2)), DistanceRelevance(), Ball(1.0))

    own = Environment("own", "its own", build, beta=0.1, K=2, eta=0.2, horizon=5, n_groups=2)
    with pytest.raises(BadInput, match=r"cannot be handed to a process .* name it by its file"):
        CreatorEconomy(environment=own, shards=2, rng=0)


def test_the_market_of_all_users_is_one_object_only_where_they_are_in_one_place(small_tiles):
    with pytest.raises(BadInput, match="users are in 3 shards, which have a market each"):
        CreatorEconomy(**SMALL, shards=3).market  # noqa: B018


@pytest.mark.parametrize("m", [1, 4096, 4097, 50_000, 1_000_000])
@pytest.mark.parametrize("shards", [1, 2, 7, 300])
def test_shards_are_whole_tiles_and_all_users(m, shards):
    parts = rows_of(m, shards)
    assert [parts[0].start, parts[-1].stop] == [0, m]
    assert all(one.stop == other.start and one.stop % 4096 == 0 for one, other in pairwise(parts))
    tiles = [-(-len(rows) // 4096) for rows in parts]
    assert max(tiles) - min(tiles) <= 1
    assert len(parts) == min(shards, -(-m // 4096))


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox])
def test_numbers_left_out_are_those_that_would_have_been_drawn(bits):
    one, other = (np.random.Generator(bits(5)) for _ in range(2))
    one.random(10_001)
    skip(other, 10_001)
    assert (one.random(7) == other.random(7)).all()
