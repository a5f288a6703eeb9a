"""What an arm gives the canvas to show."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.projection import projection_of
from ecosystem.yardsticks.figure1 import STORY
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.history import comings


def test_items_lie_in_the_plane_of_the_users_and_creators_on_items(movielens_folder, own_cache):
    pytest.importorskip("cornac")
    model = CreatorEconomy(
        environment="movielens", path=str(movielens_folder), n_creators=6, shared=30, private=20, active_above=40,
        n_groups=4, rng=1,
    )  # fmt: skip
    arm = Arm(model)
    for _ in range(12):
        arm.step()
    about, arrays = arm.scene()
    items = model.catalogue.items
    assert arrays["items"].shape == (len(about["titles"]), 2)
    # The same axes, up to one common factor: which user an item suits best in the plane stays what it is.
    axes = projection_of(model.users).axes
    flat = (items - items.mean(axis=0)) @ axes.T
    np.testing.assert_allclose(arrays["items"], flat * about["enlarged"], rtol=1e-4, atol=1e-5)
    spread = [
        np.square(points - points.mean(axis=0)).sum(axis=1).mean() for points in (arrays["users"], flat)
    ]
    assert about["enlarged"] == pytest.approx(np.sqrt(spread[0] / spread[1]), rel=1e-4)
    # What a creator makes can be told from where it is drawn.
    now = arm.trail.since(arm.trail.count - 1)[0]
    nearest = ((arrays["items"][None] - now[:, None]) ** 2).sum(axis=2).argmin(axis=1)
    assert [about["titles"][k] for k in nearest] == model.titles_of(model.strategies)


def test_items_one_brings_are_shown_too_and_nothing_is_enlarged_in_two_dimensions(tmp_path):
    rng = np.random.default_rng(0)
    for dim in (2, 5):
        np.savez(tmp_path / "own.npz", users=rng.normal(size=(30, dim)), items=rng.normal(size=(9, dim)) / 50)
        arm = Arm(CreatorEconomy(environment="embeddings", file=str(tmp_path / "own.npz"), n_groups=2, rng=0))
        about, arrays = arm.scene()
        assert about["titles"] is None
        assert arrays["items"].shape == (9, 2)
        assert about["enlarged"] == 1 if dim == 2 else about["enlarged"] > 20


def test_what_a_check_finds_in_vectors_one_brings_is_told(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "own.npz", users=rng.normal(size=(30, 5)), items=99 * rng.normal(size=(9, 5)))
    given = {"environment": "embeddings", "file": str(tmp_path / "own.npz"), "n_groups": 2, "rng": 0}
    scaled, lists = Arm(CreatorEconomy(**given)).found
    assert scaled.startswith("scaled for you to max_norm 0.")
    assert (
        "since eta 0.2 reaches no other item from 9 of 9 starts; to decide yourself: max_norm=none, or eta="
        in scaled
    )
    assert lists == "K 20 is no less than the 20 creators: everybody is on every list: use K=5"
    assert Arm(CreatorEconomy(environment="figure1", rng=0)).found == [STORY]
    assert Arm(CreatorEconomy(environment="figure1", eta=0.5, rng=0)).found == []
    assert Arm(CreatorEconomy(environment="figure1", reward="traffic", rng=0)).found == []


def test_worlds_without_items_show_none():
    about, arrays = Arm(CreatorEconomy(environment="figure1", rng=0)).scene()
    assert "items" not in arrays
    assert about["enlarged"] == 1


RULE = "least_paid(every=2, first=5.0, last=5.0, until=1.0)"


def test_creators_who_come_and_go_are_told_apart_by_their_numbers():
    arm = Arm(CreatorEconomy(environment="figure1", turnover=RULE, arrivals=1.5, rng=1))
    paths: dict[int, list] = {number: [start] for number, start in enumerate(arm.model.start)}
    for _ in range(30):
        arm.step()
        for number, strategy in zip(arm.model.population.numbers, arm.model.strategies, strict=True):
            paths.setdefault(int(number), []).append(strategy)
    about, arrays = arm.frame(0, -1)
    numbers = arrays["numbers"]
    living = np.flatnonzero(numbers >= 0)
    assert sorted(numbers[living]) == arm.model.population.numbers.tolist()
    assert max(numbers[living]) > 20
    assert about["alive"] == len(living) == arm.model.n_creators
    assert arrays["path"].shape == (31, arm.trail.width, 2)
    for column in living:
        since = int(about["step"] - arrays["births"][column]) + 1
        own = np.array(paths[int(numbers[column])], dtype=np.float32)
        np.testing.assert_array_equal(arrays["path"][-since:, column], own)
    _, charts = arm.charts()
    np.testing.assert_array_equal(charts["pay"][arm.model.population.slots], arm.model.creator_utilities)
    assert np.isnan(np.delete(charts["pay"], living)).all()
    assert comings(arm.series, "A")[0][1].startswith("t=2-30  A: 15 creators left, ")


def test_terms_that_a_page_has_heard_of_are_those_in_force():
    arm = Arm(CreatorEconomy(environment="figure1", mechanism="hmt", epoch_length=4, rng=0))
    seen, shown, sent = -1, {}, []
    for step in range(1, 14):
        arm.step()
        _, arrays = arm.frame(0, seen)
        sent += [step] if "K" in arrays else []
        shown, seen = shown | arrays, arm.terms
        terms = arm.model.platform.terms()
        np.testing.assert_array_equal(shown["K"], terms.K)
        np.testing.assert_array_equal(shown["beta"], terms.beta)
    assert sent == [1, 4, 8, 12]


def test_users_who_are_away_have_no_utility_to_show():
    model = CreatorEconomy(
        environment="synthetic", n_users=80, n_creators=6, n_groups=3, retention="returning", rng=1
    )
    arm = Arm(model)
    assert np.isfinite(arm.charts()[1]["utility"]).all()
    for _ in range(5):
        arm.step()
    utility = arm.charts()[1]["utility"]
    there = np.isfinite(utility)
    assert there.sum() == model.present == arm.frame(0, -1)[0]["present"] < 80
    np.testing.assert_array_equal(utility[there], model.user_utilities[there])


def test_a_world_in_which_everybody_has_left_is_shown():
    arm = Arm(
        CreatorEconomy(environment="figure1", turnover="patience(share=9.0, steps=2)", arrivals="none", rng=0)
    )
    for _ in range(6):
        arm.step()
    about, arrays = arm.frame(0, -1)
    assert about["alive"] == 0
    assert np.isnan(arrays["numbers"]).all()
    assert np.isnan(arm.charts()[1]["pay"]).all()


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        ({}, "no intervention"),
        ({"mechanism": "hmt", "turnover": "patience"}, "HMT · patience"),
        ({"mechanism": 'hmt(mapping="table_1")'}, "HMT by Table 1"),
        ({"mechanism": "smt(mapping='linear(0.5)')"}, 'smt(mapping="linear(0.5)")'),
        ({"reward": "contribution", "turnover": "least_paid"}, "contribution · least_paid"),
    ],
)
def test_the_title_says_what_an_arm_does(parameters, title):
    about, _ = Arm(CreatorEconomy(environment="figure1", rng=0, **parameters)).frame(0, -1)
    assert about["title"] == title
