"""What a Mesa user takes for granted of a model holds for `CreatorEconomy`: when it ends and what seeds it."""

from __future__ import annotations

import copy
import random

import mesa
import numpy as np
import pytest

from ecosystem import CreatorEconomy, Parameters, RankingCompetition, batch, mesa_versions
from ecosystem.economy.checkpoints import restore, state_of
from ecosystem_agents.inputs.checks import BadInput


def five(**changes):
    return CreatorEconomy(**({"environment": "figure1", "horizon": 10, "rng": 0} | changes))


def test_run_model_ends_at_the_horizon():
    model = five()
    assert model.running
    model.run_model()
    assert (model.steps, model.running) == (10, False)
    assert len(model.datacollector.model_vars["welfare"]) == 11
    model.run_model()
    assert model.steps == 10
    by_steps = five()
    by_steps.run()
    assert (by_steps.strategies == model.strategies).all()
    assert by_steps.running is False


def test_steps_go_on_past_the_horizon_and_a_longer_one_is_run_to():
    model = five()
    model.run(12)
    assert (model.steps, model.running) == (12, False)
    model.horizon = 15
    assert model.running
    model.run_model()
    assert (model.steps, model.running) == (15, False)


def test_there_is_nothing_to_run_to_a_horizon_of_0():
    model = five(horizon=0)
    model.run_model()
    assert (model.steps, model.running) == (0, False)


def test_who_says_stop_stops_it():
    class Impatient(CreatorEconomy):
        def step(self):
            super().step()
            if self.steps == 3:
                self.running = False

    model = Impatient(environment="figure1", horizon=10, rng=0)
    model.run_model()
    assert (model.steps, model.running) == (3, False)
    model.step()
    assert (model.steps, model.running) == (4, False)
    model.running = True
    model.run_model()
    assert model.steps == 10


@pytest.mark.parametrize(("done", "goes_on"), [(9, True), (10, False), (12, False)])
def test_a_restored_or_copied_run_knows_where_it_is(done, goes_on):
    model = five()
    model.run(done)
    twin = five()
    restore(twin, state_of(model))
    for one in (model, twin, copy.deepcopy(model)):
        assert (one.steps, one.running) == (done, goes_on)
        one.run_model()
        assert one.steps == max(done, 10)


def test_seed_is_another_word_for_rng():
    for value in (3, np.int64(3), [3, 4], np.random.SeedSequence(3)):
        same = [five(rng=copy.deepcopy(value)), five(rng=None, seed=copy.deepcopy(value))]
        for model in same:
            model.run(5)
        assert (same[0].strategies == same[1].strategies).all()
        assert same[0].random.random() == same[1].random.random()


@pytest.mark.filterwarnings("error")  # Mesa 3.5 warns of `seed`
def test_mesa_never_sees_a_seed(monkeypatch):
    given = []
    own = mesa.Model.__init__

    def watched(self, *args, **kwargs):
        given.append(kwargs)
        own(self, *args, **kwargs)

    monkeypatch.setattr(mesa.Model, "__init__", watched)
    five(rng=None, seed=np.int64(3))
    assert given == [{"rng": 3}]
    assert type(given[0]["rng"]) is int


def test_what_numpy_makes_streams_of_seeds_a_model():
    alike = [3, np.int64(3), np.uint8(3), np.array(3), np.random.SeedSequence(3), np.random.PCG64(3)]
    starts = [five(rng=one).start for one in (*alike, np.random.default_rng(3))]
    assert all((start == starts[0]).all() for start in starts)
    others = [five(rng=one).start[0, 0] for one in ([1, 2], (3, 1), np.array([1, 5]), range(4), 2**200)]
    assert len(set(others)) == 5
    assert five(rng=None).start[0, 0] != five(rng=None).start[0, 0]
    again = np.random.default_rng(3)
    assert (
        five(rng=again).start != five(rng=again).start
    ).all()  # a generator's streams are made one after another


UNFIT = (
    *(
        "3",
        "",
        b"3",
        1.5,
        2.0,
        np.float64(2),
        float("nan"),
        3 + 0j,
        -1,
        np.int64(-1),
        True,
        np.True_,
        object(),
    ),
    *([-1], [1.5], ["a"], [None], [[1], "x"], {}, {1, 2}, np.array([0.5]), np.random, random.Random(3)),
    np.random.RandomState(3),
)


@pytest.mark.parametrize("value", UNFIT, ids=lambda value: repr(value)[:20])
def test_any_other_seed_is_one_line(value):
    asked = [
        (lambda: five(rng=value), "rng"),
        (lambda: five(rng=None, seed=value), "seed"),
        (lambda: Parameters(rng=value), "rng"),
        (lambda: RankingCompetition(rng=value), "rng"),
    ]
    for ask, name in asked:
        with pytest.raises(
            BadInput, match=rf"^{name} is .*; it must be a whole number at least 0, a list"
        ) as told:
            ask()
        assert len(str(told.value)) < 250


@pytest.mark.parametrize("seed", [0, 3])
def test_both_words_are_refused(seed):
    with pytest.raises(BadInput, match=r"^rng and seed are two words for one thing; give one of them$"):
        five(seed=seed)


def test_steps_are_counted_where_mesa_does_not(monkeypatch):
    """As under Mesa 4's pre-release, whose models have no steps."""

    class Uncounted:
        steps = 0

    model = Uncounted()
    mesa_versions.begin_step(model)
    assert model.steps == (not mesa_versions.COUNTS_STEPS)
    monkeypatch.setattr(mesa_versions, "COUNTS_STEPS", False)
    before = model.steps
    mesa_versions.begin_step(model)
    assert model.steps == before + 1


def test_a_mesa_without_a_runner_is_one_line(monkeypatch):
    monkeypatch.delattr(mesa, "batch_run", raising=False)
    with pytest.raises(
        BadInput, match=r"^Mesa \d.* has no batch_run; install mesa<4, or use `ecosystem sweep`$"
    ):
        batch({"environment": "figure1"}, steps=3)
