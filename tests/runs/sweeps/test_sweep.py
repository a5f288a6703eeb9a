"""``ecosystem sweep`` end to end: the same table whatever ran it, whatever stopped it on the way."""

import gc
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem_runs.jobs.engines import InProcess, warm_up
from ecosystem_runs.jobs.local_workers import LocalWorkers
from ecosystem_runs.sweeps import sweep as sweep_module
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.sweep import load, run_one, sweep, table_of

ROOT = Path(__file__).parents[3]
PLAN = """
environment = "figure1"
steps = 20
seeds = 3

[parameters]
mechanism = ["none", "smt"]
K = [1, 3]
"""


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


def files_below(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sweep_and_its_table(command, plan_file, tmp_path):
    code, out, err = command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")
    assert (code, err) == (0, "")
    figures = json.loads(out)
    assert {k: figures[k] for k in ("runs", "done", "failed", "resumed")} == {
        "runs": 12,
        "done": 12,
        "failed": 0,
        "resumed": 0,
    }
    assert figures["seconds"] > 0
    assert Path(figures["table"]).is_absolute()
    table = pd.read_parquet(figures["table"])
    assert table["run"].tolist() == list(range(12))
    assert not {"seconds"} & set(table)
    timings = pd.read_parquet(figures["timings"])
    assert timings["run"].tolist() == list(range(12))
    assert (timings["seconds"] > 0).all()
    for row in table.itertuples():  # each row is the run done by hand
        model = CreatorEconomy(environment="figure1", mechanism=row.arm, K=row.K, horizon=20, rng=row.seed)
        model.run()
        series = model.datacollector.model_vars
        assert row.status == "done"
        assert pd.isna(row.error)
        assert row.mechanism == row.arm
        assert row.welfare == tail_mean(series["welfare"], 20)
        assert row.welfare_last == model.welfare
        assert row.welfare_default == tail_mean(series["welfare_default"], 20)
        assert row.min_group_utility_last == model.min_group_utility
        assert row.creator_gini_last == series["creator_gini"][-1]


@pytest.mark.parametrize(
    "engines",
    [[LocalWorkers(2)], pytest.param([LocalWorkers(1), LocalWorkers(3, warm_up)], marks=pytest.mark.slow)],
)
def test_same_bytes_on_every_engine(tmp_path, engines):
    plan = parse_plan({"environment": "figure1", "steps": 20, "seeds": 10, "parameters": {"K": [1, 3]}})
    tables = []
    for number, engine in enumerate([InProcess(), *engines]):
        figures = sweep(plan, engine, tmp_path / str(number), quiet=True)
        assert figures.done == 20
        tables.append(Path(figures.table).read_bytes())
    assert set(tables) == {tables[0]}


def test_the_default_folder_is_the_plans_own_so_that_it_goes_on(command, plan_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = json.loads(command("sweep", plan_file, "--workers", 0, "--json")[1])
    assert Path(first["out"]).parent == tmp_path / "results"
    again = json.loads(command("sweep", plan_file, "--workers", 0, "--json")[1])
    assert (again["out"], again["resumed"]) == (first["out"], 12)
    plan_file.write_text(PLAN.replace("seeds = 3", "seeds = 2"))
    other = json.loads(command("sweep", plan_file, "--workers", 0, "--json")[1])
    assert (other["resumed"], other["runs"]) == (0, 8)
    assert other["out"] != first["out"]


def test_an_interrupted_sweep_goes_on(command, plan_file, tmp_path, monkeypatch):
    whole = json.loads(command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "whole", "--json")[1])
    calls = []

    def stopped(collect, job, every):
        calls.append(job)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return run_one(collect, job)

    monkeypatch.setattr(sweep_module, "run_one", stopped)
    arguments = ("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")
    code, out, err = command(*arguments)
    assert code == 130
    assert err.count("goes on from here") == err.count("\n") == 1
    figures = json.loads(out)
    assert figures["interrupted"]
    assert figures["done"] == 4
    status = json.loads(command("sweep", "status", tmp_path / "out", "--json")[1])
    assert (status["runs"], status["done"], status["missing"]) == (12, 4, 8)
    monkeypatch.setattr(sweep_module, "run_one", run_one)
    figures = json.loads(command(*arguments)[1])
    assert (figures["resumed"], figures["done"]) == (4, 12)
    assert Path(figures["table"]).read_bytes() == Path(whole["table"]).read_bytes()


def fails_for_some(collect, job, every):
    if job.seed == 1:
        raise RuntimeError("seed 1 is\nunlucky")
    return run_one(collect, job)


def test_a_failed_run_is_recorded_and_the_rest_go_on(command, plan_file, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_module, "run_one", fails_for_some)
    arguments = ("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")
    code, out, err = command(*arguments)
    assert code == 0
    assert "4 runs failed" in err
    assert err.count("\n") == 1
    figures = json.loads(out)
    assert (figures["done"], figures["failed"]) == (8, 4)
    table = pd.read_parquet(figures["table"])
    failed = table[table["status"] == "failed"]
    assert failed["seed"].tolist() == [1] * 4
    assert set(failed["error"]) == {"RuntimeError: seed 1 is unlucky"}
    assert failed["welfare"].isna().all()
    assert "RuntimeError: seed 1 is unlucky" in command("sweep", "status", tmp_path / "out")[1]
    monkeypatch.setattr(sweep_module, "run_one", run_one)
    assert json.loads(command(*arguments)[1])["failed"] == 4  # recorded: not missing
    mended = json.loads(command(*arguments, "--retry-failed")[1])
    assert (mended["resumed"], mended["done"], mended["failed"]) == (8, 12, 0)
    assert pd.read_parquet(mended["table"])["status"].tolist() == ["done"] * 12


def test_a_run_that_the_machine_failed_runs_again(command, plan_file, tmp_path, monkeypatch):
    def fails(collect, job, every):
        if job.seed == 1:
            raise (MemoryError if job.parameters["mechanism"] == "none" else ValueError)
        return run_one(collect, job)

    arguments = ("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")
    monkeypatch.setattr(sweep_module, "run_one", fails)
    assert json.loads(command(*arguments)[1])["failed"] == 4
    monkeypatch.setattr(sweep_module, "run_one", run_one)
    mended = json.loads(command(*arguments)[1])
    assert (mended["resumed"], mended["done"], mended["failed"]) == (10, 10, 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds", "seds", "did you mean 'seeds'"),
        ("K = [1, 3]", "K = [1, 0]", "K is 0; it must be a whole number at least 1"),
        ("K = [1, 3]", "K = {low = 3, high = 1}", "low must be below high"),
        ('"smt"', '"stm"', "did you mean 'smt'"),
        ("steps = 20", "steps =", "is no TOML"),
        (
            "K = [1, 3]",
            'schedule = ["smt@19", "smt@20"]',
            "swaps to smt at step 20 and the run ends after 20; swap",
        ),
    ],
)
def test_a_bad_plan_is_one_line_and_leaves_nothing(command, plan_file, tmp_path, old, new, message):
    plan_file.write_text(PLAN.replace(old, new))
    code, out, err = command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_plan_is_refused_untouched(command, plan_file, tmp_path):
    command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out")
    before = files_below(tmp_path / "out")
    plan_file.write_text(PLAN.replace("steps = 20", "steps = 21"))
    code, _, err = command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out")
    assert code == 2
    assert "holds another experiment: it differs in steps" in err
    assert err.count("\n") == 1
    assert files_below(tmp_path / "out") == before


