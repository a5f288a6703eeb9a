"""What an arm gives the canvas to show."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.projection import projection_of
from ecosystem_server.live.arm import Arm


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


def test_worlds_without_items_show_none():
    about, arrays = Arm(CreatorEconomy(environment="figure1", rng=0)).scene()
    assert "items" not in arrays
    assert about["enlarged"] == 1
