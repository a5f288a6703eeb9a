"""Sensitivity analyses: indices of functions whose indices are known, designs, and the command from end to end."""

from __future__ import annotations

import json
import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.digests.inputs import input_digest
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.sensitivity.analysis import Outcome, analysed, check_values, run, write
from ecosystem_runs.sensitivity.design import parse_design
from ecosystem_runs.sensitivity.indices import morris, sobol

ETA = {"low": 0.05, "high": 0.5}


def design(factors: int, points: int, method: str = "sobol"):
    """Return a design of factors between 0 and 1, the last the seed."""
    names = ("eta", "alpha", "late_alpha", "w_min")[: factors - 1]
    spans = {name: {"low": 0.0, "high": 1.0} for name in names}
    return parse_design({"environment": "figure1", "method": method, "points": points, "parameters": spans})


def test_ishigamis_indices():
    found_at = design(3, 4096)
    x = np.pi * (2 * found_at.points - 1)
    y = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = sobol(["x1", "x2", "x3"], y)
    # Ishigami and Homma's function with a = 7, b = 0.1 has these.
    assert [one.first for one in found] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert [one.total for one in found] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)
    assert all(one.first_low < one.first < one.first_high for one in found)
    assert found == sobol(["x1", "x2", "x3"], y)


def test_an_intervals_ends_leave_out_as_much_on_either_side():
    x = np.random.default_rng(3).normal(size=(4, 64))
    a, b, ab = x[0], x[1], np.stack([x[1], x[0]])  # two factors, of which the outcome is one
    found = sobol(["all", "none"], np.concatenate([a, b, *ab]))
    rng, draws = np.random.default_rng(0), []
    for _ in range(999):
        of = rng.integers(64, size=64)
        everything = np.concatenate([a[of], b[of]])
        draws.append(np.mean((b[of] - everything.mean()) * (ab[:, of] - a[of]), axis=1) / everything.var())
    for one, ends in zip(found, np.percentile(draws, (2.5, 97.5), axis=0).T, strict=True):
        assert (one.first_low, one.first_high) == pytest.approx(ends, abs=1e-3)


def test_noise_is_the_seeds():
    found_at = design(2, 2048)
    seeds = np.array([setting["seed"] for setting in found_at.settings()])
    noise = np.random.default_rng(0).standard_normal(100)[seeds]
    x = found_at.points[:, 0]
    found = {one.factor: one for one in sobol(found_at.names, x + np.sqrt(1 / 12) * noise / noise.std())}
    assert found["eta"].first == pytest.approx(0.5, abs=0.05)
    assert found["seed"].total == pytest.approx(0.5, abs=0.05)


def test_morris_by_hand():
    found_at = design(3, 50, "morris")
    assert found_at.points.shape == (50 * 4, 3)
    x = found_at.points
    linear = {one.factor: one for one in morris(found_at.names, x, 3 * x[:, 0] - 2 * x[:, 1], levels=4)}
    assert [linear[name].first for name in found_at.names] == pytest.approx([3, 2, 0])
    assert [linear[name].total for name in found_at.names] == pytest.approx([0, 0, 0], abs=1e-9)
    together = {one.factor: one for one in morris(found_at.names, x, x[:, 0] * x[:, 1], levels=4)}
    assert together["eta"].total > 0.1
    for one in together.values():
        assert one.first_high - one.first == pytest.approx(one.first - one.first_low)
    assert together["eta"].first_high > together["eta"].first


def test_a_designs_points():
    spans = {"eta": ETA | {"scale": "log"}, "K": [1, 2, 5], "mechanism": ["none", "hmt"]}
    found = parse_design(
        {"environment": "figure1", "points": 8, "seeds": 3, "first_seed": 50, "parameters": spans}
    )
    assert found.names == ["eta", "K", "mechanism", "seed"]
    assert len(found.points) == 8 * 6
    A, B, second = found.points[:8], found.points[8:16], found.points[24:32]
    assert (second[:, 1] == B[:, 1]).all()
    assert (np.delete(second, 1, 1) == np.delete(A, 1, 1)).all()
    settings = found.settings()
    assert {one["seed"] for one in settings} == {50, 51, 52}
    assert {one["K"] for one in settings} == {1, 2, 5}
    assert all(0.05 <= one["eta"] <= 0.5 for one in settings)
    jobs = found.jobs()
    assert len(jobs) == len(settings)
    assert (jobs[7].seed, jobs[7].parameters["mechanism"]) == (settings[7]["seed"], settings[7]["mechanism"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": None}, "environment is missing"),
        ({"points": 6}, "points is 6; a Sobol sequence needs a power of 2, such as 4 or 8"),
        ({"method": "sobel"}, "did you mean 'sobol'"),
        ({"parameters": {"eta": 0.1}}, r"\[parameters\] varies nothing"),
        ({"arms": {"a": {"eta": 0.2}}}, "eta is varied and set by an arm as well"),
        ({"point": 4}, "did you mean 'points'"),
        ({"seeds": 0}, "seeds is 0"),
    ],
)
def test_what_cannot_be_is_one_line(change, message):
    raw = {"environment": "figure1", "points": 4, "parameters": {"eta": ETA}} | change
    with pytest.raises(BadInput, match=message):
        parse_design({key: value for key, value in raw.items() if value is not None})


