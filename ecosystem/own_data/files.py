"""From a file, a folder, an array or a table in memory to tables: one reader a format."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ecosystem.chunks import CHUNK
from ecosystem.file_sizes import COPIES, FEWER, Claim, check_claims, check_text, claims_of, is_text, load_npz
from ecosystem.own_data.table import Table
from ecosystem.own_data.text_tables import DELIMITED, JSON_LINES, delimited, json_lines
from ecosystem.reading import reading
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.room import check_room

PARTS = ("users", "items", "groups", "initial")
"""What a file of several arrays may hold; in a file of one table it is whatever was asked for."""
BESIDE = {
    "user_ids": ("users", "user_id"),
    "groups": ("users", "group"),
    "user_mass": ("users", "mass"),
    "item_ids": ("items", "item_id"),
    "item_titles": ("items", "title"),
}
"""Arrays of a .npz that belong to a part: to which, and as which column."""
PARQUET, FEATHER = (".parquet", ".pq"), (".feather", ".arrow")
FORMATS = (
    ".npz, .npy, .parquet (or a folder of such parts), .feather, .csv, .tsv, .jsonl, or .txt or .vec as word2vec and "
    "GloVe write it"
)
Given: TypeAlias = str | Path | np.ndarray | pd.DataFrame | pa.Table


def tables_of(given: Given, main: str, wanted: int | None = None) -> dict[str, Table]:
    """Return the tables in a file, an array, a DataFrame or an Arrow table by part, `main` among them.

    Parameters
    ----------
    given : str, Path, array, DataFrame or Table
        A file or folder, or the data themselves.
    main : str
        One of `PARTS`.
    wanted : int, optional
        How many rows are wanted at once, where these are not all.

    Raises
    ------
    BadInput
        If it cannot be read, claims more than it carries, has no such part, or one whose name is nearly its name.
    """
    if not isinstance(given, str | Path):
        with reading(main):
            return {main: _of_object(given, main)}
    path = Path(given)
    ending, name = ending_of(path, main), f"{main} file {path.name!r}"
    with reading(name):
        if wanted is not None and ending not in (".npy", *PARQUET):
            raise BadInput(
                f"{name} cannot be read by ranges of rows, as shards do; save each of its arrays with numpy.save, "
                "or as Parquet, and give those files (file, items, groups, initial)"
            )
        if ending == ".npz":
            return _npz(path, main)
        if ending == ".npy":
            return {main: _npy(path, name, main, wanted)}
        if ending in PARQUET:
            return {main: _parquet(path, name, wanted)}
        if ending in FEATHER:
            from pyarrow import feather

            return {main: in_memory(name, feather.read_table(path, memory_map=True))}
        return {main: (json_lines if ending in JSON_LINES else delimited)(path, name)}


def ending_of(path: Path, main: str) -> str:
    """Return the ending that says how a file is read, in small letters and without ``.gz``; a folder is Parquet."""
    if os.path.isdir(path):
        return PARQUET[0]
    if not os.path.isfile(path):  # also where the name is longer than names can be
        raise BadInput(f"{main} file {str(path)!r} does not exist or is no file; give {FORMATS}")
    whole = path.name.lower()
    ending = Path(whole.removesuffix(".gz")).suffix
    text = (*DELIMITED, *JSON_LINES)
    if ending not in (text if whole.endswith(".gz") else (".npz", ".npy", *PARQUET, *FEATHER, *text)):
        raise BadInput(f"{main} file {path.name!r} ends in {path.suffix!r}; it must be {FORMATS}")
    return ending


def in_memory(name: str, table: pa.Table, beside: Sequence[str] = ()) -> Table:
    """Return a table that is there already."""

    def batches(wanted: Mapping[str, bool], first: int) -> Iterator[pa.RecordBatch]:
        yield from table.select(list(wanted)).slice(first).to_batches(CHUNK)

    return Table(name, table.schema, len(table), batches, beside=tuple(beside))


def _of_object(given: object, main: str) -> Table:
    if isinstance(given, pd.DataFrame):
        return in_memory(main, pa.Table.from_pandas(given))
    if hasattr(given, "__arrow_c_stream__"):
        return in_memory(main, pa.table(given))
    if isinstance(given, np.ma.MaskedArray) and (hidden := int(np.sum(given.mask))):
        raise BadInput(
            f"{main} hides {hidden} of its entries behind a mask; fill them in, or leave their rows out"
        )
    array = np.asarray(given)
    return _of_array(main, main, array.shape, lambda rows: array[rows])


def _of_array(name: str, main: str, shape: tuple[int, ...], load: Callable[[slice], np.ndarray]) -> Table:
    """Return a table of one column, of labels or of vectors, from what loads a range of rows."""
    axes, column = (1, "group") if main == "groups" else (2, "vector")
    if len(shape) != axes:
        wanted = "1 axis" if axes == 1 else "2 axes, such as (rows, dimensions)"
        raise BadInput(f"{name} has shape {shape}; it must have {wanted}")

    def batches(wanted: Mapping[str, bool], first: int) -> Iterator[pa.RecordBatch]:
        for begin in range(first, shape[0], CHUNK):
            yield pa.record_batch({column: arrow_of(name, load(slice(begin, begin + CHUNK)))})

    return Table(name, pa.schema([(column, arrow_of(name, load(slice(0, 0))).type)]), shape[0], batches)


def arrow_of(name: str, array: np.ndarray) -> pa.Array:
    """Return labels (m,) or points (m, d) as a column, without a copy where that can be."""
    if array.dtype.kind not in ("biufUSOM" if array.ndim == 1 else "biuf"):
        raise BadInput(f"{name} is not an array of numbers; give a row of finite numbers each")
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if native.ndim == 1:
        return pa.array(native)
    return pa.FixedSizeListArray.from_arrays(pa.array(native.reshape(-1)), native.shape[1])


def _npy(path: Path, name: str, main: str, wanted: int | None) -> Table:
    with path.open("rb") as file:
        _check_claims(path, list(claims_of(file, ".npy").values()), wanted)

    def load(rows: slice) -> np.ndarray:
        # Mapped anew for each range: the pages of the last one are let go.
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False)[rows])

    return _of_array(name, main, np.load(path, mmap_mode="r", allow_pickle=False).shape, load)


def _npz(path: Path, main: str) -> dict[str, Table]:
    wanted = PARTS if main == "users" else (main,)
    arrays, names = load_npz(path, (*wanted, *BESIDE))
    _refuse_misspelt(path.name, names, wanted)
    if main not in arrays:
        raise BadInput(f"{main} file {path.name!r} has no array {main!r}; it must hold one by that name")
    found: dict[str, Table] = {}
    for part in [one for one in wanted if one in arrays and (one != "groups" or one == main)]:
        name = f"{part} of {path.name!r}"
        table = _of_array(name, part, arrays[part].shape, arrays[part].__getitem__)
        columns = {table.schema.names[0]: arrow_of(name, arrays[part])}
        for beside, (owner, column) in BESIDE.items():
            if beside in arrays and owner == part:
                if arrays[beside].shape != (table.rows,):
                    raise BadInput(
                        f"{beside} has shape {arrays[beside].shape}; it must have one entry for each of {table.rows} "
                        f"{part}"
                    )
                columns[column] = arrow_of(f"{beside} of {path.name!r}", arrays[beside])
        others = [one for one in names if one not in (*PARTS, *BESIDE)] if part == main else []
        found[part] = in_memory(name, pa.table(columns), others)
    return found


def _refuse_misspelt(file: str, names: list[str], parts: Sequence[str]) -> None:
    """Refuse an array whose name is nearly that of a part which is missing; others are the user's own affair."""
    missing = [part for part in parts if part not in names]
    for name in names:
        near = [] if name in PARTS else get_close_matches(name.lower(), missing, n=1, cutoff=0.79)
        if near:
            raise BadInput(
                f"file {file!r} has an array {name!r}, which is not read; did you mean {near[0]!r}?"
            )


