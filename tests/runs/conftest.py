"""The command line, called in this process: the same words, exit codes and lines as a process of its own."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from runs.command_line import main


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
