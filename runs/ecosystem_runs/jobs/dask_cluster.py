"""Jobs on a Dask distributed cluster, found by the address of its scheduler."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias

from ecosystem import heartbeat
from ecosystem.dask_client import connect
from ecosystem_runs.jobs.heartbeats import Pulse, Watch
from ecosystem_runs.jobs.queue import Done, EngineLost, Queue, attempt_all
from ecosystem_runs.progress import tell

ASK = 2.0
"""Seconds between questions to the scheduler."""
PATIENCE = 30.0
"""Seconds after which a scheduler that does not answer is lost."""
Chunks: TypeAlias = "dict[str | None, tuple[Any, list[int]]]"
SIGNS = "creator-ecosystem"
"""Under what name a worker's heartbeat to the scheduler carries the signs of life of its job."""


class DaskCluster:
    """Workers of a Dask distributed scheduler, wherever they are.

    They need this project installed, in the same versions, and one thread each (``--nthreads 1``). Dask
    itself runs the jobs of a dead worker elsewhere. One that gives no sign of life for `stall` seconds is
    restarted by its nanny, or let go where it has none; see `LocalWorkers`.
    """

    def __init__(self, address: str, stall: float | None = None) -> None:
        self.address = address
        self.stall = stall
        self._heard = False
        self.running = 0

    def __enter__(self) -> DaskCluster:
        self._client = connect(self.address)
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(Exception):
            self._client.close(timeout=5)

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs as they finish; raises `EngineLost` when the scheduler goes away."""
        from distributed import KilledWorker, as_completed

        queue = Queue(len(jobs), self.stall)
        watch: Watch[str] = Watch(ASK)
        chunks: Chunks = {}
        threads, warned = -1, False
        completed = as_completed(with_results=True, raise_errors=False, loop=self._client.loop)
        try:
            while True:
                if threads < 0 or watch.is_due:
                    threads, given_up = self._look(watch, queue, chunks)
                    if given_up:
                        yield given_up
                    if not threads and not warned:
                        tell(f"{self.address} has no workers; waiting for one")
                        warned = True
                # Enough in waiting that no worker idles, and that an adaptive cluster sees reason to grow.
                while len(chunks) < max(4 * threads, 32) and (chunk := queue.take(hands=max(threads, 1))):
                    pairs = [(index, jobs[index]) for index in chunk]
                    future = self._client.submit(_attempt_all, function, pairs, pure=False)
                    chunks[future.key] = (future, chunk)
                    completed.add(future)
                    self.running += len(chunk)
                if not chunks:
                    return
                if not completed.has_ready():
                    with completed.thread_condition:
                        completed.thread_condition.wait(timeout=0.1)
                    continue
                future, result = next(completed)
                if future.key not in chunks:
                    continue  # it was taken from a worker that stalled
                _, chunk = chunks.pop(future.key)
                self.running -= len(chunk)
                if future.status == "finished":
                    queue.timed(result)
                    yield result
                elif future.status == "error" and isinstance(result[1], KilledWorker):
                    if given_up := queue.lost(chunk, "its worker process died"):
                        yield given_up
                elif future.status == "error":
                    reason = f"{type(result[1]).__name__}: {result[1]}"
                    raise EngineLost(
                        f"the workers at {self.address} cannot run this ({' '.join(reason.split())[:200]}); "
                        "install the same versions there as here"
                    )
                else:
                    raise self._lost()
        finally:
            self.running = 0
            with suppress(Exception):
                if self._client.status == "running":
                    self._client.cancel([future for future, _ in chunks.values()], force=True)

    def _look(self, watch: Watch[str], queue: Queue, chunks: Chunks) -> tuple[int, list[Done]]:
        """Look at all workers and have the stalled replaced; return how many threads there are, and jobs given up."""
        workers = self._ask("identity")["workers"]
        # No clock runs on a worker before its first job told of itself: importing keeps all of it busy.
        told = {one: worker["metrics"].get(SIGNS, (None, object(), 0)) for one, worker in workers.items()}
        self._heard = self._heard or any(key in chunks and beats for key, _, beats in told.values())
        clocked = {None, *(chunks if self._heard or self.stall is not None else ())}
        silent = watch.look(
            {one: told[one] if told[one][0] in clocked else workers[one]["last_seen"] for one in workers}
        )
        given_up: list[Done] = []
        for address in [one for one, seconds in silent.items() if seconds >= queue.patience]:
            if chunks.keys().isdisjoint(self._ask("processing", workers=[address]).get(address, ())):
                continue  # whatever it does, it is not for us
            if (key := told[address][0]) in chunks:
                future, chunk = chunks.pop(key)
                self._client.cancel([future], force=True)
                self.running -= len(chunk)
                given_up += queue.lost(chunk, f"it gave no sign of life for {queue.patience:.0f} s")
            about = {"workers": [address], "wait_for_workers": False, "on_error": "return"}
            restart = partial(self._client.scheduler.restart_workers, **about, stimulus_id="stalled")
            self._client.loop.add_callback(restart)  # waits for nothing
        return sum(worker["nthreads"] for worker in workers.values()), given_up

    def _ask(self, what: str, **about: Any) -> Any:
        """Ask the scheduler something; twice, since one who was stopped meanwhile finds that the time ran out."""
        for _ in range(2):
            try:
                question = getattr(self._client.scheduler, what)
                return self._client.sync(question, callback_timeout=PATIENCE / 2, **about)
            except TimeoutError:
                continue
            except Exception:  # whatever it is that a lost connection raises
                break
        raise self._lost() from None

    def _lost(self) -> EngineLost:
        return EngineLost(
            f"the Dask scheduler at {self.address} is lost; what finished is kept: run the same command "
            "again with a scheduler that is up"
        )


def _attempt_all(function: Callable[[Any], Any], pairs: Sequence[tuple[int, Any]]) -> list[Done]:
    """Run a chunk on a worker, whose heartbeats then tell how it goes on."""
    from distributed import get_worker

    worker, pulse, before = get_worker(), Pulse(threading.get_ident()), heartbeat.beats
    key = worker.get_current_task()

    def signs(_: object) -> tuple[str, int, int]:
        _, excuses, beats = pulse.read()
        return key, excuses, beats - before

    worker.loop.add_callback(worker.metrics.update, {SIGNS: signs})
    return attempt_all(function, pairs)
