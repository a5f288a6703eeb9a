"""Files that visitors bring."""

from __future__ import annotations

import gzip
import io
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ecosystem.own_data.world import read_world
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import PUBLIC
from ecosystem_server.live.page import LiveVisit
from ecosystem_server.live.uploads import keep
from ecosystem_server.player import MOST_WAITING


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        holder = type("Folder", (), {"name": name})()
        yield holder


def archive(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("my users-2 (new).v1.npz", "my_users-2_(new).v1.npz"),
        ("../../etc/evil.npz", "evil.npz"),
        ("C:\\Users\\me\\mine.NPZ", "mine.npz"),
        ("<b>\n\x00'x'.npz", "b_x.npz"),
        ("...npz", "upload.npz"),
        ("x" * 300 + ".npz", "x" * 60 + ".npz"),
    ],
)
def test_a_good_file_is_kept_in_our_folder_under_what_is_plain_of_its_name(folder, name, kept):
    data = archive(users=np.ones((3, 2)))
    path = Path(keep(name, data, folder, PUBLIC))
    assert path.parent.parent == Path(folder.name)
    assert path.name == kept
    assert path.read_bytes() == data


def test_only_the_file_in_use_stays_beside_a_new_one(folder):
    data = archive(users=np.ones((3, 2)))
    first, second = (keep("users.npz", data, folder, PUBLIC) for _ in range(2))
    assert not Path(first).exists()
    third = keep("users.npz", data, folder, PUBLIC, in_use=second)
    assert Path(second).exists()
    assert Path(third).exists()
    assert second != third


def test_what_unpacks_to_more_than_the_limit_is_refused(folder):
    bomb = archive(users=np.zeros((1000, 1000)))
    assert len(bomb) < PUBLIC.upload < 8_000_000
    with pytest.raises(BadInput, match=r"unpacked, the file has 8\.0 MB"):
        keep("users.npz", bomb, folder, PUBLIC)


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("users.pkl", b"x", "ends in '.pkl'"),
        ("users.npz", b"no archive", "no .npz archive"),
        ("users.npy", b"x" * 2_000_001, "at most 2 MB"),
    ],
)
def test_other_files_are_refused(folder, name, data, named):
    with pytest.raises(BadInput, match=named):
        keep(name, data, folder, PUBLIC)
    assert list(Path(folder.name).iterdir()) == []


@pytest.mark.parametrize("packed", [False, True])
def test_a_table_of_text_is_read_at_once_and_kept_with_its_ids(folder, packed):
    text = b"user_id,group,d0,d1\nann,x,0.5,1\nbob,y,0.25,2\n"
    name, data = ("my table.CSV.gz", gzip.compress(text)) if packed else ("my table.csv", text)
    path = Path(keep(name, data, folder, PUBLIC))
    world = read_world(path)
    assert (path.name, list(path.parent.iterdir())) == ("my_table.npz", [path])
    assert world.users.tolist() == [[0.5, 1.0], [0.25, 2.0]]
    assert (world.user_ids.to_pylist(), world.group_names) == (["ann", "bob"], ["x", "y"])


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        (
            "u.csv",
            b"id,d0,d1\n" + b"".join(b"u%d,1,2\n" % k for k in range(5001)),
            "the number of users is 5001",
        ),
        ("u.csv", b"id,d0,d1\na,1,2\nb,3\n", "row 2: Expected 3 columns, got 2"),
        ("u.csv.gz", gzip.compress(bytes(2_000_001)), "unpacked, the file has 2.0 MB"),
        ("u.npz.gz", b"\x1f\x8b no gzip", "not packed by gzip"),
    ],
)
def test_text_that_is_too_large_or_ragged_is_refused(folder, name, data, named):
    with pytest.raises(BadInput, match=re.escape(named)):
        keep(name, data, folder, PUBLIC)


def test_a_zip_that_lies_about_its_size_does_not_pass(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as lying:
        lying.writestr("users.npy", b"\0" * 3_000_000)
    with pytest.raises(BadInput, match="unpacked"):
        keep("users.npz", out.getvalue(), folder, PUBLIC)


def test_while_a_world_is_made_the_last_file_waits_alone_and_requests_are_bounded():
    visit = LiveVisit("environment=figure1", "")  # its thread has not begun: everything waits
    try:
        data = archive(users=np.ones((3, 2)))
        for k in range(MOST_WAITING + 50):
            visit.upload({"name": f"mine{k}.npz", "size": len(data)}, [memoryview(data)])
        assert len(visit._brought) == 1
        assert visit.play._requests.qsize() == MOST_WAITING
        setting = visit._with_file(visit.play.status.setting)
        assert Path(setting.file).name == f"mine{k}.npz"
        assert visit._with_file(setting) is setting
    finally:
        visit.close()
