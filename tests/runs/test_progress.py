"""Progress in plain lines: how far, and how long still once that can be known."""

from __future__ import annotations

import pytest

from ecosystem.heartbeat import compiles
from ecosystem_runs import progress as module
from ecosystem_runs.progress import progress, tell_compiling


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes when it is told to, and no terminal."""
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: False, raising=False)
    return now


def test_the_time_left_leaves_out_the_first_part_which_waits_for_compiling(clock, capsys):
    with progress("run", 100) as report:
        for done, seconds in ((0, 0.1), (1, 20.0), (2, 21.0), (12, 31.0), (100, 120.0)):
            clock[0] = seconds
            report(done, "well")
    assert capsys.readouterr().err.splitlines() == [
        "run: 0/100 well",
        "run: 1/100 well",
        "run: 12/100 well (88 s left)",
        "run: 100/100 well (0 s left)",
    ]


def test_a_quiet_one_says_nothing(clock, capsys):
    with progress("run", 1, quiet=True) as report:
        report(1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [False, True])
def test_who_waits_for_compiling_is_told_once(capsys, quiet):
    tell_compiling(quiet)
    compiles()
    compiles()
    line = "" if quiet else "ecosystem: compiling, once: half a minute or so\n"
    assert capsys.readouterr().err == line


def test_titles_and_notes_in_a_terminal_are_no_markup(capsys, monkeypatch):
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    with progress("run [a]", 1) as report:
        report(1, "[b] :up: [/]")
    shown = capsys.readouterr().err
    assert "run [a]" in shown
    assert "[b] :up: [/]" in shown
