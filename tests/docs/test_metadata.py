"""pyproject.toml, CITATION.cff, codemeta.json and CHANGELOG.md say the same of the project."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text())


@pytest.fixture(scope="module")
def codemeta():
    return json.loads((ROOT / "codemeta.json").read_text())


def test_versions_agree(project, citation, codemeta):
    released = re.findall(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert {citation["version"], codemeta["version"], released[0]} == {project["version"]}


def test_the_rest_agrees(project, citation, codemeta):
    assert citation["authors"] == project["authors"]
    assert codemeta["author"] == [{"@type": "Organization", **author} for author in project["authors"]]
    assert citation["abstract"] == codemeta["description"] == project["description"]
    assert citation["keywords"] == codemeta["keywords"] == project["keywords"]
    assert citation["license"] == codemeta["license"].rpartition("/")[2] == project["license"]
    assert codemeta["identifier"] == project["name"]
    assert codemeta["runtimePlatform"] == f"Python {project['requires-python']}"


def test_both_papers_are_cited_alike(citation, codemeta):
    def cited(papers, title):
        return {paper[title]: str(paper.get("identifiers", paper.get("identifier"))) for paper in papers}

    cff, meta = cited(citation["references"], "title"), cited(codemeta["referencePublication"], "name")
    assert len(cff) == 2
    assert cff.keys() == meta.keys()
    assert all(("arXiv:2412.15878" in cff[title]) == (meta[title] == "arXiv:2412.15878") for title in cff)


def test_the_workflow_calls_what_there_is():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
