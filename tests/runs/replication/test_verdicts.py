from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from ecosystem_runs.replication.verdicts import ByArm, Claim, changed, judge, overall, verdict


def test_numbers_all_above_0_hold_and_all_below_fail():
    up = verdict(np.arange(1.0, 11))
    assert up.says == up.corrected == "holds"
    half = 2.262157 * np.sqrt(55 / 6) / np.sqrt(10)  # t of nine degrees of freedom, sd of 1 to 10
    assert (up.low, up.mean, up.high) == pytest.approx((5.5 - half, 5.5, 5.5 + half), rel=1e-6)
    assert up.above == up.seeds == 10
    assert verdict(-np.arange(1.0, 11)).says == "fails"


@pytest.mark.parametrize("numbers", [[0.3, -0.3, 0.1, -0.1, 0.0] * 2, [0.0] * 10, [1e-17, 2e-17] * 5])
def test_what_straddles_0_is_undecided(numbers):
    assert verdict(np.array(numbers)).says == "undecided"


def test_equal_numbers_decide():
    assert verdict(np.array([0.5] * 10)).corrected == "holds"
    assert verdict(np.array([-0.5] * 10)).corrected == "fails"


@pytest.mark.parametrize("seeds", [1, 2, 9])
def test_fewer_than_ten_seeds_are_too_few_to_say(seeds):
    few = verdict(np.full(seeds, 0.5))
    assert few.says == few.corrected == "too few seeds"
    assert overall({"a": few, "b": few}) == "too few seeds (2 of 2)"


def test_one_seed_has_no_interval_in_json():
    assert verdict(np.array([0.5])).as_dict() == {
        "mean": 0.5,
        "low": None,
        "high": None,
        "seeds": 1,
        "above": 1,
        "p": 1.0,
        "p_holm": 1.0,
        "verdict": "too few seeds",
        "verdict_holm": "too few seeds",
    }


def test_the_answer_over_readings():
    yes, no, open_ = (verdict(np.array(n * 5)) for n in ([1.0, 2], [-1.0, -2], [-1.0, 1]))
    assert overall({}) == "not run"
    assert overall({"a": yes, "b": yes}) == "holds (2 of 2)"
    assert overall({"a": no}) == "fails (1 of 1)"
    assert overall({"a": yes, "b": open_}) == "holds (1): a / undecided (1): b"
    assert overall({"K 1, n 2": no, "b": yes, "c": no}) == (
        "depends on the reading: holds (1): b / fails (2): K 1, n 2; c"
    )


@dataclass
class One:
    number: float


def test_claims_judged_together_are_corrected_together():
    # t of the first is 3.0 with nine degrees of freedom: p = 0.015, three times that is 0.045; the others have none.
    spread = np.linspace(-1, 1, 10)
    spread /= spread.std(ddof=1)
    shifts = {"clear": 3.0, "no": 0.1, "nor": -0.2, "with a control": 3.0}
    claims = [
        Claim(
            name,
            "",
            name,
            lambda runs, name=name, t=t: runs.each("none", "number") + t / np.sqrt(10),
            "",
            ("control",) if name == "with a control" else (),
        )
        for name, t in shifts.items()
    ]
    runs = [One(number) for number in spread]
    few, many = ByArm({"none": runs}), ByArm({"none": runs, "control": runs})
    judged = judge(claims, {"few": few, "many": many})
    clear, *_, controlled = judged
    assert clear.verdicts["few"].p == pytest.approx(0.01496, abs=1e-4)
    assert clear.verdicts["few"].p_holm == pytest.approx(3 * clear.verdicts["few"].p)
    assert clear.verdicts["few"].says == clear.verdicts["few"].corrected == "holds"
    assert clear.verdicts["many"].p_holm == pytest.approx(4 * clear.verdicts["many"].p)
    assert (clear.verdicts["many"].says, clear.verdicts["many"].corrected) == ("holds", "undecided")
    assert controlled.verdicts.keys() == {"many"}
    assert changed(judged).endswith("takes back 2 of 7 verdicts")
