"""Dask clusters of processes on this machine, for tests that use or kill them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest


class Cluster:
    """A scheduler and workers in processes of their own, each to be killed one by one."""

    def __init__(self, folder):
        self.folder, self.workers = folder, []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise AssertionError("the scheduler did not come up")

    def add_worker(self, nanny=False):
        options = ("--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder))
        options += ("--nanny" if nanny else "--no-nanny",)
        self.workers.append(self._start("worker", self.address, *options))

    def close(self):
        for process in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, *words):
        command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,  # a nanny's worker ends with it
        )


@pytest.fixture
def new_cluster(tmp_path):
    """Start Dask clusters, a scheduler each and no workers yet; their processes end with the test."""
    found = []

    def start():
        found.append(Cluster(tmp_path))
        return found[-1]

    yield start
    for cluster in found:
        cluster.close()
