"""The engine: what a page's worlds do when asked, without a browser."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from server.limits import OWN_MACHINE, PUBLIC, Limits
from server.live import courier as courier_module
from server.live import play as play_module
from server.live.controls import request
from server.live.play import LivePlay
from server.live.setting import Change, Setting, from_query


class Page:
    """Stands in for a page: takes messages, paints at once unless told not to."""

    def __init__(
        self, setting: Setting | None = None, limits: Limits = OWN_MACHINE, paints: bool = True
    ) -> None:
        self.messages: list[dict] = []
        self.statuses: list = []
        self.paints = paints
        self.engine = LivePlay(setting or Setting(), limits, self.publish, self.statuses.append)

    def publish(self, message, arrays) -> None:
        self.messages.append(message)
        if message["kind"] == "frame" and self.paints:
            self.engine.heard({"kind": "painted", "frame": message["frame"]})

    def settled(self) -> LivePlay:
        """Wait until every request so far is done."""
        done = threading.Event()
        self.engine.do(done.set)
        assert done.wait(60)
        return self.engine

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
        assert pages[-1].engine.start()
        pages[-1].settled()
        return pages[-1]

    yield open_one
    for page in pages:
        page.engine.close()


def test_both_arms_share_all_random_numbers_until_the_mechanism_differs(open_page):
    page = open_page(Setting(seed=5, arms=({}, {})))
    for _ in range(4):
        page.engine.epoch()
    assert (page.strategies(0) == page.strategies(1)).all()
    assert page.engine.arms[0].step_count == 20


def test_a_fork_stays_identical_and_then_differs(open_page):
    page = open_page(Setting(seed=3, arms=({},)))
    for _ in range(10):
        page.engine.epoch()
    page.engine.fork()
    for _ in range(4):
        page.engine.epoch()
    assert (page.strategies(0) == page.strategies(1)).all()
    page.engine.change("b", "mechanism", "uir")
    for _ in range(20):
        page.engine.epoch()
    assert not (page.strategies(0) == page.strategies(1)).all()


def test_the_recorded_address_replays_to_the_same_bits(open_page):
    page = open_page(Setting(seed=1, arms=({}, {"mechanism": "smt"})))
    page.engine.epoch()
    page.engine.change("a", "mechanism", "hmt")
    page.engine.change("all", "alpha", 2.0)
    page.engine.epoch()
    page.engine.fork()
    page.engine.change("b", "K", 2)
    page.engine.change("b", "K", 3)
    page.engine.change("b", "K", 2)
    for _ in range(3):
        page.engine.epoch()
    page.settled()
    query = [m["query"] for m in page.messages if m["kind"] == "address"][-1]
    again = open_page(from_query(query, OWN_MACHINE))
    again.wait(lambda: not again.engine.status.playing and again.engine.arms[0].step_count == 25)
    for arm in (0, 1):
        assert (again.strategies(arm) == page.strategies(arm)).all()
        assert again.engine.arms[arm].model.K == page.engine.arms[arm].model.K
    assert again.engine.status.running == page.engine.status.running


def test_play_until_stops_there_and_pause_stops_at_once(open_page):
    page = open_page()
    page.engine.set_speed(1e6)
    page.engine.play(until=37)
    page.wait(lambda: page.engine.arms[0].step_count == 37 and not page.engine.status.playing)
    page.engine.play()
    page.engine.pause()
    at = page.settled().arms[0].step_count
    page.settled()
    assert page.engine.arms[0].step_count == at


def test_bad_input_gets_a_message_and_the_play_goes_on(open_page):
    page = open_page()
    page.engine.play()
    page.engine.change("a", "beta", -1)
    page.settled()
    assert "beta is -1" in page.engine.status.message
    assert page.engine.status.playing
    assert page.engine.arms[0].model.beta == pytest.approx(0.1)
    page.engine.change("all", "w_min", 7.0)
    assert "w_min must not exceed w_max" in page.settled().status.message


def test_a_failing_model_stops_the_play_and_reset_helps(open_page):
    page = open_page()

    def broken() -> None:
        raise ZeroDivisionError("division by zero")

    page.engine.do(lambda: setattr(page.engine.arms[0].model, "step", broken))
    page.engine.play()
    page.wait(lambda: page.engine.status.failed)
    assert not page.engine.status.playing
    assert "ZeroDivisionError: division by zero" in page.engine.status.message
    assert "Reset" in page.engine.status.message
    page.engine.play()
    assert not page.settled().status.playing
    page.engine.reset()
    page.engine.step()
    assert not page.settled().status.failed
    assert page.engine.arms[0].step_count == 1


def test_what_needs_a_reset_waits_for_it(open_page):
    page = open_page()
    page.engine.change("a", "reward", "contribution")
    status = page.settled().status
    assert status.next.value("a", "reward") == "contribution"
    assert status.running.value("a", "reward") == "relevance"
    page.engine.reset()
    assert page.settled().arms[0].model.market.reward.name == "contribution"
    assert page.engine.arms[1].model.market.reward.name == "relevance"


def test_a_browser_that_does_not_paint_gets_no_queue_of_frames(open_page, monkeypatch):
    monkeypatch.setattr(courier_module, "LATE", 1000.0)
    page = open_page(paints=False)
    page.engine.set_speed(1000)
    page.engine.play(until=500)
    page.wait(lambda: page.engine.arms[0].step_count >= 500)
    frames = [m for m in page.messages if m["kind"] == "frame"]
    assert 1 <= len(frames) <= courier_module.AHEAD


def test_frames_carry_every_position_of_the_path_once(open_page):
    page = open_page(Setting(arms=({},)))
    rows: list[int] = []
    publish = page.engine._courier.publish

    def count(message, arrays) -> None:
        if message["kind"] == "scene":
            rows.clear()
        if message["kind"] == "frame":
            rows.append(arrays[message["arms"][0]["arrays"]["path"]].shape[0])
        publish(message, arrays)

    page.engine._courier.publish = count
    page.engine.heard({"kind": "ready"})
    page.engine.set_speed(1e6)
    page.engine.play(until=200)
    page.wait(lambda: sum(rows) >= 201)
    assert sum(rows) == 201


def test_playing_is_suspended_while_the_browser_says_nothing(open_page, monkeypatch):
    monkeypatch.setattr(play_module, "GONE", 0.05)
    page = open_page(paints=False)
    page.engine.play()
    page.wait(lambda: page.engine.status.playing and time.monotonic() - page.engine._heard_at > 0.05)
    page.settled()
    at = page.engine.arms[0].step_count
    page.settled()
    page.settled()
    assert page.engine.arms[0].step_count == at
    page.engine.heard({"kind": "alive"})
    page.wait(lambda: page.engine.arms[0].step_count > at)


def test_a_full_server_starts_no_other_world_and_a_closed_page_makes_room(monkeypatch):
    limits = Limits(**{**vars(PUBLIC), "worlds": len(LivePlay.open) + 1})
    first, second = Page(limits=limits), Page(limits=limits)
    assert first.engine.start()
    assert not second.engine.start()
    first.engine.close()
    assert second.engine.start()
    second.engine.close()
    assert not second.engine._thread.is_alive()


def test_a_public_server_refuses_what_is_too_large(open_page):
    page = open_page(Setting(environment="synthetic", shared={"n_users": 6000}), PUBLIC)
    assert "n_users is 6000; this server allows at most 5000" in page.engine.status.message
    assert page.engine.arms[0].model.environment == "figure1"
    page.engine.set_speed(1e6)
    assert page.settled().status.speed == PUBLIC.speed


@pytest.mark.parametrize("press", ["step", "epoch", "play"])
def test_the_step_limit_holds_for_every_button(open_page, press):
    page = open_page(limits=replace(PUBLIC, steps=7))
    for _ in range(9):
        getattr(page.engine, press)()
    page.wait(lambda: not page.engine._requests.qsize() and "at most 7 steps" in page.engine.status.message)
    page.settled()
    assert [arm.step_count for arm in page.engine.arms] == [7, 7]
    assert not page.engine.status.playing
    page.engine.reset()
    page.engine.step()
    assert page.settled().arms[0].step_count == 1
    assert page.engine.status.message == ""


def test_pressing_buttons_is_no_faster_than_a_public_server_plays(open_page):
    page = open_page(limits=replace(PUBLIC, speed=40.0))
    began = time.monotonic()
    for _ in range(4):
        page.engine.epoch()
    assert page.settled().arms[0].step_count == 20
    assert time.monotonic() - began > 0.45


def test_a_visitor_cannot_name_a_file(open_page):
    page = open_page(limits=PUBLIC)
    request(page.engine, {"arm": "", "name": "path", "value": "/etc/passwd"})
    assert "path names a file of the serving machine" in page.settled().status.message
    assert page.engine.arms[0].model.environment == "figure1"


def test_swaps_are_recorded_for_the_axis(open_page):
    page = open_page(Setting(arms=({}, {})))
    page.engine.epoch()
    page.engine.change("b", "mechanism", "hmt")
    page.settled()
    assert page.engine.arms[1].swaps == [(0, "none"), (5, "hmt")]
    assert page.engine.arms[0].swaps == [(0, "none")]
    assert page.engine._log == [Change(5, "b", "mechanism", "hmt")]
