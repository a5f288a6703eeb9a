"""What a file says it holds, read before any of it is unpacked: a reader by ending, the same for every user's file.

A few bytes can claim a million gigabytes. What is claimed is checked against the bytes that carry it, and against the
memory there is or a server allows.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.room import check_room

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_DIRECTORY = 2**20
"""Bytes that the list of a zip's members may have: some ten thousand members."""
LONGEST_HEADER = 2**14
"""Bytes that are looked at for what a ``.npy`` file says of itself."""
COPIES = 3
"""How often an array is in memory while it is read, checked and taken over."""
WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}
"""Bytes of a Parquet column's entry, where it has not 8."""
FEWER = "store fewer rows, or fewer dimensions"


@dataclass(frozen=True)
class Claim:
    """What a file says of one of its arrays."""

    shape: tuple[int, ...]
    unpacked: int  # bytes as it is stored, once unpacked

    @property
    def needed(self) -> int:
        """Bytes it takes to read it, and to make 64-bit numbers of it."""
        return COPIES * max(self.unpacked, 8 * math.prod(self.shape))


def claims_of(file: BinaryIO, ending: str) -> dict[str, Claim]:
    """Return what a file with that ending says it holds, by name; a file of one array has it under no name.

    Raises
    ------
    BadInput
        If it claims more than can be in it.
    Exception
        Of many kinds, as readers raise them, where it is no such file.
    """
    claims = CLAIMS[ending](file)
    file.seek(0)
    return claims


def check_claims(name: str, claims: Collection[Claim]) -> None:
    """Refuse to read arrays of a file for which there is not the memory."""
    check_room(f"file {name!r}, unpacked,", sum(claim.needed for claim in claims), FEWER)


def members_of(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """Return the members of a zip, if they are not absurdly many."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # the library itself reads all without asking
    if end is not None and end[5] > LARGEST_DIRECTORY:
        raise BadInput(
            f"the archive lists {end[4]:,} members in {end[5]:,} bytes; at most {LARGEST_DIRECTORY:,} are read: "
            "put fewer arrays into it"
        )
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    for member in members:
        if member.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):  # others take what they claim
            raise BadInput(
                f"{member.filename[:80]!r} is compressed in a way that is not read; store or deflate it"
            )
    return members


def load_npz(path: Path, wanted: Collection[str] | None = None) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return those of the `wanted` arrays that a ``.npz`` file holds, or all, and the names of all that it holds."""
    with path.open("rb") as file:
        claims = claims_of(file, ".npz")
        wanted = claims if wanted is None else wanted
        check_claims(path.name, [claim for name, claim in claims.items() if name in wanted])
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files if name in wanted}, archive.files


def load_table(file: BinaryIO, name: str) -> pa.Table:
    """Return the table in a Parquet file; text is looked at before its repeats are written out."""
    import pyarrow.parquet as pq

    check_claims(name, _parquet(file).values())
    file.seek(0)
    schema = pq.read_schema(file)
    text = [one.name for one in schema if is_text(one.type)]
    table = pq.read_table(file, read_dictionary=text)
    check_text(name, [chunk for column in text for chunk in table[column].chunks])
    return table.cast(schema)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of that type is text, or bytes, which a Parquet file may hold as a dictionary."""
    import pyarrow as pa

    return kind in (pa.binary(), pa.string(), pa.large_binary(), pa.large_string())


def check_text(name: str, columns: Iterable[pa.DictionaryArray]) -> None:
    """Refuse texts for which there is not the memory once they are written out."""
    import pyarrow.compute as pc

    needed = 0
    for column in columns:
        lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
        places = column.indices.drop_null().to_numpy(zero_copy_only=False)
        needed += COPIES * (int(lengths[places].sum()) + 64 * len(column))
    check_room(f"file {name!r}, its text written out,", needed, "store shorter texts, or numbers")


def _npz(file: BinaryIO) -> dict[str, Claim]:
    if not zipfile.is_zipfile(file):
        raise ValueError("it is no .npz archive")
    claims: dict[str, Claim] = {}
    members = members_of(file)
    with zipfile.ZipFile(file) as archive:
        for member in members:
            with archive.open(member) as content:
                found = _array(content.read(LONGEST_HEADER), member.filename, member.file_size)
            name = member.filename.removesuffix(".npy")
            claims[name] = max(found, claims.get(name, found), key=attrgetter("needed"))
    return claims


def _npy(file: BinaryIO) -> dict[str, Claim]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return {"": _array(file.read(LONGEST_HEADER), "the file", size)}


def _array(head: bytes, name: str, size: int) -> Claim:
    """Return what the head of an array's file says; one that is no array claims no more than its bytes."""
    content = io.BytesIO(head)
    if not head.startswith(np.lib.format.MAGIC_PREFIX):
        return Claim((), size)
    version = np.lib.format.read_magic(content)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read:
        raise ValueError("no plain arrays")
    shape, _, dtype = read[version](content)
    claimed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or (claimed > size and not dtype.hasobject):
        raise BadInput(
            f"{name[:80]!r} says it has shape {shape}, {claimed:,} bytes, and there are {size:,}; save it anew"
        )
    return Claim(shape, size)


def _parquet(file: BinaryIO) -> dict[str, Claim]:
    import pyarrow.parquet as pq

    about = pq.ParquetFile(file).metadata
    rows, values, stored = about.num_rows, 0, 0
    for k in range(about.num_row_groups):
        group = about.row_group(k)
        for c in range(about.num_columns):
            column, kind = group.column(c), about.schema.column(c)
            count, packed = max(column.num_values, group.num_rows), column.total_uncompressed_size
            width = kind.length or WIDTHS.get(column.physical_type, 8)
            if column.physical_type == "BYTE_ARRAY" and "." in kind.path:
                width = packed  # text inside lists is written out as it is read, each perhaps the longest
            values, stored = values + count, stored + max(count * width, packed)
    return {"": Claim((rows, -(-values // max(rows, 1))), max(stored, 8 * rows))}


CLAIMS: dict[str, Callable[[BinaryIO], dict[str, Claim]]] = {
    ".npz": _npz,
    ".npy": _npy,
    ".parquet": _parquet,
    ".pq": _parquet,
}
"""From a file to what it says it holds, by ending."""
