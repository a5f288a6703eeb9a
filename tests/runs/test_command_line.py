"""The command line as people use it: real files, and real processes where a process is what matters."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy, __version__

KEYS = {
    "environment",
    "mechanism",
    "steps",
    "seed",
    "welfare",
    "welfare_default",
    "group_utilities",
    "welfare_groups",
    "weights",
    "strategies_hash",
    "seconds_per_step",
    "out",
}


def ecosystem(*arguments, cwd, **options):
    return subprocess.run(
        [sys.executable, "-m", "ecosystem_runs.command_line", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "120"},
        **options,
    )


QUICK = ("run", "synthetic", "--set", "n_users=100", "--set", "n_creators=12", "--mechanism", "hmt")


@pytest.fixture(scope="module")
def in_a_process(tmp_path_factory):
    """Run a small world in a process of its own; give where, and how it ended."""
    where = tmp_path_factory.mktemp("process")
    return where, ecosystem(*QUICK, "--steps", 20, "--seed", 3, cwd=where)


def test_a_run_prints_a_summary_and_keeps_a_folder(in_a_process):
    where, done = in_a_process
    assert done.returncode == 0, done.stderr
    assert "welfare, deployed terms, mean of the last 2 steps" in done.stdout
    assert "mean over groups, deployed terms, last step" in done.stdout
    folder = where / "results" / "synthetic-hmt-seed3"
    assert str(folder) in done.stdout
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "series.parquet", "groups.parquet", "creators.parquet", "figure.png"}
    config = json.loads((folder / "config.json").read_text())
    assert config["parameters"]["n_users"] == 100
    assert config["parameters"]["rng"] == 3
    assert config["parameters"]["K"] is None
    assert config["in_force"] == {
        "beta": 0.1,
        "K": 20,
        "eta": 0.2,
        "n_groups": 20,
        "lbr_evaluation": "printed",
    }
    assert config["versions"]["mesa"]
    assert len(pd.read_parquet(folder / "series.parquet")) == 21
    assert len(pd.read_parquet(folder / "creators.parquet")) == 12


def test_the_version_is_that_of_the_package(command):
    told = command("--version")
    assert (told.out, told.err, told.code) == (f"creator-ecosystem {__version__}\n", "", 0)


def test_json_is_one_object_and_nothing_else(command, tmp_path, undrawn):
    done = command(*QUICK, "--steps", 10, "--json", "--out", tmp_path / "here")
    figures = json.loads(done.out)
    assert set(figures) >= KEYS
    assert figures["out"] == str(tmp_path / "here")
    assert figures["steps"] == 10
    series = pd.read_parquet(tmp_path / "here" / "series.parquet")
    assert figures["welfare"] == pytest.approx(series["welfare"].iloc[-1])  # a tenth of 10 steps
    assert len(figures["weights"]) == len(figures["group_utilities"]) == 20
    assert figures["welfare_groups"] == pytest.approx(sum(figures["group_utilities"]) / 20)


def test_where_no_users_are_left_there_is_no_welfare(command, tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    gone = ("--set", "retention=returning(middle=100,back=0)", "--steps", 10, "--out")
    found = json.loads(command("run", "figure1", *gone, "run", "--json").out, parse_constant=pytest.fail)
    assert found["welfare"] is found["welfare_default_last"] is None
    assert found["welfare_groups"] == pytest.approx(sum(found["group_utilities"]) / 5)
    told = command("run", "figure1", *gone, "again")
    assert told.out.count("- (no user is left)") == 2
    assert "nan" not in (told.out + told.err).lower()
    small = ("arena", "figure1", "--policies", "lift", "--seeds", 2, "--workers", 0)
    printed = command(*small, *gone, "arena")
    assert printed.code == 0, printed.err
    for row in json.loads((tmp_path / "arena" / "arena.json").read_text(), parse_constant=pytest.fail):
        assert row["welfare"] is row["welfare_default"] is row["welfare_during"] is None
        assert row["worst_group"] > 0
    report = (tmp_path / "arena" / "arena.md").read_text()
    assert "No users are left at the end of a world" in report
    assert "| lift | - | - | - | - | - | 0 |" in report


def test_a_run_in_which_nobody_moved_says_so(command, tmp_path, undrawn):
    small = ("run", "synthetic", "--set", "n_users=50", "--set", "n_creators=5", "--steps", 10)
    still = command(*small, "--set", "rules=still", "--out", tmp_path / "still")
    assert re.search(r"led elsewhere \S none", " ".join(still.out.split()))
    assert still.err.endswith("ecosystem: nobody moved in 10 steps: no step was accepted\n")
    one = command(*small, "--set", "rules=still=4", "--json", "--out", tmp_path / "one")
    assert "nobody moved" not in one.err
    figures, moved = json.loads(one.out), pd.read_parquet(tmp_path / "one" / "creators.parquet")["moved"]
    assert moved.tolist() == [0, 0, 0, 0, figures["moved"]]
    assert (figures["creators"], figures["creators_moved"]) == (5, 1)
    assert pd.read_parquet(tmp_path / "one" / "series.parquet")["moved"].sum() == figures["moved"] > 0


def test_the_same_seed_gives_the_same_bytes(in_a_process, command, tmp_path, undrawn):
    there = in_a_process[0] / "results" / "synthetic-hmt-seed3"
    for seed in (3, 4):
        assert command(*QUICK, "--steps", 20, "--seed", seed, "--out", tmp_path / str(seed)).code == 0
    for table in ("series", "groups", "creators"):
        files = [folder / f"{table}.parquet" for folder in (there, tmp_path / "3", tmp_path / "4")]
        first, same, other = (file.read_bytes() for file in files)
        assert first == same != other, table
    configs = [json.loads((folder / "config.json").read_text()) for folder in (there, tmp_path / "3")]
    assert configs[0]["world_hash"] == configs[1]["world_hash"]
    other = json.loads((tmp_path / "4" / "config.json").read_text())
    assert other["world_hash"] != configs[0]["world_hash"]


def test_figure_1_has_both_panels_and_counts_who_is_served(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    figures = json.loads(command("run", "figure1", "--steps", 50, "--json").out)
    assert figures["mechanism"] == "none"
    assert set(figures["served"]) == {"none", "halved"}
    assert (tmp_path / "results" / "figure1-none-seed0" / "figure.png").stat().st_size > 10_000
    named = json.loads(command("run", "figure1", "--steps", 50, "--mechanism", "halved", "--json").out)
    assert named["mechanism"] == "halved"
    assert named["strategies_hash"] != figures["strategies_hash"]


def test_figure_1_is_drawn_the_same_each_time(command, tmp_path):
    for name in ("a", "b"):
        assert command("figure", 1, "--steps", 10, "--out", tmp_path / name).code == 0
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert (config["in_force"]["K"], config["in_force"]["beta"]) == (3, 0.1)
    for file in ("figure1.svg", "figure1.png", "runs.parquet"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_figure_1_over_seeds(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = command("figure", "1", "--seeds", 3, "--steps", 30, "--json", "--out", "f")
    rows = json.loads(printed.out)["arms"]
    for row in rows.values():
        assert row["seeds"] == 3
        assert sum(row["served"].values()) == pytest.approx(1)
    assert (tmp_path / "f" / "figure1.svg").exists()
    assert "two creators at the centre" in command("figure", "1", "--seeds", 2, "--steps", 10).out


def test_figure_1_stopped_and_resumed_gives_the_same_bytes(command, tmp_path, monkeypatch, stopping):
    words = ("figure", "1", "--seeds", 3, "--steps", 20, "--out")
    assert command(*words, tmp_path / "whole").code == 0
    with monkeypatch.context() as patch:
        patch.setattr("ecosystem_runs.replication.figure1.InProcess", lambda: stopping(2))
        printed = command(*words, tmp_path / "stopped")
    assert (printed.code, printed.out) == (130, "")
    assert printed.err.endswith("interrupted; what finished is kept; the same command goes on from here\n")
    again = command(*words, tmp_path / "stopped").out
    assert f"of 6 runs from earlier; results in {tmp_path / 'stopped'}" in " ".join(again.split())
    assert "0 of 6 runs" not in again
    for file in ("figure1.svg", "figure1.png", "runs.parquet", "config.json"):
        assert (tmp_path / "stopped" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file
    printed = command("figure", "1", "--seeds", 4, "--steps", 20, "--out", tmp_path / "whole")
    assert printed.code == 2
    assert "holds another experiment: it differs in seeds; give another folder" in printed.err


def test_list_names_everything(command):
    kinds = json.loads(command("list", "--json").out)
    assert {"figure1", "synthetic", "embeddings"} <= set(kinds["environments"])
    assert {"none", "uir", "smt", "hmt"} <= set(kinds["mechanisms"])
    assert kinds["mappings"]["power"].startswith("power(p): default * w^p")
    assert {"none", "patience", "least_paid"} <= set(kinds["turnover"])
    assert kinds["retention"]["none"] == "All users stay, as in the paper"
    assert kinds["details"]["turnover"]["patience"]["reference"].startswith("Mladenov")
    shown = command("list").out
    assert "hmt" in shown
    assert "needs ;" not in shown


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "syntetic"], "did you mean 'synthetic'"),
        (["run", "synthetic", "--mechanism", "x"], "mechanism is 'x'"),
        (["run", "synthetic", "--steps", "-1"], "--steps is -1"),
        (["run", "synthetic", "--seed", "-1"], "--seed is -1"),
        (["run", "synthetic", "--set", "K=0"], "K is 0"),
        (["run", "synthetic", "--set", "beta=0"], "beta is 0"),
        (["run", "synthetic", "--set", "beta=nan"], "beta is 'nan'"),
        (["run", "synthetic", "--set", "bta=1"], "did you mean 'beta'"),
        (["run", "synthetic", "--set", "beta"], "name=value"),
        (["run", "synthetic", "--set", "w_min=9"], "swap them"),
        (["run", "embeddings"], "file is not given"),
        (["run", "embeddings", "--set", "file=nowhere.npz"], "does not exist"),
        (
            ["run", "figure1", "--steps", "20", "--set", "schedule=hmt@0,none@5000"],
            "schedule swaps to none at step 5,000 and the run ends after 20; swap before that, or take more",
        ),
        (["run", "figure1", "--out", "a-file"], "give a folder"),
        (["run", "figure1", "--out", "a-run"], "another run"),
        (["figure", "1", "--seeds", "0"], "--seeds is 0"),
        (["figure", "1", "--steps", "0"], "--steps is 0"),
        (
            ["figure", "1", "--set", "schedule=halved@1"],
            "--set names schedule, which the arms decide; leave it",
        ),
        (["figure", "2", "--set", "weighting=uir"], "--set names weighting, which the arms decide; leave it"),
        (["claims", "--set", "schedule=smt@1"], "--set names schedule, which the arms decide; leave it"),
        (
            ["weights", "figure1", "--set", "weighting=uir"],
            "--set names weighting, which the arms decide; leave",
        ),
        (
            ["phase", "--set", "schedule=smt@1"],
            "--set names schedule, which the grid and its policies decide",
        ),
        (["figure", "enrichment", "--seeds", "0"], "--seeds is 0"),
        (["figure", "enrichment", "--out", "a-file/below"], "cannot be written"),
        (["planner", "figure1", "--seeds", "0"], "--seeds is 0"),
        (["run", "figure1", "--set", "mechanism=hmt"], "--set names mechanism; use --mechanism hmt"),
        (["run", "figure1", "--set", "rng=3"], "--set names rng; use --seed 3"),
        (["run", "figure1", "--set", "horizon=30"], "--set names horizon; use --steps 30"),
        (
            ["run", "figure1", "--set", "environment=x"],
            "--set names environment; it is the command's argument",
        ),
        (
            ["run", "figure1", "--set", "trajectory=True"],
            "--set names trajectory; `ecosystem run figure1` keeps",
        ),
        (["sweep", "."], "plan '.' cannot be read (Is a directory); give a TOML file in UTF-8"),
        (
            ["enrich", "4", "7", "--documents", "nope"],
            "nope cannot be read (No such file or directory); give",
        ),
        (
            ["serve", "--host", "192.0.2.1"],
            "--host is '192.0.2.1', which is no address of this machine; give 127",
        ),
        (
            ["serve", "--host", "no.such.host.invalid"],
            "--host is 'no.such.host.invalid', which is no address",
        ),
        (["run", "figure1", "--mechnism", "hmt"], "did you mean '--mechanism'?"),
        (["frobnicate"], "command of `ecosystem` is 'frobnicate'; it must be one of run, "),
        (["arenas"], "did you mean 'arena'?"),
        (["figure", "4"], "command of `ecosystem figure` is '4'; it must be one of 1, 2, 3, enrichment"),
        (["serve", "--port", "99999"], "--port is 99999; it must be "),
        (["run", "figure1", "--steps", "1.5"], "--steps is '1.5'; it must be a whole number"),
        (["abtest", "--min-group", "x"], "--min-group is 'x'; it must be a number"),
        (["run", "figure1", "--steps"], "requires an argument"),
        (["run"], "`ecosystem run --help` says"),
        (["run", "figure1", "more"], "`ecosystem run --help` says"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(command, monkeypatch, tmp_path, arguments, named):
    (tmp_path / "a-file").write_text("")
    (tmp_path / "a-run").mkdir()
    (tmp_path / "a-run" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    printed = command(*arguments)
    assert printed.code == 2
    assert named in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-file", "a-run"]
    assert [path.name for path in (tmp_path / "a-run").iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["run", "syntetic"], "did you mean 'synthetic'"),
        pytest.param(["run", "synthetic", "--set", "K=0"], "K is 0", marks=pytest.mark.slow),
        pytest.param(["sweep", "status", "a" * 300], "config.json", marks=pytest.mark.slow),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else "",
)
def test_bad_input_to_a_process_is_one_line_and_leaves_nothing(tmp_path, arguments, named):
    done = ecosystem(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_an_interrupt_keeps_what_was_done(command, monkeypatch, tmp_path, undrawn):
    moved = CreatorEconomy._move_creators

    def interrupted(model):
        if model.steps == 7:
            os.kill(os.getpid(), signal.SIGINT)
        moved(model)

    monkeypatch.setattr(CreatorEconomy, "_move_creators", interrupted)
    assert command(*QUICK, "--steps", 20, "--out", tmp_path / "kept").code == 130
    steps = json.loads((tmp_path / "kept" / "config.json").read_text())["steps"]
    assert steps in (6, 7)
    assert len(pd.read_parquet(tmp_path / "kept" / "series.parquet")) == steps + 1  # no step is half done


@pytest.mark.slow
def test_ctrl_c_to_a_process_keeps_what_was_done(tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ecosystem_runs.command_line",
            "run",
            "synthetic",
            "--steps",
            "1000000",
            "--out",
            "kept",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "welfare" in process.stderr.readline()  # it is running
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    steps = json.loads((tmp_path / "kept" / "config.json").read_text())["steps"]
    assert 0 < steps < 1_000_000
    assert len(pd.read_parquet(tmp_path / "kept" / "series.parquet")) == steps + 1  # no step is half done


def test_real_input_by_file(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "w.npz", users=rng.standard_normal((40, 4)), items=rng.standard_normal((30, 4)))
    printed = command(
        *("run", "embeddings", "--set", "file=w.npz", "--mechanism", "hmt", "--steps", 20, "--json")
    )
    assert json.loads(printed.out)["environment"] == "embeddings", printed.err


def test_help_waits_for_nothing_heavy(tmp_path):
    heavy = {"dask", "matplotlib", "mesa", "numba", "optuna", "pandas", "pyarrow", "scipy", "solara"}
    script = (
        "import sys; from ecosystem_runs.command_line import app; app(['--help'], standalone_mode=False); "
        f"print('imported:', *sorted({heavy!r} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert "Usage:" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "imported:"


@pytest.mark.parametrize(
    "line",
    [
        ("run", "figure1", "--steps=0", "--out", "a" * 300),
        ("run", "embeddings", "--set", "file=" + "a" * 300),
        ("sweep", "status", "a" * 300),
        ("arena", "figure1", "--policies=uir", "--steps=10", "--workers=0", "--out", "a" * 300),
        ("abtest", "--population", "a" * 300),
    ],
    ids=lambda line: " ".join(line[:2]),
)
def test_names_longer_than_names_can_be(line, command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    printed = command(*line)
    assert (printed.code, printed.out) == (2, "")
    assert printed.err.startswith("ecosystem: ")
    assert len(printed.err.splitlines()) == 1
