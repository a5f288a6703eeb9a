"""The live play: what a visitor's worlds do when asked, without a browser."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from ecosystem_server.limits import OWN_MACHINE, PUBLIC, Limits
from ecosystem_server.live import courier as courier_module
from ecosystem_server.live import play as play_module
from ecosystem_server.live.controls import request
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import Change, Setting


class Page:
    """Stands in for a page: takes messages, paints at once unless told not to."""

    def __init__(
        self, setting: Setting | None = None, limits: Limits = OWN_MACHINE, paints: bool = True
    ) -> None:
        self.messages: list[dict] = []
        self.statuses: list = []
        self.paints = paints
        self.play = LivePlay(setting or Setting(), limits, self.publish, self.statuses.append)

    def publish(self, message, arrays=()) -> None:
        self.messages.append(message)
        if message["kind"] == "frame" and self.paints:
            self.play.heard({"kind": "painted", "frame": message["frame"]})

    def settled(self) -> LivePlay:
        """Wait until every request so far is done."""
        done = threading.Event()
        self.play.do(done.set)
        assert done.wait(60)
        return self.play

    def wait(self, condition) -> None:
        """Wait until a condition holds."""
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.005)

    def strategies(self, arm: int) -> np.ndarray:
        return self.settled().arms[arm].model.strategies


@pytest.fixture
def open_page():
    pages: list[Page] = []

    def open_one(*args, **kwargs) -> Page:
        pages.append(Page(*args, **kwargs))
        assert pages[-1].play.start()
        pages[-1].settled()
        return pages[-1]

    yield open_one
    for page in pages:
        page.play.close()


def test_both_arms_share_all_random_numbers_until_the_mechanism_differs(open_page):
    page = open_page(Setting(seed=5, arms=({}, {})))
    for _ in range(4):
        page.play.epoch()
    assert (page.strategies(0) == page.strategies(1)).all()
    assert page.play.arms[0].step_count == 20


def test_a_fork_stays_identical_and_then_differs(open_page):
    page = open_page(Setting(seed=3, arms=({},)))
    for _ in range(10):
        page.play.epoch()
    page.play.fork()
    for _ in range(4):
        page.play.epoch()
    assert (page.strategies(0) == page.strategies(1)).all()
    page.play.change("b", "mechanism", "uir")
    for _ in range(20):
        page.play.epoch()
    assert not (page.strategies(0) == page.strategies(1)).all()


def test_of_two_arms_the_first_stays_with_what_was_changed_in_it(open_page):
    page = open_page(Setting(seed=3, arms=({}, {"mechanism": "hmt"})))
    page.play.epoch()
    page.play.change("a", "eta", 0.5)
    page.play.change("b", "K", 2)
    page.play.epoch()
    kept = page.settled().arms[0]
    page.play.one_or_two(1)
    assert page.settled().arms == [kept]
    assert page.play.now().to_query() == "environment=figure1&seed=3&arms=1&changes=5.a.eta:0.5&step=10"


def test_the_recorded_address_replays_to_the_same_bits(open_page):
    page = open_page(Setting(seed=1, arms=({}, {"mechanism": "smt"})))
    page.play.epoch()
    page.play.change("a", "mechanism", "hmt")
    page.play.change("all", "alpha", 2.0)
    page.play.epoch()
    page.play.fork()
    page.play.change("b", "K", 2)
    page.play.change("b", "K", 3)
    page.play.change("b", "K", 2)
    for _ in range(3):
        page.play.epoch()
    page.settled()
    query = [m["query"] for m in page.messages if m["kind"] == "address"][-1]
    again = open_page(Setting.from_query(query, OWN_MACHINE))
    again.wait(lambda: not again.play.status.playing and again.play.arms[0].step_count == 25)
    for arm in (0, 1):
        assert (again.strategies(arm) == page.strategies(arm)).all()
        assert again.play.arms[arm].model.K == page.play.arms[arm].model.K
    assert again.play.status.running == page.play.status.running


def test_a_slider_on_its_way_is_one_change_a_step(open_page):
    page = open_page(Setting(seed=1, arms=({}, {})))
    for beta in (0.5, 0.4, 0.3):
        page.play.change("a", "beta", beta)
    page.play.change("b", "beta", 0.2)
    page.play.epoch()
    page.play.change("b", "beta", 0.1)
    page.play.change("b", "K", 2)
    page.play.change("b", "beta", 0.3)
    query = page.settled().now().to_query()
    assert "changes=0.a.beta:0.3~0.b.beta:0.2~5.b.beta:0.1~5.b.K:2~5.b.beta:0.3&" in query


def test_play_until_stops_there_and_pause_stops_at_once(open_page):
    page = open_page()
    page.play.set_speed(1e6)
    page.play.play(until=37)
    page.wait(lambda: page.play.arms[0].step_count == 37 and not page.play.status.playing)
    page.play.play()
    page.play.pause()
    at = page.settled().arms[0].step_count
    page.settled()
    assert page.play.arms[0].step_count == at


def test_bad_input_gets_a_message_and_the_play_goes_on(open_page):
    page = open_page()
    page.play.play()
    page.play.change("a", "beta", -1)
    page.settled()
    assert "beta is -1" in page.play.status.message
    assert page.play.status.playing
    assert page.play.arms[0].model.beta == pytest.approx(0.1)
    page.play.change("all", "w_min", 7.0)
    assert "w_min must not exceed w_max" in page.settled().status.message


def test_a_failing_model_stops_the_play_and_reset_helps(open_page):
    page = open_page()

    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    page.play.do(lambda: setattr(page.play.arms[0].model, "step", broken))
    page.play.play()
    page.wait(lambda: page.play.status.failed)
    assert not page.play.status.playing
    assert "ZeroDivisionError: division by zero" in page.play.status.message
    assert "Reset" in page.play.status.message
    page.play.play()
    assert not page.settled().status.playing
    page.play.reset()
    page.play.step()
    assert not page.settled().status.failed
    assert page.play.arms[0].step_count == 1


def test_what_needs_a_reset_waits_for_it(open_page):
    page = open_page()
    page.play.change("a", "reward", "contribution")
    status = page.settled().status
    assert status.setting.value("a", "reward") == "contribution"
    assert status.running.value("a", "reward") == "relevance"
    page.play.reset()
    assert page.settled().arms[0].model.market.reward.name == "contribution"
    assert page.play.arms[1].model.market.reward.name == "relevance"


def test_a_restart_keeps_what_was_asked_for_just_before(open_page):
    page = open_page()
    page.play.change("a", "beta", 0.5)
    page.play.change("a", "reward", "contribution")
    page.play.restart(lambda now: replace(now, seed=7))
    setting = page.settled().status.running
    assert setting.seed == 7
    assert (setting.value("a", "beta"), setting.value("a", "reward")) == (0.5, "contribution")


def test_a_browser_that_does_not_paint_gets_no_queue_of_frames(open_page, monkeypatch):
    monkeypatch.setattr(courier_module, "LATE", 1000.0)
    page = open_page(paints=False)
    page.play.set_speed(1000)
    page.play.play(until=500)
    page.wait(lambda: page.play.arms[0].step_count >= 500)
    frames = [m for m in page.messages if m["kind"] == "frame"]
    assert 1 <= len(frames) <= courier_module.AHEAD


def test_frames_carry_every_position_of_the_path_once(open_page):
    page = open_page(Setting(arms=({},)))
    rows: list[int] = []
    publish = page.play._courier.publish

    def count(message, arrays) -> None:
        if message["kind"] == "scene":
            rows.clear()
        if message["kind"] == "frame":
            rows.append(arrays[message["arms"][0]["arrays"]["path"]].shape[0])
        publish(message, arrays)

    page.play._courier.publish = count
    page.play.show()
    page.play.set_speed(1e6)
    page.play.play(until=200)
    page.wait(lambda: sum(rows) >= 201)
    assert sum(rows) == 201


def test_playing_is_suspended_while_the_browser_says_nothing(open_page, monkeypatch):
    monkeypatch.setattr(play_module, "GONE", 0.05)
    page = open_page(paints=False)
    page.play.play()
    page.wait(lambda: page.play.status.playing and time.monotonic() - page.play._heard_at > 0.05)
    page.settled()
    at = page.play.arms[0].step_count
    page.settled()
    page.settled()
    assert page.play.arms[0].step_count == at
    page.play.heard({"kind": "alive"})
    page.wait(lambda: page.play.arms[0].step_count > at)


def test_a_full_server_starts_no_other_world_and_a_closed_page_makes_room(monkeypatch):
    limits = Limits(**{**vars(PUBLIC), "worlds": len(LivePlay.open) + 1})
    first, second = Page(limits=limits), Page(limits=limits)
    assert first.play.start()
    assert not second.play.start()
    first.play.close()
    assert second.play.start()
    second.play.close()
    assert not second.play._thread.is_alive()


def test_a_public_server_refuses_what_is_too_large(open_page):
    page = open_page(Setting(environment="synthetic", shared={"n_users": 6000}), PUBLIC)
    assert "n_users is 6000; this server allows at most 5000" in page.play.status.message
    assert page.play.arms[0].model.environment == "figure1"
    page.play.set_speed(1e6)
    assert page.settled().status.speed == PUBLIC.speed


@pytest.mark.parametrize("press", ["step", "epoch", "play"])
def test_the_step_limit_holds_for_every_button(open_page, press):
    page = open_page(limits=replace(PUBLIC, steps=7))
    for _ in range(9):
        getattr(page.play, press)()
    page.wait(lambda: not page.play._requests.qsize() and "at most 7 steps" in page.play.status.message)
    page.settled()
    assert [arm.step_count for arm in page.play.arms] == [7, 7]
    assert not page.play.status.playing
    page.play.reset()
    page.play.step()
    assert page.settled().arms[0].step_count == 1
    assert page.play.status.message == ""


def test_pressing_buttons_is_no_faster_than_a_public_server_plays(open_page):
    page = open_page(limits=replace(PUBLIC, speed=40.0))
    began = time.monotonic()
    for _ in range(4):
        page.play.epoch()
    assert page.settled().arms[0].step_count == 20
    assert time.monotonic() - began > 0.45


def test_a_visitor_cannot_name_a_file(open_page):
    page = open_page(limits=PUBLIC)
    request(page.play, {"arm": "", "name": "path", "value": "/etc/passwd"})
    assert "path names a file of the serving machine" in page.settled().status.message
    assert page.play.arms[0].model.environment == "figure1"


def test_swaps_are_recorded_for_the_axis(open_page):
    page = open_page(Setting(arms=({}, {})))
    page.play.epoch()
    page.play.change("b", "mechanism", "hmt")
    page.settled()
    assert page.play.arms[1].swaps == [(0, "none"), (5, "hmt")]
    assert page.play.arms[0].swaps == [(0, "none")]
    assert page.play._changes == [Change(5, "b", "mechanism", "hmt")]


def test_a_field_may_hand_over_what_was_typed_as_text(open_page):
    page = open_page(Setting(arms=({},)))
    page.play.change("a", "beta", "0.5")
    page.play.change("a", "K", "2")
    model = page.settled().arms[0].model
    assert (model.beta, model.K) == (0.5, 2)
    page.play.change("a", "beta", "")
    assert "beta is ''; it must be a number" in page.settled().status.message
    page.play.change("a", "K", "2.5")
    assert "K is 2.5; it must be a whole number" in page.settled().status.message


def test_buttons_and_keys_ask_for_requests_alone(open_page):
    page = open_page(Setting(arms=({},)))
    for asked in ("step", "close", "_end", "set_speed", None, ["step"], "faster"):
        page.play.act(asked)
    assert page.settled().arms[0].step_count == 1
    assert page.play.status.speed == 60
    page.play.act("slower")
    page.play.act("reset")
    assert page.settled().status.speed == 40
    assert page.play.arms[0].step_count == 0


def test_worlds_without_room_can_do_nothing_but_say_so():
    status = Page().play.refused("all are taken")
    assert (status.message, status.busy, status.failed) == ("all are taken", "", True)
    assert "setting" not in status.shown()


def test_a_population_that_grows_gets_a_wider_scene_and_stops_at_the_limit(open_page):
    limits = replace(PUBLIC, n_creators=20)
    page = open_page(Setting(arms=({},), shared={"arrivals": 2.0}, step=300), limits)
    page.wait(lambda: page.play.status.message)
    page.settled()
    assert page.play.status.message == "n_creators is 21; this server allows at most 20: choose fewer" or (
        20 < page.play.arms[0].model.n_creators < 30
    )
    assert (page.play.status.playing, page.play.status.busy) == (False, "")
    scenes = [message["arms"][0]["columns"] for message in page.messages if message["kind"] == "scene"]
    assert scenes == sorted(set(scenes))
    assert scenes[0] == 5 < page.play.arms[0].model.n_creators <= scenes[-1]
    at = page.play.arms[0].step_count
    for ask in (page.play.step, page.play.play):
        ask()
        page.settled()
    assert page.play.arms[0].step_count == at
    page.play.reset(Setting(arms=({},)))
    page.settled()
    assert page.play.status.message == ""
