"""The arena page's table: by hand, and against the arena of the command line on the same worlds."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple

import numpy as np
import pytest

from ecosystem.yardsticks.final import Final, Recorded
from ecosystem_runs.arena.contest import arena_of, compete
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.paired.planned import Planned
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.arena.table import COLUMNS, SHARES, rows, to_csv
from ecosystem_server.limits import OWN_MACHINE

SMALL = ArenaSetting("synthetic", 3, 30, "projected", 12, 60, ("smt", "contribution_at_4"))


def made(welfare, worst):
    groups = np.array([worst, worst + 0.2])
    return Final(
        2 * welfare,
        welfare,
        groups,
        groups,
        creator_gini=0.2,
        negative_pay=0.0,
        payout=30.0,
        welfare_during=1.5,
        turnovers=2,
    )


def test_means_pairs_and_shares_by_hand():
    setting = ArenaSetting(seeds=3, policies=("smt",))
    results = {
        ("none", 0): made(0.5, 0.2),
        ("none", 1): made(0.6, 0.3),
        ("none", 2): made(0.9, 0.9),
        ("smt", 0): made(0.6, 0.2),
        ("smt", 1): made(0.8, 0.2),
    }
    none, smt = rows(setting, results, {0: (1.0, 0.8), 1: (1.0, 1.0)})
    assert (none.policy, none.seeds, none.less_none) == ("none", 3, {})
    assert none.means["welfare_default"] == pytest.approx(2.0 / 3)
    assert none.means["share"] == 0
    assert smt.seeds == 2
    assert smt.means["worst_group"] == pytest.approx(0.2)
    mean, low, high, *_ = astuple(smt.less_none["welfare_default"])
    assert mean == pytest.approx(0.15)
    half = 12.7062 * 0.05  # t with one degree of freedom, and the standard error of 0.1 and 0.2
    assert (low, high) == pytest.approx((0.15 - half, 0.15 + half), rel=1e-5)
    assert smt.less_none["worst_group"].mean == pytest.approx(-0.05)
    assert [smt.less_none[key].above for key in ("welfare_default", "worst_group", "payout")] == [
        2,
        0,
        0,
    ]
    assert smt.means["share"] == pytest.approx((0.1 / 0.5 + 0.2 / 0.4) / 2)
    assert smt.means["share_attainable"] == pytest.approx((0.1 / 0.3 + 0.2 / 0.4) / 2)
    # One world has a difference, but no interval.
    _, smt = rows(setting, {key: results[key] for key in (("none", 0), ("smt", 0))}, {})
    assert astuple(smt.less_none["welfare_default"]) == (pytest.approx(0.1), None, None, None, 1)
    assert smt.means["share"] is None
    _, smt = rows(setting, {}, {})
    assert (smt.seeds, smt.less_none, smt.means["payout"]) == (0, {}, None)


def test_the_same_numbers_as_the_arena_of_the_command_line(tmp_path, monkeypatch):
    planned = [Planned(1.0, [], 0.9)] * SMALL.seeds  # planning is not what is compared
    monkeypatch.setattr("ecosystem_runs.arena.contest.planned_worlds", lambda *args: [planned])
    settings = {"n_creators": 12, "n_users": 60, "lbr_evaluation": "projected"}
    from ecosystem.policies import policy_of

    worlds = Worlds("synthetic", SMALL.seeds, SMALL.steps, settings)
    arena = arena_of(worlds, [policy_of(p) for p in SMALL.policies])
    theirs = {row.policy: row for row in compete(arena, tmp_path, InProcess(), quiet=True)}
    results = {}
    for policy in SMALL.names:
        for seed in range(SMALL.seeds):
            run = Recorded(SMALL.model(policy, seed, OWN_MACHINE))
            run.play()
            results[policy, seed] = run.final()
    for row in rows(SMALL, results, dict.fromkeys(range(SMALL.seeds), (1.0, 0.9))):
        their = theirs[row.policy]
        for key in COLUMNS:
            assert row.means[key] == pytest.approx(getattr(their, key), rel=1e-12), (row.policy, key)
        if row.policy == "none":
            continue
        for key, own in row.less_none.items():
            if key in ("negative_pay", "welfare_during", "turnovers"):
                continue  # shown, not compared, by the command
            other = getattr(their, f"{key}_interval") if key in SHARES else their.less_none[key]
            assert astuple(own) == pytest.approx(astuple(other), rel=1e-9, abs=1e-12), (row.policy, key)


def test_the_csv_holds_what_the_table_shows():
    setting = ArenaSetting(seeds=2, policies=("smt",))
    results = {("none", 0): made(0.5, 0.2), ("none", 1): made(0.6, 0.3), ("smt", 0): made(0.6, 0.2)}
    table = rows(setting, results, {})
    none, smt = csv.DictReader(io.StringIO(to_csv(setting, table).decode()))
    assert (none["environment"], none["horizon"], none["policy"], none["seeds"]) == (
        "figure1",
        "1000",
        "none",
        "2",
    )
    assert float(none["welfare_default"]) == table[0].means["welfare_default"]
    assert none["welfare_default_less_none"] == smt["welfare_default_less_none_low"] == ""
    assert float(smt["welfare_default_less_none"]) == pytest.approx(0.1)
    assert smt["welfare_default_less_none_above"] == "1"
    assert "share" not in none
