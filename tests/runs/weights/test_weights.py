"""``ecosystem weights`` from end to end, and against weights whose worth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from ecosystem.metrics import tail_mean
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import app
from ecosystem_runs.jobs.engines import InProcess, staying
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.weights import search as search_module
from ecosystem_runs.weights.search import CANDIDATES, run, run_to_its_end, search_of

STEPS = 60


def of(seeds: int, first: int) -> Worlds:
    return Worlds("figure1", seeds, STEPS, {}, first)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    search = search_of(of(2, 50), of(2, 0), generations=2)
    return search, folder, run(search, folder, InProcess(), quiet=True)


def final(seed: int, weights: list[list[float]] | None) -> float:
    parameters = {"environment": "figure1", "mechanism": "uir", "horizon": STEPS}
    model = Job(parameters, seed, weights).model()
    model.run()
    return tail_mean(model.datacollector.model_vars["welfare_default"], STEPS)


def test_the_best_is_worth_what_its_runs_come_to(searched):
    *_, found = searched
    assert found.evaluations == 2 * CANDIDATES
    assert np.mean(found.weights) == pytest.approx(1)
    rows = {row.arm: row for row in found.rows}
    # Under UIR a common factor on all weights pays everybody more, and moves nobody elsewhere.
    means = {
        "the best weights found": np.mean([final(seed, [found.weights]) for seed in (0, 1)]),
        "no intervention": np.mean([final(seed, [[1.0] * 5]) for seed in (0, 1)]),
        "Algorithm 1 (UIR)": np.mean([final(seed, None) for seed in (0, 1)]),
    }
    assert {name: rows[name].welfare for name in means} == pytest.approx(means)
    assert found.searched >= np.mean([final(seed, [[1.0] * 5]) for seed in (50, 51)])
    best, none = rows["the best weights found"], rows["no intervention"]
    assert (none.less_none.mean, none.of_planner) == (0, 0)
    assert (best.less_best.mean, rows["planner"].of_planner) == (0, 1)
    assert rows["planner"].of_attainable == pytest.approx(1 / rows["attainable by small steps"].of_planner)


def test_a_search_taken_up_again_runs_nothing_and_finds_the_same(searched):
    search, folder, found = searched

    class Idle(InProcess):
        def run(self, function, jobs):
            raise AssertionError("something was left to run")

    assert run(search, folder, Idle(), quiet=True) == found


def test_what_a_job_says_is_the_line(tmp_path, monkeypatch):
    def fails(job):
        raise MemoryError("no room")

    monkeypatch.setattr(search_module, "run_job", fails)
    with pytest.raises(BadInput, match="24 jobs failed, first: MemoryError: no room; the same command tries"):
        run(search_of(of(1, 50), of(1, 0), generations=1), tmp_path, InProcess(), quiet=True)


def test_engines_stay_until_the_end():
    told = []

    class Told(InProcess):
        def __enter__(self):
            told.append("start")
            return self

        def __exit__(self, *error):
            told.append("stop")

    with staying(Told()) as engine:
        assert told == []
        for numbers in ([1, 2], [3]):
            with engine:
                found = [done.value for some in engine.run(float, numbers) for done in some]
                assert found == numbers
        assert told == ["start"]
    assert told == ["start", "stop"]


def test_what_cannot_be_is_one_line():
    with pytest.raises(BadInput, match="searched and confirmed on the same seeds is not confirmed"):
        search_of(of(3, 0), of(1, 2), generations=1)
    many = Worlds("synthetic", 1, STEPS, {"n_groups": 60, "n_users": 200, "n_creators": 2}, 0)
    with pytest.raises(BadInput, match="synthetic has 60 groups"):
        search_of(many, of(1, 1), generations=1)


def test_the_slope_of_relevance_pay_is_told_of_relevance_pay_alone():
    parameters = {"environment": "figure1", "mechanism": "uir", "horizon": 5}
    own = run_to_its_end(Job(parameters | {"reward": "relevance()"}, 0, [[1.0] * 5]))
    other = run_to_its_end(Job(parameters | {"reward": "traffic"}, 0, [[1.0] * 5]))
    assert own.slope > 0
    assert np.isnan([other.slope, other.kinks]).all()
    assert other.gradient == []


def test_the_command_prints_what_it_found(tmp_path):
    command = ["weights", "figure1", "--steps", "10", "--seeds", "2", "--generations", "1", "--workers", "0"]
    where = ["--search-seeds", "1", "--out", str(tmp_path / "out")]
    table = CliRunner().invoke(app, [*command, *where], catch_exceptions=False).stdout
    assert "Algorithm 1 (UIR)" in table
    assert "best of 24 weights in seeds 1000 to 1000" in table
    assert "Eq. (22) has a gradient at 0 of 2 ends: pay has two slopes in 0% of coordinates" in table
    found = json.loads(CliRunner().invoke(app, [*command, *where, "--json"], catch_exceptions=False).stdout)
    assert len(found["weights"]) == 5
    assert [row["arm"] for row in found["rows"]][:2] == ["no intervention", "the best weights found"]
    other = [*command, "--set", "reward=traffic", "--search-seeds", "1", "--out", str(tmp_path / "other")]
    told = CliRunner().invoke(app, other, catch_exceptions=False).stdout
    assert "Eq. (22) is of relevance pay, Eq. (5), and creators are paid otherwise here" in told
    ends = json.loads(CliRunner().invoke(app, [*other, "--json"], catch_exceptions=False).stdout)["ends"]
    assert [(one["slope"], one["kinks"], one["gradient"]) for one in ends] == [(None, None, [])] * 2


def test_an_environment_in_a_file_has_a_folder_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "towns.py").write_text("from ecosystem.environments import FIGURE1 as towns")
    search = search_of(replace(of(1, 50), environment="sub/towns.py:towns"), of(1, 0), generations=1)
    assert search.description("weights")["environment"] == f"{tmp_path}/sub/towns.py:towns"
    command = ["weights", "sub/towns.py:towns", "--steps", "10", "--seeds", "1", "--generations", "1"]
    more = ["--workers", "0", "--search-seeds", "1", "--json"]
    found = json.loads(CliRunner().invoke(app, [*command, *more], catch_exceptions=False).stdout)
    (folder,) = (tmp_path / "results").iterdir()
    assert found["out"] == str(folder)
    assert folder.name.startswith("weights-figure1-")
