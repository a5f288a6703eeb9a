"""The same users and items are the same world, to the bit, whatever they are written in."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from ecosystem import CreatorEconomy, embeddings
from ecosystem.own_data.columns import Columns
from ecosystem.own_data.world import read_world
from ecosystem_agents.inputs.checks import BadInput

M, ITEMS, D = 300, 100, 12  # of two digits, so that d10 comes after d9 by number and before d2 by letters


def vectors(part):
    rng = np.random.default_rng({"users": 1, "items": 2}[part])
    return rng.standard_normal((M if part == "users" else ITEMS, D)) * (1 if part == "users" else 0.3)


def ids(part):
    return [f"{part[0]}{k:04d}" for k in range(len(vectors(part)))]


def wide(part, prefix="d", first=0):
    return pd.DataFrame(vectors(part), columns=[f"{prefix}{k + first}" for k in range(D)])


def with_ids(part, prefix="d", name="{}_id", first=0):
    table = wide(part, prefix, first)
    table.insert(0, name.format(part[:-1]), ids(part))
    return table


def listed(part):
    flat = pa.array(vectors(part).ravel())
    return pa.table({f"{part[:-1]}_id": ids(part), "embedding": pa.FixedSizeListArray.from_arrays(flat, D)})


def spark(part):
    kind = pa.struct(
        [
            ("type", pa.int8()),
            ("size", pa.int32()),
            ("indices", pa.list_(pa.int32())),
            ("values", pa.list_(pa.float64())),
        ]
    )
    rows = [{"type": 1, "size": None, "indices": None, "values": row.tolist()} for row in vectors(part)]
    return pa.table({"id": ids(part), "features": pa.array(rows, kind)})


def lines(part, before=""):
    rows = (
        f"{one} {' '.join(map(repr, row.tolist()))}"
        for one, row in zip(ids(part), vectors(part), strict=True)
    )
    return (before + "\n".join(rows) + "\n").encode()


def jsonl(part):
    rows = zip(ids(part), vectors(part).tolist(), strict=True)
    return "".join(json.dumps({"id": one, "vector": row}) + "\n" for one, row in rows).encode()


def parquet(table):
    out = io.BytesIO()
    pq.write_table(
        table if isinstance(table, pa.Table) else pa.Table.from_pandas(table), out, row_group_size=37
    )
    return out.getvalue()


def feather(table):
    out = io.BytesIO()
    pyarrow.feather.write_feather(table, out)
    return out.getvalue()


def csv(table, **how):
    return table.to_csv(index=False, **how).encode()


def npz(part):
    out = io.BytesIO()
    np.savez(out, **{part: vectors(part), f"{part[:-1]}_ids": np.array(ids(part))})
    return out.getvalue()


def npy(part):
    out = io.BytesIO()
    np.save(out, vectors(part))
    return out.getvalue()


FORMATS = {
    "plain.npy": npy,
    "fortran.npz": npz,
    "list.parquet": lambda part: parquet(listed(part)),
    "spark.PARQUET": lambda part: parquet(spark(part)),
    "wide.pq": lambda part: parquet(with_ids(part, "")),
    "index.parquet": lambda part: parquet(with_ids(part).set_index(f"{part[:-1]}_id")),
    "sorted.parquet": lambda part: parquet(with_ids(part)[sorted(with_ids(part).columns)]),
    "table.feather": lambda part: feather(listed(part)),
    "wide.csv": lambda part: csv(with_ids(part, "emb_", first=1)),
    "german.CSV": lambda part: b"\xef\xbb\xbf" + csv(with_ids(part), sep=";", lineterminator="\r\n"),
    "rows.csv": lambda part: with_ids(part).set_index(f"{part[:-1]}_id").rename_axis(None).to_csv().encode(),
    "unnamed.csv": lambda part: csv(with_ids(part, name="Unnamed: 0")),
    "listed.csv": lambda part: csv(
        pd.DataFrame({"id": ids(part), "v": [str(row.tolist()) for row in vectors(part)]})
    ),
    "wide.tsv.gz": lambda part: gzip.compress(csv(with_ids(part), sep="\t")),
    "rows.jsonl": jsonl,
    "rows.ndjson.gz": lambda part: gzip.compress(jsonl(part)),
    "glove.txt": lines,
    "word2vec.vec": lambda part: lines(part, f"{len(vectors(part))} {D}\n"),
    "word2vec.VEC.GZ": lambda part: gzip.compress(lines(part, f"{len(vectors(part))} {D}\n")),
}


def small(**options):
    return {"n_creators": 8, "K": 3, "eta": 1.0, "n_groups": 4, "rng": 0} | options


@pytest.fixture(scope="module")
def expected():
    world = embeddings(vectors("users"), items=vectors("items"), n_creators=8)
    model = CreatorEconomy(environment=world, K=3, eta=1.0, n_groups=4, rng=0)
    model.run(5)
    assert (model.strategies != model.start).any()
    return model


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_the_same_world(name, tmp_path, expected):
    paths = {}
    for part in ("users", "items"):
        paths[part] = tmp_path / f"{part}-{name}"
        paths[part].write_bytes(FORMATS[name](part))
    model = CreatorEconomy(
        environment="embeddings", file=str(paths["users"]), items=str(paths["items"]), **small()
    )
    model.run(5)
    np.testing.assert_array_equal(model.users, vectors("users"), strict=True)
    np.testing.assert_array_equal(model.strategies, expected.strategies, strict=True)
    own = name != "plain.npy"
    assert list(map(str, model.setting.user_ids)) == (ids("users") if own else [str(k) for k in range(M)])
    assert list(map(str, model.setting.item_ids)) == (ids("items") if own else [str(k) for k in range(ITEMS)])
    assert set(model.setting.taken) == {"users", "items"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".txt"])
def test_how_text_is_encoded_is_looked_for(tmp_path, encoding, ending):
    path = tmp_path / f"users{ending}"
    text = '"id, as, they, say";d0;d1\n' + "".join(f"Zoë{k};0.{k};1.5\n" for k in range(5))
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)
    world = read_world(path, columns=Columns(id="id*"))
    assert world.user_ids.to_pylist() == [f"Zoë{k}" for k in range(5)]
    np.testing.assert_array_equal(world.users, [[k / 10, 1.5] for k in range(5)])


def test_a_folder_of_parts_is_one_table(tmp_path):
    table = with_ids("users")
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "_SUCCESS").touch()
    for k in range(3):
        (tmp_path / "users" / f"part-0000{k}.snappy.parquet").write_bytes(
            parquet(table[100 * k : 100 * (k + 1)])
        )
    world = read_world(tmp_path / "users")
    np.testing.assert_array_equal(world.users, vectors("users"))
    assert world.user_ids.to_pylist() == ids("users")
    (tmp_path / "users" / "part-00003.parquet").write_bytes(parquet(table[:3].drop(columns="d1")))
    with pytest.raises(BadInput, match="parts of other columns"):
        read_world(tmp_path / "users")


def test_arrays_data_frames_and_arrow_tables(expected):
    floats = vectors("users").astype(np.float32)
    for given in (
        floats,
        pd.DataFrame(floats),
        pa.table({f"{k}": floats[:, k] for k in range(D)}),
        floats.tolist(),
    ):
        np.testing.assert_array_equal(read_world(given).users, floats.astype(float), strict=True)
    world = read_world(with_ids("users"), pd.DataFrame({"v": list(vectors("items"))}, index=ids("items")))
    assert world.user_ids.to_pylist() == ids("users")
    assert (world.item_ids.to_pylist(), world.titles) == (ids("items"), ids("items"))
    assert world.taken["items"] == "items: vector 'v', id '__index_level_0__'"
    with pytest.raises(BadInput, match="did you mean 'n_creators'"):
        embeddings(floats, n_creator=3)


def test_what_would_be_left_unheard_is_refused():
    floats = vectors("users")
    with pytest.raises(BadInput, match=r"^users hides 2 of its entries behind a mask; fill them in"):
        read_world(np.ma.masked_less(floats, np.sort(floats, axis=None)[2]))
    assert read_world(np.ma.array(floats)).users.tolist() == floats.tolist()
    with pytest.raises(BadInput, match=r"^file is 'x' and users are given; leave one of them out"):
        embeddings(floats, file="x")
    for told in ({"items": "none.npy"}, {"groups": "none.npy"}, {"id": "name"}):
        with pytest.raises(
            BadInput, match=f"^{next(iter(told))} is .*, and this world has been read; tell `embeddings`"
        ):
            CreatorEconomy(environment=embeddings(floats), **told)
    with pytest.raises(BadInput, match=r"^scale is -5 and relevance is 'dot', which has none; leave it out"):
        embeddings(floats, scale=-5).build(np.random.default_rng(0))


def test_text_and_whole_numbers_are_ids_as_they_are(tmp_path):
    table = wide("users")[:4]
    for own in ([7, 3, 5, 1], ["007", "NA", "1e5", "null"]):
        table["user_id"] = own
        assert read_world(table).user_ids.to_pylist() == own
    table.to_csv(tmp_path / "u.csv", index=False)
    assert read_world(tmp_path / "u.csv").user_ids.to_pylist() == ["007", "NA", "1e5", "null"]
    table["user_id"] = [7.0, 3.0, 5.0, 1.0]  # of pandas, after a join
    assert read_world(table).user_ids.to_pylist() == [7, 3, 5, 1]


def test_groups_masses_and_titles(tmp_path):
    table = with_ids("users")
    table["Group"], table["mass"] = np.arange(M) % 4, 1.0 + np.arange(M)
    items = with_ids("items")
    items["title"] = [None, *(f"Film {k}" for k in range(1, ITEMS))]
    (tmp_path / "u.csv").write_bytes(csv(table))
    (tmp_path / "i.csv").write_bytes(csv(items))
    for world in (read_world(table, items), read_world(tmp_path / "u.csv", tmp_path / "i.csv")):
        assert world.groups.tolist() == (np.arange(M) % 4).tolist()
        assert world.mass.tolist() == (1.0 + np.arange(M)).tolist()
        assert world.titles[1] == "Film 1"
    table["Group"] = np.where(np.arange(M) % 3, "north", "south")
    world = read_world(table)
    assert (world.groups[:3].tolist(), world.group_names) == ([1, 0, 0], ["north", "south"])


PEAK = """
import sys
from ecosystem.own_data.columns import Columns
from ecosystem.own_data.world import read_world

def peak():
    with open("/proc/self/status") as status:
        return 1024 * int(status.read().split("VmHWM:")[1].split()[0])

before = peak()
users = read_world(sys.argv[1]).users
print(peak() - before - 2 * users.nbytes)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["u.npy", "list.parquet", "wide.parquet", "u.csv"])
def test_a_large_table_streams_into_one_array(name, tmp_path):
    users = np.random.default_rng(0).standard_normal((300_000, 64))
    ids = pa.array([f"user {k}" for k in range(len(users))])
    columns = pa.table({"user_id": ids, **{f"d{k}": column for k, column in enumerate(users.T)}})
    if name == "u.npy":
        np.save(tmp_path / name, users)
    elif name == "list.parquet":
        lists = pa.FixedSizeListArray.from_arrays(pa.array(users.ravel()), 64)
        pq.write_table(pa.table({"user_id": ids, "vector": lists}), tmp_path / name)
    elif name == "wide.parquet":
        pq.write_table(columns, tmp_path / name)
    else:
        pyarrow.csv.write_csv(columns, tmp_path / name)
    told = [sys.executable, "-W", "error", "-c", PEAK, str(tmp_path / name)]
    done = subprocess.run(told, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 400_000_000  # and what readers hold, whatever the rows
