"""Plans, policies, names of plug-ins and rating files, made up and mutated: read, or refused in one line."""

from __future__ import annotations

import io
import json
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.economy.collection import SERIES
from ecosystem.economy.schedule import parse_schedule
from ecosystem.environments import ENVIRONMENTS
from ecosystem.policies import KEYS, POLICIES, policies_of, policy_of, read_policies
from ecosystem.ratings.prepared import source_of
from ecosystem.rewards import REWARDS, reward_of
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import MECHANISMS, mechanism_of
from ecosystem_runs.sweeps.plan import KEYS as PLAN_KEYS
from ecosystem_runs.sweeps.plan import parse_plan, read_plan

LENGTHS = pytest.mark.parametrize("examples", [25, pytest.param(3000, marks=pytest.mark.slow)])

text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([10**30, -(10**400), 2**63, 0.1, 1e300, float("nan"), float("inf"), -0.0]),
    st.sampled_from(
        ["figure1", "none", "uir", "hmt", "log", "linear", "sobol", "welfare", "uniform(K=4)", ""]
    ),
    text,
)
names = (
    st.sampled_from(["alpha", "K", "beta", "mechanism", "n_users", "low", "high", "levels", "scale", "whole"])
    | text
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
numbers = st.sampled_from(
    [0, 1, 2, 3, 0.5, -1, 10**30, 10**400, 1e308, -1e308, 5e-324, float("nan"), float("inf")]
)
ranges = st.fixed_dictionaries(
    {"low": numbers, "high": numbers},
    optional={
        "levels": st.sampled_from([1, 2, 5, 2.0, True]),
        "scale": st.sampled_from(["log", "linear", "x", 1]),
        "whole": st.sampled_from([True, False, 1]),
    },
)


def one_line_or_fine(act, *arguments):
    try:
        return act(*arguments)
    except BadInput as error:
        refusal = str(error)
    assert len(refusal.splitlines()) == 1
    return None


def toml_of(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("NaN", "nan").replace("Infinity", "inf")


@st.composite
def damaged(draw, whole: bytes):
    """Draw `whole` with bytes flipped, left out, put in or cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.sampled_from(["flip", "delete", "insert", "cut", "double"]))
        if kind == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "delete":
            del data[at : at + draw(st.integers(1, 20))]
        elif kind == "insert":
            data[at:at] = draw(
                st.binary(max_size=5) | st.sampled_from([b"::", b"\n", b'"', b"9" * 30, b"nan", b"\0"])
            )
        elif kind == "cut":
            del data[at:]
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


PLAN = b"""environment = "synthetic"
steps = 20
seeds = [0, 1, 5]
collect = ["welfare", "creator_gini"]
[parameters]
n_users = 40
beta = {low = 0.01, high = 1.0, scale = "log"}
K = {low = 1, high = 5, levels = 3, whole = true}
[sample]
method = "sobol"
points = 4
[[points]]
eta = 0.1
[arms.plain]
[arms.hmt]
mechanism = "hmt"
"""


@LENGTHS
def test_any_plan_of_any_shape(examples):
    tables = st.dictionaries(names | st.sampled_from(["eta", "epoch_length"]), values | ranges, max_size=3)
    known = st.fixed_dictionaries(
        {"environment": st.sampled_from([*ENVIRONMENTS, "mars"]) | values},
        optional={
            "steps": values,
            "seeds": st.integers(-1, 5) | st.lists(st.integers(-1, 5), max_size=3) | text | st.booleans(),
            "collect": st.lists(st.sampled_from([*SERIES]) | scalars, max_size=3) | values,
            "parameters": tables | values,
            "points": st.lists(tables, max_size=2) | values,
            "sample": st.fixed_dictionaries(
                {},
                optional={
                    "points": st.sampled_from([0, 1, 3, 4, 16, 1.0]),
                    "method": st.sampled_from(["sobol", "latin-hypercube", 3]),
                    "seed": scalars,
                },
            )
            | values,
            "arms": st.dictionaries(text, tables | values, max_size=2) | values,
        },
    )

    @settings(max_examples=4 * examples, derandomize=True)
    @given(known | st.dictionaries(st.sampled_from(PLAN_KEYS) | text, values, max_size=4))
    def holds(raw):
        plan = one_line_or_fine(parse_plan, raw)
        if plan is not None:
            assert len(plan) >= 0
            json.dumps(plan.description())
            plan.revealing_runs()

    holds()


@LENGTHS
def test_damaged_plans(examples, tmp_path):
    path = tmp_path / "plan.toml"

    @settings(max_examples=2 * examples, derandomize=True)
    @given(damaged(PLAN) | st.binary(max_size=60))
    def holds(content):
        path.write_bytes(content)
        one_line_or_fine(read_plan, path)

    holds()


@LENGTHS
def test_policy_files(examples, tmp_path):
    path = tmp_path / "policies.toml"
    table = st.dictionaries(st.sampled_from([*KEYS]) | text, values, max_size=4)
    whole = (
        b'[mine]\nmechanism = "uniform(K=4)"\nreward = "contribution"\npay_terms = "default"\nw_max = 2.0\n'
    )

    @settings(max_examples=2 * examples, derandomize=True)
    @given(
        damaged(whole)
        | st.dictionaries(text | st.sampled_from([*POLICIES]), table | values, max_size=2).map(_toml)
    )
    def holds(content):
        path.write_bytes(content)
        for policy in one_line_or_fine(read_policies, path) or []:
            policy.parameters()

    holds()


def _toml(tables: dict) -> bytes:
    return "\n".join(f"{json.dumps(name)} = {toml_of(table)}" for name, table in tables.items()).encode()


literals = st.one_of(
    st.sampled_from(
        ["4", "-1", "0.02", "1e999", "9" * 5000, "nan", "None", "(1, 0.5)", "()", "[[1,2],[3]]", "{}"]
    ),
    st.sampled_from(
        ["'x'", "b'x'", "1j", "...", "{1}", "f()", "__import__('os')", "(" * 300, "*a", "**a", "lambda: 1"]
    ),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=6),
)
called = st.builds(
    "{}({})".format,
    st.sampled_from([*MECHANISMS, *REWARDS]) | text,
    st.lists(
        st.builds(
            "{}={}".format, st.sampled_from(["K", "beta", "user", "count", "items", "weights", "x"]), literals
        )
        | literals,
        max_size=3,
    ).map(", ".join),
)
in_files = st.builds(
    "{}.py:{}{}".format, text | st.just("good"), st.sampled_from(["Good", "none", "", "1"]), literals
)


@LENGTHS
def test_names_of_plug_ins(examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.py").write_text(
        "class Good:\n    def deploy(self, weights, beta, K, n_creators): ...\n"
    )
    (tmp_path / "folder.py").mkdir()
    name = (
        called
        | in_files
        | text
        | st.sampled_from([*MECHANISMS, "folder.py:X", "good.py", "good.py:Good", "a" * 3000])
    )

    @settings(max_examples=4 * examples, derandomize=True)
    @given(name, st.sampled_from([mechanism_of, reward_of, policy_of, policies_of, parse_schedule]))
    def holds(said, reader):
        one_line_or_fine(reader, said)
        assert lookup.split_names(said) == [part for part in lookup.split_names(said) if part.strip()]
        lookup.short(said)
        lookup.absolute(said)
        lookup.files_in(said)

    holds()


def csv_table() -> bytes:
    return b"user,item,rating\n" + b"".join(
        b"%d,%d,%d\n" % (u, i, 1 + (u * i) % 5) for u in range(5) for i in range(4)
    )


def parquet_table() -> bytes:
    out = io.BytesIO()
    pd.read_csv(io.BytesIO(csv_table())).to_parquet(out)
    return out.getvalue()


def movielens_zip(compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr(
            "ml-1m/ratings.dat", "".join(f"{u}::{i}::3::9\n" for u in range(1, 4) for i in range(1, 9))
        )
        archive.writestr("ml-1m/movies.dat", "1::A (1999)::Drama\n2::B (2000)::War\n")
        archive.writestr("ml-1m/users.dat", "".join(f"{u}::F::25::15::55117\n" for u in range(1, 4)))
    return out.getvalue()


RATINGS = {
    "table.csv": csv_table(),
    "table.tsv": csv_table().replace(b",", b"\t"),
    "table.parquet": parquet_table(),
    "stored.zip": movielens_zip(zipfile.ZIP_STORED),
    "deflated.zip": movielens_zip(zipfile.ZIP_DEFLATED),
}


@LENGTHS
@pytest.mark.parametrize("name", RATINGS)
def test_ratings(name, examples, tmp_path):
    path = tmp_path / name
    path.write_bytes(RATINGS[name])
    assert len(source_of(path).read().rating) in (20, 24)  # whole, it is read

    @settings(max_examples=examples, derandomize=True)
    @given(damaged(RATINGS[name]) | st.binary(max_size=100))
    def holds(content):
        path.write_bytes(content)
        ratings = one_line_or_fine(lambda: source_of(path).read())
        if ratings is not None:
            assert 1 <= ratings.rating.min() <= ratings.rating.max() <= 5
            assert len(ratings.titles) == len(ratings.item_ids)

    holds()


cells = st.one_of(
    st.integers(-5, 6),
    st.sampled_from([2**62, -1, 3.5, float("nan"), float("inf"), None, True, "3", "x", "", b"x"]),
)


@LENGTHS
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_tables_of_odd_cells(ending, examples, tmp_path):
    path = tmp_path / f"odd.{ending}"

    @settings(max_examples=examples, derandomize=True)
    @given(st.lists(st.tuples(cells, cells, cells), max_size=4), st.booleans())
    def holds(rows, as_given):
        table = pd.DataFrame(rows, columns=["user", "item", "rating"])
        if ending == "csv":
            table.to_csv(path, index=False)
        else:
            try:
                (table if as_given else table.astype(str)).to_parquet(path)
            except Exception:  # not every mixture can be written
                return
        one_line_or_fine(lambda: source_of(path).read())

    holds()
