from __future__ import annotations

import numpy as np
import pytest

from ecosystem_runs.replication.verdicts import overall, verdict


def test_numbers_all_above_0_hold_and_all_below_fail():
    up = verdict(np.array([0.1, 0.2, 0.3, 0.15]))
    assert up.says == "holds"
    assert up.mean == pytest.approx(0.1875)
    assert 0.1 <= up.low < up.mean < up.high <= 0.3
    assert up.above == up.seeds == 4
    assert verdict(-np.array([0.1, 0.2, 0.3, 0.15])).says == "fails"


@pytest.mark.parametrize(
    "numbers", [[0.3, -0.3, 0.1, -0.1], [0.0, 0.0, 0.0, 0.0], [1e-17, 2e-17, 1e-17, 2e-17]]
)
def test_what_straddles_0_is_undecided(numbers):
    assert verdict(np.array(numbers)).says == "undecided"


def test_equal_numbers_decide():
    assert verdict(np.array([0.5] * 4)).says == "holds"
    assert verdict(np.array([-0.5] * 4)).says == "fails"


@pytest.mark.parametrize("seeds", [1, 2, 3])
def test_fewer_than_four_seeds_are_too_few_to_say(seeds):
    few = verdict(np.full(seeds, 0.5))
    assert few.says == "too few seeds"
    assert overall({"a": few, "b": few}) == "too few seeds (2 of 2)"


def test_one_seed_has_no_interval_in_json():
    assert verdict(np.array([0.5])).as_dict() == {
        "mean": 0.5,
        "low": None,
        "high": None,
        "seeds": 1,
        "above": 1,
        "verdict": "too few seeds",
    }


def test_the_answer_over_readings():
    yes, no, open_ = (verdict(np.array(n)) for n in ([1.0, 2, 3, 4], [-1.0, -2, -3, -4], [-1.0, 1, -1, 1]))
    assert overall({}) == "not run"
    assert overall({"a": yes, "b": yes}) == "holds (2 of 2)"
    assert overall({"a": no}) == "fails (1 of 1)"
    assert overall({"a": yes, "b": open_}) == "holds (1): a; undecided (1): b"
    assert overall({"a": no, "b": yes, "c": no}) == "depends on the reading; holds (1): b; fails (2): a, c"
