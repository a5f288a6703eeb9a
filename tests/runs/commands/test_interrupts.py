"""Ctrl-C: exit code 130, one line that says what is kept, and nothing lost that finished."""

from __future__ import annotations

import importlib

import pytest

from ecosystem_runs.jobs.kept import read_config

SMALL = tuple(part for one in ("n_users=60", "n_creators=8", "n_groups=4", "K=4") for part in ("--set", one))
KEPT = "ecosystem: interrupted; what finished is kept; the same command goes on from here"
NOTHING = "ecosystem: interrupted; nothing is kept"


def interrupt(monkeypatch, place, after=0):
    """Let a function of the project be interrupted once it has run so many times; return the calls of it."""
    module, _, name = place.rpartition(".")
    function, calls = getattr(importlib.import_module(module), name), []

    def stopped(*arguments, **options):
        if len(calls) == after:
            raise KeyboardInterrupt
        calls.append(arguments)
        return function(*arguments, **options)

    monkeypatch.setattr(place, stopped)
    return calls


@pytest.mark.parametrize("after", [3, pytest.param(0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("words", "job"),
    [
        (("arena", "figure1", "--policies", "lift", "--seeds", 3), "ecosystem_runs.arena.contest.run_policy"),
        (("figure", 2, "--seeds", 2, *SMALL), "ecosystem_runs.replication.welfare_figures.run_arm"),
        (("figure", 1, "--seeds", 3), "ecosystem_runs.replication.figure1.play"),
    ],
    ids=["arena", "figure 2", "figure 1"],
)
def test_what_finished_is_kept_and_the_same_command_goes_on(
    command, monkeypatch, tmp_path, undrawn, words, job, after
):
    words = (*words, "--steps", 20, "--out", tmp_path, *(("--workers", 0) if words[1] != 1 else ()))
    with monkeypatch.context() as patch:
        before = interrupt(patch, job, after)
        printed = command(*words)
    assert (printed.code, printed.out) == (130, "")
    assert [line for line in printed.err.splitlines() if line.startswith("ecosystem")] == [KEPT]
    assert "Traceback" not in printed.err
    assert read_config(tmp_path)
    assert len(before) == after
    again = interrupt(monkeypatch, job, after=-1)  # counts, and never interrupts
    assert command(*words).code == 0
    assert not set(map(repr, again)) & set(map(repr, before))


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (("enrich", 3, 5), "ecosystem.ranking.competition.RankingCompetition"),
        (("planner", "figure1"), "ecosystem.yardsticks.planner.plan"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_where_nothing_is_kept_on_the_way_the_line_says_so(command, monkeypatch, tmp_path, words, place):
    monkeypatch.chdir(tmp_path)
    interrupt(monkeypatch, place)
    printed = command(*words)
    assert (printed.code, printed.err.strip()) == (130, NOTHING)
    assert not list(tmp_path.iterdir())
