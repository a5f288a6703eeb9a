"""A run on one's own vectors gives its ids back: in its tables, its summary and its configuration."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from ecosystem.own_data.columns import Columns
from ecosystem.own_data.world import read_world

USERS, ITEMS = [f"u{k:02d}" for k in range(40)], [f"SKU-{k}" for k in range(25)]


@pytest.fixture
def exported(tmp_path):
    rng = np.random.default_rng(0)
    users = pd.DataFrame(rng.standard_normal((40, 3)), columns=["d0", "d1", "d2"])
    users.insert(0, "user_id", USERS)
    users["country"] = ["DE", "FR"] * 20
    users.to_csv(tmp_path / "users.csv", index=False)
    items = pd.DataFrame(0.3 * rng.standard_normal((25, 3)), columns=["d0", "d1", "d2"])
    items.insert(0, "item_id", ITEMS)
    items["title"] = [f"Film {k}" for k in range(25)]
    items.to_parquet(tmp_path / "items.parquet")
    return tmp_path / "users.csv", tmp_path / "items.parquet"


def test_ids_come_back(command, exported, tmp_path):
    users, items = exported
    given = [f"--set={one}" for one in (f"file={users}", f"items={items}", "n_creators=6", "K=2", "eta=1")]
    code, _, err = command("run", "embeddings", *given, "--steps", 20, "--out", tmp_path / "refused")
    assert code == 2
    assert "a column 'country' of text whose name does not say what it is: --group country" in err
    assert not (tmp_path / "refused").exists()

    given.append("--set=group=country")
    code, out, err = command("run", "embeddings", *given, "--steps", 20, "--out", tmp_path / "run")
    assert code == 0
    assert "users file 'users.csv': vector 'd0 to d2', id 'user_id', group 'country'" in err
    assert "items creators end on" in out
    assert re.search(r"items creators end on: Film \d+( \(\d\))?; Film \d+", out)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (
        config["taken"]["items"]
        == "items file 'items.parquet': vector 'd0 to d2', id 'item_id', title 'title'"
    )

    creators = pd.read_parquet(tmp_path / "run" / "creators.parquet")
    assert not [column for column in creators if column in ("start0", "end0")]
    vectors = pd.read_parquet(items).set_index("item_id")
    path = pd.read_parquet(tmp_path / "run" / "strategies.parquet")
    for when, step in (("start", 0), ("end", 20)):
        there = path[path["step"] == step].set_index("creator")[["s0", "s1", "s2"]].to_numpy()
        np.testing.assert_array_equal(
            vectors.loc[creators[f"{when}_item"], ["d0", "d1", "d2"]].to_numpy(), there
        )
        assert creators[f"{when}_title"].tolist() == vectors.loc[creators[f"{when}_item"], "title"].tolist()

    people = pd.read_parquet(tmp_path / "run" / "users.parquet")
    assert people["user"].tolist() == USERS
    assert people["group_name"].tolist() == ["DE", "FR"] * 20
    assert people["group"].tolist() == [0, 1] * 20
    series = pd.read_parquet(tmp_path / "run" / "series.parquet")
    assert people["first_utility"].mean() == pytest.approx(series["welfare"].iloc[0])
    assert people["last_utility"].mean() == pytest.approx(series["welfare"].iloc[-1])
    groups = pd.read_parquet(tmp_path / "run" / "groups.parquet")
    assert people.groupby("group")["weight"].nunique().tolist() == [1, 1]
    assert set(groups["group"]) == {0, 1}

    code, out, _ = command("run", "embeddings", *given, "--steps", 20, "--out", tmp_path / "again", "--json")
    figures = json.loads(out)
    counts = creators["end_item"].value_counts()
    assert {item["id"]: count for item, count in figures["ended_on"]} == counts.to_dict()
    assert {item["id"] for item in figures["left"]} == set(creators["start_item"]) - set(creators["end_item"])


def test_data_embeddings_tells_what_is_there_and_keeps_it_as_one_file(command, exported, tmp_path):
    users, items = exported
    told = ("data", "embeddings", users, "--items", items, "--group", "country")
    code, out, _ = command(*told)
    assert code == 0
    assert "nothing is written" in out
    code, out, _ = command(*told, "--out", tmp_path / "whole.npz", "--json")
    figures = json.loads(out)
    assert [figures[name] for name in ("users", "dimensions", "items", "groups")] == [40, 3, 25, 2]
    apart = read_world(users, items, columns=Columns(group="country"))
    whole = read_world(tmp_path / "whole.npz")
    for name in ("users", "items", "groups"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(apart, name), strict=True)
    for name in ("user_ids", "item_ids", "group_names", "titles"):
        assert list(getattr(whole, name)) == list(getattr(apart, name))
    code, _, err = command(*told, "--out", tmp_path / "whole.csv")
    assert (code, "it must end in .npz" in err) == (2, True)


def test_what_does_not_fit_together_is_not_written(command, exported, tmp_path):
    users, items = exported
    pd.read_parquet(items).drop(columns="d2").to_parquet(items)
    given = (users, "--items", items, "--group", "country", "--out", tmp_path / "world.npz")
    code, _, err = command("data", "embeddings", *given)
    assert (code, "items have 2 dimensions and users 3; both must have the same" in err) == (2, True)
    assert not (tmp_path / "world.npz").exists()
