"""A closed loop: its books balance, its terms are the mechanism's, its weights Algorithm 1's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem.shortvideo.days import PARTS, ClosedLoop, relative_change
from ecosystem.shortvideo.kernels import COLD, FRESH, IMPRESSIONS, LIKES
from ecosystem.shortvideo.population import draw_shares
from ecosystem.shortvideo.settings import Settings
from ecosystem.shortvideo.synthetic_population import synthetic_population
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import HMT, SMT, TABLE_1, UIR, NoIntervention, RetrievedShare
from ecosystem_agents.reweighting import reweight


def loop(seed=0, users=300, min_group=10, **settings):
    population = synthetic_population(np.random.default_rng(seed), users, users // 10).with_groups_of(
        min_group
    )
    (share,) = draw_shares(np.random.default_rng(seed), population, 1, users, users // 10)
    return ClosedLoop(population, share, Settings(**settings), np.random.SeedSequence(seed))


@pytest.mark.parametrize("seed", range(3))
def test_the_books_balance_and_nobody_sees_an_item_twice(seed):
    arm = loop(seed)
    period = arm.run(6)  # shorter than an item's life, so that nothing is forgotten
    user, items = period.user, arm.contents.items
    assert user[:, IMPRESSIONS].sum() == items.impressions.sum() == np.sum(period.delivered)
    assert (np.sum(period.totals, axis=0) == user.sum(axis=0)).all()
    seen = np.unpackbits(arm.contents.seen, axis=1).sum(axis=1)
    assert (seen == user[:, IMPRESSIONS]).all()
    for part in (LIKES, COLD, FRESH):
        assert (user[:, part] <= user[:, IMPRESSIONS]).all()
    assert np.sum(period.created) == arm.contents.count
    assert (np.diff(items.born[: arm.contents.count]) >= 0).all()
    assert (items.creator < len(arm.followers)).all()
    active = np.array(period.active)
    days = items.born[: arm.contents.count] // 24
    assert active[days, items.creator[: arm.contents.count]].all()  # only who is active makes anything


def test_relative_change_by_hand():
    days = [
        np.array([0.2, 0.4, np.nan, 0.0]),
        np.array([0.4, 0.4, 0.1, 0.0]),
        np.array([0.33, 0.3, 0.1, 0.2]),
    ]
    assert relative_change(days) == pytest.approx([0.1, -0.25, 0.0, 0.0])
    assert (relative_change(days[:2]) == 0).all()


def test_weights_are_algorithm_1_on_the_relative_change_and_start_at_one():
    arm = loop(alpha=3.0)
    before = arm.run(5)
    arm.start(HMT(RetrievedShare(PARTS)))
    during = arm.run(4)
    assert (during.weights[0] == 1).all()
    ltr = before.group_ltr + during.group_ltr
    for day in range(3):
        expected = reweight(during.weights[day], relative_change(ltr[3 + day : 6 + day]), 3.0)
        assert during.weights[day + 1] == pytest.approx(expected, abs=1e-15)
    assert np.std(during.weights[-1]) > 0


def test_terms_are_the_mechanisms_and_users_of_no_group_keep_the_default():
    arm = loop(users=1000, min_group=20)
    outside = arm.groups < 0
    assert 0 < outside.mean() < 1
    arm.weights = np.linspace(0.5, 3.0, arm.n_groups)
    weight = arm.weights[arm.groups]
    share, beta, pay = arm.terms()
    assert (share == 0.01).all()
    assert (beta == 0.1).all()
    assert (pay == 1).all()
    arm.mechanism = HMT(RetrievedShare(PARTS))
    assert arm.terms()[0][~outside] == pytest.approx(1 - TABLE_1(weight[~outside]))
    assert (arm.terms()[0][outside] == 0.01).all()
    arm.mechanism = HMT()
    assert arm.terms()[0][~outside] == pytest.approx(np.ceil(100 * weight[~outside] - 1e-9) / PARTS)
    arm.mechanism = SMT()
    assert arm.terms()[1][~outside] == pytest.approx(0.1 * weight[~outside])
    arm.mechanism = UIR()
    assert (arm.terms()[2] == np.where(outside, 1.0, weight)).all()


def test_a_lower_percentile_shows_more_cold_content():
    totals = []
    for percentile in (0.99, 0.9, 0.5):
        user = loop(percentile=percentile, cold_impressions=1000).run(10).user.sum(axis=0)
        totals.append(user[COLD] / user[IMPRESSIONS])
    assert totals[0] < totals[1] < totals[2]


def test_the_same_stream_gives_the_same_days():
    one, two = (loop(4).run(5) for _ in range(2))
    assert (one.user == two.user).all()
    assert (one.worth == two.worth).all()


def test_a_platform_without_groups_runs_on_default_terms():
    arm = loop(min_group=10**6)
    arm.run(4)
    arm.start(HMT(RetrievedShare(PARTS)))
    period = arm.run(2)
    assert period.retrieved == pytest.approx([0.01, 0.01])
    assert isinstance(loop().mechanism, NoIntervention)


@pytest.mark.parametrize(
    "bad",
    [{"percentile": 1.1}, {"beta": 0}, {"slate": 0}, {"life_days": 2}, {"reward_days": 8}, {"w_min": 6.0}],
)
def test_settings_outside_their_range_get_one_line(bad):
    with pytest.raises(BadInput, match=next(iter(bad))):
        Settings(**bad)


def test_a_relevance_of_an_unknown_kind_is_refused_not_taken_for_a_dot_product():
    population = replace(synthetic_population(np.random.default_rng(0), 100, 10), relevance=lambda x, s: x)
    (share,) = draw_shares(np.random.default_rng(0), population, 1, 100, 10)
    with pytest.raises(BadInput, match="must be a DistanceRelevance or a DotRelevance"):
        ClosedLoop(population, share, Settings(), np.random.SeedSequence(0))
