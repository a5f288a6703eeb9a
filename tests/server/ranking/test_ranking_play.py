"""The thread that plays a ranking game: requests, limits, and its end."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.ranking.play import RankingPlay
from ecosystem_server.ranking.setting import RankingSetting

WORKED = RankingSetting(2, 3, threshold="1/2")


@pytest.fixture
def start(hear):
    return lambda setting=WORKED, limits=OWN_MACHINE, **options: hear(RankingPlay, setting, limits, **options)


def test_the_worked_example_plays_to_its_equilibrium(start):
    heard = start()
    heard.play.set_speed(20)
    heard.play.play()
    heard.wait(lambda: heard.status.over and not heard.status.playing)
    now = heard.last("now")
    assert now["state"] == "equilibrium"
    assert now["utilities"] == ["3/2", "3/2"]
    assert (now["worst"], now["welfare"]) == ("1/2", "−1/2")  # noqa: RUF001
    assert now["verdict"].startswith("Equilibrium after")
    assert heard.status.stuck
    heard.play.step()
    heard.settle()
    assert heard.last("now")["step"] == now["step"]


def test_a_threshold_takes_hold_at_once_and_is_in_the_address(start):
    heard = start(replace(WORKED, step=2))
    at = heard.last("now")["step"]
    heard.play.change("threshold", "0.501")
    heard.settle()
    assert heard.last("table")["threshold"] == "501/1000"
    assert heard.last("now")["step"] == at
    assert "above 1/m = 1/2: at least 1 query must go unserved" in heard.last("now")["unserved"]
    assert f"changes={at}:501/1000" in heard.last("address")["query"]
    assert heard.status.setting.threshold == "501/1000"
    heard.play.reset()
    heard.settle()
    assert heard.last("now")["step"] == 0
    assert heard.last("address")["query"].endswith("threshold=501/1000&rule=fair&order=random&seed=0")


def test_a_link_replays_steps_and_changes(start):
    first = start(RankingSetting(4, 9))
    for asked in ("step", "step", "1/4", "step", "2/5", "step"):
        first.play.step() if asked == "step" else first.play.change("threshold", asked)
    first.settle()
    setting = first.play.now()
    assert setting.changes == ((2, "1/4"), (3, "2/5"))
    again = start(setting)
    assert again.last("now")["cells"] == first.last("now")["cells"]
    assert again.last("table")["rows"] == first.play._rows


def test_bad_input_is_a_message_and_changes_nothing(start):
    heard = start()
    before = heard.last("now")["cells"]
    for name, value, said in (
        ("n_publishers", "1", "publishers n is 1"),
        ("threshold", "2", "threshold q is 2"),
        ("threshold", "1/2,0", "2 entries"),
        ("rule", "kind", "rule is 'kind'"),
    ):
        heard.play.change(name, value)
        heard.settle()
        assert said in heard.status.message
        assert heard.status.setting == WORKED
    assert heard.last("now")["cells"] == before


def test_a_threshold_that_no_longer_fits_gives_way(start):
    heard = start()
    heard.play.change("peak", "1/3")
    heard.settle()
    assert heard.last("table")["threshold"] == "1/3"
    assert heard.status.setting.threshold == "auto"
    assert "So q is the recommended one now" in heard.status.message


def test_a_cycle_ends_the_play_but_can_be_stepped_on(start):
    heard = start(RankingSetting(4, 5, rule="unfair", seed=11, step=4))
    assert heard.last("now")["state"] == "cycle"
    assert "Cycle: this is the profile of step 2 renamed" in heard.last("now")["verdict"]
    assert heard.status.over
    assert not heard.status.stuck
    heard.play.step()
    heard.settle()
    assert heard.last("now")["step"] == 5


def test_a_run_ends_at_the_last_step_allowed(start):
    heard = start(replace(WORKED, threshold="2/5"), replace(OWN_MACHINE, ranking_steps=5))
    heard.play.set_speed(20)
    heard.play.play()
    heard.wait(lambda: heard.status.over and not heard.status.playing)
    assert heard.last("now")["step"] == 5
    assert "at most 5 steps" in heard.status.message


def test_the_thread_ends_with_the_page_and_a_full_server_says_so(start):
    few = replace(OWN_MACHINE, worlds=len(RankingPlay.open) + 1)
    first = start(limits=few)
    second = start(limits=few, start=False)
    assert not second.play.start()
    first.play.play()
    first.play.close()
    assert not first.play._thread.is_alive()
    assert first.play not in RankingPlay.open
    assert second.play.start()
    second.play.close()
    assert not second.play._thread.is_alive()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (RankingSetting(9, 12), "number of publishers n is 9; this server allows at most 8"),
        (RankingSetting(4, 13), "number of queries k is 13; this server allows at most 12"),
        (RankingSetting(4, 9, step=201), "step is 201; this server allows at most 200"),
        (RankingSetting(2, 3, peak="1/4", threshold="1/2"), "threshold"),
    ],
)
def test_a_game_that_may_not_be_gets_a_message_and_the_usual_one_instead(start, asked, said):
    heard = start(asked, PUBLIC)
    assert said in heard.status.message
    assert heard.status.setting == RankingSetting()
    assert heard.last("now")["step"] == 0


def test_a_public_server_plays_and_steps_at_its_own_pace(start):
    heard = start(RankingSetting(2, 3, threshold="2/5"), replace(PUBLIC, ranking_speed=10.0))
    heard.play.set_speed(1e9)
    heard.settle()
    assert heard.status.speed == 10.0
    heard.play.reset(RankingSetting(9, 9))
    heard.settle()
    assert "at most 8" in heard.status.message
    began = time.monotonic()
    for _ in range(5):
        heard.play.step()
    heard.settle()
    assert time.monotonic() - began > 0.45
    assert heard.last("now")["step"] == 5
