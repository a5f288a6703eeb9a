"""Processes that are killed or stopped: nothing hangs, nothing lingers, and the table is the undisturbed one."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ecosystem import heartbeat
from ecosystem_runs.jobs.heartbeats import Pulse, Watch
from ecosystem_runs.jobs.local_workers import LocalWorkers
from ecosystem_runs.jobs.queue import Queue, attempt

# What takes long to import is imported where it is used: workers import this file for each of its jobs.

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")

TINY = 'environment = "figure1"\nsteps = 200\nseeds = 60\n'


def started(plan, out, *options):
    """Start a sweep in a process of its own."""
    words = ("sweep", str(plan), "--out", str(out), *map(str, options))
    return subprocess.Popen(
        [sys.executable, "-m", "ecosystem_runs.command_line", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers_of(process, count):
    """Wait for so many worker processes of a sweep and return their ids; fewer if it ends before."""
    deadline, found = time.monotonic() + 60, []
    while len(found) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
        found = []
        for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = task.read_text().split()
                found += [
                    int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()
                ]
    return found


def parts(out):
    """The newest part: another one whenever runs finished."""
    return max((path.name for path in (out / "parts").glob("0*.parquet")), default="")


def wait_for_another_part(out, process):
    before, deadline = parts(out), time.monotonic() + 120
    while parts(out) == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(pid):
    """The state of a process; "" when there is none, "T" when it is stopped."""
    with contextlib.suppress(OSError):
        found = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return "" if found == "Z" else found
    return ""


def end_within(seconds, pids):
    deadline = time.monotonic() + seconds
    while any(map(state, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [pid for pid in pids if state(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return not left


def swept(file, out):
    """Run a plan in this process."""
    from ecosystem_runs.jobs.engines import InProcess
    from ecosystem_runs.sweeps.plan import read_plan
    from ecosystem_runs.sweeps.sweep import sweep

    return sweep(read_plan(file), InProcess(), out, quiet=True)


@pytest.fixture
def plan(tmp_path, request):
    """Write a plan of tiny runs, 60 or so many; return it, and the bytes of its undisturbed table."""
    file = tmp_path / "plan.toml"
    file.write_text(TINY.replace("60", str(getattr(request, "param", 60))))
    return file, Path(swept(file, tmp_path / "whole").table).read_bytes()


def beats_then_waits(job):
    """Give a heartbeat, then none for so many seconds."""
    heartbeat.beat()
    time.sleep(job)
    return job


def beats_meanwhile(job):
    """Give heartbeats for so many seconds."""
    deadline = time.monotonic() + job
    while time.monotonic() < deadline:
        heartbeat.beat()
        time.sleep(0.05)
    return job


def stops_once(marker):
    """Stop this worker, in the middle of its job; the second time there is nothing to do."""
    if marker and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return os.getpid()


def only_the_first_starts():
    """Let the first worker start and the others die."""
    try:
        (Path(os.environ["ECOSYSTEM_TEST_FOLDER"]) / "started").mkdir()
    except FileExistsError:
        os._exit(1)


def gathered(engine, function, jobs):
    finished = {done.index: done for chunk in engine.run(function, jobs) for done in chunk}
    assert sorted(finished) == list(range(len(jobs)))
    return finished


def test_a_stopped_worker_is_replaced_and_its_job_done_again(tmp_path):
    marker = str(tmp_path / "stopped")
    with LocalWorkers(2, stall=1.0) as engine:
        before = [worker.process.pid for worker in engine.workers]
        finished = gathered(engine, stops_once, ["", marker, "", ""])
        assert Path(marker).exists()
        assert not any(done.error for done in finished.values())
        os.kill(engine.workers[0].process.pid, signal.SIGSTOP)  # while it is idle
        assert len(gathered(engine, stops_once, ["x" * 200_000 + "/", "", ""])) == 3
        now = [worker.process.pid for worker in engine.workers]
        assert len(set(before) & set(now)) <= 1
    assert not any(map(state, before + now))


def test_a_job_that_hangs_is_tried_three_times_and_told_and_one_that_goes_on_is_let_be():
    with LocalWorkers(1, stall=1.0) as engine:
        finished = gathered(engine, beats_then_waits, [0.0, 600.0, 0.0])
        assert {k: done.error for k, done in finished.items() if done.error} == {
            1: "WorkerLost: it gave no sign of life for 1 s, 3 times"
        }
        assert gathered(engine, beats_meanwhile, [2.5])[0].value == 2.5


def test_the_patience_follows_the_longest_job():
    queue = Queue(3)
    assert queue.patience == 60
    queue.longest = 7.0
    assert queue.patience == 70
    assert Queue(3, 2.5).patience == 2.5


def test_no_clock_runs_while_a_job_imports_or_compiles_or_before_its_first_heartbeat():
    import numba

    seen = []

    def job(_):
        pulse = Pulse(threading.main_thread().ident)
        in_a_job = threading.Thread(target=lambda: seen.append([pulse.read()[1] for _ in range(2)]))
        in_a_job.start()
        in_a_job.join()
        done = threading.Event()

        def look():
            before = pulse.read()[1]
            while not done.is_set():
                time.sleep(0.01)
                if pulse.read()[1] > before:
                    seen.append("excused")
                    return

        looking = threading.Thread(target=look)
        looking.start()
        numba.njit(lambda x: [x * k for k in range(3)])(1.0)
        done.set()
        looking.join()

    assert attempt(job, 0, None).error is None
    (first, second), compiling = seen
    assert first == second
    assert compiling == "excused"


def test_time_in_which_nobody_looked_is_held_against_no_worker(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch = Watch()
    for now[0], sign, silent in (
        (0.5, 1, 0.0),
        (1.0, 1, 0.5),
        (1.5, 2, 0.0),
        (2.0, 2, 0.5),
        (3602.0, 2, 1.5),
    ):
        assert watch.look({"a": sign}) == {"a": silent}


def test_workers_that_cannot_start_end_nothing_while_another_works(tmp_path, monkeypatch):
    monkeypatch.setenv("ECOSYSTEM_TEST_FOLDER", str(tmp_path))
    with LocalWorkers(2, only_the_first_starts) as engine:
        assert len(gathered(engine, beats_then_waits, [0.0] * 3)) == 3


@pytest.mark.parametrize("doing", ["idle", "busy", "stopped"])
def test_workers_end_with_their_parent(tmp_path, doing):
    waits = "time.sleep(600)" if doing == "idle" else "list(engine.run(time.sleep, [600.0, 600.0]))"
    script = tmp_path / "parent.py"
    script.write_text(
        "import time\nfrom ecosystem_runs.jobs.local_workers import LocalWorkers\n"
        "if __name__ == '__main__':\n"
        "    with LocalWorkers(2) as engine:\n"
        "        print(*(w.process.pid for w in engine.workers), flush=True)\n"
        f"        {waits}\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        time.sleep(0.5)
        if doing == "stopped":
            os.kill(pids[0], signal.SIGSTOP)
        parent.kill()
    assert len(pids) == 2
    assert end_within(10, pids)


KILLED = """
import os, signal, sys
from pathlib import Path
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.kept import Kept
from ecosystem_runs.sweeps.plan import read_plan
from ecosystem_runs.sweeps.sweep import sweep

