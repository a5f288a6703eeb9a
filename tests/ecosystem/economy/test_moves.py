from __future__ import annotations

import numpy as np

from ecosystem.economy.moves import draw_moves


def test_everybody_moves_once_in_a_direction_of_length_one():
    order, directions = draw_moves(np.random.default_rng(0), 7, 3)
    assert sorted(order) == list(range(7))
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), np.ones(7))
