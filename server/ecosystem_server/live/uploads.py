"""Embeddings that visitors bring: checked for size before they are unpacked, never unpickled."""

from __future__ import annotations

import io
import math
import re
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from ecosystem.file_sizes import Claim, claims_of
from ecosystem.own_data.world import read_world, write_npz
from ecosystem.reading import reading
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.limits import Limits, refuse_more

TEXT = (".csv", ".tsv", ".jsonl", ".txt", ".vec")
KINDS = (".npz", ".npy", ".parquet", *TEXT)


def keep(
    name: str,
    data: bytes,
    folder: tempfile.TemporaryDirectory[str],
    limits: Limits,
    in_use: str | None = None,
) -> str:
    """Store an uploaded file below the page's own folder and return its path.

    Earlier files are forgotten, but for the one `in_use`. Letters, digits and ``. _ - ( )`` of the visitor's name of
    it are kept. Refused are other kinds, and files that are too large, or would be once unpacked.
    """
    check_size(len(data), limits)
    if name.lower().endswith(".gz"):
        name, data = name[:-3], _unpacked(data, limits)
    ending = Path(name).suffix.lower()
    if ending not in KINDS:
        raise BadInput(
            f"the file ends in {ending[:12]!r}; it must be {', '.join(KINDS)}: save it with numpy.savez"
        )
    with reading("the file", "save it with numpy.savez(users=...)"):
        claims = {} if ending in TEXT else claims_of(io.BytesIO(data), ending)
    check_size(sum(claim.unpacked for claim in claims.values()), limits, "unpacked, ")
    check_arrays(claims, limits)
    for earlier in Path(folder.name).iterdir():
        if in_use is None or earlier != Path(in_use).parent:
            shutil.rmtree(earlier)
    path = Path(tempfile.mkdtemp(dir=folder.name)) / f"{_plain(name)}{ending}"
    path.write_bytes(data)
    if ending in TEXT:  # which says what it holds only once it is read
        world, text = read_world(path), path
        check_arrays({"users": Claim(world.users.shape, 0)}, limits)
        path = path.with_suffix(".npz")
        write_npz(world, path)
        text.unlink()
    return str(path)


def _unpacked(data: bytes, limits: Limits) -> bytes:
    """Return what was packed by gzip, if it is no more than this server takes."""
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, limits.upload + 1)
    except zlib.error:
        raise BadInput("the file ends in .gz and is not packed by gzip; pack it anew") from None
    check_size(len(unpacked), limits, "unpacked, ")
    return unpacked


def check_arrays(claims: Mapping[str, Claim], limits: Limits) -> None:
    """Refuse arrays of more users, items or dimensions than this server takes."""
    rows = {name: claim.shape[0] for name, claim in claims.items() if claim.shape}
    users, items = rows.get("users", rows.get("", 0)), max(rows.get("items", 0), rows.get("initial", 0))
    refuse_more("the number of users", users, limits.n_users)
    refuse_more("the number of items", items, limits.items)
    refuse_more("the number of rows", max(rows.values(), default=0), max(limits.n_users, limits.items))
    for claim in claims.values():
        refuse_more("the number of dimensions", math.prod(claim.shape[1:]), limits.dim)
    refuse_more("users times items", users * items, limits.pairs)


def _plain(name: str) -> str:
    """Return a visitor's name of a file without its ending, and without anything that a path could take for more."""
    stem = Path(name.replace("\\", "/")).stem
    return re.sub(r"[^\w.()-]+", "_", stem)[:60].strip("._") or "upload"


def check_size(size: int, limits: Limits, when: str = "") -> None:
    """Refuse a file larger than this server takes."""
    if size > limits.upload:
        raise BadInput(
            f"{when}the file has {size / 1e6:.1f} MB; at most {limits.upload / 1e6:.0f} MB are taken here: "
            "store 32-bit floats, or fewer users"
        )
