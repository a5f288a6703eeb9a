"""The reference is what the code says, and results have the columns and keys that it lists."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer.main
from typer.testing import CliRunner

from ecosystem import CreatorEconomy
from ecosystem.economy.reporting import ADDED
from ecosystem.environments import ENVIRONMENTS
from ecosystem.ranking.competition import REPORTERS, RankingCompetition
from ecosystem.shortvideo.settings import Settings
from ecosystem_runs.command_line import app

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
WHICH = """
environment = "figure1"
steps = 5
points = 2
[parameters]
eta = {low = 0.1, high = 0.2}
"""
BEST = """
environment = "figure1"
steps = 10
seeds = 1
trials = 2
held_out = 2
[search]
reward = ["relevance", "lift"]
[objectives]
welfare = "maximise"
"""
PLAN = 'environment = "figure1"\nsteps = 5\nseeds = 2\n[parameters]\nmechanism = ["none", "hmt"]\n'
SMALL = "--set n_users=60 --set n_creators=8"


@pytest.fixture(scope="module")
def made(extension):
    """Give what makes parts of pages from the code, by name."""
    return extension("made_from_code").MADE


def listed(section):
    """Return the names of the first column of the table under a heading of results.md."""
    text = (REFERENCE / "results.md").read_text()
    body = re.split(rf"^#+ `{re.escape(section)}`\n", text, flags=re.M)[1]
    body = re.split(r"^#+ ", body, maxsplit=1, flags=re.M)[0]
    rows = [line.split("|")[1] for line in body.splitlines() if line.startswith("| `")]
    assert rows
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def described(text):
    """Return default and description by name, from the first table of a text."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines()]
    return {row[0].strip("`"): row[1:] for row in rows if row and row[0].startswith("`")}


def below(heading, text):
    return re.split(r"^#+ ", text.split(f"{heading}\n")[1], maxsplit=1, flags=re.M)[0]


