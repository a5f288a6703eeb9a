from __future__ import annotations

import numpy as np
import pytest

from ecosystem.yardsticks.theorems import improvement, proof_step, uniqueness

USERS = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2))


def test_condition_15_is_what_it_is_by_hand():
    # One user at the centre of the disc: (s - x)(s - x)^T has eigenvalue |s|^2 <= 1, against beta.
    for beta in (0.5, 1.0, 2.0):
        found = uniqueness(np.zeros((1, 2)), 2, beta, np.random.default_rng(0), starts=1, steps=1)
        assert found.eigenvalue == pytest.approx(1 / beta**2 - 1 / beta)
    assert not uniqueness(np.zeros((1, 2)), 2, 0.5, np.random.default_rng(0), starts=1, steps=1).assumed


def test_theorem_1_where_its_condition_holds():
    found = uniqueness(USERS, 3, 2.0, np.random.default_rng(1), starts=3, steps=1500)
    assert found.assumed
    assert found.unique


def test_several_equilibria_far_outside():
    found = uniqueness(USERS, 3, 0.05, np.random.default_rng(1), starts=4, steps=1500)
    assert not found.assumed
    assert not found.unique


@pytest.mark.parametrize("beta", [1.0, 0.2])
def test_the_proof_of_theorem_2_inverts_a_singular_matrix(beta):
    found = proof_step(8, beta, np.random.default_rng(0))
    assert found.slope > 0
    assert found.singular < 1e-8
    assert found.off_diagonal > 0.1


def test_theorem_2s_step_where_creators_blend():
    found = improvement(10, 1.0, np.random.default_rng(0), dim=3, trials=3)
    assert found.improved == 1
    assert found.cosine > 0.8


def test_theorem_2s_step_moves_nobody_where_creators_sit_on_users():
    found = improvement(20, 0.1, np.random.default_rng(1), trials=2)
    assert found.unchanged == 1
    assert np.isnan(found.cosine)
