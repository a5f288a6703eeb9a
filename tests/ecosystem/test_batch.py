"""One meaning of a batch on every Mesa; expected rows come from running the models by hand."""

import inspect

import mesa
import numpy as np
import pandas as pd
import pytest

import ecosystem
from ecosystem import CreatorEconomy, batch
from ecosystem.batching import Endless
from ecosystem.economy.collection import SERIES
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import SMT

HAS_RUNNER = hasattr(mesa, "batch_run")
SEEDS_APART = HAS_RUNNER and "rng" in inspect.signature(mesa.batch_run).parameters
pytestmark = pytest.mark.skipif(not HAS_RUNNER, reason="this Mesa has no batch_run")


def by_hand(combinations, seeds, steps, kept):
    """Run every model in a plain loop: the reference."""
    rows, run = [], 0
    for parameters in combinations:
        for seed in seeds:
            model = CreatorEconomy(**{"horizon": steps, **parameters}, rng=seed)
            model.run(steps)
            for step in kept:
                collected = {name: model.datacollector.model_vars[name][step] for name in SERIES}
                rows.append({"run": run, "seed": seed, "step": step, **parameters, **collected})
            run += 1
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("every", "kept"),
    [(None, [7]), (1, list(range(8))), (3, [0, 3, 6, 7]), (7, [0, 7]), (50, [0, 7])],
)
def test_rows_are_those_of_a_plain_loop(every, kept):
    table = batch(
        {"environment": "figure1", "mechanism": ["none", "hmt"], "alpha": (0.5, 1.0)},
        seeds=[5, 2],
        steps=7,
        every=every,
    )
    combinations = [
        {"environment": "figure1", "mechanism": mechanism, "alpha": alpha}
        for mechanism in ("none", "hmt")
        for alpha in (0.5, 1.0)
    ]
    pd.testing.assert_frame_equal(table, by_hand(combinations, [5, 2], 7, kept), check_exact=True)


def test_seeds_differ_and_come_back():
    def run():
        return batch({"environment": "figure1"}, seeds=4, steps=5)

    table = run()
    assert table["seed"].tolist() == [0, 1, 2, 3]
    assert table["welfare"].nunique() == 4
    pd.testing.assert_frame_equal(table, run(), check_exact=True)


def test_numpy_seeds_and_levels_are_plain_ones():
    parameters = {"environment": "figure1", "K": np.array([1, 3])}
    table = batch(parameters, seeds=np.array([3]), steps=4)
    plain = batch({"environment": "figure1", "K": [1, 3]}, seeds=[3], steps=4)
    pd.testing.assert_frame_equal(table, plain, check_exact=True)


def test_a_mechanism_is_one_value():
    table = batch({"environment": "figure1", "mechanism": SMT()}, steps=2)
    assert len(table) == 1


def test_steps_set_the_horizon_unless_it_is_named():
    parameters = {"environment": "figure1", "mechanism": "smt", "late_alpha": 0.0, "alpha": 2.0}
    short = batch(parameters, steps=12)
    assert "horizon" not in short
    long = batch({**parameters, "horizon": 1000}, steps=12)
    assert long["horizon"].tolist() == [1000]
    assert short["welfare"].item() != long["welfare"].item()


def test_several_processes_give_the_same_table():
    arms = {"environment": "figure1", "mechanism": ["none", "hmt"]}
    table, expected = (batch(arms, seeds=3, steps=6, every=4, processes=processes) for processes in (2, 1))
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 5, "every": 0}, "every is 0"),
        ({"steps": 5, "processes": 0}, "processes is 0"),
        ({"steps": 5, "seeds": 0}, "seeds is 0"),
        ({"steps": 5, "seeds": [1, 1]}, "distinct"),
        ({"steps": 5, "seeds": [-1]}, "at least 0"),
        ({"steps": 5, "parameters": {"rng": 3}}, "rng is no parameter of a batch"),
        ({"steps": 5, "parameters": {"alpha": []}}, "alpha is an empty list"),
        ({"steps": 5, "parameters": {"mechanism": "smtt"}}, "did you mean 'smt'"),
        ({"steps": 5, "seeds": 2, "processes": 2, "parameters": {"shards": 2}}, "shards is given"),
    ],
)
def test_bad_input_is_one_line(arguments, message):
    parameters = {"environment": "figure1", **arguments.pop("parameters", {})}
    with pytest.raises(BadInput, match=message) as error:
        batch(parameters, **arguments)
    assert "\n" not in str(error.value)


def test_runs_go_on_past_a_shorter_horizon():
    table = batch({"environment": "figure1", "horizon": 4}, steps=6, every=1)
    assert table["step"].tolist() == list(range(7))


def test_mesas_own_runner_stops_at_the_horizon():
    """Mesa 3.3 reports a model that ends by itself up to the step before its last, as the page on Mesa says."""
    swept = {"environment": "figure1", "horizon": 4, "rng": [0]}
    rows = mesa.batch_run(CreatorEconomy, swept, max_steps=9, display_progress=False)
    last = 4 if SEEDS_APART else 3
    model = CreatorEconomy(environment="figure1", horizon=4, rng=0)
    model.run_model()
    series = model.datacollector.model_vars["welfare"]
    assert [(row["Step"], row["welfare"]) for row in rows] == [(last, series[last])]


@pytest.mark.parametrize("apart", sorted({False, SEEDS_APART}))
def test_mesas_own_call_as_documented(apart):
    """The calls the documentation shows, on the Mesa at hand, against our function."""
    swept = {"environment": "figure1", "mechanism": ["none", "hmt"], "horizon": 10}
    seeds = {"rng": [0, 1]}  # of Mesa 3.5, which tells of them as `seed`
    how = {"max_steps": 10, "display_progress": False}
    if apart:
        rows = mesa.batch_run(CreatorEconomy, swept, **seeds, **how)
    else:
        rows = mesa.batch_run(Endless, swept | seeds, **how)
    ours = ecosystem.batch({"environment": "figure1", "mechanism": ["none", "hmt"]}, seeds=2, steps=10)
    word = "seed" if apart else "rng"
    theirs = {(row["mechanism"], row[word]): (row["Step"], row["welfare"]) for row in rows}
    assert theirs == {(r.mechanism, r.seed): (10, r.welfare) for r in ours.itertuples()}
