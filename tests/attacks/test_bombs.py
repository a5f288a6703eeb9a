"""Files that claim more than they carry, or unpack to more than a machine has: refused in a line before they do."""

from __future__ import annotations

import io
import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecosystem.own_data.world import read_world
from ecosystem.ratings.prepared import source_of
from ecosystem.shortvideo.population_file import read_population
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import PUBLIC
from ecosystem_server.live.setting import Setting
from ecosystem_server.live.uploads import keep

MEGABYTE = 10**6


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """Return the head of a .npy file that claims an array of that shape."""
    out = io.BytesIO()
    about = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(out, about)
    return out.getvalue()


def npz(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def zeros(megabytes: int, columns: int = 4) -> bytes:
    rows = megabytes * MEGABYTE // 8 // columns
    return header((rows, columns)) + bytes(8 * rows * columns)


def many(members: int) -> bytes:
    return npz({f"a{k}.npy": b"" for k in range(members)}, zipfile.ZIP_STORED)


def overlapping(copies: int) -> bytes:
    """Return an archive whose directory lists one member over and over, under other names."""
    plain = npz({"users.npy": zeros(20)})
    at = plain.index(b"PK\x01\x02")
    entry, end = plain[at : plain.index(b"PK\x05\x06")], plain[plain.index(b"PK\x05\x06") :]
    entries = b"".join(entry.replace(b"users.npy", b"u%04d.npy" % k) for k in range(copies)) + entry
    count = struct.pack("<HHI", copies + 1, copies + 1, len(entries))
    return plain[:at] + entries + end[:8] + count + end[16:]


def repeated(rows: int, text: str) -> bytes:
    """Return a Parquet file of a column that says the same text over and over, in a few bytes."""
    out = io.BytesIO()
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))
    # Without the schema nothing says that it was a dictionary: a reader writes it all out.
    pq.write_table(pa.table({"users": column}), out, store_schema=False)
    return out.getvalue()


def flat(rows: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"users": np.zeros(rows)}), out)
    return out.getvalue()


BOMBS = {
    "head.npy": lambda: header((10**12, 3)) + b"\0" * 48,
    "no bytes.npy": lambda: header((10**12, 3), "|V0"),
    "overflow.npy": lambda: header((2**62, 2**62)),
    "head.npz": lambda: npz({"users.npy": header((10**12, 3)) + b"\0" * 48}),
    "small.npz": lambda: npz({"users.npy": zeros(40)}),
    "labels.npz": lambda: npz(
        {"users.npy": header((4, 1)) + bytes(32), "groups.npy": header((10**12,), "|S0")}
    ),
    "lzma.npz": lambda: npz({"users.npy": header((3, 2)) + bytes(48)}, zipfile.ZIP_LZMA),
    "many.npz": lambda: many(40_000),
    "overlapping.npz": lambda: overlapping(500),
    "rows.parquet": lambda: flat(4 * MEGABYTE),
    "text.parquet": lambda: repeated(10**6, "x" * 10**5),
}
CARRIED_OUT = {"small.npz", "rows.parquet"}
"""What a machine with memory enough reads; a server refuses it all the same."""


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield type("Folder", (), {"name": name})()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_no_upload(name, folder):
    content = BOMBS[name]()
    with pytest.raises(BadInput) as refused:
        keep(name, content, folder, PUBLIC)
    assert len(str(refused.value).splitlines()) == 1
    assert list(Path(folder.name).iterdir()) == []  # nothing of it stays


@pytest.mark.parametrize("name", sorted(set(BOMBS) - CARRIED_OUT))
def test_a_bomb_is_no_file_of_a_world(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    began = time.monotonic()
    with pytest.raises(BadInput) as refused:
        read_world(path)
    assert len(str(refused.value).splitlines()) == 1
    assert time.monotonic() - began < 20  # not one that unpacks it all first


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: npz({"users.npy": header((10**12, 3))}), r"24,000,000,000,000 bytes, and there are \d+"),
        (lambda: many(40_000), "lists 40,000 members"),
        (lambda: npz({"users.npy": header((10**15, 0), "|V0")}), "cannot be read|empty|bytes"),
    ],
)
def test_a_bomb_is_no_population(make, named, tmp_path):
    path = tmp_path / "people.npz"
    path.write_bytes(make())
    with pytest.raises(BadInput, match=named):
        read_population(path, np.random.default_rng(0))


def test_a_bomb_is_no_rating_table(tmp_path):
    path = tmp_path / "ratings.parquet"
    path.write_bytes(repeated(10**6, "x" * 10**5))
    with pytest.raises(BadInput, match=r"its text written out, takes 300,\d+,\d+,\d+ bytes of memory"):
        source_of(path).read()


