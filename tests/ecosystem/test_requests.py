from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ecosystem import sizes
from ecosystem.requests import draw_requests, tile_masses, users_of


class Always:
    """A generator that always draws the same number."""

    def __init__(self, number):
        self.number = number

    def random(self, size):
        return np.full(size, self.number)


def drawn(rng, mass, n, requests):
    found = draw_requests(rng, tile_masses(mass), n, requests)
    return users_of(mass, found.tiles, found.within), found.now, found.then


@pytest.fixture(params=[4096, 2, 1])
def tile(request, monkeypatch):
    monkeypatch.setattr(sizes, "TILE", request.param)


def test_requests_come_by_mass_the_last_users_too(tile):
    mass = np.array([0.5, 0.0, 0.2, 0.3])
    users, now, then = drawn(np.random.default_rng(0), mass, 40, 500)
    assert users.shape == now.shape == then.shape == (40, 500)
    np.testing.assert_allclose(np.bincount(users.ravel(), minlength=4) / 20_000, mass, atol=0.01)
    assert (now != then).all()


def test_in_one_tile_a_number_says_whose_request_it_is():
    mass = np.random.default_rng(1).random(4096)
    mass /= mass.sum()
    users, now, then = drawn(np.random.default_rng(2), mass, 20, 300)
    rng = np.random.default_rng(2)
    np.testing.assert_array_equal(
        users, np.searchsorted(np.cumsum(mass), rng.random((20, 300)), side="right")
    )
    np.testing.assert_array_equal([now, then], [rng.random((20, 300)) for _ in range(2)])


def test_a_request_beyond_the_rounded_sum_of_masses_is_the_last_present_users(tile):
    mass = np.full(10, 0.1)
    highest = np.nextafter(1.0, 0.0)
    assert np.cumsum(mass)[-1] <= highest
    assert (drawn(Always(highest), mass, 2, 3)[0] == 9).all()
    assert (
        drawn(Always(highest), np.append(mass, [0.0] * 5), 2, 3)[0] == 9
    ).all()  # who is absent asks nothing


def test_shards_find_the_users_of_their_own_tiles(monkeypatch):
    monkeypatch.setattr(sizes, "TILE", 8)
    mass = np.random.default_rng(1).random(61)
    mass[16:24] = 0.0  # nobody of a tile is present
    mass /= mass.sum()
    whole = drawn(np.random.default_rng(2), mass, 30, 50)[0]
    for cuts in ([0, 61], [0, 32, 61], [0, 8, 8, 24, 61]):
        shards = [mass[a:b] for a, b in pairwise(cuts)]
        masses = np.concatenate([tile_masses(shard) for shard in shards])
        found = draw_requests(np.random.default_rng(2), masses, 30, 50)
        users = np.full((30, 50), -1)
        for first, shard in zip(cuts, shards, strict=False):
            tiles = found.tiles - first // 8
            here = (tiles >= 0) & (tiles < -(-len(shard) // 8))
            users[here] = first + users_of(shard, tiles[here], found.within[here])
        np.testing.assert_array_equal(users, whole)
    assert (mass[whole] > 0).all()
    np.testing.assert_allclose(np.bincount(whole.ravel(), minlength=61) / 1500, mass, atol=0.03)
