"""Folders of results: the same description has the same one, and files come whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.digests.hashes import digest_of
from ecosystem_runs.folders import CONFIG, choose_folder, own_folder, whole_folder, write_whole


def test_writing_is_all_or_nothing(tmp_path):
    path = tmp_path / "x"
    write_whole(path, lambda scratch: scratch.write_text("old"))

    def stops(scratch):
        scratch.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, stops)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "old"


def test_a_folder_is_all_or_nothing(tmp_path):
    folder = tmp_path / "results" / "run"

    def stopped_by(error):
        with whole_folder(folder) as scratch:
            (scratch / CONFIG).write_text("{}")
            raise error

    with pytest.raises(KeyboardInterrupt):
        stopped_by(KeyboardInterrupt())
    with pytest.raises(BadInput, match="No space left on device; make room"):
        stopped_by(OSError(errno.ENOSPC, "No space left on device"))
    assert not list((tmp_path / "results").iterdir())

    with whole_folder(folder) as scratch:
        (scratch / CONFIG).write_text("{}")
        (scratch / "table").write_text("1")
        assert not folder.exists()
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, "table"]
    assert list((tmp_path / "results").iterdir()) == [folder]


def test_a_folder_that_exists_needs_nothing_beside_it(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    with whole_folder(folder) as scratch:
        assert scratch.parent == folder
        (scratch / CONFIG).write_text("{}")
    assert [path.name for path in folder.iterdir()] == [CONFIG]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that nobody writes into")
def test_a_folder_is_tried_before_anything_runs(tmp_path):
    with pytest.raises(BadInput, match="'/proc' cannot be written; give a writable folder"):
        choose_folder(Path("/proc/x"), "run")
    assert choose_folder(tmp_path / "new" / "run", "run") == tmp_path / "new" / "run"
    assert not list(tmp_path.iterdir())


def test_digests_tell_data_apart_whatever_the_order(tmp_path, monkeypatch):
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    monkeypatch.chdir(tmp_path)
    own = own_folder("sweep-plan", {"a": 1, "b": [2]})
    assert own == own_folder("sweep-plan", {"b": [2], "a": 1})
    assert own.parent == tmp_path / "results"
    assert own.name == "sweep-plan-" + digest_of({"a": 1, "b": [2]})[:8]
