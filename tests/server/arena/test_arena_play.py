"""The thread that runs an arena: what is missing, stopping, other worlds, limits, errors, and its end."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.policies import POLICIES
from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.limits import OWN_MACHINE, PUBLIC

SMALL = ArenaSetting("synthetic", 2, 20, "projected", 12, 60, ("smt",))
LONG = replace(SMALL, steps=20_000)


def finish(heard):
    heard.play.play()
    heard.settle()
    heard.wait(lambda: not heard.status.playing)


@pytest.fixture
def start(hear):
    return lambda setting=SMALL, limits=OWN_MACHINE, **options: hear(ArenaPlay, setting, limits, **options)


def test_it_fills_the_table_and_tells_how_far_it_is(start):
    heard = start()
    assert (heard.status.done, heard.status.total) == (0, 4)
    finish(heard)
    assert (heard.status.done, heard.status.total, heard.status.share) == (4, 4, 1)
    counts = [
        [row["seeds"] for row in message["rows"]] for message in heard.messages if message["kind"] == "table"
    ]
    assert [c for k, c in enumerate(counts) if c not in counts[:k]] == [
        [0, 0],
        [1, 0],
        [1, 1],
        [2, 1],
        [2, 2],
    ]
    model = CreatorEconomy(**SMALL.parameters, **POLICIES["smt"].parameters(), rng=1)
    model.run()
    expected = np.mean(model.datacollector.model_vars["welfare_default"][-2:])
    assert heard.play.results["smt", 1].welfare_default == pytest.approx(expected, rel=1e-12)
    assert {column["key"] for column in heard.last("table")["columns"]} >= {"payout", "sd_groups"}
    assert "share" not in {column["key"] for column in heard.last("table")["columns"]}


def test_another_policy_or_seed_runs_only_what_is_missing_and_another_world_all(start):
    heard = start()
    finish(heard)
    before = dict(heard.play.results)
    heard.play.tick("lift", True)
    heard.play.change("seeds", 1)
    heard.settle()
    assert (heard.status.done, heard.status.total) == (2, 3)
    finish(heard)
    assert set(heard.play.results) - set(before) == {("lift", 0)}
    assert all(heard.play.results[key] is value for key, value in before.items())
    heard.play.change("steps", 30)
    heard.settle()
    assert heard.play.results == {}
    assert heard.status.done == 0


def test_stop_keeps_what_is_done_and_close_ends_the_thread(start):
    heard = start(LONG)
    heard.play.play()
    heard.wait(lambda: heard.status.share > 0)
    heard.play.pause()
    heard.settle()
    share = heard.status.share
    assert not heard.status.playing
    time.sleep(0.3)
    assert heard.status.share == share
    heard.play.play()
    heard.wait(lambda: heard.status.share > share)
    heard.play.close()
    assert not heard.play._thread.is_alive()
    assert heard.play not in ArenaPlay.open


def test_figure_1_has_shares_of_what_the_planner_reaches(start):
    heard = start(ArenaSetting(seeds=1, steps=50, policies=("contribution",)))
    finish(heard)
    none, contribution = heard.last("table")["rows"]
    assert none["means"]["share"] == 0
    planned, attainable = heard.play.planned[0]
    assert planned == pytest.approx(2.0, abs=0.01)
    assert none["means"]["welfare_default"] < attainable < planned
    gain = contribution["less_none"]["welfare_default"]["mean"]
    for key, yardstick in (("share", planned), ("share_attainable", attainable)):
        room = yardstick - none["means"]["welfare_default"]
        assert contribution["means"][key] == pytest.approx(gain / room)


def test_limits_and_errors_are_told_and_nothing_hangs(start):
    heard = start(replace(SMALL, seeds=10), PUBLIC)
    heard.play.change("seeds", 11)
    heard.settle()
    assert "at most 10" in heard.status.message
    assert heard.status.setting.seeds == 10
    heard.play.change("seeds", "")
    heard.settle()
    assert "seeds" in heard.status.message
    refused = start(replace(SMALL, steps=5000), PUBLIC)
    assert "steps is 5000" in refused.status.message
    assert refused.status.setting.environment == "figure1"
    broken = start(replace(SMALL, n_users=None, n_creators=None, environment="movielens"))
    broken.play.results[("none", 0)] = None  # what summing up then trips over
    broken.play.play()
    broken.wait(lambda: broken.status.message)
    assert not broken.status.playing


def test_a_public_server_runs_few_arenas_at_once(start):
    limits = replace(PUBLIC, arenas=1, arena_steps=20_000)
    first, second = start(LONG, limits), start(LONG, limits)
    first.play.play()
    first.wait(lambda: first.status.playing)
    second.play.play()
    second.settle()
    assert "plays 1 arenas at once" in second.status.message
    assert not second.status.playing
    first.play.pause()
    first.settle()
    second.play.play()
    second.settle()
    assert second.status.playing


def test_a_public_server_runs_an_arena_for_some_time_and_then_lets_others(start):
    assert PUBLIC.arena_seconds < float("inf")
    limits = replace(PUBLIC, arenas=1, arena_steps=20_000, arena_seconds=0.5)
    first, second = start(LONG, limits), start(LONG, limits)
    first.play.play()
    first.wait(lambda: first.status.message)
    assert first.status.message.startswith(
        "This server runs an arena for 0.5 s at a time; what is done stays"
    )
    assert not first.status.playing
    share = first.status.share
    assert 0 < share < 1
    second.play.play()
    second.settle()
    assert second.status.playing
    second.play.pause()
    second.settle()
    first.play.play()
    first.wait(lambda: first.status.share > share)


def test_the_file_is_the_table(start):
    heard = start()
    finish(heard)
    heard.play.heard({"kind": "download"})
    heard.settle()
    sent = heard.last("file")
    assert sent["name"] == "arena-synthetic.csv"
    lines = sent["buffers"][0].decode().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("environment,horizon,lbr_evaluation,n_creators,n_users,policy,seeds,")
