"""The command line in this process, with its words, exit codes and lines; an engine that is interrupted."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.engines import InProcess


class Printed(NamedTuple):
    """How a command ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys):
    """Call ``ecosystem`` with these words."""

    def call(*words: object) -> Printed:
        monkeypatch.setattr(sys, "argv", ["ecosystem", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Printed(code, out, err)

    return call


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
