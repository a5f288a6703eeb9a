from __future__ import annotations

import numpy as np
import pytest

from ecosystem.yardsticks.theorem_2 import (
    _first_order,
    _shares,
    _welfare_of,
    improvement,
    jacobians,
    proof_terms,
)


@pytest.mark.parametrize(("n", "d", "beta"), [(6, 3, 0.3), (4, 2, 1.0)])
def test_exact_lines_are_what_finite_differences_give(n, d, beta):
    rng, h = np.random.default_rng(0), 1e-6
    s, w = np.abs(rng.standard_normal((n, d))) / 3, np.exp(0.5 * rng.standard_normal(d))
    p, m = _shares(s, beta), d

    def utilities(s):  # Eq. (24)
        return (w * _shares(s, beta)).sum(axis=1) / m

    by_hand = jacobians(p, w, beta)
    for k in range(n):
        for j in range(d):
            up, down = s.copy(), s.copy()
            up[k, j] += h
            down[k, j] -= h
            slope = (utilities(up)[k] - utilities(down)[k]) / (2 * h)
            assert _first_order(s, w, beta)[k, j] == pytest.approx(slope, abs=1e-8)  # Eq. (26)
            answers = (_first_order(up, w, beta) - _first_order(down, w, beta)) / (2 * h)
            assert by_hand[j][:, k] == pytest.approx(answers[:, j], abs=1e-7)  # Eq. (28), and beside it
            assert np.delete(answers, j, axis=1) == pytest.approx(0, abs=1e-9)  # a user's coordinate alone
            rise = (_welfare_of(up, beta)[0] - _welfare_of(down, beta)[0]) / (2 * h)
            mean = (s * p).sum(axis=0)[j]
            assert p[k, j] * (1 + (s[k, j] - mean) / beta) / m == pytest.approx(rise, abs=1e-8)  # Eq. (25)


def test_what_many_creators_mend_and_what_not():
    few, many = (proof_terms(n, 1.0, np.random.default_rng(1), dim=4) for n in (5, 200))
    assert many.first_order < few.first_order / 20
    assert many.diagonal < few.diagonal / 10
    assert many.welfare > 0.9 * few.welfare > 0.3  # the dropped sum over creators does not vanish


@pytest.mark.parametrize("beta", [1.0, 0.2])
def test_the_proof_inverts_a_singular_matrix(beta):
    found = proof_terms(8, beta, np.random.default_rng(0))
    assert found.slope > 0
    assert found.singular < 1e-12
    assert found.coupling > 0.1
    assert -1 <= found.cosine <= 1


def test_the_last_step_drops_beta():
    small, large = (proof_terms(50, beta, np.random.default_rng(0)).last for beta in (0.01, 1.0))
    assert small < 0.05 < 0.3 < large


def test_theorem_2s_step_where_creators_blend():
    found = improvement(10, 1.0, np.random.default_rng(0), dim=3, trials=3)
    assert found.improved == 1
    assert found.cosine > 0.8


def test_theorem_2s_step_moves_nobody_where_creators_sit_on_users():
    found = improvement(20, 0.1, np.random.default_rng(1), trials=2)
    assert found.unchanged == 1
    assert np.isnan(found.cosine)
