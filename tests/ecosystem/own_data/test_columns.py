"""Columns whose names do not say what they are, rows that are not as the others: a line, with what settles it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ecosystem.own_data.columns import Columns
from ecosystem.own_data.world import read_world
from ecosystem_agents.inputs.checks import BadInput

RNG = np.random.default_rng(0)


def users(rows=30, **columns):
    return pd.DataFrame({f"d{k}": RNG.standard_normal(rows) for k in range(3)} | columns)


def refused(match, *given, **said):
    with pytest.raises(BadInput, match=match) as caught:
        read_world(*given, columns=Columns(**said))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["user_id", "userId", "USER_ID", "id", "Id", "index", "Unnamed: 0", ""])
@pytest.mark.parametrize("own", [np.arange(30), [f"u{k}" for k in range(30)]])
def test_an_id_by_name_is_no_dimension(name, own):
    world = read_world(users(**{name: own}))
    assert world.users.shape == (30, 3)
    assert world.user_ids.to_pylist() == list(own)


def test_of_two_ids_the_numbers_of_rows_are_left_out():
    world = read_world(users(user_id=np.arange(30) + 5, index=np.arange(30)))
    assert world.user_ids[0].as_py() == 5
    assert world.taken["users"] == "users: vector 'd0 to d2', id 'user_id', not read 'index'"
    refused("has 'id', 'user_id' for its id; say which by --id id", users(id=range(30), user_id=range(30)))
    assert read_world(users(id=range(30), user_id=range(30)), columns=Columns(id="user_id", ignore="id"))


def test_a_column_left_over_is_settled_by_an_option():
    table = users(user_id=range(30), country=["DE", "FR", "IT"] * 10, age=RNG.integers(20, 60, 30))
    refused(
        "column 'country' of text, and 'age', whose names do not say what they are: --group country "
        r"\(in a run --set group=country\), or to leave them out --ignore country,age \(",
        table,
    )
    refused("column 'age' of numbers whose .*--mass age .*--ignore age", table, group="country")
    world = read_world(table, columns=Columns(group="country", ignore="age"))
    assert (world.users.shape, world.group_names) == ((30, 3), ["DE", "FR", "IT"])
    assert read_world(table, columns=Columns(vector="d*,age", ignore="c*")).users.shape == (30, 4)
    refused("country is|group is 'land', and no column is called that: users has 'd0'", table, group="land")
    refused("column 'vip' of others whose .* is: to leave it out --ignore vip", users(vip=[True, False] * 15))
    taken = {"group": "d0", "mass": "d1", "vector": "d2"}
    refused("is: to leave it out --ignore age", table.drop(columns="country"), **taken)
    refused("are: to leave them out --ignore country,age", table, **taken)
    assert read_world(table, columns=Columns(ignore="country,age")).users.shape == (30, 3)
    refused("column 'country' holds text", table, vector="country", ignore="*")


def test_where_vectors_are_is_said_where_it_is_unclear():
    named = pd.DataFrame({"x": RNG.standard_normal(9), "y": RNG.standard_normal(9)})
    refused("no column of vectors and no numbered columns .*: say where they are by --vector x,y", named)
    assert (
        read_world(named, columns=Columns(vector="y,x")).users.tolist()
        == named[["y", "x"]].to_numpy().tolist()
    )
    refused(
        "has vectors in 'd\\*', 'e\\*'; say in which by --vector d\\*",
        users(e0=RNG.random(30), e1=RNG.random(30)),
    )
    refused("numbered 0 to 2 and no d1", users().drop(columns="d1"))
    refused("column 'd0' of numbers", users(v=[[0.5, 1.0]] * 30))
    refused("has two columns called 'd0'", pa.table([[0.5], [1.0]], names=["d0", "d0"]))


def test_ids_among_unnamed_dimensions_are_noticed():
    points = RNG.standard_normal((30, 3))
    points[:, 1] = RNG.permutation(30) + 1000
    refused("whole numbers, each once, in dimension 1, as ids are: .*--vector vector", points)
    refused("in column '1', as ids are: --id 1 if they are, or --vector 0,1,2", pd.DataFrame(points))
    world = read_world(pd.DataFrame(points), columns=Columns(id="1", vector="0,2"))
    assert (world.users.shape, world.user_ids[0].as_py()) == ((30, 2), points[0, 1])
    assert read_world(points, columns=Columns(vector="vector")).users.shape == (30, 3)
    whole = RNG.integers(-9, 9, (30, 3))
    whole[:, 0] = np.arange(30)
    refused("in dimension 0", whole)
    assert read_world(np.arange(60).reshape(20, 3)).users.shape == (20, 3)
    assert read_world(np.eye(30)).users.shape == (30, 30)


BAD = {
    "u.parquet": lambda table, path: table.to_parquet(path),
    "u.csv": lambda table, path: table.to_csv(path, index=False),
    "u.jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
    "u.feather": lambda table, path: table.to_feather(path),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("d1", np.nan, "row 18 column 'd1' holds nan; entries must be finite"),
        ("group", None, "row 18 column 'group' holds no group; fill it in"),
        ("group", "", "row 18 column 'group' holds no group"),
        ("user_id", None, "row 18 column 'user_id' holds no id"),
        ("user_id", "u3", "row 18 column 'user_id' has u3 a second time"),
        ("mass", 0.0, "row 18 column 'mass' holds 0.0; a mass is a number above 0"),
    ],
)
def test_a_bad_row_is_named_in_every_format(tmp_path, name, column, value, named):
    table = users(user_id=[f"u{k}" for k in range(30)], group=["a", "b", "c"] * 10, mass=np.ones(30))
    table[column] = table[column].astype(object)
    table.loc[17, column] = value
    if column in ("d1", "mass"):
        table[column] = table[column].astype(float)
    BAD[name](table, tmp_path / name)
    refused(f"users file '{name}' {named}", tmp_path / name)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0.0] * 29 + [np.nan]),
        pd.array([0] * 29 + [None], dtype="Int64"),
        pd.Categorical(["a"] * 29 + [None]),
    ],
)
def test_a_missing_label_is_refused_whatever_its_type(labels):
    refused("row 30 column 'group' holds no group", users(group=labels))


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("u.csv", "id,d0,d1\na,1,2\nb,3\n", "row 2: Expected 3 columns, got 2"),
        ("u.csv", "id,d0,d1\na,1,2\nb,3,x\n", "row 2 column 'd1': .*invalid value 'x'"),
        ("u.csv", "id,d0,d1\na,0.5,\n", "row 1 column 'd1' holds nan"),
        ("u.csv", "id,d0,d1\n", "must not be empty"),
        ("u.csv", "", "cannot be read .*Empty CSV"),
        ("u.csv", "a,0.5,1.5\nb,0.25,2.5\n", "has no header row: it begins with 'a'"),
        ("u.csv", 'id,v\na,"[1, 2]"\nb,"[1, 2, 3]"\n', "row 2 has 3 numbers and others 2"),
        ("u.csv", 'id,v\na,"[1, 2]"\nb,"[1, ..., 3]"\n', "cannot be read .*'...'"),
        ("u.txt", "a 0.5 1\nb 2\n", "row 2: Expected 3 columns, got 2"),
        ("u.txt", "2 2\na 0.5 1\nb 2 x\n", "row 2 column 'd1': .*invalid value 'x'"),
        ("u.txt", "0.25 0.5\n0.5 1\n", "begins with 0.25, where a token should stand"),
        ("u.csv", "id,d0,d0\na,1,2\n", "has two columns called 'd0'"),
        ("u.jsonl", '{"id": 1, "v": [1, 2]}\n{"id": 2, "v": [1]}\n', "row 2 has 1 numbers and others 2"),
        ("u.jsonl", '{"id": 1, "v": [1, 2]}\n{"id": 2, "v": [1, null]}\n', "row 2 column 'v' dimension 1 holds nan"),
        ("u.jsonl", '{"id": 1, "v": [1, 2]}\n{"id": 2, "v": [1, "x"]}\n', "row 2: Column.*changed"),
        ("u.jsonl", '[{"id": 1, "v": [1, 2]}]', "row 1: Column"),
        ("u.json", "[]", "ends in '.json'; it must be .npz"),
        ("u.npy.gz", "", "ends in '.gz'; it must be"),
    ],
)  # fmt: skip
def test_text_that_is_not_as_it_should_be(tmp_path, name, text, named):
    (tmp_path / name).write_text(text)
    refused(named, tmp_path / name)


def test_sparse_vectors_of_spark_are_refused():
    kind = pa.struct([("type", pa.int8()), ("values", pa.list_(pa.float64()))])
    rows = pa.array([{"type": 0, "values": [1.0]}], kind)
    refused("holds sparse vectors; write them dense", pa.table({"id": ["a"], "v": rows}))


def test_a_file_of_groups_goes_by_its_ids():
    table = users(user_id=[f"u{k}" for k in range(30)])
    labels = pd.DataFrame({"user_id": table["user_id"], "segment": ["a", "b"] * 15})
    assert read_world(table, groups=labels).group_names == ["a", "b"]
    refused(
        "groups row 1 is of 'u29' and that of the users of 'u0'; sort both alike", table, None, labels[::-1]
    )
    refused("groups has 29 labels|one label for each of 30 users", table, None, labels[1:])


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("user_id", [[], [1.0]] * 15, "'user_id' holds lists, not one id a row"),
        ("group", [{"a": 1}] * 30, "'group' holds lists, not one group a row"),
        ("user_id", [b"\xff%d" % k for k in range(30)], "cannot be read"),
        ("mass", [f"m{k}" for k in range(30)], "cannot be read"),
    ],
)
def test_what_stands_beside_is_one_plain_value_a_row(column, values, told):
    refused(told, users(**{column: values}))
