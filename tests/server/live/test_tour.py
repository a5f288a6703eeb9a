"""The tour says what happens: each stop is played, and what it tells to watch is looked for."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ecosystem.metrics import at_centre, users_served
from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.tour import END, SEED, STOPS


def played(stop) -> list:
    """Return the models of a stop after its button was pressed and its play is over."""
    ended = threading.Event()
    play = LivePlay(stop.setting, OWN_MACHINE, lambda message, arrays=(): None, lambda status: ended.set())

    def wait() -> None:
        for _ in range(600):
            done = threading.Event()
            play.do(done.set)
            assert done.wait(60)
            if play.arms and not play.status.playing and not play.status.busy:
                return
            ended.wait(0.1)
            ended.clear()
        raise AssertionError("it plays on and on")

    assert play.start()
    try:
        wait()
        play.set_speed(1e6)
        if stop.do is not None:
            stop.do(play)
        wait()
        assert play.status.message == ""
        return [arm.model for arm in play.arms]
    finally:
        play.close()


def crowd(model) -> int:
    return at_centre(model.users, model.strategies)


def served(model) -> int:
    return users_served(model.users, model.strategies)


def test_six_stops_and_one_survey():
    assert len(STOPS) == 6
    assert [stop.do is None for stop in STOPS] == [False] * 5 + [True]


def test_two_creators_soon_find_a_user_of_their_own():
    (model,) = played(STOPS[0])
    assert model.steps == 150
    outer = np.linalg.norm(model.users[1:, None] - model.strategies, axis=2)
    assert (outer.min(axis=1) <= 0.3).sum() >= 2


def test_two_share_the_central_user_to_the_end_and_some_are_not_served():
    (model,) = played(STOPS[1])
    assert model.steps == END
    assert crowd(model) == 2
    assert served(model) < 5


def test_halving_the_centre_serves_all_on_this_seed():
    none, halved = played(STOPS[2])
    assert (served(none), served(halved)) == (3, 5)
    assert halved.welfare > none.welfare


def test_halving_after_they_have_settled_changes_nothing():
    none, forked = played(STOPS[3])
    assert none.steps == forked.steps == END
    assert forked.platform.mechanism != none.platform.mechanism
    np.testing.assert_allclose(forked.strategies, none.strategies, atol=0.1)
    assert forked.welfare == pytest.approx(none.welfare, abs=0.01)


def test_at_a_large_temperature_three_crowd_the_centre_and_all_get_less():
    sharp, flat = played(STOPS[4])
    assert (crowd(sharp), crowd(flat)) == (2, 3)
    assert (flat.user_utilities < sharp.user_utilities).all()


@pytest.mark.parametrize("stop", STOPS, ids=[stop.title for stop in STOPS])
def test_no_stop_takes_the_name_of_a_control(stop):
    # Buttons are found by name, by people who listen to the page as well.
    assert not any(name in stop.action.lower() for name in ("play", "pause", "step", "reset", "fork"))
    assert stop.setting.seed == SEED
