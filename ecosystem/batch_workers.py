"""Runs of a batch in worker processes, which always come to an end.

Pools of the standard library, such as that of Mesa's runner, start a worker that dies anew, and wait for ever where
none can start or a job cannot be read. Here each has a pipe of its own, and the first that is lost ends the batch.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from tqdm.auto import tqdm

from ecosystem.worker_processes import started
from ecosystem_agents.inputs.checks import BadInput

Given = TypeVar("Given")
Made = TypeVar("Made")
_NAME = "worker of a batch"


def handed(name: str, through: Callable[[Given], Made], value: Given) -> Made:
    """Return a parameter pickled or read again, or raise a `BadInput` that names it."""
    try:
        return through(value)
    except Exception as error:  # classes may raise what they like
        raise BadInput(
            f"{name} cannot be handed to a worker process ({' '.join(str(error).split())[:200]}); define it at the "
            "top of a module, name it by its file, such as rules.py:Mine, or give processes=1"
        ) from None


def in_workers(
    run: Callable[[dict[str, object]], Made], jobs: Sequence[dict[str, bytes]], count: int, progress: bool
) -> list[Made]:
    """Return what `run`, which is module-level, makes of the pickled parameters of each job, in order.

    What a run raises is raised, of several the first, as one process would: a `BadInput` as it is, others as a
    RuntimeError with the worker's traceback as a note.
    """
    waiting = iter(enumerate(jobs))
    made: dict[int, Made] = {}
    failed: dict[int, Exception] = {}
    workers: dict[Connection, SpawnProcess] = {}
    begun: dict[Connection, int] = {}  # which job each has
    try:
        for _ in range(count):
            connection, process = _start(run)
            workers[connection] = process
        with tqdm(total=len(jobs), disable=not progress) as bar:
            while len(made) < len(jobs):
                ready = wait([*workers])
                for speaking in [connection for connection in workers if connection in ready]:
                    try:
                        answer, error = speaking.recv()
                        if error is not None:
                            failed[begun.pop(speaking)] = error
                        elif speaking in begun:  # else it says that it started
                            made[begun.pop(speaking)] = pickle.loads(answer)
                            bar.update()
                        if failed and min(failed) < min(begun.values(), default=len(jobs)):
                            raise failed[min(failed)]  # what one process would have met
                        if not failed and (job := next(waiting, None)) is not None:
                            begun[speaking] = job[0]
                            speaking.send(job[1])
                    except (EOFError, ConnectionError):
                        raise _lost(workers[speaking], speaking in begun) from None
    finally:
        for process in workers.values():
            process.kill()
            process.join()
    return [made[number] for number in range(len(jobs))]


def _start(run: Callable[[dict[str, object]], object]) -> tuple[Connection, SpawnProcess]:
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is not None and getattr(main, "__spec__", None) is None and not os.path.exists(file):
        raise BadInput(
            f"worker processes cannot start: they import the script, and {file} is no file; save it as one, or "
            "give processes=1"
        )
    try:
        return started(_serve, run, name=_NAME)
    except RuntimeError:  # this process still imports its script
        if multiprocessing.current_process().name == _NAME:
            sys.exit(1)  # its parent says the line
        raise
    except OSError as error:
        raise BadInput(f"worker processes cannot start ({error}); give fewer processes, or 1") from None


def _lost(process: SpawnProcess, begun: bool) -> BadInput:
    process.join(timeout=5)
    code = process.exitcode
    how = f"killed by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
    if begun:
        remedy = "fewer processes take less memory, and ecosystem sweep keeps what is finished"
        return BadInput(f"a worker process is lost ({how}), and the batch with it; {remedy}")
    remedy = 'call batch under if __name__ == "__main__":, or give processes=1'
    return BadInput(f"worker processes cannot start: they end as they import the script ({how}); {remedy}")


def _serve(connection: Connection, run: Callable[[dict[str, object]], object]) -> None:
    """Be a worker: run jobs from the pipe until it closes."""
    tqdm.set_lock(threading.RLock())  # its own, of Mesa's bar, is a semaphore that outlives a kill
    made = b""
    error: Exception | None = None
    with suppress(EOFError, OSError):
        while True:
            connection.send((made, error))
            sent = connection.recv()
            try:
                made = pickle.dumps(run({name: handed(name, pickle.loads, sent[name]) for name in sent}))
            except (BadInput, MemoryError) as failed:
                error = failed
            except Exception as failed:  # others' may not travel
                error = RuntimeError(f"{type(failed).__name__}: {failed}")
                error.add_note(traceback.format_exc())
