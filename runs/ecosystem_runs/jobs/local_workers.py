"""Jobs in worker processes on this machine."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from ecosystem.worker_processes import started
from ecosystem_agents.inputs.checks import whole
from ecosystem_runs.jobs.heartbeats import LOOK, Pulse, Watch
from ecosystem_runs.jobs.queue import STRIKES, Done, EngineLost, Queue, attempt_all

MOST_WORKERS = 1000

Signs: TypeAlias = "ctypes.Array[ctypes.c_uint64]"
"""Numbers in memory that a worker shares with its parent."""


class LocalWorkers:
    """Processes on this machine, one compiled thread each.

    Each worker has a pipe of its own. So one that is killed is known by its pipe, and costs only the jobs it
    had; and workers whose parent is killed see theirs close, and end. The standard library's process pools do
    neither. One that gives no sign of life for `stall` seconds is replaced; without a number, see
    `ecosystem_runs.jobs.queue.Queue.patience`, and jobs count from their first heartbeat on.

    A worker calls `warm_up`, a module-level function such as one that loads compiled code, before its first job.
    """

    def __init__(
        self, count: int, warm_up: Callable[[], Any] | None = None, stall: float | None = None
    ) -> None:
        self.count = whole("workers", count, at_least=1, at_most=MOST_WORKERS)
        self.warm_up = warm_up
        self.stall = stall
        self.workers: list[_Worker] = []
        self._watch: Watch[int] = Watch()
        self._failed_starts = 0  # in a row
        self._ever_started = False
        self._heard = False  # whether a job gave a heartbeat, as jobs of this kind then do

    @property
    def running(self) -> int:
        """How many jobs are handed out."""
        return sum(len(worker.chunk or ()) for worker in self.workers)

    def __enter__(self) -> LocalWorkers:
        self.workers = [self._start() for _ in range(self.count)]
        nothing = Queue(0, self.stall)
        while any(worker.chunk == [] for worker in self.workers):
            self._hear(nothing)
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self.workers:
            worker.stop()
        self.workers = []

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs as they finish; a worker that dies or stalls is replaced."""
        queue = Queue(len(jobs), self.stall)
        finished: list[Done] = []
        try:
            while True:
                for worker in self.workers:
                    if worker.chunk is not None or worker.is_stopped or not queue:
                        continue
                    chunk = queue.take(hands=self.count)
                    if not worker.send(function, [(index, jobs[index]) for index in chunk]):
                        queue.back(chunk)  # it died while idle
                if finished:  # given back once the workers have new jobs, so that none waits for the taker
                    yield finished
                if not queue and not any(worker.chunk for worker in self.workers):
                    return
                finished = self._hear(queue)
        finally:
            for k, worker in enumerate(self.workers):
                if worker.chunk:
                    worker.stop(at_once=True)
                    self.workers[k] = self._start()

    def _hear(self, queue: Queue) -> list[Done]:
        """Wait until a worker has something to say; replace those that died or stall, and return what is finished."""
        speaking = set(wait([worker.connection for worker in self.workers], timeout=LOOK))
        self._heard = self._heard or any(
            worker.chunk and worker.signs[2] > worker.beats for worker in self.workers
        )
        silent = {}
        if self._watch.is_due:
            clocked = self._heard or self.stall is not None
            silent = self._watch.look({id(worker): worker.sign(clocked) for worker in self.workers})
        finished: list[Done] = []
        for worker in list(self.workers):
            chunk = worker.chunk or []
            if worker.connection in speaking:
                sent = worker.receive()
                if sent is None:
                    self._replace(worker)
                    finished += queue.lost(chunk, "its worker process died")
                elif sent:
                    queue.timed(sent)
                    finished += sent
                else:
                    self._ever_started, self._failed_starts = True, 0
            elif silent.get(id(worker), 0.0) >= queue.patience:
                self._replace(worker)
                finished += queue.lost(chunk, f"it gave no sign of life for {queue.patience:.0f} s")
        return finished

    def _start(self) -> _Worker:
        signs = multiprocessing.get_context("spawn").RawArray(ctypes.c_uint64, 3)
        here, process = started(_serve, signs, self.warm_up)
        return _Worker(process, here, signs)

    def _replace(self, worker: _Worker) -> None:
        """Start another in its place; where workers die while starting, go on with those that could."""
        self._failed_starts = self._failed_starts + 1 if worker.chunk == [] else 0
        worker.stop(at_once=True)
        if self._failed_starts >= STRIKES:
            if len(self.workers) > 1:
                self.workers.remove(worker)
                return
            if not self._ever_started:
                raise EngineLost("worker processes die while starting; try --workers 0 to see why")
            time.sleep(1.0)  # it could start before: what is in the way may pass
        self.workers[self.workers.index(worker)] = self._start()


def _serve(connection: Connection, signs: Signs, warm_up: Callable[[], Any] | None) -> None:
    """Be a worker: run chunks from the pipe until it closes."""
    pulse = Pulse(threading.get_ident())
    threading.Thread(target=_give_signs, args=(pulse, signs), daemon=True).start()
    try:
        if warm_up is not None:
            warm_up()
    except Exception as error:  # the parent says a line, once
        raise SystemExit(1) from error
    with suppress(EOFError, OSError):
        finished: list[Done] = []
        while True:
            signs[:] = [*pulse.read()]
            connection.send(finished)
            function, pairs = connection.recv()
            finished = attempt_all(function, pairs)


def _give_signs(pulse: Pulse, signs: Signs) -> None:
    """Show the parent the signs of life of a worker; end it when the parent is gone, whatever it does."""
    parent = multiprocessing.parent_process()
    while parent is not None and not wait([parent.sentinel], timeout=LOOK / 2):
        signs[:] = [*pulse.read()]
    os._exit(1)


@dataclass
class _Worker:
    """A local worker and what it is doing: nothing (None), starting (an empty chunk), or a chunk of jobs."""

    process: Any
    connection: Connection
    signs: Signs  # what its `Pulse` reads
    chunk: list[int] | None = field(default_factory=list)
    beats: int = 0  # heartbeats before its chunk

    @property
    def is_stopped(self) -> bool:
        """Whether the process was stopped by a signal, where the system tells."""
        if not hasattr(os, "waitid"):
            return False
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
        return False

    def sign(self, clocked: bool) -> object:
        """Return what is another with each sign of life; of its job, or only of its process.

        No clock runs before the first, except where the process is known to be stopped.
        """
        reads, excuses, beats = self.signs
        if not reads and not self.is_stopped:
            return object()
        return (excuses, beats) if clocked else reads

    def send(self, function: Callable[[Any], Any], pairs: list[tuple[int, Any]]) -> bool:
        """Hand it a chunk; False if it is dead."""
        self.beats = self.signs[2]
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
