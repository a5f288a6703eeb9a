"""Jobs on a Dask distributed cluster, found by the address of its scheduler."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Any

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.jobs.queue import Done, EngineLost, Queue, attempt_all
from ecosystem_runs.progress import tell


class DaskCluster:
    """Workers of a Dask distributed scheduler, wherever they are.

    They need this project installed, in the same versions, and one thread each (``--nthreads 1``). Dask
    itself runs the jobs of a dead worker elsewhere.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.running = 0

    def __enter__(self) -> DaskCluster:
        try:
            from distributed import Client
        except ImportError:
            raise BadInput(
                "--scheduler needs Dask distributed, which is not installed; "
                "pip install 'creator-ecosystem[cluster]'"
            ) from None
        # Dask tells of lost connections at length; we say it in a line.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._client = Client(self.address, timeout=10, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            reason = " ".join(str(error).split())[:120]
            raise BadInput(
                f"--scheduler is {self.address!r}, where no Dask scheduler answers ({reason}); start one "
                "with `dask scheduler` and give the address it prints"
            ) from None
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(Exception):
            self._client.close(timeout=5)

    def run(self, function: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[list[Done], None, None]:
        """Give back the jobs as they finish; raises `EngineLost` when the scheduler goes away."""
        from distributed import KilledWorker, as_completed

        queue = Queue(len(jobs))
        chunks: dict[str, tuple[Any, list[int]]] = {}
        threads, asked, warned = 0, float("-inf"), False
        completed = as_completed(with_results=True, raise_errors=False, loop=self._client.loop)
        try:
            while True:
                if time.monotonic() - asked > 2.0:
                    threads, asked = self._threads(), time.monotonic()
                    if not threads and not warned:
                        tell(f"ecosystem: {self.address} has no workers; waiting for one")
                        warned = True
                # Enough in waiting that no worker idles, and that an adaptive cluster sees reason to grow.
                while len(chunks) < max(4 * threads, 32) and (chunk := queue.take(hands=max(threads, 1))):
                    pairs = [(index, jobs[index]) for index in chunk]
                    future = self._client.submit(attempt_all, function, pairs, pure=False)
                    chunks[future.key] = (future, chunk)
                    completed.add(future)
                    self.running += len(chunk)
                if not chunks:
                    return
                future, result = next(completed)
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

    def _threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except Exception:  # whatever it is that a lost connection raises
            raise self._lost() from None

    def _lost(self) -> EngineLost:
        return EngineLost(
            f"the Dask scheduler at {self.address} is lost; what finished is kept: run the same command "
            "again with a scheduler that is up"
        )
