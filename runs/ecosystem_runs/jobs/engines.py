"""Where jobs run: in this process, in local worker processes, or on a Dask cluster.

An engine takes a pure, module-level function and a list of jobs, and gives results back as they finish, in
whatever order; what a job returns must not depend on where or when it runs. ::

    with LocalWorkers(2) as engine:
        for finished in engine.run(function, jobs):      # a list of Done at a time
            for done in finished:
                print(done.index, done.value, done.error)

Quick jobs travel in chunks that take about a quarter of a second. A job that raises is given back with its
error; a worker that dies or stalls is replaced and its jobs run again, each at most twice. Closing the
iterator stops what still runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol, Self

from ecosystem_agents.inputs.checks import BadInput, real, whole
from ecosystem_runs.jobs.dask_cluster import DaskCluster
from ecosystem_runs.jobs.local_workers import MOST_WORKERS, LocalWorkers
from ecosystem_runs.jobs.queue import Done, Queue, attempt


class Engine(Protocol):
    """Something that runs jobs; used as a context manager, which starts and stops its workers."""

    @property
    def running(self) -> int:
        """How many jobs are handed out at present."""
        ...

    def __enter__(self) -> Engine: ...

    def __exit__(self, *error: object) -> None: ...

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back every job once, as they finish; no list is empty."""
        ...


class _Staying:
    """An engine that starts when it is first needed, and stops with the `staying` around it."""

    def __init__(self, engine: Engine, open_until: ExitStack) -> None:
        self._engine, self._open_until, self._started = engine, open_until, False

    @property
    def running(self) -> int:
        """How many jobs are handed out at present."""
        return self._engine.running

    def __enter__(self) -> Self:
        if not self._started:
            self._open_until.enter_context(self._engine)
            self._started = True
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the workers as they are, for the next jobs."""

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back every job once, as they finish."""
        return self._engine.run(function, jobs)


@contextmanager
def staying(engine: Engine) -> Iterator[Engine]:
    """Keep an engine's workers from one lot of jobs to the next: they start once, and stop with the context."""
    with ExitStack() as stack:
        yield _Staying(engine, stack)


def engine_of(workers: int | None = None, scheduler: str | None = None, stall: float | None = None) -> Engine:
    """Return the engine that ``--workers`` and ``--scheduler`` ask for; local workers start with `warm_up`.

    No workers run everything in this process, None takes one a core. See `LocalWorkers` for `stall`.

    Raises
    ------
    BadInput
        If both are given, one of them cannot be, or there is no worker for `stall` to replace.
    """
    stall = None if stall is None else real("--stall", stall, at_least=1)
    if scheduler is not None:
        if workers is not None:
            raise BadInput("--workers and --scheduler are both given; the scheduler has workers of its own")
        return DaskCluster(scheduler, stall)
    if workers is None:
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = whole("--workers", workers, at_least=0, at_most=MOST_WORKERS)
    if stall is not None and not workers:
        raise BadInput(
            f"--stall is {stall:g}, and --workers 0 has no worker to replace; leave out one of them"
        )
    return LocalWorkers(workers, warm_up, stall) if workers else InProcess()


def warm_up() -> None:
    """Load the compiled code of the economy, as a new worker does once."""
    from ecosystem import CreatorEconomy

    for mechanism in ("none", "hmt"):
        CreatorEconomy(environment="figure1", mechanism=mechanism, horizon=10, rng=0).run()


class _Here:
    """An engine of this process: there is nothing to start or stop."""

    running = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class InProcess(_Here):
    """Runs jobs here, one after the other."""

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs in order; Ctrl-C still gives back those that are finished."""
        queue = Queue(len(jobs))
        try:
            while chunk := queue.take(hands=1):
                self.running, finished = len(chunk), []
                try:
                    for index in chunk:
                        finished.append(attempt(function, index, jobs[index]))
                except KeyboardInterrupt:
                    if finished:
                        yield finished
                    raise
                self.running = 0
                queue.timed(finished)
                yield finished
        finally:
            self.running = 0


class InThreads(_Here):
    """Runs jobs in threads of this process, for functions that leave the interpreter to the others meanwhile.

    `stop` makes the jobs under way end; it is called when nobody waits for them any more.
    """

    def __init__(self, count: int, stop: Callable[[], object]) -> None:
        self.count, self.stop = whole("threads", count, at_least=1, at_most=MOST_WORKERS), stop

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs as they finish."""
        with ThreadPoolExecutor(self.count) as pool:
            futures = [pool.submit(attempt, function, index, job) for index, job in enumerate(jobs)]
            try:
                for future in as_completed(futures):
                    self.running = sum(one.running() for one in futures)
                    yield [future.result()]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                self.running = 0
                self.stop()
