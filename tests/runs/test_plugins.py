"""Plug-ins as people use them: on the command line, in sweeps, from installed packages; the documented examples."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ecosystem import CreatorEconomy
from ecosystem.policies import policies_of
from ecosystem.testing import check_plugin
from ecosystem_agents.mechanisms import HMT, SMT
from ecosystem_agents.world import CreatorWorld
from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.engines import engine_of
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.sweep import sweep

ROOT = Path(__file__).parents[2]
ROOTS = os.environ["PYTHONPATH"].split(os.pathsep)
DOCS = ROOT / "docs" / "how-to"
EXAMPLES = {
    "quota.py:Quota": "mechanism",
    "margin.py:Margin": "reward",
    "fast_margin.py:FastMargin": "reward",
    "bold.py:Bold": "rules",
    "two_towns.py:TOWNS": "environment",
}

BAD = """
import numpy as np
from ecosystem_agents.mechanisms import Terms
from ecosystem_agents.world import CreatorWorld

class Bad:
    def deploy(self, weights, beta, K, n_creators):
        return Terms(np.ones(3), np.full(len(weights), beta), np.full(len(weights), 1))
"""


def ecosystem(*arguments, cwd, path=()):
    return subprocess.run(
        [sys.executable, "-m", "ecosystem_runs.command_line", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*map(str, path), *ROOTS]), "COLUMNS": "120"},
    )


SQUARED = """
from ecosystem.plugins import Terms, default_terms

class Squared:
    reference = needs = "a test"

    def deploy(self, weights, beta, K, n_creators):
        usual = default_terms(weights, beta, K, n_creators)
        return Terms(usual.reward_weight, beta * weights**2, usual.K)
