from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {"users": rng.standard_normal((30, 3)), "items": 0.3 * rng.standard_normal((25, 3))}


def economy(**options):
    return CreatorEconomy(environment="embeddings", n_groups=options.pop("n_groups", 3), rng=0, **options)


def test_creators_move_among_the_items(tmp_path, arrays):
    np.savez(tmp_path / "world.npz", **arrays)
    model = economy(file=str(tmp_path / "world.npz"), n_creators=6, K=3, eta=1.0, start="favourite")
    assert (model.strategies == model.strategies[0]).all()
    favourite = model.market.relevance(arrays["users"], arrays["items"]).mean(axis=0).argmax()
    assert (model.strategies[0] == arrays["items"][favourite]).all()
    model.run(40)
    items = {tuple(item) for item in arrays["items"]}
    assert {tuple(s) for s in model.strategies} <= items
    assert len({tuple(s) for s in model.strategies}) > 1
    sigma = model.market.relevance(arrays["users"], arrays["items"])
    assert sigma.min() == pytest.approx(0)
    assert sigma.max() == pytest.approx(1)


@pytest.mark.parametrize("strategy_set", ["ball", "free"])
@pytest.mark.parametrize("relevance", ["dot", "distance"])
def test_without_items_creators_move_freely(tmp_path, arrays, strategy_set, relevance):
    np.save(tmp_path / "users.npy", arrays["users"])
    model = economy(
        file=str(tmp_path / "users.npy"), strategy_set=strategy_set, relevance=relevance, radius=0.5
    )
    model.run(5)
    if strategy_set == "ball":
        assert (np.linalg.norm(model.strategies, axis=1) <= 0.5 + 1e-12).all()


def test_parquet_groups_and_starting_points(tmp_path, arrays):
    table = pd.DataFrame(arrays["users"], columns=["d0", "d1", "d2"])
    table["group"] = ["north", "south", "east"] * 10
    table.to_parquet(tmp_path / "users.parquet")
    pd.DataFrame({"vector": list(arrays["items"])}).to_parquet(tmp_path / "items.parquet")
    np.save(tmp_path / "start.npy", arrays["items"][:4])
    model = economy(
        file=str(tmp_path / "users.parquet"),
        items=str(tmp_path / "items.parquet"),
        initial=str(tmp_path / "start.npy"),
    )
    assert model.n_groups == 3
    assert model.groups.tolist() == [1, 2, 0] * 10
    assert (model.strategies == arrays["items"][:4]).all()


def test_by_default_creators_start_on_random_items(tmp_path, arrays):
    np.savez(tmp_path / "world.npz", **arrays)
    model = economy(file=str(tmp_path / "world.npz"), n_creators=8)
    items = {tuple(item) for item in arrays["items"]}
    assert {tuple(s) for s in model.start} <= items
    assert len({tuple(s) for s in model.start}) > 1


def test_real_embeddings():
    path = os.environ.get("ECOSYSTEM_EMBEDDINGS")
    if not path:
        pytest.skip("ECOSYSTEM_EMBEDDINGS names no file of real embeddings")
    model = CreatorEconomy(environment="embeddings", mechanism="hmt", file=path, horizon=20, rng=0)
    start = model.welfare
    model.run()
    assert model.users.shape == (1578, 32)
    assert (model.strategies != model.start).any()
    assert model.welfare > start


def bad(tmp_path: Path, name: str):
    path = tmp_path / name
    if name == "pickled.npy":
        np.save(path, np.array([{}, {}], dtype=object), allow_pickle=True)
    elif name == "nan.npz":
        np.savez(path, users=np.array([[np.nan, 1.0]]))
    elif name == "mismatch.npz":
        np.savez(path, users=np.ones((4, 3)), items=np.ones((4, 2)))
    elif name == "nameless.npz":
        np.savez(path, people=np.ones((4, 3)))
    elif name == "misspelt.npz":
        np.savez(path, users=np.eye(4), itmes=np.eye(4), item_ids=np.arange(4))
    elif name == "singular.npz":
        np.savez(path, user=np.eye(4))
    elif name == "pickled.npz":
        np.savez(path, users=np.array([{}, {}], dtype=object), allow_pickle=True)
    elif name == "text.npz":
        path.write_text("not at all an archive")
    elif name == "gap.npz":
        np.savez(path, users=np.eye(4), groups=np.array([0, 0, 2, 2]))
    elif name == "flat.npz":
        np.savez(path, users=np.ones(4))
    elif name == "equal.npz":
        np.savez(path, users=np.ones((4, 2)), items=np.ones((4, 2)))
    elif name == "complex.npz":
        np.savez(path, users=np.ones((4, 2)) + 1j)
    elif name == "huge.npz":
        np.savez(path, users=np.full((4, 2), -1e200))
    elif name == "far.npz":
        np.savez(path, users=np.eye(4), groups=np.array([0, 1, 2, 2**62]))
    elif name == "mixed.parquet":
        pd.DataFrame({"d0": [0.0, 1.0], "d1": [0.0, 2.0], "group": [[1.0], []]}).to_parquet(path)
    elif name == "empty.parquet":
        pd.DataFrame({"x": []}).to_parquet(path)
    elif name == "header.npy":
        path.write_bytes(b"\x93NUMPY\x01\x00v\x00{'descr'")
    elif name == "damaged.npz":
        np.savez_compressed(path, users=np.arange(99.0))
        content = bytearray(path.read_bytes())
        content[120:140] = bytes(20)
        path.write_bytes(content)
    else:
        path.write_bytes(b"PK\x03\x04 not really")
    return str(path)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("pickled.npy", "without pickled objects"),
        ("nan.npz", "row 1 column 'vector' dimension 0 holds nan"),
        ("misspelt.npz", "has an array 'itmes', which is not read; did you mean 'items'?"),
        ("singular.npz", "did you mean 'users'?"),
        ("pickled.npz", r"cannot be read \(no plain arrays\); save plain numeric arrays"),
        ("text.npz", r"cannot be read \(it is no .npz archive\)"),
        ("mismatch.npz", "items have 2 dimensions and users 3"),
        ("nameless.npz", "no array 'users'"),
        ("gap.npz", "group 1 is empty"),
        ("flat.npz", r"users of 'flat.npz' has shape \(4,\); it must have 2 axes"),
        ("equal.npz", "dot products"),
        ("truncated.npz", "cannot be read"),
        ("broken.parquet", "cannot be read"),
        ("complex.npz", "is not an array of numbers"),
        ("huge.npz", r"holds -1e\+200; entries must be finite and within 1e\+100"),
        ("far.npz", "group 3 is empty"),
        ("mixed.parquet", "column .group. holds lists, not one group a row"),
        ("empty.parquet", "no column of vectors and no numbered columns"),
        ("header.npy", "cannot be read"),
        ("damaged.npz", "cannot be read"),
        ("text.xls", "must be .npz, .npy, .parquet"),
    ],
)
def test_bad_files_are_named(tmp_path, name, named):
    with pytest.raises(BadInput, match=named) as caught:
        economy(file=bad(tmp_path, name))
    assert "allow_pickle" not in str(caught.value)
    assert "unpickl" not in str(caught.value)


def test_arrays_of_the_users_own_may_stand_beside(tmp_path, arrays):
    np.savez(tmp_path / "w.npz", **arrays, user_ids=np.arange(30), item_popularity=np.ones(25))
    assert economy(file=str(tmp_path / "w.npz")).n_users == 30


def test_a_missing_file_is_named():
    with pytest.raises(BadInput, match="file is not given"):
        economy()
    with pytest.raises(BadInput, match="does not exist"):
        economy(file="nowhere.npz")
