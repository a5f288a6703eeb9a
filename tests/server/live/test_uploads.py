"""Files that visitors bring."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from agents.checks import BadInput
from server.limits import PUBLIC
from server.live.uploads import keep


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        holder = type("Folder", (), {"name": name})()
        yield holder


def archive(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def test_a_good_file_is_kept_under_our_own_name(folder):
    data = archive(users=np.ones((3, 2)))
    path = Path(keep("../../etc/evil.npz", data, folder, PUBLIC))
    assert path.parent == Path(folder.name)
    assert path.read_bytes() == data


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
