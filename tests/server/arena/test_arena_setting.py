"""The arena page's setting: its address, its limits, and the command it stands for."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ecosystem.policies import POLICIES
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.arena.setting import OFFERED, PLACES, ArenaSetting, about
from ecosystem_server.limits import OWN_MACHINE, PUBLIC

ROOT = Path(__file__).parents[3]
SMALL = ArenaSetting("synthetic", 2, 20, "projected", 12, 60, ("smt", "lift_at_4"), "payout")


@pytest.mark.parametrize(
    "setting",
    [SMALL, ArenaSetting(), ArenaSetting(policies=()), ArenaSetting.of({"environment": "movielens"})],
)
def test_the_address_holds_the_whole_setting(setting):
    assert ArenaSetting.from_query(setting.to_query()) == setting


def test_every_policy_of_the_catalogue_is_on_offer_and_told():
    assert set(POLICIES) <= {"none", *OFFERED}
    for name in OFFERED:
        assert all(about(name).values()), name


def test_another_environment_brings_its_own_values_and_keeps_the_policies():
    setting = SMALL.with_value("environment", "figure1")
    assert (setting.n_users, setting.steps, setting.lbr_evaluation) == (None, 1000, "printed")
    assert setting.policies == SMALL.policies
    assert "embeddings" not in PLACES


def test_policies_keep_the_order_of_the_catalogue():
    setting = SMALL.with_policy("traffic", True)
    assert setting.policies == ("traffic", "smt", "lift_at_4")
    assert setting.with_policy("smt", False).policies == ("traffic", "lift_at_4")
    assert setting.world == SMALL.world != SMALL.with_value("steps", 21).world


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("environment=embeddings", "environment"),
        ("seeds=0", "seeds is 0"),
        ("steps=many", "steps is 'many'"),
        ("policies=smt,mine.py:Quota", "policy is 'mine.py:Quota'"),
        ("lbr_evaluation=both", "lbr_evaluation"),
        ("n_users=100", "figure1 has no n_users"),
        ("against=luck", "against"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(query, message):
    with pytest.raises(BadInput, match=message):
        ArenaSetting.from_query(query)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seeds", 11, "seeds is 11; this server allows at most 10"),
        ("steps", 1001, "steps is 1001"),
        ("n_creators", 101, "n_creators is 101"),
        ("n_users", 2001, "n_users is 2001"),
        ("policies", list(OFFERED)[:9], "the number of policies is 9; this server allows at most 8"),
    ],
)
def test_a_public_server_allows_less(name, value, message):
    setting = SMALL.with_value(name, value)
    assert setting.checked(OWN_MACHINE) is setting
    with pytest.raises(BadInput, match=message):
        setting.checked(PUBLIC)


def test_a_world_that_is_too_large_or_unfit_is_told_when_it_is_built():
    with pytest.raises(BadInput, match="n_users is 60; this server allows at most 59"):
        SMALL.model("smt", 0, replace(OWN_MACHINE, arena_users=59))
    model = SMALL.model("lift_at_4", 1, PUBLIC)
    assert (model.horizon, model.n_creators, model.lbr_evaluation) == (20, 12, "projected")


def test_the_command_names_what_is_not_the_environments_own():
    assert shlex.split(SMALL.command()) == shlex.split(
        "ecosystem arena synthetic --policies smt,lift_at_4 --seeds 2 --steps 20 "
        "--set lbr_evaluation=projected --set n_creators=12 --set n_users=60"
    )
    assert "--set" not in ArenaSetting().command()


def test_plug_ins_of_this_server_are_offered_without_their_folders():
    ask = (
        "from ecosystem_server.arena.setting import OFFERED, about\n"
        "name = list(OFFERED)[-1]\n"
        "print(name, about(name)['mechanism'])"
    )
    named = {"ECOSYSTEM_PLUGINS": json.dumps({"mechanism": ["docs/how-to/plugins/quota.py:Quota"]})}
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env=os.environ | named,
        capture_output=True,
        text=True,
        check=True,
    )
    name, mechanism = told.stdout.split()
    assert name == "docs/how-to/plugins/quota.py:Quota"
    assert mechanism == "quota.py:Quota"
