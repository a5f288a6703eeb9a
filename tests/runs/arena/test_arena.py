"""The arena's table on made-up series with known answers, and its runs on small worlds."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities
from ecosystem.matching import matching_probabilities
from ecosystem.policies import Policy, policies_of, policy_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.arena.contest import arena_of, compete, run_policy
from ecosystem_runs.arena.figures import FIGURES, labels, pareto, reads_leftwards
from ecosystem_runs.arena.report import COLUMNS, POLICIES, needed_seeds, write
from ecosystem_runs.arena.table import PolicyRun, Yardsticks, measures, rows_of, steps_until
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.paired.worlds import Worlds

STEPS = 20  # the last 2 steps are final
SMALL = {"n_users": 60, "n_creators": 12, "n_groups": 4, "K": 6}


def run(default, *, shown=None, groups=(0.5, 0.7), payout=0.3, negative=0.0):
    """Make a run whose default-terms welfare goes linearly from 0 to `default` at step 10, and stays there."""
    curve = np.interp(np.arange(STEPS + 1), [0, 10], [0.0, default])
    return PolicyRun(
        welfare_default=curve.tolist(),
        welfare=(curve if shown is None else np.full(STEPS + 1, shown)).tolist(),
        weights=[],
        sizes=[],
        groups=list(groups),
        groups_deployed=[2 * g for g in groups],
        creator_gini=0.25,
        negative_pay=negative,
        payout=payout,
        turnovers=round(10 * payout),
        exploitability=0.1,
        strategies_hash="",
    )


def planned(worlds, welfare):
    """Return yardsticks of so many worlds, both of this welfare."""
    return Yardsticks(np.full(worlds, welfare), np.full(worlds, welfare))


def test_the_table_by_hand():
    runs = {
        "none": [run(0.5), run(0.6)],
        "good": [
            run(0.65, groups=(0.6, 0.9), payout=0.1, negative=0.5),
            run(0.7, groups=(0.4, 0.4), payout=0.2),
        ],
        "bad": [run(0.4, shown=0.9), run(0.55, shown=0.9)],
    }
    none, good, bad = rows_of(
        runs, Yardsticks(np.array([0.7, 0.8]), np.array([0.6, 0.65])), STEPS, {"good": "bad"}
    )
    assert none.share == 0
    assert none.planned == pytest.approx(0.75)
    assert none.less_none is None
    assert none.half_headroom is None
    assert good.welfare_default == pytest.approx(0.675)
    assert good.share == pytest.approx((0.75 + 0.5) / 2)
    assert good.share_interval.mean == pytest.approx(0.625)
    # .15 of .1, and .1 of .05: more than small steps attain.
    assert good.share_attainable == pytest.approx((1.5 + 2.0) / 2)
    assert good.share_attainable_interval.mean == pytest.approx(1.75)
    assert (none.attainable, none.share_attainable) == (pytest.approx(0.625), 0)
    # 1 to 10 steps on a line to .65 or .7, then 10 there.
    assert good.welfare_during == pytest.approx((0.65 + 0.7) / 2 * (5.5 + 10) / 20)
    assert good.turnovers == 1.5
    assert good.worst_group == pytest.approx(0.5)
    assert good.worst_group_deployed == pytest.approx(1.0)
    assert good.sd_groups == pytest.approx(0.15 / 2)
    assert good.welfare_groups == pytest.approx((0.75 + 0.4) / 2)
    assert good.welfare_groups_deployed == pytest.approx(2 * (0.75 + 0.4) / 2)
    assert good.less_none["welfare_groups"].mean == pytest.approx((0.15 - 0.2) / 2)
    assert good.payout == pytest.approx(0.15)
    assert good.negative_pay == pytest.approx(0.25)
    # Half-way levels 0.6 and 0.7: on lines 0.065 t and 0.07 t first met at steps 10 and 10.
    assert good.half_headroom == 10
    assert good.reached == 2
    assert good.less_none["welfare_default"].mean == pytest.approx(0.125)
    assert good.less_none["welfare_default"].above == 2
    low, high = good.less_none["welfare_default"].low, good.less_none["welfare_default"].high
    half = 12.7062 * 0.025  # t with one degree of freedom, and the standard error of 0.1 and 0.15
    assert (low, high) == pytest.approx((0.125 - half, 0.125 + half), rel=1e-5)
    assert good.control == "bad"
    assert good.less_control["welfare_default"].mean == pytest.approx((0.25 + 0.15) / 2)
    assert bad.less_control is None
    assert bad.share == pytest.approx((-0.5 - 0.25) / 2)
    assert bad.welfare == pytest.approx(0.9)
    assert bad.less_none["welfare"].mean == pytest.approx(0.35)


def test_how_many_seeds_would_show_it():
    # Differences 0.01 and 0.03: a mean of sqrt(2) standard deviations. The 1 % is of 0.5: 0.005 of them 0.0141.
    runs = {"none": [run(0.4), run(0.6)], "x": [run(0.41), run(0.63)], "same": [run(0.4), run(0.6)]}
    _, x, same = rows_of(runs, planned(2, 1.0), STEPS, {})
    assert x.less_none["welfare_default"].sd == pytest.approx(0.02 / 2**0.5)
    columns = needed_seeds(0.5)
    assert [columns[key](x) for key in ("SD", "seeds for this", "seeds for 1 %")] == ["0.01414", "7", "65"]
    assert [columns[key](same) for key in ("SD", "seeds for this", "seeds for 1 %")] == ["0.00000", "-", "2"]


def test_intervals_are_paired_by_seed():
    # Worlds are 0.1 apart and policies 0.001: only the pairing shows it.
    runs = {"none": [run(0.5 + 0.1 * s) for s in range(4)], "x": [run(0.501 + 0.1 * s) for s in range(4)]}
    found = rows_of(runs, planned(4, 1.0), STEPS, {})[1].less_none["welfare_default"]
    assert (found.low, found.high) == pytest.approx((0.001, 0.001))


def test_where_there_is_no_planner_or_no_second_seed_there_is_no_number():
    row = rows_of({"none": [run(0.5)], "x": [run(0.6)]}, planned(1, np.nan), STEPS, {})[1]
    assert row.share is None
    assert row.half_headroom is None
    assert row.less_none["welfare"].low is None
    assert json.loads(json.dumps(asdict(row), allow_nan=False)) == asdict(row)
    assert all(isinstance(cell(row), str) for cell in COLUMNS.values())


def test_half_the_headroom_may_never_be_reached():
    runs = [run(0.5), run(0.9), run(0.5)]
    found = measures(runs, [run(0.4)] * 3, planned(3, 0.8), STEPS)
    assert found["half_headroom"].tolist() == [np.inf, 7.0, np.inf]  # 0.09 t reaches 0.6 at step 7
    assert rows_of({"none": [run(0.4)] * 3, "x": runs}, planned(3, 0.8), STEPS, {})[1].half_headroom is None
    one, no = (
        rows_of({"none": [run(0.4)] * 2, "x": some}, planned(2, 0.8), STEPS, {})[1]
        for some in (runs[:2], runs[::2])
    )
    assert (one.half_headroom, one.reached) == (None, 1)
    half = COLUMNS["half headroom"]
    assert half(one) == "> T (1/2)"
    assert (half(no), half(replace(one, half_headroom=7.0, reached=2))) == ("never (0/2)", "7 (2/2)")
    assert steps_until(np.array([0.1, 0.3, 0.2]), 0.2) == 1
    assert steps_until(np.array([0.1]), np.nan) == np.inf


def test_the_frontier_is_what_no_other_beats():
    points = np.array([[0.0, 3.0], [1.0, 2.0], [1.0, 1.0], [2.0, 0.0], [0.0, 3.0], [-1.0, 3.0]])
    assert pareto(points).tolist() == [0, 1, 3, 4]


def test_a_run_measures_what_it_says():
    parameters = {"environment": "synthetic", "horizon": STEPS} | SMALL | policy_of("hmt").parameters()
    found = run_policy(Job(parameters, 1))
    model = CreatorEconomy(**parameters, rng=1)
    model.run(STEPS - 2)
    by_group, payout = [], []
    for _ in range(2):
        model.step()
        sigma = model.market.relevance(model.users, model.strategies)
        default = (sigma * matching_probabilities(sigma, model.beta, model.K)).sum(axis=1)
        by_group.append([default[model.groups == g].mean() for g in range(model.n_groups)])
        K = model.market.K
        shown = matching_probabilities(sigma, model.beta, K)
        payout.append(creator_utilities(sigma, shown).sum())
    np.testing.assert_allclose(found.groups, np.mean(by_group, axis=0), rtol=1e-9)
    assert found.payout == pytest.approx(np.mean(payout))
    assert len(found.welfare) == STEPS + 1
    assert found.negative_pay == 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    arena = arena_of(Worlds("synthetic", 2, STEPS, SMALL), policies_of("smt,contribution"))
    rows = compete(arena, folder, InProcess(), quiet=True)
    write(arena, rows, folder)
    return arena, rows, folder


@pytest.mark.parametrize("after", [2, pytest.param(0, marks=pytest.mark.slow)])
def test_stopped_and_resumed_gives_the_same_bytes(whole, tmp_path, after, stopping):
    arena, _, folder = whole
    with pytest.raises(KeyboardInterrupt):
        compete(arena, tmp_path, stopping(after), quiet=True)
    write(arena, compete(arena, tmp_path, InProcess(), quiet=True), tmp_path)
    for name in ("arena.json", "arena.md", "arena.html", *FIGURES):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_nothing_is_run_or_planned_twice(whole, monkeypatch):
    arena, rows, folder = whole
    for name in ("ecosystem_runs.arena.contest.run_policy", "ecosystem_runs.paired.planned.plan_job"):
        monkeypatch.setattr(name, lambda job: pytest.fail("ran again"))
    assert compete(arena, folder, InProcess(), quiet=True) == rows


def test_none_and_controls_come_by_themselves(whole):
    _, rows, folder = whole
    assert [row.policy for row in rows] == ["none", "smt", "smt_sharpness", "contribution"]
    by_name = {row.policy: row for row in rows}
    assert by_name["smt"].control == "smt_sharpness"
    assert by_name["contribution"].less_control is None
    text = (folder / "arena.md").read_text()
    assert "Less the control" in text
    assert "printed point" in text


def test_the_control_of_uniform_terms_is_relevance_pay_under_them():
    worlds = Worlds("figure1", 1, 10, {})
    arena = arena_of(worlds, policies_of("contribution_at_4,relevance_at_4,smt_contribution,smt,lift"))
    assert arena.control_of == {
        "contribution_at_4": "relevance_at_4",
        "smt_contribution": "smt_contribution_sharpness",
        "smt": "smt_sharpness",
    }
    assert arena_of(worlds, policies_of("contribution_at_4")).control_of == {}


def test_a_control_differs_in_pay_alone():
    short = Policy("short", "uniform(K=2)")
    paid = replace(short, name="short_paid", reward="contribution")
    turnover = {"turnover": "least_paid"}
    policies = [
        short,
        replace(short, name="short_turnover", **turnover),
        replace(short, name="short_bounded", w_max=2.0),
        replace(short, name="short_on_default", pay_terms="default"),
        paid,
        replace(paid, name="paid_turnover", pay_terms="default", **turnover),
        replace(paid, name="paid_newcomer", newcomer="random", **turnover),
        replace(paid, name="paid_weighted", weighting="uir"),
    ]
    found = arena_of(Worlds("figure1", 1, 10, {}), policies).control_of
    assert found == {"short_paid": "short", "paid_turnover": "short_turnover"}


@pytest.mark.parametrize(
    ("policies", "settings", "named"),
    [
        ("smt", {"reward": "lift"}, "--set names reward, which policies decide"),
        ("smt", {"schedule": "none@0"}, "--set names schedule"),
        ("smt,smt_sharpness", {}, "two policies are called 'smt_sharpness'"),
        ("smt", {"K": 0}, "K is 0"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(policies, settings, named):
    with pytest.raises(BadInput, match=named):
        arena_of(Worlds("figure1", 1, 10, settings), policies_of(policies))


def test_none_is_no_intervention_and_no_other_policy():
    worlds = Worlds("figure1", 1, 10, {})
    with pytest.raises(BadInput, match=r"called 'none' and shows none, pays lift; 'none' is no intervention"):
        arena_of(worlds, [Policy("none", reward="lift"), Policy("mine")])
    named = arena_of(worlds, [Policy("mine"), Policy("none", reference="the same, from a file")])
    assert [policy.name for policy in named.policies] == ["none", "mine"]


def test_a_policy_goes_before_what_is_set_for_all():
    worlds = Worlds("figure1", 1, 10, {"turnover": "patience", "alpha": 0.5})
    assert len(arena_of(worlds, policies_of("contribution_turnover")).policies) == 2


def test_what_a_policy_is_tells_all_that_it_decides():
    one, other = Policy("x", turnover="least_paid(every=5)", newcomer="random"), Policy("x", alpha=0, w_max=2)
    said = [POLICIES["besides"](policy) for policy in (one, other, Policy("x"))]
    assert said == ["turnover least_paid(every=5), newcomer random", "alpha 0, w_max 2", ""]


def test_labels_of_points_in_one_place_are_one():
    points = np.array([[0.0, 0.0], [1.0, 1.0], [0.01, 0.01], [0.0, 0.5]])
    found = labels(points, ["a", "b", "c", "d"])
    assert [names for _, names in found] == [["a", "c"], ["b"], ["d"]]
    assert labels(np.zeros((2, 2)), ["a", "b"])[0][1] == ["a", "b"]


def test_a_label_reads_away_from_the_next_mark_and_else_from_the_edge():
    points = np.array([[0.7, 0.501], [0.75, 0.5], [0.0, 0.0], [0.1, 0.01], [1.0, 1.0], [0.9, 0.0]])
    assert [reads_leftwards(points, at) for at in points] == [True, False, True, False, True, True]


@pytest.mark.slow
def test_contribution_pay_reaches_what_is_attainable_and_others_less(tmp_path):
    policies = policies_of("smt,hmt,relevance_at_4,lift,contribution,contribution_at_4")
    arena = arena_of(Worlds("synthetic", 2, 600, {"lbr_evaluation": "projected"}), policies)
    rows = {row.policy: row for row in compete(arena, tmp_path, InProcess(), quiet=True)}
    assert rows["contribution"].share > 0.9
    assert rows["lift"].share > 0.75
    for other in ("smt", "smt_sharpness", "hmt", "hmt_sharpness"):
        for ours in ("contribution", "lift"):
            assert rows[ours].welfare_default > rows[other].welfare_default
    for welfare in ("welfare", "welfare_default"):
        assert rows["contribution_at_4"].less_control[welfare].above == 2
