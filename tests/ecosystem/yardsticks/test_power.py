"""How many seeds show a difference: known tables, and tests of made-up differences counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from ecosystem.yardsticks.power import MOST, power_of, seeds_needed
from ecosystem_agents.inputs.checks import BadInput


@pytest.mark.parametrize(
    ("effect", "power", "confidence", "seeds"),
    [  # paired t tests, two-sided, of a difference of so many standard deviations, as tables of sample sizes have it
        (0.2, 0.8, 0.95, 199),
        (0.5, 0.8, 0.95, 34),
        (0.8, 0.8, 0.95, 15),
        (1.0, 0.8, 0.95, 10),
        (0.5, 0.9, 0.95, 44),
        (0.5, 0.8, 0.99, 51),
    ],
)
def test_tables_of_sample_sizes(effect, power, confidence, seeds):
    assert seeds_needed(1.0, effect, power, confidence) == seeds
    assert seeds_needed(0.003, -0.003 * effect, power, confidence) == seeds  # of any unit, and of either sign


def test_the_power_of_34_seeds_by_the_table():
    assert power_of(34, 1.0, 0.5) == pytest.approx(0.8078, abs=5e-5)
    assert power_of(34, 1.0, 0.0) == pytest.approx(0.05, rel=1e-9)  # where there is none, told by chance


@pytest.mark.parametrize(("n", "effect"), [(4, 1.5), (10, 1.0), (20, -0.4)])
def test_so_often_a_test_of_made_up_differences_tells(n, effect):
    made = effect + np.random.default_rng(n).standard_normal((20000, n))
    told = (ttest_1samp(made, 0, axis=1).pvalue < 0.05).mean()
    assert power_of(n, 1.0, effect) == pytest.approx(told, abs=4 * np.sqrt(0.25 / 20000))


@pytest.mark.parametrize("effect", [1e-3, 0.07, 0.3, 3.0, 42.4, 1e5, 1e300])
def test_one_seed_less_is_too_few(effect):
    n = seeds_needed(1.0, effect)
    assert power_of(n, 1.0, effect) >= 0.8
    assert n == 2 or power_of(n - 1, 1.0, effect) < 0.8


def test_ends():
    assert seeds_needed(0.0, 0.1) == 2  # the same in every world
    assert seeds_needed(1.0, 1e-12) == MOST
    with pytest.raises(BadInput, match="effect is 0, which no number of seeds shows"):
        seeds_needed(1.0, 0.0)
    with pytest.raises(BadInput, match=r"power is 1\.0"):
        seeds_needed(1.0, 0.5, power=1.0)
    with pytest.raises(BadInput, match=r"power is -0\.5"):
        seeds_needed(1.0, 0.5, power=-0.5)
    with pytest.raises(BadInput, match="sd is -1"):
        seeds_needed(-1.0, 0.5)
    with pytest.raises(BadInput, match="n is 1"):
        power_of(1, 1.0, 0.5)
