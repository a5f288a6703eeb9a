from __future__ import annotations

import numpy as np

from ecosystem.economy.moves import draw_moves, draw_requests


class Always:
    """A generator that always draws the same number."""

    def __init__(self, number):
        self.number = number

    def random(self, size):
        return np.full(size, self.number)


def test_everybody_moves_once_in_a_direction_of_length_one():
    order, directions = draw_moves(np.random.default_rng(0), 7, 3)
    assert sorted(order) == list(range(7))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), np.ones(7))


def test_requests_come_by_mass_the_last_user_s_too():
    mass = np.array([0.5, 0.0, 0.2, 0.3])
    users, now, then = draw_requests(np.random.default_rng(0), mass, 40, 500)
    assert users.shape == now.shape == then.shape == (40, 500)
    np.testing.assert_allclose(np.bincount(users.ravel(), minlength=4) / 20_000, mass, atol=0.01)
    assert (now != then).all()


def test_a_request_beyond_the_rounded_sum_of_masses_is_the_last_user_s():
    mass = np.full(10, 0.1)
    highest = np.nextafter(1.0, 0.0)
    assert np.cumsum(mass)[-1] <= highest
    assert (draw_requests(Always(highest), mass, 2, 3)[0] == 9).all()
