"""``ecosystem arena`` as people use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

TINY = ("--set", "n_users=60", "--set", "n_creators=12", "--set", "n_groups=4", "--set", "K=6")


def arena(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "ecosystem_runs.command_line", "arena", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_file_of_policies_on_a_small_synthetic_world(command, monkeypatch, tmp_path, workers):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "mine.toml").write_text(
        '[sharp]\nmechanism = "hmt"\n[weighted]\nreward = "contribution"\nweighting = "uir"\nw_max = 2.0\n'
    )
    given = (
        "arena",
        "synthetic",
        "--policies",
        "mine.toml",
        "--seeds",
        2,
        "--steps",
        20,
        "--workers",
        workers,
        "--out",
        "o",
        *TINY,
    )
    done = command(*given, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert [row["policy"] for row in rows] == ["none", "sharp", "sharp_sharpness", "weighted"]
    for row in rows:
        for key in ("welfare_default", "welfare", "share", "worst_group", "sd_groups", "payout"):
            assert isinstance(row[key], float), key
        assert row["seeds"] == 2
        assert row["lbr_evaluation"] == "printed"
        assert row["out"] == str(tmp_path / "o")
    assert set(rows[1]["less_control"]["welfare_default"]) == {"mean", "low", "high", "sd", "above"}
    names = {path.name for path in (tmp_path / "o").iterdir()}
    assert {"arena.md", "arena.html", "arena.json", "worst_group.png", "sd_groups.png", "payout.png"} <= names
    again = command(*given)
    assert again.code == 0, again.err
    assert "printed point" in again.out
    assert "sharp_sharpness" in again.out
    assert str(tmp_path / "o" / "arena.md") in again.out
    assert "arena: " not in again.err  # nothing was left to do


def test_names_of_parts_on_figure_1(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    done = command(
        "arena",
        "figure1",
        "--policies",
        "lift,uniform(K=2)",
        "--seeds",
        1,
        "--steps",
        30,
        "--workers",
        0,
        "--set",
        "lbr_evaluation=projected",
        "--json",
    )
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert [row["policy"] for row in rows] == ["none", "lift", "uniform(K=2)"]
    assert rows[0]["lbr_evaluation"] == "projected"
    assert rows[0]["out"].startswith(str(tmp_path / "results" / "arena-figure1-"))
    assert rows[1]["less_none"]["welfare"]["low"] is None  # one seed


def test_without_the_planner_there_are_no_shares_and_it_may_come_later(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    small = ("figure1", "--policies", "lift", "--seeds", 1, "--steps", 30, "--workers", 0, "--out", "o")
    without = command("arena", *small, "--no-planner")
    assert without.code == 0, without.err
    assert without.err.startswith("arena: 0/2\n")
    assert "planner" not in without.err
    assert "There is no planner (`--no-planner`" in (tmp_path / "o" / "arena.md").read_text()
    assert [row["share"] for row in json.loads((tmp_path / "o" / "arena.json").read_text())] == [None, None]
    later = command("arena", *small)
    assert later.err.startswith("planner: 0/1\n")
    assert "There is no planner" not in (tmp_path / "o" / "arena.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("figure2",), "environment is 'figure2'"),
        (("figure1", "--policies", "smtt"), "did you mean 'smt'"),
        (
            ("figure1", "--policies", "foo"),
            "policy is 'foo'; it must be one of none, traffic, uir, smt, hmt, ",
        ),
        (("figure1", "--policies", "none.toml"), "there is no file of policies 'none.toml'"),
        (("figure1", "--policies", "empty.toml"), "empty.toml: it is empty"),
        (("figure1", "--policies", "uniform(L=3)"), "uniform"),
        (("figure1", "--seeds", "0"), "--seeds is 0"),
        (("figure1", "--steps", "1"), "--steps is 1"),
        (("figure1", "--workers", "-1"), "--workers is -1"),
        (("figure1", "--set", "reward=lift"), "which policies decide"),
        (("figure1", "--set", "beta=-1"), "beta is -1"),
        (("embeddings",), "file is not given"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(command, monkeypatch, tmp_path, arguments, named):
    (tmp_path / "empty.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    printed = command("arena", *arguments)
    assert printed.code == 2
    assert named in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["empty.toml"]


@pytest.mark.slow
def test_bad_input_to_a_process_is_one_line_and_leaves_nothing(tmp_path):
    for arguments, named in (
        (("figure1", "--policies", "smtt"), "mean 'smt'"),
        (("embeddings",), "file is not"),
    ):
        done = arena(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert named in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stdout == ""
        assert not list(tmp_path.iterdir())
