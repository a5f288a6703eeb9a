from __future__ import annotations

import copy

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.game import user_utilities
from ecosystem.matching import matching_probabilities
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Enrichment


def test_items_go_to_the_centres_of_the_worst_served_groups():
    users = np.array([[0.0, 0.0], [2.0, 0.0], [5.0, 5.0], [9.0, 9.0]])
    groups, mass = np.array([0, 0, 1, 2]), np.array([0.1, 0.3, 0.3, 0.3])
    items = Enrichment(2).static_items(users, groups, np.array([0.9, 0.1, 0.2, 0.8]), mass)
    np.testing.assert_allclose(items, [[5.0, 5.0], [1.5, 0.0]])
    # A small group that is served well is not one served badly: means count, not sums.
    mass = np.array([0.4, 0.5, 0.09, 0.01])
    items = Enrichment(1).static_items(users, groups, np.array([0.1, 0.1, 0.3, 0.9]), mass)
    np.testing.assert_allclose(items, [[10 / 9, 0.0]])


def test_three_welfares_tell_who_serves_whom():
    model = CreatorEconomy(
        environment="figure1", mechanism=Enrichment(items=((-1.0, 0.0), (0.0, -1.0))), rng=0
    )
    model.run(30)
    sigma = model.market.relevance(model.users, np.vstack([model.strategies, [[-1, 0], [0, -1]]]))
    P = matching_probabilities(sigma, 0.1, 3)
    assert model.welfare == pytest.approx(user_utilities(sigma, P).mean())
    assert model.welfare_creators == pytest.approx((sigma * P)[:, :5].sum(axis=1).mean())
    own = sigma[:, :5]
    assert model.welfare_default == pytest.approx(
        user_utilities(own, matching_probabilities(own, 0.1, 3)).mean()
    )
    assert model.welfare > max(model.welfare_creators, model.welfare_default)
    assert model.creator_utilities.shape == (5,)


def test_swapping_it_in_and_out_leaves_no_item_behind():
    model = CreatorEconomy(environment="synthetic", n_users=100, n_creators=12, K=4, n_groups=4, rng=1)
    model.run(7)
    before = model.market.user_utilities()
    model.switch_mechanism("enrichment")
    assert model.n_items == 15
    twin = copy.deepcopy(model)
    for each in (model, twin):
        each.run(6)
    assert (model.strategies == twin.strategies).all()
    model.switch_mechanism("none")
    assert model.n_items == 12
    twin.switch_mechanism("hmt")
    assert twin.n_items == 12
    fresh = CreatorEconomy(environment="synthetic", n_users=100, n_creators=12, K=4, n_groups=4, rng=1)
    fresh.run(7)
    fresh.switch_mechanism("enrichment")
    fresh.switch_mechanism("none")
    np.testing.assert_allclose(fresh.market.user_utilities(), before, rtol=1e-12)


def test_an_item_of_another_dimension_is_named():
    with pytest.raises(BadInput, match="static_items have 3 dimensions"):
        CreatorEconomy(environment="figure1", mechanism=Enrichment(items=((0.0, 0.0, 0.0),)), rng=0)
