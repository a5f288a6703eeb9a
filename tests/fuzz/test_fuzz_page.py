"""Whatever visitors upload and put into the address: a world, or one line that says what is wrong."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecosystem.environments import ENVIRONMENTS
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.setting import Setting
from ecosystem_server.live.uploads import keep
from ecosystem_server.ranking.setting import RankingSetting

LENGTHS = pytest.mark.parametrize("examples", [25, pytest.param(3000, marks=pytest.mark.slow)])
SMALL = replace(PUBLIC, n_creators=30, n_users=60, steps=20)
rng = np.random.default_rng(0)
GOOD = {"users": rng.random((16, 3)), "items": rng.random((6, 3)), "groups": np.repeat([0, 1], 8)}


def one_line_or_fine(act, *arguments):
    try:
        return act(*arguments)
    except BadInput as error:
        refusal = str(error)
    assert len(refusal.splitlines()) == 1
    return None


def npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def npy(array) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out)
    return out.getvalue()


def deflated(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


WHOLE = {
    "stored.npz": npz(**GOOD),
    "deflated.npz": deflated(**GOOD),
    "users.npy": npy(GOOD["users"]),
    "users.parquet": parquet(pd.DataFrame(GOOD["users"], columns=["d0", "d1", "d2"])),
}


@st.composite
def damaged(draw, whole: bytes):
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        if data and draw(st.booleans()):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif draw(st.booleans()):
            del data[at : at + draw(st.sampled_from([1, 7, 10**6]))]
        else:
            data[at:at] = draw(st.binary(max_size=9))
    return bytes(data)


def world(name: str, content: bytes):
    """Do what the page does with an upload, up to the first step."""
    with tempfile.TemporaryDirectory() as path:
        folder = type("Folder", (), {"name": path})()
        file = keep(name, content, folder, PUBLIC)
        model = Setting(environment="embeddings", arms=({"mechanism": "hmt"},), file=file).model(0, PUBLIC)
        model.run(1)
        assert np.isfinite(model.welfare)


@LENGTHS
@pytest.mark.parametrize("name", WHOLE)
def test_damaged_uploads(name, examples):
    world(name, WHOLE[name])  # whole, it plays

    @settings(max_examples=examples, derandomize=True)
    @given(damaged(WHOLE[name]) | st.binary(max_size=80))
    def holds(content):
        one_line_or_fine(world, name, content)

    holds()


shapes = st.sampled_from([(), (0,), (5,), (16, 3), (16, 0), (0, 3), (1, 1), (16, 3, 1), (3, 16)])
kinds = st.sampled_from(["f8", "f2", "i8", "u1", "?", "c16", "U3", "S2", "M8[s]", "O", "V4", "i4,f4"])
fills = st.sampled_from([0, 1, -1, 1e300, -1e300, 1e-320, float("nan"), float("inf")])


@st.composite
def odd_arrays(draw):
    shape, kind = draw(shapes), draw(kinds)
    array = np.zeros(shape, dtype=kind)
    if kind in ("f8", "f2", "c16"):
        array = rng.random(shape).astype(kind)
        if array.size and draw(st.booleans()):
            with np.errstate(over="ignore"):
                array.flat[draw(st.integers(0, array.size - 1))] = draw(fills)
    if kind in ("i8", "u1"):
        array = (np.arange(array.size) % draw(st.sampled_from([1, 2, 5, 200]))).reshape(shape).astype(kind)
    return np.asfortranarray(array) if draw(st.booleans()) else array


@LENGTHS
def test_uploads_of_odd_arrays(examples):
    names = st.sampled_from(["users", "items", "groups", "initial", "other"])

    @settings(max_examples=4 * examples, derandomize=True)
    @given(st.dictionaries(names, odd_arrays(), max_size=3), st.booleans(), st.booleans())
    @example({"initial": np.array(False)}, True, True)
    def holds(arrays, with_users, zipped):
        if with_users:
            arrays = {"users": GOOD["users"]} | {k: v for k, v in arrays.items() if k != "users"}
        if zipped or not arrays:
            one_line_or_fine(world, "odd.npz", npz(**arrays))
        else:
            one_line_or_fine(world, "odd.NPY", npy(next(iter(arrays.values()))))

    holds()


@LENGTHS
def test_uploads_of_odd_tables(examples):
    cells = st.one_of(
        st.floats(-2, 2),
        st.sampled_from([float("nan"), None, "x", 3, True, b"y"]),
        st.lists(st.floats(0, 1), max_size=3),
    )
    tables = st.lists(st.lists(cells, min_size=2, max_size=2), max_size=5)

    @settings(max_examples=2 * examples, derandomize=True)
    @given(
        tables, st.lists(st.sampled_from(["x", "group", "users", ""]), min_size=2, max_size=2, unique=True)
    )
    def holds(rows, columns):
        table = pd.DataFrame(rows, columns=columns, dtype=None if rows else float)
        for some in (table, table.iloc[:, :1], table.iloc[:, :0]):
            try:
                content = parquet(some)
            except Exception:  # not every mixture can be written
                continue
            one_line_or_fine(world, "odd.parquet", content)

    holds()


@LENGTHS
def test_uploaded_archives_of_anything(examples):
    members = st.dictionaries(
        st.sampled_from(["users.npy", "users", "../users.npy", "items.npy", "", "/x.npy"]),
        st.binary(max_size=40) | st.just(npy(GOOD["users"])) | damaged(npy(GOOD["users"])),
        max_size=3,
    )

    @settings(max_examples=2 * examples, derandomize=True)
    @given(members, st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    def holds(members, compression):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", compression) as archive:
            for name, content in members.items():
                archive.writestr(name or "users.npy", content)
        one_line_or_fine(world, "users.npz", out.getvalue())

    holds()


text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
said = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "2", "0.5", "nan", "inf", "1e999", "9" * 400, "٣", "²", "1_0", " 1 ", "1/3"]
    ),
    st.sampled_from(
        ["1/0", "auto", "none", "a", "all", "hmt", "uir", "expected", "5.fork", "3.b.mechanism:hmt"]
    ),
    st.sampled_from(
        ["3.a.beta:", "3.all.alpha:x", "~", "1:auto~2:1/3", "2:", "1e400:1", "1/3,1/3,0", "figure1"]
    ),
    text,
)
keys = st.one_of(
    st.sampled_from(
        ["environment", "seed", "arms", "changes", "step", "view", "file", "n_users", "n_creators"]
    ),
    st.sampled_from([*FIELDS, *(f"{arm}.{name}" for arm in "abc" for name in FIELDS)]),
    st.sampled_from(["n_publishers", "n_queries", "threshold", "peak", "rule", "order"]),
    text,
)
pairs = st.lists(st.tuples(keys, said), max_size=7)
small_worlds = st.sampled_from([[], [("environment", "synthetic"), ("n_users", "30"), ("n_creators", "4")]])
queries = st.one_of(
    st.builds(lambda start, rest: urlencode([*start, *rest]), small_worlds, pairs),
    pairs.map(lambda items: "&".join(f"{key}={value}" for key, value in items)),
    st.binary(max_size=20).map(quote),
    st.text(max_size=20).filter(lambda raw: raw.isprintable()),
)


@LENGTHS
def test_addresses_of_worlds(examples):
    @settings(max_examples=10 * examples, derandomize=True)
    @given(queries)
    def holds(query):
        found = one_line_or_fine(Setting.from_query, query, SMALL)
        if found is None:
            return
        assert found.environment in ENVIRONMENTS
        assert Setting.from_query(found.to_query(), SMALL) == found
        for arm in range(len(found.arms)):
            one_line_or_fine(found.model, arm, SMALL)

    holds()


@LENGTHS
def test_addresses_of_ranking_games(examples):
    @settings(max_examples=10 * examples, derandomize=True)
    @given(queries)
    def holds(query):
        found = one_line_or_fine(RankingSetting.from_query, query)
        if found is None:
            return
        assert RankingSetting.from_query(found.to_query()) == found
        one_line_or_fine(found.model, OWN_MACHINE)

    holds()
