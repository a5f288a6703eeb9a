"""Jobs in worker processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from ecosystem_agents.inputs.checks import whole
from ecosystem_runs.jobs.queue import STRIKES, Done, EngineLost, Queue, attempt_all

MOST_WORKERS = 1000
ONE_THREAD = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class LocalWorkers:
    """Processes on this machine, one compiled thread each.

    Each worker has a pipe of its own. So one that is killed is known by its pipe, and costs only the jobs it
    had; and workers whose parent is killed see theirs close, and end. The standard library's process pools do
    neither.

    A worker calls `warm_up`, a module-level function such as one that loads compiled code, before its first job.
    """

    def __init__(self, count: int, warm_up: Callable[[], Any] | None = None) -> None:
        self.count = whole("workers", count, at_least=1, at_most=MOST_WORKERS)
        self.warm_up = warm_up
        self.workers: list[_Worker] = []

    @property
    def running(self) -> int:
        """How many jobs are handed out."""
        return sum(len(worker.chunk or ()) for worker in self.workers)

    def __enter__(self) -> LocalWorkers:
        self.workers = [self._start() for _ in range(self.count)]
        failed = 0
        while starting := [worker for worker in self.workers if worker.chunk is not None]:
            for worker in _ready(starting):
                if worker.receive() is None:
                    failed += 1
                    self._replace(worker, failed)
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.stop()
        self.workers = []

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs as they finish; a worker that dies is replaced."""
        queue, failed = Queue(len(jobs)), 0
        finished: list[Done] = []
        try:
            while True:
                for k, worker in enumerate(self.workers):
                    if worker.chunk is not None or not (chunk := queue.take(hands=self.count)):
                        continue
                    if not worker.send(function, [(index, jobs[index]) for index in chunk]):
                        queue.back(chunk)  # it died while idle
                        self.workers[k] = self._start()
                if finished:  # given back once the workers have new jobs, so that none waits for the taker
                    yield finished
                busy = [worker for worker in self.workers if worker.chunk is not None]
                if not queue and not any(worker.chunk for worker in busy):
                    return
                finished = []
                for worker in _ready(busy):
                    chunk, sent = worker.chunk or [], worker.receive()
                    if sent is None:
                        failed = 0 if chunk else failed + 1
                        self._replace(worker, failed)
                        finished += queue.lost(chunk, "its worker process died")
                    elif sent:
                        queue.timed(sent)
                        finished += sent
        finally:
            for k, worker in enumerate(self.workers):
                if worker.chunk:
                    worker.stop(at_once=True)
                    self.workers[k] = self._start()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, self.warm_up), daemon=True)
        with _surroundings_of_a_worker():
            process.start()
        there.close()
        return _Worker(process, here)

    def _replace(self, worker: _Worker, failed_starts: int) -> None:
        if failed_starts >= STRIKES:
            raise EngineLost("worker processes die while starting; try --workers 0 to see why")
        worker.stop(at_once=True)
        self.workers[self.workers.index(worker)] = self._start()


def _serve(connection: Connection, warm_up: Callable[[], Any] | None) -> None:
    """Be a worker: run chunks from the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    if warm_up is not None:
        warm_up()
    with suppress(EOFError, OSError):
        connection.send([])
        while True:
            function, pairs = connection.recv()
            connection.send(attempt_all(function, pairs))


@dataclass
class _Worker:
    """A local worker and what it is doing: nothing (None), starting (an empty chunk), or a chunk of jobs."""

    process: Any
    connection: Connection
    chunk: list[int] | None = field(default_factory=list)

    def send(self, function: Callable[[Any], Any], pairs: list[tuple[int, Any]]) -> bool:
        """Hand it a chunk; False if it is dead."""
        try:
            self.connection.send((function, pairs))
        except (BrokenPipeError, ConnectionError):
            return False
        self.chunk = [index for index, _ in pairs]
        return True

    def receive(self) -> list[Done] | None:
        """Take what it sent, which leaves it idle; None if it is dead."""
        try:
            finished: list[Done] = self.connection.recv()
        except (EOFError, OSError):
            return None
        self.chunk = None
        return finished

    def stop(self, at_once: bool = False) -> None:
        """Let it end, killing it where it is busy."""
        self.connection.close()
        if at_once or self.chunk is not None:
            self.process.kill()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _ready(workers: list[_Worker]) -> list[_Worker]:
    """Wait until workers have something to say or died, and return those."""
    speaking = set(wait([worker.connection for worker in workers]))
    return [worker for worker in workers if worker.connection in speaking]


@contextmanager
def _surroundings_of_a_worker() -> Iterator[None]:
    """While it lasts, new processes inherit one thread a library and deafness to Ctrl-C."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if main else None
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
