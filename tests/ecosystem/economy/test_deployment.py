from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.mechanisms import Uniform


@pytest.mark.parametrize("mechanism", ["none", Uniform(beta=0.5), Uniform(K=2), Uniform(beta=0.5, K=2)])
def test_default_utilities_are_those_of_default_terms_whatever_is_deployed(mechanism):
    model = CreatorEconomy(mechanism=mechanism, n_users=30, n_creators=8, K=4, rng=0)
    model.step()
    on_default = model.market.user_utilities(model.beta, 4)
    np.testing.assert_allclose(model.default_utilities, on_default, rtol=0, atol=1e-12)
    assert np.allclose(model.expected_utilities, on_default) == (mechanism == "none")
