"""Searches for policies: the best of a few, a front, plans, and a study that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import product

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.policies import POLICIES, policies_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.optimise import study as study_module
from ecosystem_runs.optimise.plan import Bound, parse_search, read_search
from ecosystem_runs.optimise.report import best_named, rows_of, why_none
from ecosystem_runs.optimise.study import run
from ecosystem_runs.parameters import parse_settings

RAW = {
    "environment": "figure1",
    "steps": 20,
    "seeds": 2,
    "trials": 12,
    "held_out": 2,
    "search": {"reward": ["relevance", "contribution"], "mechanism": "uniform(K={k})", "k": [1, 5]},
    "objectives": {"welfare_default": "maximise"},
}
PLAN = """
environment = "figure1"
steps = 20
seeds = 2
trials = 25
sampler = "nsga2"
held_out = 2

[search]
reward = ["relevance", "contribution"]
mechanism = ["none", "uniform(beta={beta})"]
beta = { low = 0.01, high = 1.0, scale = "log" }

[objectives]
welfare_default = "maximise"
payout = "minimise"

[constraints]
welfare = { at_least = 0.95, relative = true }
"""


def changed(**change):
    return {key: value for key, value in (RAW | change).items() if value is not None}


def test_the_best_of_four_policies_is_found(tmp_path):
    study = run(search := parse_search(RAW), tmp_path, InProcess(), quiet=True)

    def welfare(reward, k, seed):
        mechanism = f"uniform(K={k})"
        model = CreatorEconomy(
            environment="figure1", horizon=20, reward=reward, mechanism=mechanism, rng=seed
        )
        model.run()
        return tail_mean(model.datacollector.model_vars["welfare_default"], 20)

    every = {
        (reward, k): np.mean([welfare(reward, k, seed) for seed in (0, 1)])
        for reward, k in product(("relevance", "contribution"), (1, 5))
    }
    tried = {(one.chosen["reward"], one.chosen["k"]): one.means["welfare_default"] for one in study.trials}
    assert tried == every
    (best,) = study.front
    assert every[best.chosen["reward"], best.chosen["k"]] == max(every.values())
    rows = rows_of(search, study)
    assert {row.policy for row in rows} == {*POLICIES, best.policy.name}
    by_name = {row.policy: row for row in rows}
    held = [welfare(best.chosen["reward"], best.chosen["k"], seed) for seed in (120, 121)]
    assert by_name[best.policy.name].means["welfare_default"] == pytest.approx(np.mean(held))
    idle = study.held_out["none"]["welfare_default"]
    assert by_name["none"].best_less.mean == pytest.approx(np.mean(held - idle))
    named = best_named(search, rows)
    assert named.means["welfare_default"] == max(
        row.means["welfare_default"] for row in rows if not row.found
    )


def test_more_trials_go_on_where_fewer_ended(tmp_path):
    few = run(parse_search(changed(trials=5)), tmp_path, InProcess(), quiet=True)
    parts = {path.name for path in (tmp_path / "parts").iterdir()}
    more = run(parse_search(changed(trials=7)), tmp_path, InProcess(), quiet=True)
    assert more.trials[:5] == few.trials
    assert len(parts) == 1
    with pytest.raises(BadInput, match="it differs in draw"):
        run(parse_search(changed(draw=1)), tmp_path, InProcess(), quiet=True)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "the same command tries again"),
        (ValueError("no"), r"ValueError: no; change \[search\]"),
    ],
)
def test_a_trial_that_the_machine_failed_runs_again(tmp_path, monkeypatch, error, says):
    search, measure, left = parse_search(changed(trials=3)), study_module.measure, [4]

    def fails(job):
        left[0] -= 1
        if left[0] == 0:
            raise error
        return measure(job)

    monkeypatch.setattr(study_module, "measure", fails)
    for _ in range(1 if isinstance(error, MemoryError) else 2):
        with pytest.raises(BadInput, match=says):
            run(search, tmp_path / "a", InProcess(), quiet=True)
    if isinstance(error, MemoryError):
        mended, whole = (run(search, tmp_path / name, InProcess(), quiet=True) for name in ("a", "b"))
        assert mended.trials == whole.trials


@pytest.mark.parametrize(
    ("constraints", "names"),
    [({}, "welfare_default"), ({"welfare": {"at_least": 0.1}}, "welfare_default and welfare")],
)
def test_where_no_user_is_left_a_line_says_so(tmp_path, constraints, names):
    gone = {"retention": "returning(middle=100,back=0)"}
    search = parse_search(changed(trials=2, parameters=gone, constraints=constraints))
    study = run(search, tmp_path, InProcess(), quiet=True)
    assert not study.front
    assert f"in none of 2 trials {names} came to a number, as where no user is left" in why_none(
        search, study
    )


def test_searches_of_other_draws_share_no_seed():
    seeds = [study_module.seed_of(draw, number) for draw in range(1, 5) for number in range(100)]
    assert len(set(seeds)) == len(seeds)
    assert [study_module.seed_of(0, number) for number in range(3)] == [0, 1, 2]


def kill(words, out):
    """Start a study in a process of its own, and kill it after some trials."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ecosystem_runs.command_line", *words, str(out)], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while len([*out.glob("parts/*.parquet")]) < 8 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("killed_in_earnest", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_study_that_was_stopped_is_the_one_it_would_have_been(tmp_path, stopping, killed_in_earnest):
    plan, killed, whole = tmp_path / "plan.toml", tmp_path / "killed", tmp_path / "whole"
    plan.write_text(PLAN)
    words = ["optimise", str(plan), "--workers", "0", "--json", "--out"]
    if killed_in_earnest:
        kill(words, killed)
    else:
        with pytest.raises(KeyboardInterrupt):
            run(read_search(plan), killed, stopping(8), quiet=True)
    assert len([*killed.glob("parts/*.parquet")]) >= 8
    assert not (killed / "trials.parquet").exists()
    for out in (killed, whole):
        done = CliRunner().invoke(app, [*words, str(out)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    for name in ("trials.parquet", "optimise.md", "policies.toml"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert (whole / "optimise.png").stat().st_size > 0

    trials = pd.read_parquet(whole / "trials.parquet")
    idle = trials["welfare"][(trials["reward"] == "relevance") & (trials["mechanism"] == "none")].iloc[0]
    assert trials["feasible"].tolist() == (trials["welfare"] >= 0.95 * idle).tolist()
    points = [(row.welfare_default, -row.payout) for row in trials[trials["feasible"]].itertuples()]
    front = {
        own
        for own in points
        if not any(other != own and other >= own and other[1] >= own[1] for other in points)
    }
    confirmed = trials[trials["front"]]
    assert {(row.welfare_default, -row.payout) for row in confirmed.itertuples()} <= front
    assert len(confirmed) == min(len(front), 8)
    found = json.loads(done.stdout)["front"]
    assert [one["number"] for one in found] == confirmed.sort_values(
        ["welfare_default", "trial"], ascending=[False, True]
    )["trial"].tolist()
    told = (whole / "optimise.md").read_text()
    assert "of which keep to the constraints (welfare at least 0.95 times no intervention's)" in told
    assert "`ecosystem arena figure1 --policies policies.toml --seeds 2 --first-seed 122 --steps 20`" in told
    read = policies_of(whole / "policies.toml")
    assert [one.name for one in read] == [one["policy"]["name"] for one in found]
    assert [one.mechanism for one in read] == [one["policy"]["mechanism"] for one in found]


def test_where_no_trial_keeps_to_the_constraints_a_line_says_which_is_near(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.replace("at_least = 0.95", "at_least = 9").replace("25", "3"))
    words = ["optimise", str(plan), "--workers", "0", "--out", str(tmp_path / "out")]
    with pytest.raises(
        BadInput, match=r"none of 3 trials keeps to \[constraints\]; nearest is \d, whose welfare"
    ):
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert len(pd.read_parquet(tmp_path / "out" / "trials.parquet")) == 3


def test_the_arena_has_worlds_of_no_seed_of_the_plan():
    search = parse_search(changed(parameters={"eta": 0.25, "one_by_one": True}, first_seed=200, held_out=3))
    command = search.arena("of mine.toml")
    worlds = "--seeds 3 --first-seed 202 --steps 20 --set eta=0.25 --set one_by_one=True"
    assert command == f"ecosystem arena figure1 --policies 'of mine.toml' {worlds}"
    given = [word for word in command.split() if "=" in word]
    assert parse_settings(given, "figure1") == search.held_out.settings
    assert " --first-seed 122 " in parse_search(RAW).arena("x.toml") + " "


def test_bounds_by_hand():
    assert str(Bound(0.5, 1.2, relative=True)) == "at least 0.5 and at most 1.2 times no intervention's"
    assert Bound(None, 1.2, relative=True).excess(2.5, idle=2.0) == pytest.approx(0.1)
    assert Bound(0.5, None, relative=False).excess(0.6, idle=9.0) == pytest.approx(-0.1)
    assert Bound(1.0, 2.0, relative=False).excess(0.4, idle=1.0) == pytest.approx(0.6)


def test_texts_of_policies_are_filled_and_numbers_are_short():
    span = {"mechanism": 'smt(mapping="linear({slope}, {shift})")', "shift": 0.5}
    search = parse_search(changed(search=span | {"slope": {"low": 0.0, "high": 2.0}, "shift": [0.25, 0.5]}))
    chosen = search.chosen(lambda name, span: 0.123456 if name == "slope" else span[0])
    assert search.policy(chosen, "mine").mechanism == 'smt(mapping="linear(0.1235, 0.25)")'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": None}, "environment is missing"),
        ({"trails": 4}, "did you mean 'trials'"),
        ({"sampler": "cma"}, "sampler is 'cma'; it must be one of tpe, nsga2"),
        ({"objectives": {}}, r"\[objectives\] names none; write, such as: welfare_default"),
        ({"objectives": {"welfare": "up"}}, "welfare in .objectives. is 'up'; it must be one of maximise"),
        ({"objectives": {"welfaer": "maximise"}}, "did you mean 'welfare'"),
        ({"constraints": {"payout": 3}}, r"write, such as: payout = {at_most = 1.2}"),
        ({"constraints": {"payout": {"at_most": "x"}}}, "at_most of payout is 'x'; it must be a number"),
        ({"search": {"K": [1, 2]}}, r'K in \[search\] is no part of a policy by itself.*"uniform\(K={K}\)"'),
        (
            {"search": {"mechanism": "uniform(K={K})", "alpha": [1, 2]}},
            r"names {K}, and \[search\] has no range",
        ),
        ({"search": {"reward": "lift"}}, r"\[search\] varies nothing"),
        ({"search": {"w_min": {"low": 0.5, "high": 2}}}, "w_min"),
        ({"parameters": {"eta": [0.1, 0.2]}}, r"eta varies in \[parameters\], which all runs share"),
        ({"parameters": {"reward": "lift"}}, r"a name in \[parameters\] is 'reward'"),
        ({"held_out_first": 1}, "keep them apart"),
        ({"trials": 0}, "trials is 0"),
    ],
)
def test_what_cannot_be_is_one_line(change, message):
    with pytest.raises(BadInput, match=message) as error:
        parse_search(changed(**change))
    assert "\n" not in str(error.value)


def test_without_optuna_a_line_says_how_it_comes(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(BadInput, match="ecosystem optimise needs the library optuna, which is not installed"):
        run(parse_search(RAW), tmp_path, InProcess(), quiet=True)
