from __future__ import annotations

import json

import numpy as np
import pytest

from ecosystem.metrics import tail_mean
from ecosystem_runs.folders import own_folder
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.replication.arms import FIGURE_ARMS, StudiedRun, run_arm
from ecosystem_runs.replication.claims import Runs
from ecosystem_runs.replication.welfare_figures import (
    description_of,
    run,
    summary,
    write,
)

SMALL = {"n_users": 60, "n_creators": 12, "n_groups": 4, "K": 5}
STEPS = 20
WORLDS = Worlds("synthetic", 2, STEPS, SMALL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    runs = run(WORLDS, folder, InProcess(), quiet=True)
    write(runs, folder)
    return runs, folder


@pytest.mark.parametrize("after", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_stopped_and_resumed_gives_the_same_bytes(whole, tmp_path, after, stopping):
    _, folder = whole
    with pytest.raises(KeyboardInterrupt):
        run(WORLDS, tmp_path, stopping(after), quiet=True)
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    assert kept
    write(run(WORLDS, tmp_path, InProcess(), quiet=True), tmp_path)
    names = [path.name for path in folder.iterdir() if path.is_file() and path.name != ".lock"]
    assert {"figure2.png", "figure2.svg", "series.parquet", "summary.json"} <= set(names)
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_finished_runs_are_not_run_again(whole, monkeypatch):
    runs, folder = whole
    monkeypatch.setattr(
        "ecosystem_runs.replication.welfare_figures.run_arm", lambda job: pytest.fail("ran again")
    )
    assert run(WORLDS, folder, InProcess(), quiet=True) == runs


def test_a_control_follows_the_weights_of_its_arm(whole):
    rows = whole[0].arms
    for arm in ("smt", "hmt"):
        for own, control in zip(rows[arm], rows[f"{arm}_sharpness"], strict=True):
            assert (own.weights_by_epoch() == control.weights_by_epoch()).all()
            assert own.strategies_hash != control.strategies_hash
    # Common random numbers: all arms of a seed start in the same world.
    for seed in range(2):
        assert len({rows[arm][seed].welfare[0] for arm in FIGURE_ARMS}) == 1
    assert rows["none"][0].welfare[0] != rows["none"][1].welfare[0]


def test_frozen_arms_deploy_the_last_weights_from_the_start():
    parameters = {"environment": "synthetic", "horizon": STEPS, "mechanism": "smt"} | SMALL
    own = run_arm(Job(parameters, 0))
    frozen = run_arm(Job(parameters, 0, own.weights_by_epoch()[-1:].tolist()))
    assert (frozen.weights_by_epoch() == own.weights_by_epoch()[-1]).all()


def test_summary_by_hand():
    def one(level):
        series = [level] * (STEPS + 1), [level / 2] * (STEPS + 1)
        return StudiedRun(*series, [], [1, 9], [level, level + 0.2], [level / 2, level], [], [], "")

    rows = {"none": [one(0.5), one(0.7)], "uir": [one(0.6), one(0.82)]}
    figures = summary(Runs(rows, STEPS))
    assert figures["uir"].welfare == pytest.approx(0.71)
    assert figures["uir"].welfare_se == pytest.approx(np.std([0.6, 0.82], ddof=1) / np.sqrt(2))
    assert figures["uir"].welfare_groups == pytest.approx(0.71 + 0.1)
    assert figures["uir"].welfare_groups_default == pytest.approx(0.71 * 0.75)
    less = figures["uir"].less_none
    assert less["welfare"].mean == pytest.approx(0.11)
    assert less["welfare_default"].mean == pytest.approx(0.055)
    low, high = less["welfare"].low, less["welfare"].high
    half = 12.7062 * 0.01  # t with one degree of freedom, and the standard error of 0.1 and 0.12
    assert (low, high) == pytest.approx((0.11 - half, 0.11 + half), rel=1e-5)
    assert less["welfare"].above == 2
    assert figures["none"].less_none is None
    alone = summary(Runs({arm: runs[:1] for arm, runs in rows.items()}, STEPS))["uir"]
    assert alone.less_none["welfare"].low is None
    assert alone.welfare_se is None


def test_the_same_figure_has_the_same_folder(whole):
    def folder_of(seeds, steps, settings, environment="synthetic"):
        return own_folder("figure2", description_of(Worlds(environment, seeds, steps, settings)))

    _, folder = whole
    assert folder_of(2, 20, {}) == folder_of(2, 20, {})
    others = [folder_of(3, 20, {}), folder_of(2, 30, {}), folder_of(2, 20, {"K": 5})]
    others.append(folder_of(2, 20, {}, "movielens"))
    assert len({folder_of(2, 20, {}), *others}) == 5
    written = json.loads((folder / "summary.json").read_text())
    assert set(written) == set(FIGURE_ARMS)


def test_the_papers_claims_are_judged_on_the_figures_runs(whole):
    runs, folder = whole
    report = (folder / "claims.md").read_text()
    pairs = zip(runs.arms["smt"], runs.arms["none"], strict=True)
    gap = np.mean([tail_mean(a.welfare, STEPS) - tail_mean(b.welfare, STEPS) for a, b in pairs])
    line = next(row for row in report.splitlines() if "SMT raises user welfare" in row and "deployed" in row)
    assert f"{gap:+.4f} [" in line
    assert "frozen" not in report  # those arms are not part of the figure
