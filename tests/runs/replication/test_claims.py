"""Claims on made-up series whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem_runs.paired.planned import Planned
from ecosystem_runs.replication.arms import ARMS, CORE, StudiedRun
from ecosystem_runs.replication.claims import CLAIMS, Runs, best_moment
from ecosystem_runs.replication.readings import Reading
from ecosystem_runs.replication.replicate import _shares
from ecosystem_runs.replication.report import SHARES
from ecosystem_runs.replication.verdicts import verdict

STEPS = 100
SIZES = [5, 40, 10, 20]
BY_NAME = {claim.name: claim for claim in CLAIMS}


def run(levels, weights=(1.0, 1.0, 1.0, 1.0), utilities=(0.5, 0.8, 0.6, 0.7), default=None):
    """Make a run whose welfare goes linearly through `levels`, at equal distances from step 0 to T."""
    at = np.linspace(0, STEPS, len(levels))
    curve = np.interp(np.arange(STEPS + 1), at, levels)
    return StudiedRun(
        welfare=curve.tolist(),
        welfare_default=curve.tolist() if default is None else [default] * (STEPS + 1),
        weights=[1.0] * 4 + list(weights),
        sizes=SIZES,
        utilities=list(utilities),
        utilities_default=list(utilities),
        exploitability=[],
        gaining=[],
        strategies_hash="",
    )


def says(name: str, runs: Runs) -> str:
    return verdict(BY_NAME[name].number(runs)).says


def ten(**arms):
    """Ten seeds a little apart in level, the same for all arms."""
    made = {}
    for arm, (levels, rest) in arms.items():
        made[arm] = [run([level + 0.1 * seed for level in levels], **rest) for seed in range(10)]
    return Runs(made, STEPS)


def test_who_beats_whom_is_paired_by_seed():
    # Seeds differ by 0.1, arms by 0.01: only the pairing shows it.
    levels = {"none": 0.5, "uir": 0.49, "smt": 0.51, "hmt": 0.53}
    runs = ten(**{arm: ([level, level], {}) for arm, level in levels.items()})
    assert says("uir beats none, deployed terms", runs) == "fails"
    assert says("smt beats none, deployed terms", runs) == "holds"
    assert says("hmt gains most", runs) == "holds"
    assert says("uir gains least", runs) == "holds"
    assert says("hmt varies least", runs) == "undecided"
    assert BY_NAME["smt beats none, deployed terms"].number(runs) == pytest.approx([0.01] * 10)


def test_default_terms_are_another_question():
    runs = ten(none=([0.5, 0.5], {"default": 0.5}), smt=([0.6, 0.6], {"default": 0.49}))
    assert says("smt beats none, deployed terms", runs) == "holds"
    assert says("smt beats none, default terms", runs) == "fails"


def test_plateau_and_second_ascent():
    still, rising = [0.2] + [0.6] * 8, [0.2, 0.6, 0.6, 0.6, 0.6, 0.65, 0.7, 0.8, 0.9]
    runs = ten(none=(still, {}), uir=(still, {}), smt=(rising, {}))
    assert says("none plateaus", runs) == "holds"
    assert says("uir ascends again", runs) == "undecided"
    assert says("smt ascends again", runs) == "holds"
    assert says("none plateaus", ten(none=(rising, {}))) == "fails"


def test_weights_against_size():
    small_up = {"weights": (5.0, 0.2, 3.0, 1.0)}
    large_up = {"weights": (0.2, 5.0, 1.0, 3.0)}
    runs = ten(none=([0.5], large_up), uir=([0.5], small_up), smt=([0.5], large_up), hmt=([0.5], {}))
    assert says("uir weighs small groups up", runs) == "holds"
    assert says("smt weighs small groups up", runs) == "fails"
    assert says("hmt weighs small groups up", runs) == "undecided"  # all equal: no correlation
    assert BY_NAME["uir weighs small groups up"].number(runs) == pytest.approx([1.0] * 10)
    assert says("uir weighs small groups up beyond an idle platform", runs) == "holds"
    assert says("smt weighs small groups up beyond an idle platform", runs) == "undecided"


def test_group_utilities():
    runs = ten(
        none=([0.5], {"utilities": (0.5, 0.8, 0.6, 0.7)}),
        uir=([0.5], {"utilities": (0.6, 0.75, 0.65, 0.7)}),
        smt=([0.5], {"utilities": (0.3, 0.9, 0.5, 0.8)}),
        hmt=([0.5], {"utilities": (0.51, 0.9, 0.7, 0.8)}),
    )
    assert says("none serves large groups better", runs) == "holds"
    assert says("uir lifts small groups", runs) == "holds"
    assert BY_NAME["uir lifts small groups"].number(runs) == pytest.approx([0.075] * 10)
    assert says("uir costs large groups", runs) == "holds"
    assert BY_NAME["uir costs large groups"].number(runs) == pytest.approx([0.05] * 10)
    assert says("uir is fairer", runs) == "holds"
    assert says("smt is more skewed", runs) == "holds"
    assert says("hmt is a Pareto improvement", runs) == "holds"
    assert BY_NAME["hmt is a Pareto improvement"].number(runs) == pytest.approx([0.01] * 10)


def test_controls():
    runs = ten(smt=([0.6, 0.6], {}), smt_sharpness=([0.65, 0.65], {}), smt_frozen=([0.55, 0.55], {}))
    assert says("smt beats its sharpness, deployed terms", runs) == "fails"
    assert says("smt beats its frozen weights", runs) == "holds"


def test_variance_between_worlds():
    def wide(spread):
        return [run([0.5 + spread * k]) for k in (-2, -1, 0, 1, 2) * 2]

    runs = Runs({"uir": wide(0.05), "smt": wide(0.2), "hmt": wide(0.01)}, STEPS)
    assert (BY_NAME["hmt varies least"].number(runs) >= 0).all()
    assert says("hmt varies least", runs) == "holds"
    assert says("smt varies most", runs) == "holds"


def test_best_moment_is_found():
    lead = np.zeros(STEPS + 1)
    lead[40:65] = 0.01
    none = run([0.5, 0.5])
    uir = replace(none, welfare_default=(np.array(none.welfare_default) + lead).tolist())
    step, most = best_moment(Runs({"none": [none], "uir": [uir]}, STEPS))
    assert step == 52
    assert most == pytest.approx(0.01)


def test_every_claim_says_what_decides_it():
    assert len(BY_NAME) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.text
        assert claim.measured
        assert set(claim.controls) <= set(ARMS) - set(CORE)


def test_shares_by_hand_and_where_a_world_has_no_headroom():
    readings = [Reading(name, "", arms=("none", "smt"), base=name) for name in ("room", "tight", "beaten")]
    runs = Runs({"none": [run([0.5]), run([0.5])], "smt": [run([0.55]), run([0.5])]}, STEPS)
    of_planner = {"room": (0.6, 0.6), "tight": (0.6, 0.5), "beaten": (0.54, 0.6)}
    planned = {name: [Planned(one, [], attainable=0.6) for one in own] for name, own in of_planner.items()}
    found = _shares(readings, dict.fromkeys(of_planner, runs), planned)
    room, tight, beaten = found[1::2]
    assert [row.below_planner for row in found] == [True] * 5 + [False]
    assert [SHARES["share of the planner"](row) for row in (room, tight)] == [
        "+0.2500 [-2.9266, +3.4266]",
        "-",
    ]
    assert room.share.mean == pytest.approx((0.5 + 0) / 2)
    assert beaten.share.mean == pytest.approx((1.25 + 0) / 2)
    told = [row.share.as_dict(together=False) for row in (room, tight)]
    assert set(told[0]) == {"mean", "low", "high", "seeds", "above", "p", "verdict"}
    assert [one["verdict"] for one in told] == ["too few seeds", None]
    assert told[1]["mean"] is None
