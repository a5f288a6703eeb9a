"""Niches: clusters on orthogonal axes, creators at one place, and sets that keep them near it."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.environments import ENVIRONMENTS
from ecosystem.environments.niches import build, zipf_sizes
from ecosystem.market.book import strategy_arrays
from ecosystem.market.trials import project
from ecosystem.strategy_sets import Ball, Nearby
from ecosystem_agents.inputs.checks import BadInput


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ((200, 10, 1.0), [66, 33, 23, 17, 14, 12, 10, 9, 8, 8]),
        ((12, 3, 0.0), [4, 4, 4]),
        ((12, 10, 3.0), [3, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        ((3, 3, 1.0), [1, 1, 1]),
    ],
)
def test_sizes_go_as_a_power_of_the_rank(given, sizes):
    assert zipf_sizes(*given).tolist() == sizes


def test_clusters_are_as_far_apart_as_said():
    made = build(np.random.default_rng(0), spread=0.0)
    centres = np.array([made.users[made.groups == g].mean(axis=0) for g in range(10)])
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    assert np.allclose(gaps[~np.eye(10, dtype=bool)], np.sqrt(2))
    assert np.allclose(made.relevance(made.users[:1], made.users[-1:]), 1 - np.sqrt(2) / 2)
    spread = build(np.random.default_rng(0), n_users=20_000)
    around = spread.users - np.eye(10, 16)[spread.groups]
    assert np.linalg.norm(around, axis=1).mean() == pytest.approx(0.2, rel=0.03)


@pytest.mark.parametrize("start", ["head", "users", "middle", "clusters"])
def test_creators_start_where_they_are_put(start):
    made = build(np.random.default_rng(1), start=start, n_creators=12)
    centres = np.eye(10, 16)
    where = {
        "head": centres[[0] * 12],
        "middle": np.tile(made.users.mean(axis=0), (12, 1)),
        "clusters": centres[np.arange(12) % 10],
    }
    if start == "users":
        gaps = np.linalg.norm(made.strategies[:, None] - made.users[None], axis=2).min(axis=1)
    else:
        gaps = np.linalg.norm(made.strategies - where[start], axis=1)
    assert (gaps < 0.3).all()
    assert (np.linalg.norm(made.strategies, axis=1) <= 1 + 1e-12).all()
    assert (made.users == build(np.random.default_rng(1)).users).all()  # whatever creators do


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"clusters": 17}, "clusters is 17; it must be a whole number at least 1 and at most 16"),
        ({"n_users": 9}, "n_users is 9; it must be a whole number at least 10"),
        ({"scale": 0}, "scale is 0"),
        ({"start": "tail"}, "start is 'tail'; it must be one of head, users, middle, clusters"),
        ({"zipf": -1}, "zipf is -1"),
        ({"local": -0.1}, "local is -0.1"),
    ],
)
def test_options_out_of_range_are_one_line(options, says):
    with pytest.raises(BadInput, match=says):
        CreatorEconomy(environment="niches", **options)


def test_presets_differ_by_their_options():
    options = {name: ENVIRONMENTS[name].options for name in ENVIRONMENTS if name.startswith("niches")}
    assert options["niches"] == options["niches_unserved"]
    assert {key for key in options["niches"] if options["niches"][key] != options["niches_silent"][key]} == {
        "scale"
    }
    assert (options["niches_few"]["n_creators"], options["niches_few"]["zipf"]) == (5, 2.0)


def test_users_and_creators_are_drawn_in_this_order():
    """Seeds mean the same worlds from version to version: users, who starts where, and what lies around it."""
    made, rng = build(np.random.default_rng(5), n_users=30, spread=0.4), np.random.default_rng(5)
    users = np.eye(10, 16)[made.groups] + 0.4 / 4 * rng.standard_normal((30, 16))
    np.testing.assert_array_equal(made.users, users)
    rng.integers(30, size=10)
    starts = np.eye(10, 16)[0] + 0.1 / 4 * rng.standard_normal((10, 16))
    starts /= np.maximum(np.linalg.norm(starts, axis=1, keepdims=True), 1.0)
    np.testing.assert_allclose(made.strategies, starts, rtol=0, atol=1e-15)


def test_what_the_paper_calls_beta_k_and_eta_stand_as_documented():
    for name in ("niches", "niches_unserved", "niches_silent", "niches_few"):
        model = CreatorEconomy(environment=name, rng=0)
        assert (model.beta, model.K, model.eta, model.horizon) == (0.1, 5, 0.2, 2000)
        assert (model.n_groups, model.lbr_evaluation) == (10, "projected")


def test_where_creators_see_no_other_cluster_nothing_changes_but_by_turnover():
    """No gradient and no pay tells them: relevance there is 0."""
    silent = {"environment": "niches_silent", "horizon": 300, "reward": "contribution", "rng": 0}
    alone, with_turnover = CreatorEconomy(**silent), CreatorEconomy(**silent, turnover="least_paid(every=5)")
    before = alone.welfare
    alone.run()
    with_turnover.run()
    assert alone.welfare < before + 0.01
    assert with_turnover.welfare > before + 0.2


def test_local_creators_stay_near_where_they_started():
    model = CreatorEconomy(environment="niches", local=0.3, horizon=60, rng=0)
    model.run()
    gaps = np.linalg.norm(model.strategies - model.start, axis=1)
    assert 0.25 < gaps.max() <= 0.3 * (1 + 1e-9)


def test_projections_near_a_place_are_feasible_nearest_and_the_kernels():
    rng, on_the_rim = np.random.default_rng(0), 0
    for _ in range(500):
        d = int(rng.integers(1, 5))
        centre = Ball(1).project(rng.standard_normal(d) * rng.choice([0.1, 1, 3]))
        distance, point, out = float(rng.choice([0.1, 0.5, 1, 2.5])), rng.standard_normal(d), np.empty(d)
        one = Nearby(centre, distance)
        landing = one.project(point)
        project(strategy_arrays([one], d), 0, point, out)
        assert np.allclose(landing, out, atol=1e-12)
        lengths = np.linalg.norm(landing), np.linalg.norm(landing - centre)
        assert lengths[0] <= 1 + 1e-9
        assert lengths[1] <= distance * (1 + 1e-9)
        on_the_rim += np.isclose(lengths[0], 1) and np.isclose(lengths[1], distance)
        others = centre + distance * rng.uniform(-1, 1, (200, d))
        others = others[
            (np.linalg.norm(others, axis=1) <= 1) & (np.linalg.norm(others - centre, axis=1) <= distance)
        ]
        assert (np.linalg.norm(others - point, axis=1) >= np.linalg.norm(landing - point) - 1e-9).all()
    assert on_the_rim > 20


def test_a_centre_outside_the_ball_is_refused():
    with pytest.raises(BadInput, match="centre is outside the ball of radius 1"):
        Nearby(np.array([1.5, 0.0]), 0.2)
