from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ecosystem.ratings import prepared
from ecosystem.ratings.grouplens import movielens_source
from ecosystem.ratings.prepared import (
    check_kept,
    embeddings_file,
    input_digest,
    prepare,
    recall,
    remember,
    source_of,
)
from ecosystem.ratings.table import Source
from ecosystem.ratings.training import TrainingSettings
from ecosystem_agents.inputs.checks import BadInput


@dataclass(frozen=True)
class Counted(Source):
    trained: list


@pytest.fixture
def source(movielens_folder, own_cache, monkeypatch):
    """Made-up ratings whose training is counted, and quick."""
    trained = []

    def train(ratings, settings):
        trained.append(settings)
        rng = np.random.default_rng(settings.seed)
        return rng.random((len(ratings.user_ids), 4)), rng.random((len(ratings.item_ids), 4))

    monkeypatch.setattr(prepared, "train", train)
    monkeypatch.setattr(prepared, "version", lambda name: "0")
    found = movielens_source(movielens_folder)
    return Counted(found.digest, found.read, trained)


def test_training_happens_once(source):
    first, again = prepare(source, TrainingSettings()), prepare(source, TrainingSettings())
    assert len(source.trained) == 1
    for name in prepared.ARRAYS:
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert first.user_counts.sum() == first.item_counts.sum() == len(source.read().rating)
    assert first.titles[0] == "Café 0 (1999)"
    prepare(source, TrainingSettings(seed=1))
    assert len(source.trained) == 2


def test_data_and_settings_make_the_input_digest(source, tmp_path):
    (tmp_path / "ratings.dat").write_text("1::1::1::0\n")
    keys = {
        input_digest(s, TrainingSettings(seed=k))
        for s in (source, movielens_source(tmp_path))
        for k in (0, 1)
    }
    assert len(keys) == 4


@pytest.mark.parametrize("damage", [b"", b"PK not a zip", None])
def test_a_damaged_file_is_trained_again(source, damage):
    key = prepare(source, TrainingSettings()).input_digest
    content = embeddings_file(key).read_bytes()
    embeddings_file(key).write_bytes(content[: len(content) // 2] if damage is None else damage)
    prepare(source, TrainingSettings())
    assert len(source.trained) == 2
    assert embeddings_file(key).read_bytes() == content


def resave(path, **changed):
    """Write an archive again with other arrays in it, its own checksums in order."""
    with np.load(path) as archive:
        arrays = dict(archive) | changed
    np.savez(path, **arrays)


def test_a_file_of_other_arrays_is_trained_again(source):
    key = prepare(source, TrainingSettings()).input_digest
    file, whole = embeddings_file(key), embeddings_file(key).read_bytes()
    other = prepare(source, TrainingSettings(seed=1))
    shape = b"'shape': (%d, %d)" % other.users.shape
    fewer = whole.replace(shape, b"'shape': (%d, %d)" % (other.users.shape[0] - 1, other.users.shape[1]), 1)
    assert fewer != whole
    for content in (embeddings_file(other.input_digest).read_bytes(), fewer):
        file.write_bytes(content)
        assert prepared.prepared_already(source, TrainingSettings()) is None
    for changed in ({"users": other.users}, {"sha256": np.array("0")}, {"items": other.items[:-1]}):
        file.write_bytes(whole)
        resave(file, **changed)
        assert prepared.prepared_already(source, TrainingSettings()) is None
    file.write_bytes(whole)
    resave(file)
    assert prepared.prepared_already(source, TrainingSettings()) is not None


def test_names(source):
    with pytest.raises(
        BadInput, match=r"under the name 'movielens'; download ml-1m.zip from https://grouplens.org"
    ):
        recall("movielens")
    remember("movielens", prepare(source, TrainingSettings()))
    assert np.array_equal(recall("movielens").users, prepare(source, TrainingSettings()).users)
    remember("movielens", prepare(source, TrainingSettings(seed=1)))
    assert recall("movielens").input_digest == input_digest(source, TrainingSettings(seed=1))
    with pytest.raises(BadInput, match="run: ecosystem data ratings --path FILE --name books"):
        recall("books")
    with pytest.raises(BadInput, match="lower-case"):
        recall("../secret")
    embeddings_file(recall("movielens").input_digest).unlink()
    with pytest.raises(BadInput, match="gone or damaged"):
        recall("movielens")
    prepared._name_file("movielens").write_text('{"input_digest": "../../etc/passwd"}')
    with pytest.raises(BadInput, match="gone or damaged"):
        recall("movielens")
    remember("books", prepare(source, TrainingSettings()))
    recall("books")
    for content in (prepared._name_file("books").read_text(), "[" * 100_000):
        prepared._name_file("movielens").write_text(content)
        with pytest.raises(BadInput, match="gone or damaged"):
            recall("movielens")


def test_nothing_half_written_and_a_cache_that_cannot_be(source, own_cache, tmp_path, monkeypatch):
    kept = prepare(source, TrainingSettings())
    check_kept("books")
    assert [path.suffix for path in own_cache.iterdir()] == [".npz"]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="cannot be written .*trained anew each time"):
        assert np.array_equal(prepare(source, TrainingSettings()).users, kept.users)
    with pytest.raises(BadInput, match="cannot be written"):
        check_kept("books")


def nowhere(name):
    raise RuntimeError


@pytest.mark.parametrize("found", [nowhere, lambda name: Path("~/.cache") / name])  # new and old platformdirs
def test_without_a_home_folder_it_says_what_to_set(monkeypatch, tmp_path, found):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(prepared.platformdirs, "user_cache_path", found)
    for ask in (recall, check_kept):
        with pytest.raises(BadInput, match="no home folder to be kept in; set XDG_CACHE_HOME"):
            ask("books")
    assert not list(tmp_path.iterdir())


def test_the_ending_says_what_a_path_is(movielens_folder, tmp_path):
    (tmp_path / "table.csv").write_text("user,item,rating\n1,2,3\n")
    assert source_of(tmp_path / "table.csv").read().titles == ["2"]
    assert source_of(movielens_folder).digest == movielens_source(movielens_folder).digest