def test_of_many_files_by_one_name_in_an_archive_one_is_read(tmp_path, monkeypatch):
    path = tmp_path / "ml-1m.zip"
    rows = "".join(f"{u}::{i}::3::9\n" for u in range(1, 4) for i in range(1, 9))
    path.write_bytes(npz({f"{k}/ratings.dat": rows.encode() for k in range(50)}))
    read = []
    whole = zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *given: read.append(given[1]) or whole(*given))
    assert len(source_of(path).read().rating) == 24
    assert len(read) == 1


def test_text_that_repeats_is_read_where_it_fits(tmp_path):
    path = tmp_path / "ratings.parquet"
    table = pa.table({"user": ["ann", "ann", "bob"], "item": ["x", "y", "x"], "rating": [1.0, 2.0, 5.0]})
    pq.write_table(table, path)
    from ecosystem.ratings.table import table_source

    ratings = table_source(path).read()
    assert ratings.user_ids.tolist() == ["ann", "bob"]
    assert ratings.titles == ["x", "y"]


UNDER = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_600_000_000, 1_600_000_000))
from pathlib import Path
from ecosystem.own_data.world import read_world
from ecosystem_agents.inputs.checks import BadInput
said = {}
for file in sys.argv[1:]:
    try:
        said[file] = str(read_world(Path(file)).users.shape)
    except BadInput as error:
        said[file] = str(error)
# The most it had in memory itself: ru_maxrss would count what started it.
print(json.dumps([said, int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])]))
"""


def test_a_few_kilobytes_that_unpack_to_gigabytes_take_no_memory(tmp_path):
    bomb, plain = tmp_path / "bomb.npz", tmp_path / "plain.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("users.npy", "w") as out:
        rows = 500 * MEGABYTE // 32
        out.write(header((rows, 4)))
        block = bytes(10 * MEGABYTE)
        for _ in range(50):
            out.write(block)
    np.savez(plain, users=np.ones((7, 2)))
    assert bomb.stat().st_size < MEGABYTE
    told = [sys.executable, "-c", UNDER, str(bomb), str(plain)]
    done = subprocess.run(told, capture_output=True, text=True, check=True)
    said, kilobytes = json.loads(done.stdout)
    assert said[str(plain)] == "(7, 2)"
    assert "unpacked, takes 1,500,000,384 bytes of memory and there are" in said[str(bomb)]
    assert kilobytes < 400_000


def test_arrays_for_more_users_or_dimensions_than_a_server_takes(folder):
    wide = npz({"users.npy": header((3, 2000), "<f2") + bytes(12_000)})
    with pytest.raises(BadInput, match="the number of dimensions is 2000; this server allows at most 1000"):
        keep("wide.npz", wide, folder, PUBLIC)
    crowd = npz({"users.npy": header((6000, 2), "|u1") + bytes(12_000)})
    with pytest.raises(BadInput, match="the number of users is 6000; this server allows at most 5000"):
        keep("crowd.npz", crowd, folder, PUBLIC)
    pairs = {"users.npy": header((4000, 2), "|u1") + bytes(8000)}
    pairs["items.npy"] = header((10_000, 2), "|u1") + bytes(20_000)
    with pytest.raises(BadInput, match="users times items is 40000000"):
        keep("pairs.npz", npz(pairs), folder, PUBLIC)


def test_an_upload_of_fewer_users_than_dimensions_is_played(folder):
    from ecosystem_server.live.arm import Arm

    out = io.BytesIO()
    np.savez(out, users=np.random.default_rng(0).standard_normal((16, 900)).astype(np.float32))
    path = keep("wide.npz", out.getvalue(), folder, PUBLIC)
    arm = Arm(Setting(environment="embeddings", arms=({},), file=path).model(0, PUBLIC))
    arm.step()
    assert np.isfinite(arm.trail.since(0)).all()
    assert 0 < arm.plane.explained < 1


def test_no_matrix_of_dimensions_by_dimensions_is_made():
    from ecosystem.projection import projection_of

    users = np.random.default_rng(0).standard_normal((5, 100_000))  # 80 GB, were it made
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plane = projection_of(users)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert np.allclose(plane.axes @ plane.axes.T, np.eye(2))


def test_fewer_users_than_dimensions_are_projected_as_many_are():
    from ecosystem.projection import projection_of

    users = np.random.default_rng(0).standard_normal((6, 8)) * np.arange(1, 9)
    few, scatter = projection_of(users), np.cov(users.T, bias=True)
    variance, directions = np.linalg.eigh(scatter)
    assert np.allclose(np.abs(few.axes @ directions[:, [-1, -2]]), np.eye(2))
    assert few.explained == pytest.approx(variance[-2:].sum() / variance.sum())