"""


def test_a_mapping_by_name_is_the_plug_in_to_the_bit(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(SQUARED)
    named, world = 'smt(mapping="power(2)")', {"n_users": 120, "n_creators": 12}
    sets = [word for name, value in world.items() for word in ("--set", f"{name}={value}")]
    for out, mechanism in (("named", named), ("own", "mine.py:Squared"), ("usual", "smt")):
        ran = command(
            *("run", "synthetic", "--mechanism", mechanism, "--steps", 20, "--seed", 3, "--out", out, *sets)
        )
        assert ran.code == 0, ran.err
    tables = {out: pd.read_parquet(f"{out}/series.parquet") for out in ("named", "own", "usual")}
    pd.testing.assert_frame_equal(tables["named"], tables["own"], check_exact=True)
    assert (tables["named"]["welfare"] != tables["usual"]["welfare"]).any()
    config = json.loads(Path("named/config.json").read_text())
    assert config["parameters"]["mechanism"] == named
    model, own = (
        CreatorEconomy(environment="synthetic", mechanism=one, horizon=20, rng=3, **world)
        for one in (named, SMT(lambda w: 0.1 * w**2))
    )
    for one in (model, own):
        one.run()
    assert (model.strategies == own.strategies).all()
    assert list(model.datacollector.model_vars["welfare"]) == list(tables["named"]["welfare"])


def test_mappings_stand_in_plans_and_policies(tmp_path):
    named = 'hmt(mapping="piecewise(edges=(1,), values=(2, 4))")'
    varied = {"mechanism": ["none", named]}
    plan = parse_plan({"environment": "figure1", "steps": 6, "seeds": 1, "parameters": varied})
    sweep(plan, engine_of(0), tmp_path / "sweep", quiet=True)
    table = pd.read_parquet(tmp_path / "sweep" / "table.parquet")
    (tmp_path / "mine.toml").write_text(f"[steps]\nmechanism = '{named}'\n")
    (listed, smt), (written,) = policies_of(f"{named},smt"), policies_of(tmp_path / "mine.toml")
    assert (listed.mechanism, smt.mechanism, written.mechanism) == (named, "smt", named)
    model = CreatorEconomy(environment="figure1", horizon=6, rng=0, **written.parameters())
    model.run()
    (row,) = table[table["mechanism"] == named].to_dict("records")
    assert row["welfare_last"] == model.welfare
    scheduled = CreatorEconomy(environment="figure1", schedule=f"none@0,{named}@3", rng=0)
    scheduled.run(4)
    assert scheduled.platform.mechanism == HMT("piecewise(edges=(1,), values=(2, 4))")


@pytest.mark.parametrize(("name", "kind"), EXAMPLES.items())
def test_the_examples_are_short_keep_the_rules_and_stand_in_the_page(name, kind):
    path = DOCS / "plugins" / name.partition(":")[0]
    assert len(path.read_text().splitlines()) < 40
    assert check_plugin(str(DOCS / "plugins" / name)) == kind
    page = (DOCS / "plugins.md").read_text()
    assert f"```python\n{path.read_text()}```" in page
    assert {file.name for file in path.parent.glob("*.py")} == {
        example.partition(":")[0] for example in EXAMPLES
    }


MOVES_IN = (
    ("quota.py", "agents/ecosystem_agents/mechanisms", "MECHANISMS['quota'] = Quota"),
    ("margin.py", "ecosystem/rewards", "REWARDS['margin'] = Margin"),
    ("two_towns.py", "ecosystem/environments", "ENVIRONMENTS['two_towns'] = TOWNS"),
)


def test_the_examples_move_into_the_house_unchanged(tmp_path):
    for package in ("agents", "ecosystem", "runs"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, folder, line in MOVES_IN:
        shutil.copy(DOCS / "plugins" / file, tmp_path / folder)
        package = folder.removeprefix("agents/").replace("/", ".")
        module, name = f"{package}.{Path(file).stem}", line.rpartition(" ")[2]
        with (tmp_path / folder / "__init__.py").open("a") as registry:
            registry.write(f"\nfrom {module} import {name}\n{line}\n")
    with (tmp_path / "agents" / "ecosystem_agents" / "creator.py").open("a") as rules:
        rules.write(
            (DOCS / "plugins" / "bold.py").read_text().replace("from ecosystem.plugins", "# ") + "\n\n"
        )
        rules.write("RULES['bold'] = Bold\n")
    moved = [tmp_path, *(tmp_path / folder for folder in ("agents", "runs"))]
    done = ecosystem("list", "--json", cwd=tmp_path, path=moved)
    assert done.returncode == 0, done.stderr
    known = json.loads(done.stdout)
    for kind, name in (
        ("mechanisms", "quota"),
        ("rewards", "margin"),
        ("rules", "bold"),
        ("environments", "two_towns"),
    ):
        assert name in known[kind]


def test_the_two_forms_of_the_example_reward_are_one_reward():
    towns, runs = str(DOCS / "plugins" / "two_towns.py:TOWNS"), []
    for name in ("margin.py:Margin", "fast_margin.py:FastMargin"):
        model = CreatorEconomy(environment=towns, reward=str(DOCS / "plugins" / name), horizon=30, rng=3)
        start = model.welfare
        model.run()
        runs.append(model)
    assert runs[0].welfare == pytest.approx(runs[1].welfare, abs=1e-9)
    assert runs[0].strategies == pytest.approx(runs[1].strategies, abs=1e-9)
    assert runs[0].welfare > start


def test_every_example_runs_from_the_command_line(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    plugins = DOCS / "plugins"
    done = command(
        *("run", plugins / "two_towns.py:TOWNS", "--mechanism", f"{plugins}/quota.py:Quota(share=0.5)"),
        *("--set", f"rules={plugins}/bold.py:Bold=5,lbr", "--set", f"reward={plugins}/margin.py:Margin"),
        *("--steps", 20, "--set", "n_users=60", "--json"),
    )
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert figures["mechanism"] == f"{plugins}/quota.py:Quota(share=0.5)"
    assert figures["steps"] == 20
    folder = tmp_path / "results" / "TOWNS-Quota-share-0.5-seed0"
    assert figures["out"] == str(folder)
    config = json.loads((folder / "config.json").read_text())
    assert config["parameters"]["environment"] == str(plugins / "two_towns.py:TOWNS")
    assert config["parameters"]["rules"] == f"{plugins}/bold.py:Bold=5,lbr"
    assert len(config["inputs"]) == 4
    rules = pd.read_parquet(folder / "creators.parquet")["rule"].tolist()
    assert rules == ["Bold"] * 5 + ["lbr"] * 15


TIRED = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Tired:
    steps: int = 100

    def exits(self, step, horizon, pay, memory):
        memory += 1
        return memory > self.steps

@dataclass(frozen=True)
class Loyal:
    smoothing: float = 1.0
    back: float = 0.5

    def stays(self, smoothed):
        return smoothed * 0 + 0.5
"""


