"""What explains a creator or a user: against the definitions, and without changing a bit of the run."""

from __future__ import annotations

import time

import numpy as np
import pytest

import ecosystem
from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities
from ecosystem_server.live import gaze as gaze_module
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.gaze import Gaze
from ecosystem_server.live.landscape import Mark, landscape, why
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import Setting

BOX = (-1.5, 1.5, -1.5, 1.5)


def arm_of(steps: int = 7, **parameters) -> Arm:
    arm = Arm(CreatorEconomy(rng=1, **parameters))
    for _ in range(steps):
        arm.step()
    return arm


def paid(model: CreatorEconomy, strategies: np.ndarray) -> np.ndarray:
    """Return what creators at `strategies` earn, by the definitions."""
    terms = model.platform.terms()
    relevance = model.market.relevance(model.users, strategies)
    return creator_utilities(
        relevance, matching_probabilities(relevance, terms.beta, terms.K), weights=terms.reward_weight
    )


@pytest.mark.parametrize("environment", ["figure1", "synthetic"])
def test_a_landscape_is_what_the_creator_would_earn_at_each_place(environment):
    sizes = {} if environment == "figure1" else {"n_users": 80, "n_creators": 12}
    arm = arm_of(environment=environment, mechanism="uir", **sizes)
    model, row, side = arm.model, 3, 7
    _, parts = landscape(arm, row, BOX, side)
    axes, own = arm.plane.axes, model.strategies
    seen = 0
    for k, value in enumerate(parts["values"]):
        place = [-1.5 + 3 * (k % side + 0.5) / side, -1.5 + 3 * (k // side + 0.5) / side]
        moved = own.copy()
        moved[row] += (place - (own[row] - arm.plane.centre) @ axes.T) @ axes
        np.testing.assert_allclose(arm.plane(moved[row]), place, atol=1e-6)
        if environment == "synthetic" and np.linalg.norm(moved[row]) > 1:
            assert np.isnan(value)
            continue
        seen += 1
        assert value == pytest.approx(paid(model, moved)[row], abs=1e-12)
        assert value == pytest.approx(model.market.utility_at(row, moved[row]), abs=1e-13)
    assert 4 < seen <= side**2
    if environment == "synthetic":
        assert np.isnan(landscape(arm, row, (8.0, 9.0, 8.0, 9.0), 2)[1]["values"]).all()
    assert (seen < side**2) == (environment == "synthetic")


def test_items_are_valued_where_creators_choose_among_them():
    rng = np.random.default_rng(3)
    world = ecosystem.embeddings(rng.standard_normal((60, 4)), items=rng.standard_normal((40, 4)))
    arm = arm_of(environment=world, K=3, n_creators=5)
    about, parts = landscape(arm, 2, (-99.0, 99.0, -99.0, 99.0), 12)
    items = arm.model.catalogue.items
    assert about == {"side": 0}
    np.testing.assert_array_equal(parts["places"], arm.stage(items))
    assert parts["values"].tolist() == [arm.model.market.utility_at(2, item) for item in items]
    assert len(landscape(arm, 2, (-99.0, 99.0, -99.0, 99.0), 3)[1]["values"]) <= 9


def test_pay_by_user_and_a_users_list_are_those_of_the_definitions():
    arm = arm_of(environment="synthetic", n_users=80, n_creators=12, mechanism="hmt")
    model, terms = arm.model, arm.model.platform.terms()
    relevance = model.market.relevance(model.users, model.strategies)
    P = matching_probabilities(relevance, terms.beta, terms.K)
    about, parts = why(arm, Mark("creator", 4), BOX, 2)
    dues = terms.reward_weight * P[:, 4] * relevance[:, 4] / 80
    best = np.argsort(-dues)[:24]
    np.testing.assert_allclose(parts["dues"], dues[best], atol=1e-15)
    np.testing.assert_allclose(dues[parts["payers"]], dues[best])
    assert about["earned"] == pytest.approx(model.market.utility(4))
    about, parts = why(arm, Mark("user", 11), BOX, 2)
    best = [i for i in np.argsort(-P[11]) if P[11, i]]
    assert parts["shown"].tolist() == best
    np.testing.assert_allclose([parts["chances"], parts["relevance"]], [P[11, best], relevance[11, best]])
    assert about == {"others": 0.0}
    assert why(arm, Mark("creator", 12), BOX, 2) == why(arm, Mark("user", 80), BOX, 2) == ({}, {})


def test_the_last_trial_leads_where_the_creator_went_or_would_have_gone():
    arm, outcomes = arm_of(steps=0, environment="figure1"), set()
    assert "trial" not in why(arm, Mark("creator", 0), BOX, 2)[0]
    for _ in range(30):
        before = arm.model.strategies[0]
        arm.step()
        about, _ = why(arm, Mark("creator", 0), BOX, 2)
        start, end = np.split(np.array(about["trial"]), 2)
        now = arm.model.strategies[0]
        assert about["accepted"] == bool((now != before).any())
        np.testing.assert_allclose(start, before, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(end - start), 0.1, atol=1e-6)
        if about["accepted"]:
            np.testing.assert_allclose(end, now, atol=1e-6)
        outcomes.add(about["accepted"])
    assert outcomes == {True, False}


def test_the_last_trial_ends_where_the_creator_would_land():
    ends = {}
    for evaluation in ("printed", "projected"):
        arm = arm_of(
            0, environment="synthetic", n_users=80, n_creators=12, eta=0.5, lbr_evaluation=evaluation
        )
        model, ends[evaluation] = arm.model, []
        for _ in range(20):
            arm.step()
            about, _ = why(arm, Mark("creator", 0), BOX, 2)
            if not about["accepted"]:
                there = model.strategies[0] + model.eta * model.last_trial(0)[0]
                length = np.linalg.norm(there)
                landing = there / max(1.0, length) if evaluation == "projected" else there
                np.testing.assert_allclose(about["trial"][2:], arm.plane(landing), atol=1e-6)
                ends[evaluation].append(length)
        assert max(ends[evaluation]) > 1.1  # outside the ball, so that the two differ


def test_looking_changes_no_bit_and_is_answered_between_steps(hear, monkeypatch):
    monkeypatch.setattr(gaze_module, "GAP", 0.0)
    blind, looks = (
        hear(LivePlay, Setting("synthetic", 3, {"n_users": 90, "n_creators": 15}, ({"mechanism": "hmt"},)))
        for _ in range(2)
    )
    for step in range(8):
        mark = {"kind": ("creator", "user")[step % 2], "index": step}
        looks.play.heard({"kind": "look", "mark": mark, "box": [-1, 1, -1.0, 1]})
        for play in (blind, looks):
            play.play.step()
            play.settle()
        looks.wait(lambda mark=mark: any(one.get("mark") == mark for one in looks.messages))
    np.testing.assert_array_equal(blind.play.arms[0].model.strategies, looks.play.arms[0].model.strategies)


@pytest.mark.parametrize(
    "message",
    [
        {"mark": None},
        {"mark": {"kind": "item", "index": 0}, "box": [0, 1, 0, 1]},
        {"mark": {"kind": "creator", "index": -1}, "box": [0, 1, 0, 1]},
        {"mark": {"kind": "creator", "index": 0}, "box": [1, 0, 0, 1]},
        {"mark": {"kind": "creator", "index": 0}, "box": [0, 1e99, 0, 1]},
        {"mark": {"kind": "creator", "index": 0}, "box": "abcd"},
    ],
)
def test_what_is_no_question_is_none(message):
    gaze, arm = Gaze(lambda *_: None), arm_of(steps=0, environment="figure1")
    gaze.turn_to({"mark": {"kind": "creator", "index": 0}, "box": [0, 1, 0, 1]})
    assert gaze.due([arm], True) < np.inf
    gaze.turn_to(message)
    assert gaze.due([arm], True) == np.inf


def test_landscapes_are_coarse_first_then_as_fine_as_there_is_time():
    said, arm = [], arm_of(environment="figure1")
    gaze = Gaze(lambda message, arrays: said.append(message))
    why(arm, Mark("creator", 0), BOX, 2)  # compiled
    gaze.turn_to({"mark": {"kind": "creator", "index": 0}, "box": [0, 1, 0, 1]})
    began = time.monotonic()
    while gaze.due([arm], False) < np.inf and time.monotonic() < began + 60:
        gaze.answer([arm], False)
    assert [message["arms"][0]["side"] for message in said][:2] == [12, 48]
