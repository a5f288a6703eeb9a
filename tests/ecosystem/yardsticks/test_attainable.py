"""The attainable: where it starts, which rules it plays by, and shares of it."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.game import user_utilities
from ecosystem.matching import matching_probabilities
from ecosystem.metrics import tail_mean
from ecosystem.yardsticks.attainable import attainable, share_of
from ecosystem.yardsticks.planner import plan_world

SMALL = {"environment": "niches", "n_users": 40, "clusters": 4, "n_creators": 4, "dim": 4, "horizon": 30}


def played(parameters, strategies, seed):
    """Play the same run step by step: a model whose creators are put there before its first step."""
    model = CreatorEconomy(**parameters, reward="contribution", rng=seed)
    draw = model.stream_of("attainable").standard_normal(strategies.shape)
    for i, (place, way) in enumerate(zip(strategies, draw, strict=True)):
        at = place + model.eta * way / np.linalg.norm(way)
        model.move(i, at / max(1.0, np.linalg.norm(at)))
    start, series = model.strategies, []
    for _ in range(parameters["horizon"]):
        model.step()
        relevance = model.setting.relevance(model.users, model.strategies)
        shown = matching_probabilities(relevance, model.beta, model.K)
        series.append(user_utilities(relevance, shown).mean())
    return start, tail_mean(series, parameters["horizon"])


@pytest.mark.parametrize("settings", [{}, {"lbr_evaluation": "printed"}, {"accept": "better"}])
def test_it_is_the_run_from_a_step_beside_the_planners_profile(settings):
    parameters = SMALL | settings
    best = plan_world(CreatorEconomy(**parameters, rng=3), 3, starts=1, effort=0.2)
    start, final = played(parameters, best.strategies, 3)
    gaps = np.linalg.norm(start - best.strategies, axis=1)
    assert gaps.max() <= 0.2 + 1e-12
    assert gaps.max() > 0.05
    assert attainable(parameters, best.strategies, 3) == pytest.approx(final, rel=1e-12)


def test_it_is_the_same_whatever_the_policy_it_is_compared_with():
    strategies = np.eye(4)
    others = {"mechanism": "hmt", "reward": "traffic", "turnover": "least_paid", "retention": "returning"}
    assert attainable(SMALL | others, strategies, 0) == attainable(SMALL, strategies, 0)


def test_shares_by_hand():
    assert share_of(0.75, 0.5, 1.0) == 0.5
    assert share_of(0.4, 0.5, 1.0) == pytest.approx(-0.2)
    assert share_of(1.25, 0.5, 1.0) == 1.5
    assert np.isnan(share_of(0.5, 0.5, 0.5))
