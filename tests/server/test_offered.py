"""The dashboard offers plug-ins that its operator named, and looks at no file that a visitor names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ecosystem.rewards import REWARDS
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.live.setting import Setting
from ecosystem_server.offered import PLUGINS_VARIABLE, offered

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "how-to" / "plugins"

ASK = """
import json, sys
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE
from ecosystem_server.offered import ENVIRONMENTS
from ecosystem_server.live.setting import Setting

answers = []
for query in json.load(sys.stdin):
    try:
        setting = Setting.from_query(query, OWN_MACHINE)
        answers.append(type(setting.model(0, OWN_MACHINE).platform.mechanism).__name__)
    except BadInput as error:
        answers.append(f"refused: {error}")
menus = {name: list(FIELDS[name].options) for name in ("mechanism", "reward", "rules") if name in FIELDS}
print(json.dumps([answers, menus | {"environment": list(ENVIRONMENTS)}]))
"""


def ask(queries, folder, plugins):
    """Return what a server makes of links, and what its menus hold."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps(queries),
        cwd=folder,
        env=os.environ | {"ECOSYSTEM_PLUGINS": json.dumps(plugins)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_plug_ins_of_the_operator_are_offered_and_nothing_else_is_looked_at(tmp_path):
    (tmp_path / "evil.py").write_text(
        "open('imported', 'w').close()\nfrom ecosystem_agents.mechanisms import NoIntervention as Evil"
    )
    for name in ("quota.py", "two_towns.py", "bold.py"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text())
    full = str(tmp_path / "evil.py")
    evil = [
        "a.mechanism=evil.py:Evil",
        f"a.mechanism={full}:Evil",
        "changes=0.a.mechanism:evil.py:Evil",
        "a.mechanism=smt(/../evil.py:Evil",
        'a.mechanism=smt(mapping="power(/../evil.py:Evil")',
        "environment=evil.py:Evil",
        "a.reward=evil.py:Evil",
        "rules=evil.py:Evil",
        "a.mechanism=quota.py:Other",
        "a.mechanism=quota.py:Quota(share=evil)",
    ]
    welcome = [
        "environment=two_towns.py:TOWNS&a.mechanism=quota.py:Quota&rules=bold.py:Bold",
        "a.mechanism=hmt",
    ]
    plugins = {
        "mechanism": ["quota.py:Quota"],
        "environment": ["two_towns.py:TOWNS"],
        "rules": ["bold.py:Bold"],
    }
    answers, menus = ask(evil + welcome, tmp_path, plugins)
    assert all(answer.startswith("refused: ") for answer in answers[: len(evil)]), answers
    assert answers[len(evil) :] == ["Quota", "HMT"]
    assert not (tmp_path / "imported").exists()
    assert menus["mechanism"][-1] == "quota.py:Quota"
    assert menus["environment"][-1] == "two_towns.py:TOWNS"
    assert menus["rules"] == ["lbr", "still", "explore", "bold.py:Bold"]


def test_a_broken_package_is_left_out_and_what_the_operator_named_is_not(monkeypatch):
    point = EntryPoint("broken", "nowhere:Pay", "creator_ecosystem.rewards")
    monkeypatch.setattr(lookup, "_installed", lambda kind: {"broken": [point]})
    assert [*offered("reward", REWARDS)] == [*REWARDS]
    monkeypatch.setenv(PLUGINS_VARIABLE, json.dumps({"reward": ["broken"]}))
    with pytest.raises(BadInput, match=r"reward broken of the package .* cannot be loaded"):
        offered("reward", REWARDS)


def test_without_plug_ins_their_names_are_unknown():
    with pytest.raises(BadInput, match=r"mechanism is 'quota.py:Quota'; it must be one of none"):
        Setting.from_query("a.mechanism=quota.py:Quota", OWN_MACHINE)
    assert "rules" not in FIELDS
