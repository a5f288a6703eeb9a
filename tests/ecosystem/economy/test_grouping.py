"""K-means over users wherever they are: fitted on some, labelled one by one, empty clusters closed up over all."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from ecosystem.chunks import nearest
from ecosystem.economy import grouping
from ecosystem.economy.grouping import by_kmeans, closed_up, fit, fitted_users
from ecosystem.economy.streams import Streams
from ecosystem.environments import Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.sharding.audience import Audience
from ecosystem.sharding.links import Here
from ecosystem.sharding.shard import Shard
from ecosystem.strategy_sets import FreeSpace


def streams(seed: int = 5) -> Streams:
    return Streams(np.random.default_rng(seed))


def kmeans_groups(users: np.ndarray, n_groups: int, own: Streams) -> np.ndarray:
    setting = Setting(users, users[:1], DistanceRelevance(), FreeSpace())
    audience = Audience([Here(Shard(setting, 0))], setting)
    audience.open_markets(0.1, 1, "relevance")
    by_kmeans(audience, n_groups, own)
    return audience.of_users("groups")


def users_of(m: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 4.0 * np.eye(3)[rng.integers(3, size=m)] + rng.standard_normal((m, 3))


def test_few_users_are_clustered_together():
    users = users_of(500)
    seed = int(streams()["groups"].integers(2**31))
    labels = KMeans(n_clusters=6, random_state=seed, n_init=1).fit_predict(users)
    np.testing.assert_array_equal(kmeans_groups(users, 6, streams()), labels)


@pytest.fixture
def many_are_above_200(monkeypatch):
    monkeypatch.setattr(grouping, "FEW", 200)
    monkeypatch.setattr(grouping, "FITTED", 100)


def test_of_many_users_some_are_fitted_whoever_is_labelled(many_are_above_200):
    users = users_of(900)
    found = kmeans_groups(users, 7, streams())
    fitted = fitted_users(900, streams()["fitted users"])
    assert len(set(fitted)) == 100
    assert (np.diff(fitted) > 0).all()
    own = streams()
    centres, labels = fit(users[fitted], 7, own["groups"])
    assert (found[fitted] == labels).mean() > 0.98  # but for those halfway between centres
    for cuts in ([], [0, 1], [123, 124, 600]):  # shard by shard: labels, then counts, then labels closed up
        parts = [nearest(centres, part) for part in np.split(users, cuts)]
        together = closed_up(sum(np.bincount(part, minlength=7) for part in parts))
        np.testing.assert_array_equal(np.concatenate([together[part] for part in parts]), found)


def test_who_is_drawn_for_the_fit_changes_no_other_stream(many_are_above_200):
    after = []
    for m in (150, 900):
        own = streams()
        kmeans_groups(users_of(m), 7, own)
        after.append([own[name].random() for name in ("groups", "moves", "requests")])
    assert after[0] == after[1]


def test_labels_do_not_depend_on_who_else_is_there():
    rng = np.random.default_rng(1)
    users, centres = rng.standard_normal((2000, 32)), rng.standard_normal((20, 32))
    whole = nearest(centres, users)
    each = np.concatenate([nearest(centres, users[[j]]) for j in range(2000)])
    np.testing.assert_array_equal(each, whole)
    np.testing.assert_array_equal(whole, ((users[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1))
    assert nearest(np.zeros((2, 3)), np.ones((4, 3))).tolist() == [0] * 4
    assert nearest(centres, users[:0]).shape == (0,)


def test_clusters_without_users_are_closed_up():
    with pytest.warns(UserWarning, match="2 of 5 user groups stayed empty and were dropped"):
        labels = closed_up(np.array([4, 0, 1, 0, 7]))
    assert labels[[0, 2, 4]].tolist() == [0, 1, 2]
    with pytest.warns(UserWarning, match="2 of 4 user groups"):
        found = kmeans_groups(np.repeat([[0.0, 1.0], [5.0, 5.0]], 4, axis=0), 4, streams())
    assert sorted(set(found)) == [0, 1]


def test_of_exactly_200_000_all_are_fitted():
    rng = np.random.default_rng(0)
    assert len(fitted_users(200_000, rng)) == 200_000
    assert len(fitted_users(200_001, rng)) == 100_000
