"""An engine that is interrupted, and ways to leave out what takes most of a small command's time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

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


@pytest.fixture
def undrawn(monkeypatch):
    """Lay pictures out, and draw none."""

    def saved(figure, path, **how):
        Path(path).write_text("not drawn")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", saved)


@pytest.fixture
def hasty(monkeypatch):
    """Plan worlds with little effort."""
    from ecosystem.yardsticks.planner import plan_world

    monkeypatch.setattr("ecosystem_runs.paired.planned.plan_world", partial(plan_world, starts=1, effort=0.1))
