"""An engine that is interrupted."""

from __future__ import annotations

import pytest

from ecosystem_runs.jobs.engines import InProcess


class Stopping(InProcess):
    """An engine that is interrupted after a few jobs, as by Ctrl-C."""

    def __init__(self, after: int) -> None:
        self.after = after

    def run(self, function, jobs):
        for done in super().run(function, jobs):
            if self.after == 0:
                raise KeyboardInterrupt
            self.after -= 1
            yield done


@pytest.fixture(scope="session")
def stopping():
    """Make an engine that stops after so many jobs."""
    return Stopping
