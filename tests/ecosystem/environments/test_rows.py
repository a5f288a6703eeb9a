"""Some of a world's users are to the bit those that it has as a whole, and the rest of it is the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ecosystem.chunks
from ecosystem.chunks import CHUNK, chunks, picked
from ecosystem.environments import ENVIRONMENTS, Environment, Setting
from ecosystem.environments.synthetic import cluster_sizes
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import FreeSpace
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import BadInput

RANGES = (range(0), range(1), range(7, 23), range(23, 10**6), range(5000, 6000))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(ecosystem.chunks, "CHUNK", 7)
    monkeypatch.setattr("ecosystem.environments.synthetic.CHUNK", 7)
    monkeypatch.setattr("ecosystem.own_data.files.CHUNK", 7)


def check_rows(name: str, m: int, ranges=RANGES, **options) -> None:
    spec = name if isinstance(name, Environment) else ENVIRONMENTS[name]
    whole = spec.build_rows(np.random.default_rng(3), range(m), **options)
    assert len(whole.users) == whole.n_users == m
    for rows in ranges:
        some = spec.build_rows(np.random.default_rng(3), rows, **options)
        assert (some.n_users, repr(some.relevance)) == (m, repr(whole.relevance))
        for array in ("users", "groups", "user_mass"):
            of_all, own = getattr(whole, array), getattr(some, array)
            assert (of_all is None) == (own is None)
            if own is not None:
                assert own.dtype == of_all.dtype
                np.testing.assert_array_equal(own, of_all[rows.start : rows.stop], strict=True)
        np.testing.assert_array_equal(some.strategies, whole.strategies)


def test_synthetic_users_in_chunks_are_those_of_one_draw(small_chunks):
    check_rows("synthetic", 50, n_users=50, n_creators=4, dim=3)
    found = ENVIRONMENTS["synthetic"].build(np.random.default_rng(3), n_users=50, n_creators=4, dim=3)
    rng = np.random.default_rng(3)
    centres = unit_vectors(rng, (10, 3))
    users = np.repeat(centres, cluster_sizes(50), axis=0) + 0.5 * rng.standard_normal((50, 3))
    np.testing.assert_array_equal(found.users, users)


def test_a_world_beyond_one_chunk():
    edge = range(CHUNK - 3, CHUNK + 5)
    check_rows("synthetic", CHUNK + 900, ranges=(edge,), n_users=CHUNK + 900, n_creators=2, dim=1)


def test_a_world_that_knows_nothing_of_rows_is_built_whole():
    def build(rng):
        users = rng.normal(size=(40, 2))
        return Setting(
            users,
            users[:3],
            DistanceRelevance(),
            FreeSpace(),
            groups=np.arange(40) % 4,
            user_mass=np.arange(1.0, 41.0),
        )

    check_rows(Environment("plain", "a test", build, 0.1, 2, 0.2, 10, 4), 40)
    check_rows("figure1", 5)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {
        "users": rng.standard_normal((60, 3)),
        "items": 0.3 * rng.standard_normal((25, 3)),
        "groups": np.array(["north", "south", "east"] * 20),
        "labels": np.arange(60) % 4,
    }


def saved(folder, arrays, ending, group_size=11):
    """Return the options of a world of these arrays, in files with that ending."""
    paths = {name: str(folder / f"{name}{ending}") for name in arrays}
    for name, array in arrays.items():
        if ending == ".npy":
            np.save(paths[name], array)
        else:
            columns = {f"c{k}": column for k, column in enumerate(array.reshape(len(array), -1).T)}
            pq.write_table(pa.table(columns), paths[name], row_group_size=group_size)
    return paths


@pytest.mark.parametrize("ending", [".npy", ".parquet"])
@pytest.mark.parametrize(
    ("with_items", "labels", "options"),
    [
        (True, "groups", {"start": "favourite"}),
        (True, "labels", {"relevance": "distance"}),
        (False, "labels", {"start": "favourite", "relevance": "distance"}),
        (False, "groups", {"start": "random"}),
    ],
)
def test_embeddings_by_rows(tmp_path, arrays, small_chunks, ending, with_items, labels, options):
    paths = saved(tmp_path, arrays, ending)
    options |= {"file": paths["users"], "groups": paths[labels], "n_creators": 5}
    options |= {"items": paths["items"]} if with_items else {}
    check_rows("embeddings", 60, **options)
    np.savez(tmp_path / "users.npz", users=arrays["users"], groups=arrays[labels])
    in_memory = options | {"file": str(tmp_path / "users.npz"), "groups": None}
    together = ENVIRONMENTS["embeddings"].build(np.random.default_rng(3), **in_memory)
    apart = ENVIRONMENTS["embeddings"].build_rows(np.random.default_rng(3), range(60), **options)
    for name in ("users", "groups", "strategies"):
        np.testing.assert_array_equal(getattr(apart, name), getattr(together, name), strict=True)
    assert apart.relevance == together.relevance


def test_in_one_chunk_sums_are_those_of_numpy(tmp_path, arrays):
    np.save(tmp_path / "users.npy", arrays["users"])
    options = {"file": str(tmp_path / "users.npy"), "start": "favourite", "strategy_set": "free"}
    found = ENVIRONMENTS["embeddings"].build(np.random.default_rng(3), **options)
    drawn = np.random.default_rng(3).standard_normal((20, 3))
    np.testing.assert_array_equal(found.strategies, arrays["users"].mean(axis=0) + 0.1 * drawn)


def test_a_column_of_groups_and_vectors_by_rows(tmp_path, arrays, small_chunks):
    table = pd.DataFrame({"vector": list(arrays["users"]), "group": arrays["groups"]})
    table.to_parquet(tmp_path / "users.parquet", row_group_size=13)
    check_rows("embeddings", 60, file=str(tmp_path / "users.parquet"))


def test_single_floats_and_whole_numbers_are_made_the_same_numbers(tmp_path, small_chunks):
    for kind in (np.float32, np.int16):
        users = np.random.default_rng(0).normal(0, 9, size=(60, 3)).astype(kind)
        np.save(tmp_path / "users.npy", np.asfortranarray(users))
        check_rows("embeddings", 60, file=str(tmp_path / "users.npy"))


def test_rows_are_picked_in_any_order(small_chunks):
    rows, numbers = np.random.default_rng(0).normal(size=(30, 2)), np.array([29, 3, 3, 7, 0])
    assert (picked(rows, numbers) == rows[numbers]).all()
    assert [len(chunk) for chunk in chunks(rows)] == [7, 7, 7, 7, 2]


def refused(path, match, **options):
    with pytest.raises(BadInput, match=match) as caught:
        ENVIRONMENTS["embeddings"].build_rows(np.random.default_rng(0), range(3), file=str(path), **options)
    assert len(str(caught.value).splitlines()) == 1


def test_files_that_cannot_be_read_by_rows_are_refused_in_a_line(tmp_path, arrays, small_chunks):
    np.savez(tmp_path / "world.npz", **arrays)
    refused(tmp_path / "world.npz", "cannot be read by ranges of rows, .*numpy.save")
    broken = arrays["users"].copy()
    broken[24, 1] = np.nan
    np.save(tmp_path / "nan.npy", broken)
    refused(tmp_path / "nan.npy", "row 25 column 'vector' dimension 1 holds nan")
    np.save(tmp_path / "flat.npy", np.ones(60))
    refused(tmp_path / "flat.npy", "must have 2 axes")
    np.save(tmp_path / "one.npy", 3.0)
    refused(tmp_path / "one.npy", "must have 2 axes")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    refused(tmp_path / "objects.npy", "without pickled objects")
    np.save(tmp_path / "none.npy", np.empty((0, 3)))
    refused(tmp_path / "none.npy", "must not be empty")
    np.save(tmp_path / "gap.npy", np.repeat([0, 2], 30))
    np.save(tmp_path / "few.npy", np.zeros(59, int))
    np.save(tmp_path / "users.npy", arrays["users"])
    refused(tmp_path / "users.npy", "group 1 is empty", groups=str(tmp_path / "gap.npy"))
    refused(tmp_path / "users.npy", r"groups has shape \(59,\)", groups=str(tmp_path / "few.npy"))


def test_row_groups_of_unlike_rows_are_refused(tmp_path, small_chunks):
    vectors = pa.array([[1.0, 2.0]] * 10 + [[1.0, 2.0, 3.0]] * 10)
    pq.write_table(pa.table({"vector": vectors}), tmp_path / "users.parquet", row_group_size=10)
    refused(tmp_path / "users.parquet", "row 11 has 3 numbers and others 2; give every row as many")


def test_a_file_that_claims_more_than_it_carries_is_refused_by_rows_too(tmp_path):
    from attacks.test_bombs import BOMBS, CARRIED_OUT

    for name in sorted(set(BOMBS) - CARRIED_OUT):
        (tmp_path / name).write_bytes(BOMBS[name]())
        refused(tmp_path / name, "file|is not an array of numbers")
