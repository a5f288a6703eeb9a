"""Engines: every job once, errors as lines, dead workers replaced, nothing left running."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from ecosystem.worker_processes import ONE_THREAD
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.dask_cluster import DaskCluster
from ecosystem_runs.jobs.engines import InProcess, engine_of, warm_up
from ecosystem_runs.jobs.local_workers import LocalWorkers
from ecosystem_runs.jobs.queue import Done, EngineLost, Queue


def square(job):
    return job * job


def grumpy(job):
    if job % 3 == 0:
        raise ValueError(f"job {job}\nis a multiple of three")
    return job


def deadly_once(job):
    """Kill the worker that runs it, the first time; the file tells the times apart."""
    number, folder = job
    marker = Path(folder) / str(number)
    if number % 4 == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly(job):
    if job == 2:
        os._exit(9)
    return job


def process_and_threads(job):
    return os.getpid(), {name: os.environ.get(name) for name in ONE_THREAD}


def slow(job):
    time.sleep(job)
    return os.getpid()


def warm_up_that_fails():
    raise RuntimeError("no")


def interrupted_at_two(job):
    if job == 2:
        raise KeyboardInterrupt
    return job


def gathered(engine, function, jobs):
    """All jobs of an engine by index; checks that each comes once."""
    finished = [done for chunk in engine.run(function, jobs) for done in chunk]
    assert sorted(done.index for done in finished) == list(range(len(jobs)))
    return {done.index: done for done in finished}


@pytest.fixture(scope="module")
def two_workers():
    with LocalWorkers(2) as engine:
        yield engine


def test_in_process_and_local_workers_agree(two_workers):
    jobs = list(range(500))
    for engine in (InProcess(), two_workers):
        values = {index: done.value for index, done in gathered(engine, square, jobs).items()}
        assert values == {index: index * index for index in jobs}
        assert engine.running == 0


def test_errors_come_back_as_one_line(two_workers):
    for engine in (InProcess(), two_workers):
        finished = gathered(engine, grumpy, list(range(7)))
        errors = {index: done.error for index, done in finished.items() if done.error}
        assert errors == {k: f"ValueError: job {k} is a multiple of three" for k in (0, 3, 6)}
        assert finished[4].value == 4


def test_no_jobs_is_no_trouble(two_workers):
    assert gathered(two_workers, square, []) == {}
    assert gathered(InProcess(), square, []) == {}


def test_workers_have_one_thread_each_and_the_parent_keeps_its_own(two_workers):
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    seen = [done.value for done in gathered(two_workers, process_and_threads, [0] * 40).values()]
    assert all(threads == ONE_THREAD for _, threads in seen)
    assert os.getpid() not in {pid for pid, _ in seen}
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before


def test_killed_workers_are_replaced_and_their_jobs_run_again(two_workers, tmp_path):
    jobs = [(number, str(tmp_path)) for number in range(10)]
    finished = gathered(two_workers, deadly_once, jobs)
    assert [finished[k].value for k in range(10)] == list(range(10))
    assert len(list(tmp_path.iterdir())) == 3  # 1, 5 and 9 did kill


def test_a_worker_killed_while_idle_is_replaced(two_workers):
    os.kill(two_workers.workers[0].process.pid, signal.SIGKILL)
    two_workers.workers[0].process.join()
    assert len(gathered(two_workers, square, [1, 2, 3])) == 3


def test_a_job_that_always_kills_its_worker_fails_alone():
    with LocalWorkers(1) as engine:
        finished = gathered(engine, deadly, list(range(6)))
    assert {index for index, done in finished.items() if done.error} == {2}
    assert "worker process died" in finished[2].error


def test_closing_the_iterator_stops_the_workers():
    with LocalWorkers(2) as engine:
        pids = {worker.process.pid for worker in engine.workers}
        iterator = engine.run(slow, [0.0, 600.0])
        idle = next(iterator)[0].value
        start = time.monotonic()
        iterator.close()
        assert time.monotonic() - start < 10
        (busy,) = pids - {idle}
        assert not alive(busy)
        assert alive(idle)


def test_workers_that_cannot_start_say_so():
    with pytest.raises(EngineLost, match="die while starting"), LocalWorkers(1, warm_up_that_fails):
        pass


def alive(pid):
    """Whether a process runs; one that ended and waits to be collected does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_chunks_follow_the_pace_and_keep_all_hands_busy():
    queue = Queue(1000)
    assert queue.take(hands=2) == [0]
    assert len(queue.take(hands=2)) == 1  # no pace yet
    queue.timed([Done(0, None, None, 0.04), Done(1, None, None, 0.06)])
    assert len(queue.take(hands=2)) == 5
    queue.timed([Done(0, None, None, 1e-6)])
    assert len(queue.take(hands=2)) == 64
    sizes = []
    while chunk := queue.take(hands=2):
        sizes.append(len(chunk))
    assert sizes[-1] == 1
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 1000 - 1 - 1 - 5 - 64


def test_options_choose_the_engine():
    assert isinstance(engine_of(workers=0), InProcess)
    assert (engine_of(workers=3).count, engine_of(workers=3).warm_up) == (3, warm_up)
    assert engine_of().count >= 1
    assert isinstance(engine_of(scheduler="tcp://127.0.0.1:1"), DaskCluster)
    with pytest.raises(BadInput, match="both given"):
        engine_of(workers=2, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(BadInput, match="--workers is -1"):
        engine_of(workers=-1)
    with pytest.raises(
        BadInput, match="--workers is 1001; it must be a whole number at least 0 and at most 1000"
    ):
        engine_of(workers=1001)
    with pytest.raises(BadInput, match="--stall is 5, and --workers 0 has no worker to replace"):
        engine_of(workers=0, stall=5)


@pytest.mark.parametrize("address", ["nonsense://x", "tcp://127.0.0.1:notaport"])
def test_a_bad_address_is_one_line(address):
    pytest.importorskip("distributed")
    with pytest.raises(BadInput, match="no Dask scheduler answers") as error, DaskCluster(address):
        pass
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("jobs", [[2, 3], [0, 1, 2, 3]])
def test_ctrl_c_in_this_process_gives_back_what_finished_and_no_empty_list(jobs):
    found = []
    with pytest.raises(KeyboardInterrupt):
        found.extend([done.value for done in chunk] for chunk in InProcess().run(interrupted_at_two, jobs))
    assert all(found)
    assert [value for chunk in found for value in chunk] == jobs[: jobs.index(2)]