def test_listed_plug_ins_are_inputs(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("from ecosystem.plugins import UIR as Mine")
    listed = {"mechanism": ["none", f"{file}:Mine"]}
    found = parse_design({"environment": "figure1", "points": 2, "parameters": listed})
    assert found.description()["inputs"] == {str(file): input_digest(str(file))}


@pytest.mark.parametrize("listed", [[1, 0, 2], [2, 1, 0, 3]])
def test_each_listed_value_is_tried_before_the_start(listed):
    with pytest.raises(BadInput, match="K is 0"):
        check_values(parse_design({"environment": "figure1", "points": 16, "parameters": {"K": listed}}))


def test_listed_values_of_several_types_are_texts_in_the_table(tmp_path):
    listed = {"arrivals": ["one_for_one", 0.5], "beta": [1, 0.5]}
    found = parse_design({"environment": "figure1", "steps": 10, "points": 2, "parameters": listed})
    runs = run(found, tmp_path, InProcess(), quiet=True)
    write(found, runs, analysed(found, runs, "welfare"), tmp_path)
    kept = pd.read_parquet(tmp_path / "runs.parquet")
    assert kept["arrivals"].tolist() == [str(one["arrivals"]) for one in found.settings()]
    assert kept["beta"].tolist() == [one["beta"] for one in found.settings()]


def test_an_outcome_that_does_not_vary_has_no_indices():
    with pytest.raises(BadInput, match="the outcome is 1 in every run"):
        sobol(["a"], np.ones(6))
    with pytest.raises(BadInput, match="the outcome is not finite"):
        sobol(["a"], np.array([1, 2, 3, 4, 5, np.nan]))


def test_without_salib_a_line_says_how_it_comes(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.sample.morris", None)
    with pytest.raises(BadInput, match="needs the library SALib, which is not installed"):
        design(2, 4, "morris")


def test_outcomes_travel_from_workers():
    one = Outcome(**dict.fromkeys(Outcome.__dataclass_fields__, 0.5))
    assert pickle.loads(pickle.dumps(one)) == one


PLAN = """
environment = "figure1"
steps = 20
points = 2
seeds = 5

[parameters]
eta = { low = 0.05, high = 0.5 }
K = [1, 5]

[arms.none]

[arms.uir]
mechanism = "uir"
"""


def test_the_command_from_end_to_end(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    command = ["sensitivity", str(tmp_path / "plan.toml"), "--workers", "0", "--out", str(tmp_path / "out")]

    def ran(*more: str) -> str:
        done = CliRunner().invoke(app, [*command, *more], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    found = json.loads(ran("--json"))
    assert (found["points"], found["runs"]) == (10, 20)
    assert [(one["arm"], one["less"]) for one in found["outcomes"]] == [("none", None), ("uir", None)]
    assert {one["factor"] for one in found["outcomes"][0]["indices"]} == {"eta", "K", "seed"}
    runs = pd.read_parquet(tmp_path / "out" / "runs.parquet")
    one = runs.iloc[7]
    settings = {"eta": one["eta"], "K": int(one["K"]), "mechanism": one["arm"], "horizon": 20}
    model = CreatorEconomy(environment="figure1", **settings, rng=int(one["seed"]))
    model.run()
    assert one["welfare"] == tail_mean(model.datacollector.model_vars["welfare"], 20)
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parts").iterdir()}
    effect = json.loads(ran("--effect", "uir", "--outcome", "welfare", "--json"))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parts").iterdir()} == parts
    (less,) = effect["outcomes"]
    by_arm = {arm: part["welfare"].to_numpy() for arm, part in runs.groupby("arm")}
    assert less["mean"] == pytest.approx((by_arm["uir"] - by_arm["none"])[:4].mean())
    assert "welfare, uir less none" in ran("--effect", "uir", "--outcome", "welfare")
    assert "*total*" in (tmp_path / "out" / "sensitivity.md").read_text()
    assert (tmp_path / "out" / "sensitivity.png").stat().st_size > 0
    with pytest.raises(BadInput, match="--effect is 'hmt'; it must be"):
        ran("--effect", "hmt")
