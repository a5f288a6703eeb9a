"""A small Dask cluster on this machine: the same table, and one line when its scheduler dies."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecosystem_runs.jobs.dask_cluster import DaskCluster
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.queue import EngineLost
from ecosystem_runs.sweeps.plan import parse_plan, read_plan
from ecosystem_runs.sweeps.sweep import sweep

pytest.importorskip("distributed")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cluster(new_cluster):
    return new_cluster()


def plan(seeds=30, steps=50):
    return parse_plan(
        {"environment": "figure1", "steps": steps, "seeds": seeds, "parameters": {"mechanism": "hmt"}}
    )


def square_or_not(job):
    if job == 3:
        raise ValueError("three")
    return job * job


class Disturbed(DaskCluster):
    """Kills a process of the cluster after the third chunk."""

    def __init__(self, cluster, victim):
        super().__init__(cluster.address)
        self.victim = victim

    def run(self, function, jobs):
        for k, chunk in enumerate(super().run(function, jobs)):
            if k == 3:
                self.victim.kill()
            yield chunk


def test_the_same_table_and_one_line_when_the_scheduler_dies(cluster, tmp_path):
    cluster.add_worker()
    with DaskCluster(cluster.address) as engine:
        finished = {done.index: done for chunk in engine.run(square_or_not, range(50)) for done in chunk}
        assert sorted(finished) == list(range(50))
        assert {k: done.error for k, done in finished.items() if done.error} == {3: "ValueError: three"}
        assert finished[7].value == 49
        assert engine.running == 0
    wanted = plan(40, steps=20)
    whole = sweep(wanted, InProcess(), tmp_path / "whole", quiet=True)
    there = sweep(wanted, DaskCluster(cluster.address), tmp_path / "there", quiet=True)
    assert Path(there.table).read_bytes() == Path(whole.table).read_bytes()

    # The scheduler dies, and costs what was in flight.
    with pytest.raises(EngineLost, match=r"scheduler at .* is lost; what finished is kept") as error:
        sweep(wanted, Disturbed(cluster, cluster.scheduler), tmp_path / "stopped", quiet=True)
    assert "\n" not in str(error.value)
    resumed = sweep(wanted, InProcess(), tmp_path / "stopped", quiet=True)
    assert 0 < resumed.resumed < 40
    assert Path(resumed.table).read_bytes() == Path(whole.table).read_bytes()


@pytest.mark.slow
def test_the_jobs_of_a_killed_worker_run_on_another(cluster, tmp_path):
    for _ in range(2):
        cluster.add_worker()
    whole = sweep(plan(60), InProcess(), tmp_path / "a", quiet=True)
    disturbed = sweep(plan(60), Disturbed(cluster, cluster.workers[0]), tmp_path / "b", quiet=True)
    assert (disturbed.done, disturbed.failed) == (60, 0)
    assert Path(disturbed.table).read_bytes() == Path(whole.table).read_bytes()


def last_part(out):
    """The newest part of a sweep: another one once runs finished."""
    return max((path.name for path in (out / "parts").glob("0*.parquet")), default="")


@pytest.mark.slow
def test_kill_9_of_scheduler_worker_and_sweep_ten_times_at_random(new_cluster, tmp_path):
    """Ten clusters: in each a process is killed at a random moment; then the sweep ends undisturbed."""
    rng = random.Random(0)
    plan_file, out = tmp_path / "plan.toml", tmp_path / "out"
    plan_file.write_text('environment = "figure1"\nsteps = 500\nseeds = 400\n')
    wanted = read_plan(plan_file)
    whole = sweep(wanted, InProcess(), tmp_path / "whole", quiet=True)
    for kill in range(10):
        cluster = new_cluster()
        try:
            for _ in range(2):
                cluster.add_worker()
            words = ("sweep", str(plan_file), "--out", str(out), "--scheduler", cluster.address)
            process = subprocess.Popen(
                [sys.executable, "-m", "ecosystem_runs.command_line", *words],
                stderr=subprocess.PIPE,
                text=True,
            )
            if kill % 2:  # else it is killed while everything starts
                before = last_part(out)
                while last_part(out) == before and process.poll() is None:
                    time.sleep(0.02)
            time.sleep(rng.uniform(0.0, 1.0))
            victim = ("scheduler", "worker", "sweep")[kill % 3]
            {"scheduler": cluster.scheduler, "worker": cluster.workers[0], "sweep": process}[victim].kill()
            if victim == "worker":
                time.sleep(rng.uniform(0.5, 2.0))
                process.kill()
            _, text = process.communicate(timeout=60)
            if victim == "scheduler":
                assert process.returncode == 2, text
                assert "is lost" in text or "no Dask scheduler answers" in text
                assert "Traceback" not in text
        finally:
            cluster.close()
    resumed = sweep(wanted, InProcess(), out, quiet=True)
    assert 0 < resumed.resumed < 400
    assert (resumed.done, resumed.failed) == (400, 0)
    assert Path(resumed.table).read_bytes() == Path(whole.table).read_bytes()
