"""Each error in the guide to one's own vectors is one that somebody meets."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosystem import embeddings
from ecosystem_agents.inputs.checks import BadInput

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "embeddings.md"
ERRORS = re.findall(r"^\| `(.+?)` \|", GUIDE.read_text().split("## What can go wrong")[1], re.MULTILINE)


def table(**columns):
    return pd.DataFrame({"user_id": ["a", "b"], "d0": [0.5, 1.5], "d1": [1.0, 2.0]} | columns)


def met(given, **options):
    try:
        embeddings(given, **options).build(np.random.default_rng(0))
    except BadInput as error:
        return str(error)
    return "nothing went wrong"


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    def text(name, content):
        path = tmp_path_factory.mktemp("guide") / name
        path.write_text(content)
        return path

    return [
        met(table(country=["DE", "FR"])),
        met(table().rename(columns={"d0": "x", "d1": "y"})),
        met(table(e0=[1, 2], e1=[1, 2])),
        met(table(d2=[1, 2]).drop(columns="d1")),
        met(table(id=[1, 2])),
        met(pd.DataFrame({"0": np.arange(9), "1": np.linspace(0, 1, 9)})),
        met(table(d1=[1.0, np.nan])),
        met(pd.DataFrame({"v": [[1.0, 2.0], [1.0, 2.0, 3.0]]})),
        met(text("u.csv", "id,d0,d1\na,1,2\nb,3\n")),
        met(table(group=["x", None])),
        met(table(user_id=["a", "a"])),
        met(table(group=[0, 2])),
        met(text("u.csv", "a,0.5,1.5\nb,0.5,2.5\n")),
        met(text("u.txt", "0.25 0.5\n0.5 1\n")),
        met(table()[:0]),
        met(table(), id="customer"),
        met(table(), items=np.eye(3)),
    ]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_the_guide_is_met(error, said):
    assert sum(error in one for one in said) == 1


def test_all_of_them_are_in_the_guide(said):
    assert len(said) == len(ERRORS) > 10
