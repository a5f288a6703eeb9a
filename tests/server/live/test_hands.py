"""Hands: in links, in the plane shown, and what they may not do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.projection import projection_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.hands import Hand, hand_of
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import Setting


def settled(heard):
    heard.settle()
    return heard.play


def reach(heard, arm, name, value):
    heard.play.heard({"kind": "hand", "arm": arm, "name": name, "value": value})
    return settled(heard)


def strategies(heard) -> list[np.ndarray]:
    return [arm.model.strategies for arm in settled(heard).arms]


def test_a_link_with_a_drag_an_added_and_a_removed_creator_replays_to_the_same_strategies(hear):
    heard = hear(LivePlay, Setting(seed=4, arms=({"turnover": "least_paid"}, {})))
    heard.play.epoch()
    reach(heard, "a", "drag", "3/0.5213/-0.1")
    reach(heard, "all", "add", "0.5/0.2")
    heard.play.epoch()
    reach(heard, "b", "remove", "4")
    reach(heard, "a", "user", "2/0.1/0.9")
    heard.play.epoch()
    before, query = strategies(heard), heard.last("address")["query"]
    assert "changes=5.a.drag:3/0.5213/-0.1~5.all.add:0.5/0.2~10.b.remove:4~10.a.user:2/0.1/0.9" in query
    numbers = [arm.population.numbers.tolist() for arm in heard.play.arms]
    assert numbers[1] == [0, 1, 2, 3, 5]
    again = hear(LivePlay, Setting.from_query(query, OWN_MACHINE))
    again.wait(lambda: not again.status.busy and again.play.arms[0].step_count == 15)
    assert [arm.population.numbers.tolist() for arm in again.play.arms] == numbers
    assert all((one == other).all() for one, other in zip(strategies(again), before, strict=True))
    again.wait(lambda: "events" in again.last("frame"))
    assert "t=5  A: creator 3 dragged to (0.52, -0.10)" in again.last("frame")["events"]
    assert "t=5  A, B: a creator put at (0.50, 0.20)" in again.last("frame")["events"]


def test_what_is_shown_is_right_in_the_frame_that_follows(hear):
    heard = hear(LivePlay, Setting(arms=({},)))
    heard.play.epoch()
    play = reach(heard, "a", "drag", "2/0.3/0.4")
    heard.wait(lambda: not play._courier.charts_stale)
    frame = heard.last("frame")
    (arm,) = frame["arms"]
    path, pay = (frame["buffers"][arm["arrays"][name]] for name in ("path", "pay"))
    model = play.arms[0].model
    assert path[-1, 2] == pytest.approx([0.3, 0.4])
    assert path.shape[0] == 6  # the dragged one jumps within its step
    assert pay == pytest.approx(model.creator_utilities)
    assert arm["welfare"] == pytest.approx(model.market.welfare())
    assert play.arms[0].series.column("welfare")[-1] == model.welfare


def test_in_many_dimensions_a_drag_moves_in_the_plane_alone():
    model = CreatorEconomy(environment="synthetic", n_users=80, n_creators=6, rng=1)
    plane, before = projection_of(model.users), model.strategies
    hand_of("drag", "2/0.05/-0.1").act(model, plane, plane)
    moved = model.strategies[2] - before[2]
    assert plane(model.strategies[2:3])[0] == pytest.approx([0.05, -0.1], abs=1e-6)
    assert moved - (moved @ plane.axes.T) @ plane.axes == pytest.approx(np.zeros(model.dim), abs=1e-8)
    hand_of("add", "9/9").act(model, plane, plane)
    assert np.linalg.norm(model.strategies[-1]) == pytest.approx(1)  # as far as the strategy set goes


def test_on_a_catalogue_a_hand_takes_the_nearest_item_in_the_plane(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", users=rng.standard_normal((30, 5)), items=rng.standard_normal((40, 5)))
    model = CreatorEconomy(environment="embeddings", file=str(tmp_path / "x.npz"), n_creators=5, rng=0)
    plane = projection_of(model.users)
    items = plane(model.catalogue.items)
    nearest = int(np.square(items - [0.4, -0.3]).sum(axis=1).argmin())
    hand_of("drag", "1/0.4/-0.3").act(model, plane, plane)
    hand_of("add", "0.4/-0.3").act(model, plane, plane)
    assert (model.strategies[[1, -1]] == model.catalogue.items[nearest]).all()


@pytest.mark.parametrize(
    "change",
    [
        "drag:3/0.5",
        "drag:-1/0/0",
        "drag:1.5/0/0",
        "drag:1/nan/0",
        "drag:1/inf/0",
        "drag:1/1e9/0",
        "drag:x/0/0",
        "add:0.5",
        "add:",
        "add:1/2/3",
        "remove:",
        "remove:1/2",
        "user:1",
        "user:" + "9" * 5000 + "/0/0",
    ],
)
def test_a_malformed_hand_in_a_link_is_one_line(change):
    with pytest.raises(BadInput) as caught:
        Setting.from_query(f"seed=1&changes=5.a.{change}", OWN_MACHINE)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    "hand", [Hand("drag", 3, (0.52, -1e-7)), Hand("add", -1, (-120.5, 3.0)), Hand("remove", 12)]
)
def test_what_a_hand_did_reads_as_it_was_written(hand):
    assert hand_of(hand.name, str(hand)) == hand


def test_what_cannot_be_is_told_and_changes_nothing(hear):
    heard = hear(LivePlay, Setting(arms=({},)), replace(PUBLIC, n_creators=6))
    for arm, name, value, told in (
        ("a", "drag", "7/0/0", "creator 7 is not there; take one that is shown"),
        ("b", "drag", "1/0/0", "arm b is not there"),
        ("a", "user", "5/0/0", "user is 5"),
        ("a", "drag", "1/x/0", "x is 'x'"),
        ("a", "add", "1/1", ""),
        ("all", "add", "1/1", "n_creators is 7; this server allows at most 6"),
    ):
        heard.play._changes.clear()
        assert told in reach(heard, arm, name, value).status.message
        assert len(heard.play._changes) == (told == "")
    for number in (0, 1, 2, 3, 4):
        reach(heard, "a", "remove", str(number))
    assert "creator 5 is the last one; add another" in reach(heard, "a", "remove", "5").status.message
    assert heard.play.arms[0].model.n_creators == 1
    for nonsense in ({"arm": "c", "name": "add"}, {"arm": "a", "name": "rob", "value": "1"}, {}):
        heard.play.heard({"kind": "hand", **nonsense})
    assert not settled(heard).status.failed


def test_the_last_user_is_one_that_can_be_dragged():
    model = CreatorEconomy(environment="figure1", rng=0)
    hand_of("user", "4/0/0").check(model, OWN_MACHINE)
    with pytest.raises(BadInput, match="user is 5"):
        hand_of("user", "5/0/0").check(model, OWN_MACHINE)


def test_among_many_users_none_is_dragged():
    model = CreatorEconomy(environment="synthetic", n_users=201, n_creators=3, rng=0)
    with pytest.raises(BadInput, match="there are 201 users; one can be dragged where there are at most 200"):
        hand_of("user", "0/1/1").check(model, OWN_MACHINE)


def test_a_link_whose_hand_finds_nobody_stops_there_and_plays_on(hear):
    heard = hear(
        LivePlay, Setting.from_query("arms=1&changes=3.a.remove:9~4.a.remove:1&step=10", OWN_MACHINE)
    )
    heard.wait(lambda: heard.status.message)
    assert heard.status.message == "creator 9 is not there; take one that is shown"
    assert (heard.status.busy, heard.status.playing) == ("", False)
    heard.play.epoch()
    assert settled(heard).arms[0].model.n_creators == 4