def _parquet(path: Path, name: str, wanted: int | None) -> Table:
    files = [path]
    if path.is_dir():
        files = sorted(one for one in path.rglob("[!._]*") if one.suffix.lower() in PARQUET and one.is_file())
        if not files:
            raise BadInput(
                f"{name} is a folder without .parquet files; give one that holds the parts of a table"
            )
    claims: list[Claim] = []
    for part in files:
        with part.open("rb") as file:
            claims += claims_of(file, ".parquet").values()
    _check_claims(path, claims, wanted)
    abouts = [pq.ParquetFile(part) for part in files]
    schema = abouts[0].schema_arrow
    for part, about in zip(files, abouts, strict=True):
        if not schema.equals(about.schema_arrow):
            raise BadInput(
                f"{name} has parts of other columns: {part.name!r} and {files[0].name!r}; give them apart"
            )
    sizes = [
        (part, k, about.metadata.row_group(k).num_rows)
        for part, about in zip(files, abouts, strict=True)
        for k in range(about.num_row_groups)
    ]

    def batches(wanted: Mapping[str, bool], first: int) -> Iterator[pa.RecordBatch]:
        text = [column for column in wanted if is_text(schema.field(column).type)]
        for part, k, size in sizes:
            if first < size:
                with pq.ParquetFile(part, read_dictionary=text, buffer_size=2**16, pre_buffer=False) as file:
                    for batch in file.iter_batches(CHUNK, row_groups=[k], columns=list(wanted)):
                        check_text(path.name, [batch.column(column) for column in text])
                        for one in text:  # each batch has the dictionary of those before it
                            batch = batch.set_column(
                                batch.schema.get_field_index(one), one, batch.column(one).dictionary_decode()
                            )
                        yield batch.slice(min(first, batch.num_rows))
                        first = max(first - batch.num_rows, 0)
            else:
                first -= size

    return Table(name, schema, sum(size for *_, size in sizes), batches)


def _check_claims(path: Path, claims: Sequence[Claim], wanted: int | None) -> None:
    """Refuse a file for which there is not the memory: for all of it, or for the rows wanted and a chunk."""
    if wanted is None:
        check_claims(path.name, claims)
        return
    for claim in claims:
        rows, *others = claim.shape or (0,)
        needed = COPIES * 8 * min(rows, wanted + CHUNK) * math.prod(others)
        check_room(f"file {path.name!r}, {wanted:,} rows of it and a chunk,", needed, FEWER)
