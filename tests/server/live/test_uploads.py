"""Files that visitors bring."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

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
