"""How runs of Figure 1's world end."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.yardsticks.figure1 import Outcome, outcome


def test_an_outcome_is_that_of_the_run():
    model = CreatorEconomy(environment="figure1", mechanism="halved", rng=3, horizon=40)
    model.run()
    one = outcome(3, mechanism="halved", horizon=40)
    gaps = np.linalg.norm(model.users[:, None] - model.strategies, axis=2)
    assert one == Outcome(
        served=int((gaps.min(axis=1) <= 0.3).sum()),
        at_centre=int((gaps[0] <= 0.3).sum()),
        welfare=pytest.approx(np.mean(model.datacollector.model_vars["welfare"][-4:])),
    )