def test_every_parameter_is_listed_with_its_default(made):
    listed = described(made["parameters"]())
    parameters = inspect.signature(CreatorEconomy).parameters.values()
    beside = ["seed", "shards", "scheduler", *ADDED]  # what changes no result stands elsewhere
    assert [*listed, *beside] == [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for parameter in parameters:
        if parameter.name in listed and parameter.default is not None:
            assert listed[parameter.name][0] == f"`{parameter.default}`"
    assert all(text.endswith(".") for _, text in listed.values())


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_option_of_an_environment_is_listed_with_its_default(name, made):
    listed = described(below(f"### `{name}`", made["environments"]()))
    assert list(listed) == list(ENVIRONMENTS[name].options)
    for option, default in ENVIRONMENTS[name].options.items():
        assert listed[option][0] == ("none" if default is None else f"`{default}`")
    assert all(text.endswith(".") for _, text in listed.values())


def test_the_guide_to_embeddings_has_every_option_with_its_default(made):
    guide = described(below("## Every option", (ROOT / "docs" / "how-to" / "embeddings.md").read_text()))
    options = described(below("### `embeddings`", made["environments"]()))
    assert {name: default for name, (default, _) in guide.items()} == {
        name: default for name, (default, _) in options.items()
    }


@pytest.mark.parametrize(("table", "documented"), [("ranking", RankingCompetition), ("shortvideo", Settings)])
def test_the_other_models_parameters_are_listed(table, documented, made):
    listed = described(made[table]())
    assert list(listed) == list(inspect.signature(documented).parameters)
    assert all(text.endswith(".") for _, text in listed.values())


def test_every_command_is_listed_with_its_options(made):
    listed = made["commands"]()
    for command in typer.main.get_command(app).commands:
        assert f"## `ecosystem {command}`" in listed
    assert "--checkpoint-every STEPS" in listed


def test_marks_of_pages_are_made(made):
    marks = [
        mark
        for page in (ROOT / "docs").rglob("*.md")
        for mark in re.findall(r"<!-- made: (\w+) -->", page.read_text())
    ]
    assert set(marks) == set(made)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Give the folder all commands below run in, with a plan and a sweep of it."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "plan.toml").write_text(PLAN)
    (folder / "which.toml").write_text(WHICH)
    (folder / "best.toml").write_text(BEST)
    plan, out = str(folder / "plan.toml"), str(folder / "swept")
    done = CliRunner().invoke(app, ["sweep", "run", plan, "--workers", "0", "--out", out, "--json"])
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("ecosystem run", "run figure1 --steps 5"),
        ("ecosystem figure 1", "figure 1 --steps 5"),
        ("ecosystem figure 2", f"figure 2 --seeds 1 --steps 10 --workers 0 {SMALL}"),
        ("ecosystem arena", "arena figure1 --policies uir --seeds 1 --steps 10 --workers 0"),
        (
            "ecosystem phase",
            "phase --ratios 1 --scales 2 --zipfs 1 --policies smt --accept better --seeds 1 --steps 10 --workers 0",
        ),
        ("ecosystem abtest", "abtest --users 60 --days 1 --burn-in 1 --min-group 5 --resamples 2"),
        ("ecosystem planner", "planner figure1 --effort 0.1 --starts 1"),
        ("ecosystem theorems", "theorems --only theorem-1-gap --workers 0"),
        (
            "ecosystem weights",
            "weights figure1 --steps 10 --seeds 1 --search-seeds 1 --generations 1 --workers 0",
        ),
        ("ecosystem sensitivity", "sensitivity which.toml --workers 0"),
        ("ecosystem optimise", "optimise best.toml --workers 0"),
        ("ecosystem sweep run", "sweep run plan.toml --workers 0 --out again"),
        ("ecosystem sweep status", "sweep status swept"),
        ("ecosystem sweep report", "sweep report swept"),
        ("ecosystem enrich run", "enrich run 2 3"),
        ("ecosystem enrich theory", "enrich theory 2 3"),
    ],
)
def test_a_command_prints_the_keys_listed(section, line, here, monkeypatch):
    monkeypatch.chdir(here)
    done = CliRunner().invoke(app, [*line.split(), "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert set(printed[0] if isinstance(printed, list) else printed) == listed(section)


def test_a_ranking_competition_collects_the_columns_listed():
    assert set(REPORTERS) == listed("RankingCompetition.datacollector")


def test_the_tables_of_a_run_have_the_columns_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    points = np.random.default_rng(0).random((9, 2))
    np.savez("own.npz", users=points, items=points, groups=np.array(["a", "b", "c"] * 3))
    own = ("embeddings", "--set", "file=own.npz", "--set", "n_creators=2", "--set", "K=1")
    for folder, words in (("kept", ["figure1"]), ("own", own)):
        done = CliRunner().invoke(app, ["run", *words, "--steps", "5", "--out", folder, "--json"])
        assert done.exit_code == 0, done.output
    for name in ("series", "groups", "creators", "strategies", "users"):
        tables = [pd.read_parquet(path) for path in tmp_path.glob(f"*/{name}.parquet")]
        columns = {column for table in tables for column in table.columns if column[-1] != "1"}
        assert columns == listed(f"{name}.parquet")
    config = json.loads((tmp_path / "kept" / "config.json").read_text())
    assert set(config) == listed("config.json")


@pytest.mark.parametrize(
    ("figure", "line"), [("1", "--seeds 2 --steps 5"), ("2", f"--seeds 1 --steps 10 --workers 0 {SMALL}")]
)
def test_the_tables_of_a_figure_have_the_columns_listed(figure, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["figure", figure, *line.split(), "--out", "kept", "--json"])
    assert done.exit_code == 0, done.output
    section = (
        (REFERENCE / "results.md").read_text().split(f"\n### `ecosystem figure {figure}`: the folder\n")[1]
    )
    named = set(re.findall(r"`([^`]+)`", re.split(r"^### ", section, maxsplit=1, flags=re.M)[0]))
    for path in (tmp_path / "kept").glob("*.parquet"):
        assert {path.name, *pd.read_parquet(path).columns} <= named