add, added = Kept.add, []

def adding(self, finished):
    if len(added) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    added.append(finished)
    add(self, finished)

Kept.add = adding
sweep(read_plan(Path(sys.argv[1])), InProcess(), Path(sys.argv[2]), quiet=True)
"""


@pytest.mark.parametrize("plan", [12], indirect=True)
def test_a_sweep_that_is_killed_is_gone_on_with_to_the_undisturbed_table(plan, tmp_path):
    (file, whole), out = plan, tmp_path / "out"
    assert subprocess.run([sys.executable, "-c", KILLED, file, out]).returncode == -signal.SIGKILL
    done = swept(file, out)
    assert 0 < done.resumed < 12
    assert Path(done.table).read_bytes() == whole


@pytest.mark.slow
def test_kill_9_and_stops_of_workers_and_parent(plan, tmp_path):
    file, whole = plan
    out = tmp_path / "out"
    process = started(file, out, "--workers", 2)
    wait_for_another_part(out, process)
    first = workers_of(process, 2)
    os.kill(first[0], signal.SIGKILL)
    wait_for_another_part(out, process)
    process.kill()
    process.communicate()
    assert end_within(10, first)

    process = started(file, out, "--workers", 2, "--stall", 2, "--json")
    os.kill(workers_of(process, 1)[0], signal.SIGSTOP)  # while it starts
    wait_for_another_part(out, process)
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    process.send_signal(signal.SIGCONT)
    text, errors = process.communicate(timeout=600)
    figures = json.loads(text)
    assert (process.returncode, figures["done"], figures["failed"]) == (0, 60, 0), errors
    assert 0 < figures["resumed"] < 60
    assert Path(figures["table"]).read_bytes() == whole


HANGS = '''
import time
from ecosystem.plugins import Creator

class Hangs(Creator):
    """Never decides, in one world."""

    def step(self):
        if self.model.steps == 3 and self.model.eta == 0.25:
            time.sleep(600)
'''


@pytest.mark.slow
def test_a_plug_in_that_hangs_is_told_by_the_name_of_its_run(tmp_path):
    (tmp_path / "hangs.py").write_text(HANGS)
    file = tmp_path / "plan.toml"
    file.write_text(
        'environment = "figure1"\nsteps = 10\nseeds = 1\n[parameters]\n'
        f'rules = "{tmp_path / "hangs.py"}:Hangs"\neta = [0.1, 0.25, 0.2]\n'
    )
    process = started(file, tmp_path / "out", "--workers", 1, "--stall", 2)
    text, errors = process.communicate(timeout=600)
    assert "2 of 3 runs done, 1 failed" in text, errors
    (line,) = [line for line in errors.splitlines() if line.startswith("ecosystem")]
    assert "first run 1: WorkerLost: it gave no sign of life for 2 s, 3 times" in line
    assert "Traceback" not in errors


@pytest.mark.slow
def test_a_stopped_worker_of_dask_costs_nothing(plan, new_cluster, tmp_path):
    pytest.importorskip("distributed")
    (file, whole), out, cluster = plan, tmp_path / "out", new_cluster()
    for _ in range(2):
        cluster.add_worker()
    process = started(file, out, "--scheduler", cluster.address, "--stall", 3, "--json")
    wait_for_another_part(out, process)
    cluster.workers[0].send_signal(signal.SIGSTOP)
    text, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    figures = json.loads(text)
    assert (figures["done"], figures["failed"]) == (60, 0), errors
    assert Path(figures["table"]).read_bytes() == whole


KILLS = int(os.environ.get("ECOSYSTEM_TEST_KILLS", 100))
STOPS = int(os.environ.get("ECOSYSTEM_TEST_STOPS", 20))
PLANS = {
    "tiny": TINY,
    "large": 'environment = "synthetic"\nsteps = 200\nseeds = 3\n[parameters]\nmechanism = ["uir", "smt"]\n',
}


@pytest.mark.slow
@pytest.mark.timeout(0)  # hours
def test_kills_and_stops_at_random_moments(new_cluster, tmp_path):
    """Parents, workers, Dask workers and schedulers: whatever happens, the table is the undisturbed one."""
    rng = random.Random(0)
    files, whole = {}, {}
    for name, text in PLANS.items():
        files[name] = tmp_path / f"{name}.toml"
        files[name].write_text(text)
        whole[name] = Path(swept(files[name], tmp_path / name).table).read_bytes()
    cluster = None
    rounds = [signal.SIGKILL] * KILLS + [signal.SIGSTOP] * STOPS
    rng.shuffle(rounds)
    for k, how in enumerate(rounds):
        name = rng.choice(sorted(PLANS))
        victim = rng.choice(("parent", "worker", "dask parent", "dask worker", "scheduler"))
        local, out = victim in ("parent", "worker"), tmp_path / f"round {k}"
        if not local:
            cluster = cluster or new_cluster()
            while len(alive := [one.pid for one in cluster.workers if state(one.pid) not in ("", "T")]) < 2:
                cluster.add_worker(nanny=rng.random() < 0.5)
        where = ("--workers", 2) if local else ("--scheduler", cluster.address)
        process = started(files[name], out, *where, "--stall", 10)
        if rng.random() < 0.7:  # else while everything starts
            wait_for_another_part(out, process)
        workers = workers_of(process, 2) if local else []
        time.sleep(rng.uniform(0.0, 2.0))
        if victim.endswith("parent"):
            pid = process.pid
        elif victim == "scheduler":
            pid = cluster.scheduler.pid
        else:
            pid = rng.choice(workers or alive)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        if pid == process.pid and how == signal.SIGSTOP:
            time.sleep(rng.uniform(0.0, 5.0))
            process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=600)
        assert "Traceback" not in errors
        expected = {0}
        if pid == process.pid and how == signal.SIGKILL:
            expected = {0, -signal.SIGKILL}
        elif victim == "scheduler":
            expected, cluster = {0, 2}, cluster.close()
            assert process.returncode == 0 or "is lost" in errors or "no Dask scheduler answers" in errors
        assert process.returncode in expected, errors
        assert end_within(20, workers)
        process = started(files[name], out, "--workers", 2, "--json")
        text, errors = process.communicate(timeout=600)
        assert Path(json.loads(text)["table"]).read_bytes() == whole[name], (k, victim, how)
        print(f"{k + 1} of {len(rounds)}: {how.name} of {victim}, {name}: the same", flush=True)