def test_a_truncated_part_is_one_line_and_the_table_is_whole(command, plan_file, tmp_path):
    arguments = ("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")
    table = Path(json.loads(command(*arguments)[1])["table"])
    whole = table.read_bytes()
    (part,) = (tmp_path / "out" / "parts").iterdir()
    part.write_bytes(part.read_bytes()[:300])
    table.write_bytes(whole[:100])
    assert "damaged" in command("sweep", "status", tmp_path / "out")[1]
    code, out, err = command(*arguments)
    assert code == 0
    assert "was damaged" in err
    assert err.count("\n") == 1
    assert json.loads(out)["done"] == 12
    assert table.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_one_line(command, plan_file, tmp_path):
    code, _, err = command("sweep", plan_file, "--workers", 0, "--out", "/proc/nowhere")
    assert code == 2
    assert "cannot write into '/proc/nowhere'" in err
    assert err.count("\n") == 1


def test_a_full_disk_is_one_line_and_the_sweep_goes_on(command, plan_file, tmp_path):
    """A limit on file sizes stands in for the full disk: parts of a few runs fit below it, larger do not."""
    text = PLAN.replace("seeds = 3", "seeds = 25")
    sweep(parse_plan(toml(PLAN)), InProcess(), tmp_path / "few", quiet=True)  # compiles while there is room
    plan_file.write_text(text)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, before[1]))
        full = command("sweep", plan_file, "--workers", "0", "--out", tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.code == 2, full.err
    assert full.err.splitlines()[-1].startswith("ecosystem: cannot write into")
    assert "Traceback" not in full.err
    figures = sweep(parse_plan(toml(text)), InProcess(), tmp_path / "out", quiet=True)
    assert figures.done == 100
    assert (
        figures.resumed > 0
    )  # on a slow machine all of them: chunks are small there, and only the table is not


def toml(text):
    import tomllib

    return tomllib.loads(text)


def test_status_and_report_of_no_sweep_are_one_line(command, tmp_path):
    for words in (("status", tmp_path), ("report", tmp_path), ("status", tmp_path / "none")):
        code, out, err = command("sweep", *words)
        assert (code, out) == (2, "")
        assert "config.json; give the folder of a finished or stopped command" in err
        assert err.count("\n") == 1


def test_parameters_keep_their_types(tmp_path):
    plan = parse_plan(
        {
            "environment": "figure1",
            "steps": 5,
            "parameters": {"K": 2, "alpha": [1, 0.5], "one_by_one": True},
            "arms": {"a": {}, "b": {"mechanism": "uir"}},
        }
    )
    sweep(plan, InProcess(), tmp_path, quiet=True)
    table = table_of(*load(tmp_path)).to_pandas()
    assert table["K"].dtype == np.int64
    assert table["alpha"].dtype == np.float64
    assert table["one_by_one"].dtype == np.bool_
    assert table["mechanism"].fillna("own").tolist() == ["own", "uir", "own", "uir"]


def test_help_names_the_short_form(command):
    code, out, _ = command("sweep", "--help")
    assert code == 0
    assert "ecosystem sweep plan.toml" in out
    assert "status" in out


# --- what kills a sweep ---


def started(plan_file, out, *options):
    """Start a sweep of its own process."""
    command = [
        sys.executable,
        "-m",
        "ecosystem_runs.command_line",
        "sweep",
        str(plan_file),
        "--out",
        str(out),
        *options,
    ]
    return subprocess.Popen(
        command, cwd=out.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def children_of(pid):
    """Return the worker processes of a sweep (not the one that tracks resources)."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"spawn_main" in words:
                found.append(int(child))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
def test_kill_9_ten_times_at_random(tmp_path):
    """The sweep or one of its workers dies at a random moment, ten times; then it ends undisturbed."""
    rng = random.Random(0)
    plan_file, out = tmp_path / "plan.toml", tmp_path / "out"
    plan_file.write_text('environment = "figure1"\nsteps = 500\nseeds = 400\n')
    plan = parse_plan(toml(plan_file.read_text()))
    undisturbed = sweep(plan, InProcess(), tmp_path / "whole", quiet=True)
    for kill in range(10):
        process = started(plan_file, out, "--workers", "2")
        if kill % 3:  # else it is killed while everything starts
            before = last_part(out)
            while last_part(out) == before and process.poll() is None:
                time.sleep(0.02)
        time.sleep(rng.uniform(0.0, 0.5))
        workers = children_of(process.pid)
        if kill % 2 and workers:
            os.kill(rng.choice(workers), signal.SIGKILL)
            time.sleep(rng.uniform(0.0, 1.0))
        assert process.poll() is None, "the sweep was over before ten kills; give it more runs"
        process.kill()
        process.communicate()
    process = started(plan_file, out, "--workers", "2", "--json")
    text, _ = process.communicate(timeout=600)
    figures = json.loads(text)
    assert 0 < figures["resumed"] < 400
    assert (figures["done"], figures["failed"]) == (400, 0)
    assert Path(figures["table"]).read_bytes() == Path(undisturbed.table).read_bytes()


def last_part(out):
    """The newest part of a sweep: another one once runs finished."""
    return max((path.name for path in (out / "parts").glob("0*.parquet")), default="")


@pytest.mark.slow
def test_memory_stays_flat_over_two_thousand_runs(tmp_path):
    def kilobytes():
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024

    seen = []
    for runs in (300, 2000):
        plan = parse_plan({"environment": "figure1", "steps": 10, "seeds": runs})
        sweep(plan, InProcess(), tmp_path / str(runs), quiet=True)
        seen.append(kilobytes())
    assert seen[1] - seen[0] < 16 * 1024, seen  # models kept alive would take ten times that


def test_the_status_of_runs_that_no_user_stays_in_is_json(command, plan_file, tmp_path):
    plan_file.write_text(PLAN + 'retention = "returning(middle=100,back=0)"\n')
    command("sweep", plan_file, "--workers", 0, "--out", tmp_path / "out", "--json")

    def refuse(name):
        raise AssertionError(name)

    told = json.loads(command("sweep", "status", tmp_path / "out", "--json")[1], parse_constant=refuse)
    assert told["welfare"] == {"none": None, "smt": None}
