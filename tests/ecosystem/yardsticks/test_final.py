"""The final figures of a run: by a direct recount, and however it is cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.metrics import gini
from ecosystem.yardsticks.final import Final, Recorded


def model(**more):
    return CreatorEconomy(
        environment="synthetic", n_users=60, n_creators=12, n_groups=4, K=6, horizon=40, rng=2, **more
    )


def recount(economy):
    """Play to the horizon step by step; average the last 4 of 40 steps, and welfare over all."""
    groups, pays, welfares = [], [], []
    for step in range(40):
        economy.step()
        welfares.append(economy.welfare)
        if step >= 36:
            utilities = economy.default_utilities
            groups.append([utilities[economy.groups == k].mean() for k in range(economy.n_groups)])
            pays.append(economy.creator_utilities.copy())
    return np.mean(groups, axis=0), pays, np.mean(welfares)


@pytest.mark.parametrize("pieces", [[40], [40, 40], [35, 3, 1, 9], [1] * 40, [37, 5]])
def test_means_over_the_last_steps_however_played(pieces):
    groups, pays, welfare = recount(model(mechanism="smt", reward="contribution"))
    run = Recorded(model(mechanism="smt", reward="contribution"))
    for steps in pieces:
        run.play(steps)
    assert run.left == 0
    final = run.final()
    np.testing.assert_allclose(final.groups, groups, rtol=1e-12)
    assert final.welfare_during == pytest.approx(welfare, rel=1e-12)
    assert not np.allclose(final.groups, final.groups_deployed)
    assert final.payout == pytest.approx(np.mean([pay.sum() for pay in pays]), rel=1e-12)
    assert final.negative_pay == np.mean([(pay < 0).mean() for pay in pays])
    assert final.creator_gini == pytest.approx(np.mean([gini(pay) for pay in pays]), rel=1e-12)
    figures = run.model.datacollector.model_vars
    assert final.welfare == pytest.approx(np.mean(figures["welfare"][-4:]), rel=1e-12)
    assert final.welfare_default == pytest.approx(np.mean(figures["welfare_default"][-4:]), rel=1e-12)


def test_who_was_away_counts_in_no_group():
    economy, seen = model(retention="returning(middle=0.55, back=0.3)"), []
    run = Recorded(model(retention="returning(middle=0.55, back=0.3)"))
    run.play()
    for step in range(40):
        economy.step()
        if step >= 36:
            seen.append((economy.attending, economy.expected_utilities))
    there, utilities = (np.array(rows) for rows in zip(*seen, strict=True))
    assert 0 < there.mean() < 1
    for k in range(economy.n_groups):
        some = there[:, economy.groups == k]
        wanted = utilities[:, economy.groups == k][some].mean() if some.any() else economy.group_utilities[k]
        assert run.final().groups_deployed[k] == pytest.approx(wanted, rel=1e-12)


def test_nobody_alive_is_paid_nothing():
    run = Recorded(model(turnover="patience(outside=9.0, steps=1)", arrivals="none"))
    run.play()
    assert (run.final().payout, run.final().negative_pay, run.final().welfare) == (0, 0, 0)


def test_groups_by_hand():
    final = Final(0.9, 0.7, np.array([0.5, 0.9]), np.array([0.8, 1.0]), 0.1, 0.0, 30.0, 0.8, 3)
    assert (final.worst_group, final.worst_group_deployed) == (0.5, 0.8)
    assert (final.welfare_groups, final.welfare_groups_deployed) == pytest.approx((0.7, 0.9))
    assert (final.sd_groups, final.sd_groups_deployed) == pytest.approx((0.2, 0.1))
