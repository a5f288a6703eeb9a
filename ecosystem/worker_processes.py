"""What every worker process of this machine is born into, and how it ends with its parent."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

ONE_THREAD = {
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


def _obey_parent(lasting: bool, target: Callable[..., None], *arguments: object) -> None:
    """Leave Ctrl-C to the parent of this worker, and end with it: be what it was started for.

    Linux kills it when the thread that started it ends, which is the parent's own end only where that is a `lasting`
    one. Others learn it from their pipe.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent then closes the pipe
    if lasting and sys.platform == "linux":  # also while it is stopped, or deep in compiled code
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    target(*arguments)


@contextmanager
def surroundings_of_a_worker() -> Iterator[None]:
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


def started(
    target: Callable[..., None], *arguments: object, name: str | None = None
) -> tuple[Connection, SpawnProcess]:
    """Spawn a worker whose target takes its end of a pipe, then `arguments`; return the other end and the process.

    Whatever the platform's habit it is no fork, which may inherit locks that nobody will open.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    lasting = threading.current_thread() is threading.main_thread()
    born = (lasting, target, there, *arguments)
    process = context.Process(target=_obey_parent, args=born, name=name, daemon=True)
    with surroundings_of_a_worker():
        process.start()
    there.close()
    return here, process
