"""Going back: any step so far, and on from there to the same bits."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest

from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.live import past as past_module
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.past import Past, copied
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import Setting

KINDS = {
    "as it is": {},
    "turnover": {"turnover": "least_paid", "retention": "returning"},
    "sampled": {"matching": "sampled", "turnover": "patience"},
}


def prints(play) -> list[str]:
    """What decides how the arms go on, and what is shown of them."""
    found = []
    for arm in play.arms:
        model = arm.model
        parts = model.strategies, model.weights, model.users, model.expected_utilities, arm.series.rows
        parts += arm.trail.since(0), arm.population.numbers, np.array(str(model._streams.state()))
        found.append(
            hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()
        )
    return found


def epochs(heard, count):
    for _ in range(count):
        heard.play.epoch()
    heard.settle()


def go(heard, step):
    heard.play.heard({"kind": "seek", "step": step})
    heard.settle()
    assert heard.play.arms[0].step_count == step
    return heard.play


def hand(heard, arm, name, value):
    heard.play.heard({"kind": "hand", "arm": arm, "name": name, "value": value})
    heard.settle()
    assert heard.status.message == ""


@pytest.mark.parametrize("kind", KINDS)
def test_playing_on_from_any_step_is_as_if_one_had_never_gone_back(hear, kind, monkeypatch):
    monkeypatch.setattr(past_module, "EVERY", 7)
    arm = {name: value for name, value in KINDS[kind].items() if name != "matching"}
    shared = {name: value for name, value in KINDS[kind].items() if name == "matching"}
    heard = hear(LivePlay, Setting(seed=6, arms=(arm, {**arm, "mechanism": "hmt"}), shared=shared))
    hand(heard, "all", "add", "0.1/0.3")
    epochs(heard, 2)
    hand(heard, "a", "drag", "5/0.52/-0.1")
    hand(heard, "b", "user", "1/0.4/0.4")
    heard.play.change("b", "mechanism", "smt")
    epochs(heard, 1)
    heard.play.fork()
    hand(heard, "b", "remove", str(heard.play.arms[1].population.numbers[0]))
    at = dict.fromkeys((15, 20, 30))
    at[15] = prints(heard.play)
    epochs(heard, 1)
    at[20] = prints(heard.play)
    epochs(heard, 2)
    at[30], changes = prints(heard.play), list(heard.play._changes)
    for step in (20, 15, 30, 0, 20, 9, 10, 14, 15):
        play = go(heard, step)
        assert at.get(step) in (None, prints(play))
        assert [change for change in changes if change.step <= step] == play._changes
    epochs(heard, 3)
    assert prints(heard.play) == at[30]
    assert heard.play._changes == changes
    assert heard.last("frame")["last"] == 30


def test_what_is_changed_in_the_past_begins_another_future(hear):
    heard = hear(LivePlay, Setting(arms=({}, {})))
    epochs(heard, 1)
    heard.play.change("a", "mechanism", "hmt")
    epochs(heard, 1)
    heard.play.change("all", "n_creators", 9)  # waits for a reset
    go(heard, 4)
    assert heard.status.running.value("a", "mechanism") == "none"
    assert heard.status.setting.value("all", "n_creators") == 9
    assert "changes" not in heard.last("address")["query"]
    heard.play.fork()
    heard.settle()
    assert [str(change) for change in heard.play._changes] == ["4.fork"]
    assert heard.play.past.last == 4
    epochs(heard, 1)
    assert heard.status.running.value("a", "mechanism") == "none"
    heard.play.one_or_two(1)
    go(heard, 2)
    go(heard, 5)
    assert len(heard.play.arms) == 1


def test_the_last_wanted_step_counts_and_left_goes_on_from_it(hear):
    heard = hear(LivePlay, Setting(arms=({},)))
    epochs(heard, 6)
    gate, went = threading.Event(), []
    play_again = heard.play._play_again
    heard.play._play_again = lambda target, wanted: (went.append(target), play_again(target, wanted))
    heard.play.do(gate.wait)  # a slow step: meanwhile the slider moves, and the left arrow is pressed
    for step in range(20):
        heard.play.seek(step)
    for _ in range(3):
        heard.play.back()
    gate.set()
    heard.settle()
    assert heard.play.arms[0].step_count == 16
    assert went == [16]
    for step, there in ((-5, 0), (10**9, 30)):
        heard.play.seek(step)
        heard.settle()
        assert heard.play.arms[0].step_count == there
    for nonsense in ("3", None, 2.5, [1]):
        heard.play.heard({"kind": "seek", "step": nonsense})
    heard.settle()
    assert (heard.play.arms[0].step_count, heard.status.failed) == (30, False)


def test_states_stay_within_their_room_near_ones_before_far_ones(monkeypatch):
    monkeypatch.setattr(past_module, "EVERY", 40)
    arms = [Arm(Setting(arms=({},)).model(0, OWN_MACHINE))]
    past = Past(1_500_000)
    for _ in range(1200):
        arms[0].step()
        past.note(arms)
    steps = [kept.step for kept in past._kept]
    assert sum(kept.size for kept in past._kept) <= 1_500_000
    assert 4 < len(steps) < 25
    assert (steps[0], steps[-1], past.last) == (40, 1200, 1200)
    gaps = np.diff(steps)
    assert gaps[-3:].mean() < gaps[:3].mean()
    (arm,) = copied(past.before(1190)[1])
    while arm.step_count < 1200:
        arm.step()
    assert (arm.model.strategies == arms[0].model.strategies).all()
    assert np.array_equal(arm.series.rows, arms[0].series.rows, equal_nan=True)


def test_worlds_too_large_are_played_from_the_start(hear):
    heard = hear(LivePlay, Setting(arms=({},)))
    heard.play.past.room = 1000
    heard.play.past.forget()
    epochs(heard, 8)
    before = prints(heard.play)
    assert heard.play.past._kept == []
    go(heard, 3)
    assert prints(go(heard, 40)) == before
