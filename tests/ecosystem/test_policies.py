"""Policies: three parts, by name, by list and by file."""

from __future__ import annotations

import pytest

from ecosystem import CreatorEconomy
from ecosystem.policies import POLICIES, Policy, policies_of, policy_of
from ecosystem.rewards import REWARDS
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import MECHANISMS

SMALL = {"environment": "synthetic", "n_users": 60, "n_creators": 12, "K": 6, "n_groups": 4}


@pytest.mark.parametrize("name", POLICIES)
def test_every_named_policy_runs_and_says_where_it_comes_from(name):
    policy = POLICIES[name]
    assert policy.name == name
    assert policy.reference
    assert policy.needs
    model = CreatorEconomy(**SMALL, **policy.parameters(), rng=0)
    model.run(6)
    assert 0 < model.welfare < 1


@pytest.mark.parametrize("name", [*MECHANISMS, *REWARDS])
def test_the_name_of_one_part_is_a_policy(name):
    policy = policy_of(name)
    assert policy.name == name
    assert policy.reference
    assert policy.needs
    own = policy.parameters()
    if name in ("none", "relevance"):
        assert own == Policy("x").parameters()
    elif name == "uir":  # an idle mechanism, weighted: the same to the bit
        assert own == {
            "mechanism": "none",
            "reward": "relevance",
            "pay_terms": "deployed",
            "weighting": "uir",
        }
    else:
        assert name in (own["mechanism"], own["reward"])


def test_content_does_not_see_what_is_shown_where_pay_is_on_default_terms():
    at = {name: CreatorEconomy(**SMALL, **policy_of(name).parameters(), rng=3) for name in POLICIES}
    alike = [
        name for name, p in POLICIES.items() if p.reward == "contribution" and p.weighting == "mechanism"
    ]
    assert {"contribution", "contribution_at_4", "smt_contribution", "hmt_contribution"} <= set(alike)
    for name in alike:
        at[name].run(15)
        assert at[name].strategies.tobytes() == at["contribution"].strategies.tobytes()
        assert at[name].welfare_default == pytest.approx(at["contribution"].welfare_default, rel=1e-12)
    assert at["contribution_at_4"].welfare > at["contribution"].welfare


def test_a_list_of_names():
    found = policies_of("smt, contribution,lift")
    assert [policy.name for policy in found] == ["smt", "contribution", "lift"]
    with pytest.raises(BadInput, match="did you mean 'contribution'"):
        policies_of("smt,contributoin")
    with pytest.raises(BadInput, match="names smt twice"):
        policies_of("smt,lift,smt")
    for text in ("found/policies.toml,hmt", "hmt,policies.toml", "found/policies.tml"):
        with pytest.raises(
            BadInput, match=r"policies names .*; a file of policies stands alone, and ends in"
        ):
            policies_of(text)
    with pytest.raises(BadInput, match="names none"):
        policies_of(" ,")


def test_a_mechanism_and_a_reward_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from ecosystem.plugins import SMT\n\nclass Soft(SMT):\n    pass\n\ndef pay(*given):\n    return 1\n"
    )
    shown = policy_of("mine.py:Soft()")
    assert shown.name == "mine.py:Soft()"
    assert shown.parameters()["mechanism"] == f"{tmp_path / 'mine.py'}:Soft()"
    assert shown.parameters()["reward"] == "relevance"
    assert policy_of("mine.py:pay").parameters()["reward"] == f"{tmp_path / 'mine.py'}:pay"


def test_a_file_of_policies(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[sharp]\nmechanism = "hmt"\nreward = "contribution"\npay_terms = "default"\n'
        '[gentle]\nweighting = "uir"\nw_min = 0.5\nw_max = 2\nreference = "mine"\n'
    )
    sharp, gentle = policies_of(str(path))
    needs = "group utilities; relevance of a user's whole list and of the first creator left out"
    assert sharp == Policy("sharp", "hmt", "contribution", "default", needs=needs)
    assert gentle.needs == "relevance of every match; group utilities"
    assert sharp.summary == "shows hmt, pays contribution, on default terms"
    assert gentle.parameters() == {
        "mechanism": "none",
        "reward": "relevance",
        "pay_terms": "deployed",
        "weighting": "uir",
        "w_min": 0.5,
        "w_max": 2,
    }
    assert gentle.summary.endswith(", with w_min 0.5, w_max 2")
    model = CreatorEconomy(**SMALL, **gentle.parameters(), rng=0)
    assert (model.w_min, model.w_max) == (0.5, 2.0)


def test_plug_ins_in_a_file_of_policies_are_kept_by_their_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("from ecosystem.plugins import UIR as Mine")
    (tmp_path / "mine.toml").write_text('[a]\nmechanism = "mine.py:Mine"\nreward = "lift"\n')
    (found,) = policies_of("mine.toml")
    assert (found.mechanism, found.reward) == (policy_of("mine.py:Mine").mechanism, "lift")
    assert found.mechanism == f"{tmp_path}/mine.py:Mine"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "mine.toml: it is empty; write a table a policy"),
        ("[a]\nrewards = 'lift'\n", "a key of policy a is 'rewards'.*did you mean 'reward'"),
        ("[a]\npay_terms = 'mine'\n", "pay_terms of policy a is 'mine'; it must be one of deployed, default"),
        ("[a]\nweighting = 'uri'\n", "did you mean 'uir'"),
        ("[a]\nw_max = 'much'\n", "w_max of policy a is 'much'; it must be a number"),
        ("[a]\nreward = 3\n", "reward of policy a is 3; it must be a text"),
        ("[a]\nreward = 'lfit'\n", "mine.toml: policy a: reward is 'lfit'.*did you mean 'lift'"),
        ("[a]\nw_max = 0.5\n", "mine.toml: policy a: w_min is 0.2 and w_max 0.5"),
        ("a = 'lift'\n", r"a is 'lift'; it must be a table: \[a\]"),
        ("[a\n", "mine.toml is no TOML"),
        ("['a/b']\n", "a policy is called 'a/b'"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path, text, named):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=named) as caught:
        policies_of(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there():
    with pytest.raises(BadInput, match="there is no file"):
        policies_of("nowhere.toml")
