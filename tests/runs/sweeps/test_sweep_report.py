"""Reports: hand-computed means and paired differences on a made-up table; files from a real sweep."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.report import Question, report, varied
from ecosystem_runs.sweeps.sweep import sweep

PLAN = parse_plan(
    {
        "environment": "figure1",
        "steps": 5,
        "seeds": 3,
        "parameters": {"mechanism": ["none", "hmt"], "K": [1, 2]},
    }
)


def made_up():
    """Welfare 10 * K + seed, and (1 + seed) more under hmt; one run of hmt is missing."""
    rows = [
        {"point": run.point, "arm": run.arm, "seed": run.seed, "K": run.parameters["K"], "welfare": 0.0}
        for run in PLAN.runs()
    ]
    table = pd.DataFrame(rows)
    table["welfare"] = 10.0 * table["K"] + table["seed"] + (table["arm"] == "hmt") * (1.0 + table["seed"])
    return table


def test_means_and_paired_differences_by_hand():
    arms = Question(PLAN, made_up(), "welfare", "none").arms().set_index("arm")
    assert arms.loc["none", "mean"] == pytest.approx(16.0)  # 15 + mean of seeds
    assert np.isnan(arms.loc["none", "less_baseline"])
    assert arms.loc["hmt", "less_baseline"] == pytest.approx(2.0)  # 1, 2, 3 by seed
    half = 4.302653 / np.sqrt(3)  # t with two degrees of freedom, and the standard error of 1, 2, 3
    ends = arms.loc["hmt", ["less_baseline_low", "less_baseline_high"]]
    assert list(ends) == pytest.approx([2 - half, 2 + half], rel=1e-6)
    assert (arms.loc["hmt", "pairs"], arms.loc["hmt", "units"]) == (6, 3)
    assert arms.loc["hmt", "less_baseline_above"] == 3


def test_only_whole_pairs_count():
    table = made_up()
    table = table[~((table["arm"] == "none") & (table["seed"] == 2))]
    arms = Question(PLAN, table, "welfare", "none").arms().set_index("arm")
    assert arms.loc["hmt", "less_baseline"] == pytest.approx(1.5)
    assert arms.loc["hmt", "pairs"] == 4


def test_a_missing_baseline_leaves_differences_empty():
    table = made_up()
    arms = Question(PLAN, table[table["arm"] == "hmt"], "welfare", "none").arms()
    assert arms["arm"].tolist() == ["hmt"]
    assert arms["less_baseline"].isna().all()
    assert arms["pairs"].tolist() == [0]


def test_pairing_beats_the_spread_between_seeds():
    """Seeds differ by 100, arms by 1: the paired interval sees it."""
    table = made_up()
    table["welfare"] = 100.0 * table["seed"] + (table["arm"] == "hmt")
    row = Question(PLAN, table, "welfare", "none").arms().set_index("arm").loc["hmt"]
    assert (row["less_baseline_low"], row["less_baseline_high"]) == (1.0, 1.0)
    assert row["high"] - row["low"] > 50


def test_main_effects_by_hand():
    effects = Question(PLAN, made_up(), "welfare", "none").main_effects()
    means = {(row.factor, row.level): row.mean for row in effects.itertuples()}
    means = dict(zip(zip(effects["factor"], effects["level"], strict=True), effects["mean"], strict=True))
    assert means == pytest.approx(
        {("K", "1"): 12.0, ("K", "2"): 22.0, ("arm", "none"): 16.0, ("arm", "hmt"): 18.0}
    )
    assert effects["runs"].tolist() == [6, 6, 6, 6]
    assert varied(PLAN) == ["K"]


def test_sampled_parameters_are_cut_into_groups():
    plan = parse_plan(
        {
            "environment": "figure1",
            "steps": 5,
            "seeds": 2,
            "parameters": {"alpha": {"low": 0, "high": 1}},
            "sample": {"points": 40},
        }
    )
    rows = [
        {
            "point": r.point,
            "arm": r.arm,
            "seed": r.seed,
            "alpha": r.parameters["alpha"],
            "welfare": r.parameters["alpha"],
        }
        for r in plan.runs()
    ]
    effects = Question(plan, pd.DataFrame(rows), "welfare", "default").main_effects()
    assert effects["runs"].tolist() == [20] * 4
    assert effects["mean"].tolist() == pytest.approx([0.125, 0.375, 0.625, 0.875], abs=0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("sweep")
    plan = parse_plan(
        {
            "environment": "figure1",
            "steps": 10,
            "seeds": 3,
            "parameters": {"mechanism": ["none", "hmt"], "K": [1, 2], "eta": [0.1, 0.3]},
        }
    )
    sweep(plan, InProcess(), where, quiet=True)
    return where


def test_files_of_a_report(folder):
    found = report(folder)
    names = {path.rpartition("/")[2] for path in found.files}
    assert names == {
        "arms_welfare.csv",
        "points_welfare.csv",
        "main_effects_welfare.csv",
        "response_K_welfare.png",
        "response_eta_welfare.png",
        "heat_K_eta_welfare.png",
    }
    points = pd.read_csv(folder / "report" / "points_welfare.csv")
    assert len(points) == 4 * 2
    assert points.columns[:4].tolist() == ["point", "K", "eta", "arm"]
    overall = {row.arm: row for row in found.arms}
    mean = points[points["arm"] == "hmt"]["less_baseline"].mean()
    assert overall["hmt"].less_baseline == pytest.approx(mean)
    png = (folder / "report" / "heat_K_eta_welfare.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 5000


def test_a_report_of_another_metric_leaves_the_first_as_it_is(folder):
    first = {path: Path(path).read_bytes() for path in report(folder).files}
    second = report(folder, metric="welfare_default").files
    assert not set(first) & set(second)
    assert all(Path(path).read_bytes() == content for path, content in first.items())
    for path in (path for path in second if path.endswith(".csv")):
        assert set(pd.read_csv(path)["metric"]) == {"welfare_default"}


def test_on_the_command_line(folder, monkeypatch, capsys, tmp_path):
    words = ["sweep", "report", str(folder), "--metric", "welfare_default_last", "--baseline", "hmt"]
    monkeypatch.setattr(sys, "argv", ["ecosystem", *words, "--out", str(tmp_path), "--json"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    figures = json.loads(capsys.readouterr().out)
    assert figures["metric"] == "welfare_default_last"
    assert [row["less_baseline"] is None for row in figures["arms"]] == [False, True]
    assert all(path.startswith(str(tmp_path)) for path in figures["files"])


def test_the_terminal_shows_how_many_seeds_an_interval_rests_on(folder, command):
    shown = command("sweep", "report", str(folder)).out  # 12 pairs, which are 3 seeds at 4 points
    assert re.search(r"┃ seeds ┃ above ┃", shown)
    assert re.search(r"│ hmt .*│ +3 │ +\d/3 │", shown)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "welfaer"}, "did you mean 'welfare'"),
        ({"baseline": "uir"}, "must be one of none, hmt"),
        ({"confidence": 1.0}, "below 1"),
        ({"confidence": 0.0}, "above 0"),
        ({"out": "/proc/nowhere"}, "cannot write into"),
    ],
)
def test_bad_options_are_one_line(folder, options, message):
    from pathlib import Path

    if "out" in options:
        options = {"out": Path(options["out"])}
    with pytest.raises(BadInput, match=message) as error:
        report(folder, **options)
    assert "\n" not in str(error.value)