def test_rules_of_turnover_and_retention_in_a_file_are_inputs_of_runs_and_sweeps(
    command, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(TIRED)
    done = command(
        *("run", "figure1", "--set", "turnover=mine.py:Tired(steps=3)", "--set", "retention=mine.py:Loyal"),
        *("--steps", 9, "--json"),
    )
    assert done.code == 0, done.err
    folder = Path(json.loads(done.out)["out"])
    config = json.loads((folder / "config.json").read_text())
    assert config["parameters"]["turnover"] == f"{tmp_path}/mine.py:Tired(steps=3)"
    assert list(config["inputs"]) == [f"{tmp_path}/mine.py"]
    # All five go as steps 4 and 8 begin, and as many come.
    assert len(pd.read_parquet(folder / "creators.parquet")) == 15
    rules = [f"{tmp_path}/mine.py:Tired(steps={steps})" for steps in (3, 7)]
    plan = parse_plan(
        {"environment": "figure1", "steps": 9, "seeds": 1, "parameters": {"turnover": ["none", *rules]}}
    )
    assert list(plan.inputs) == list(config["inputs"])
    swept = sweep(plan, engine_of(0), tmp_path / "sweep", quiet=True)
    assert swept.failed == 0
    assert set(pd.read_parquet(swept.table)["turnover"]) == {"none", *rules}


def test_names_in_files_are_relative_to_the_working_directory_and_kept_absolute(
    command, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text((DOCS / "plugins" / "quota.py").read_text())
    done = command("run", "figure1", "--mechanism", "mine.py:Quota", "--steps", 5, "--json")
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert figures["mechanism"] == f"{tmp_path}/mine.py:Quota"
    assert set(figures["served"]) == {"none", "halved", "mine.py:Quota"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("run", "synthetic", "--mechanism", "bad.py:Bad"),
            r"mechanism bad.py:Bad breaks a rule: shape: reward_weight",
        ),
        (("run", "figure1", "--set", "schedule=none@0,bad.py:Bad@9"), "bad.py:Bad breaks a rule: shape"),
        (
            ("run", "figure1", "--set", "rules=bad.py:Bad=1,lbr"),
            "rules has 'bad.py:Bad', which is no subclass",
        ),
        (("run", "figure1", "--set", "reward=bad.py:Bad"), "which has no method pay"),
        (("run", "bad.py:Bad"), "environment is 'bad.py:Bad', which is no"),
        (("run", "figure1", "--mechanism", "bad.py:Bda"), "did you mean 'Bad'"),
        (("run", "figure1", "--mechanism", "gone.py:Bad"), "there is no file"),
        (("abtest", "--arms", "none,bad.py:Bad"), "bad.py:Bad breaks a rule: shape"),
        (("serve", "--no-open", "--port", "0", "--plugin", "bad.py:Bad"), "bad.py:Bad breaks a rule: shape"),
        (("sweep", "plan.toml", "--workers", "0"), "bad.py:Bad breaks a rule: shape"),
    ],
)
def test_a_bad_plug_in_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, capfd, arguments, says):
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "plan.toml").write_text(
        'environment = "figure1"\nsteps = 5\n[parameters]\nmechanism = ["none", "bad.py:Bad"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ecosystem", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert re.fullmatch(f"ecosystem: .*{says}.*\n", capfd.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.py", "plan.toml"]


@pytest.mark.slow
def test_a_bad_plug_in_ends_a_real_process_with_exit_code_2(tmp_path):
    (tmp_path / "bad.py").write_text(BAD)
    done = ecosystem("run", "synthetic", "--mechanism", "bad.py:Bad", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "ecosystem: mechanism bad.py:Bad breaks a rule: shape: reward_weight has shape (3,); it must have (40,)\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["bad.py"]  # not even compiled beside it


def plan_with(mechanism):
    return parse_plan(
        {
            "environment": "figure1",
            "steps": 10,
            "seeds": 2,
            "parameters": {"mechanism": ["none", mechanism], "eta": [0.1, 0.2]},
        }
    )


def test_a_sweep_in_two_processes_takes_a_plug_in_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text((DOCS / "plugins" / "quota.py").read_text())
    monkeypatch.chdir(tmp_path)
    plan = plan_with("mine.py:Quota(share=0.5)")
    assert list(plan.arms) == ["none", "mine.py:Quota(share=0.5)"]
    monkeypatch.chdir("/")  # workers find it wherever they are
    figures = sweep(plan, engine_of(2), tmp_path / "two", quiet=True)
    assert (figures.done, figures.failed) == (8, 0)
    table = pd.read_parquet(figures.table)
    assert set(table["mechanism"]) == {"none", f"{tmp_path}/mine.py:Quota(share=0.5)"}
    alone = sweep(plan, engine_of(0), tmp_path / "one", quiet=True)
    assert Path(alone.table).read_bytes() == Path(figures.table).read_bytes()


def test_an_edited_plug_in_is_another_sweep(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text((DOCS / "plugins" / "quota.py").read_text())
    before = plan_with(f"{mine}:Quota")
    mine.write_text(mine.read_text().replace("1.5", "1.25"))
    after = plan_with(f"{mine}:Quota")
    assert before.description() != after.description()
    assert before.arms == after.arms
    assert "files" not in plan_with("hmt").description()


@pytest.fixture
def installed(tmp_path):
    """Make a folder that Python takes for one with an installed package, and a broken one."""
    folder = tmp_path / "site"
    for package, points in (("example-pack", EXAMPLES), ("broken-pack", {"gone.py:Gone": "mechanism"})):
        info = folder / f"{package}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        groups: dict[str, list[str]] = {}
        for name, kind in points.items():
            module, _, thing = name.partition(".py:")
            group = {"rules": "rules"}.get(kind, f"{kind}s")
            groups.setdefault(group, []).append(f"{module} = {module}:{thing}")
            if (DOCS / "plugins" / f"{module}.py").exists():
                (folder / f"{module}.py").write_text((DOCS / "plugins" / f"{module}.py").read_text())
        lines = [f"[creator_ecosystem.{group}]\n" + "\n".join(named) for group, named in groups.items()]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_an_installed_package_is_used_by_name_alone(command, monkeypatch, tmp_path, installed):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(installed)
    for module in (name.partition(".py:")[0] for name in EXAMPLES):
        monkeypatch.setitem(sys.modules, module, None)  # so that it is forgotten afterwards
        del sys.modules[module]
    done = command("list", "--json")
    assert done.code == 0, done.err
    listed = json.loads(done.out)
    assert listed["mechanisms"]["quota"].startswith("The `share` of users")
    assert listed["environments"]["two_towns"] == "two towns of users, creators start in the larger one"
    assert listed["rewards"]["margin"]
    assert listed["rules"]["bold"]
    assert listed["details"]["mechanisms"]["quota"] == {"needs": "group weights", "reference": "an example"}
    assert "broken-pack cannot be loaded" in listed["mechanisms"]["gone"]

    done = command(
        *("run", "two_towns", "--mechanism", "quota(share=0.5)", "--steps", 10, "--json"),
        *("--set", "rules=bold=5,lbr", "--set", "reward=fast_margin", "--set", "n_users=60"),
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["mechanism"] == "quota(share=0.5)"

    done = command("run", "figure1", "--mechanism", "gone")
    assert done.code == 2
    assert "gone of the package broken-pack cannot be loaded" in done.err


def test_the_page_shows_what_a_creator_may_ask_of_its_world():
    assert f"```python\n{inspect.getsource(CreatorWorld)}```" in (DOCS / "plugins.md").read_text()
