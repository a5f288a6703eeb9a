"""Text tables as people export them: what parts their fields and which encoding they have, told or looked for."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from ecosystem_agents.inputs.checks import BadInput

BLOCK = 2**22
"""Bytes that are read at once; a row must fit in."""
TEXTS = pa.dictionary(pa.int32(), pa.string())
"""The type of a column of texts, each kept once."""
_ROW = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+): (.*)", re.S)


@dataclass(frozen=True)
class Written:
    """How a table is written; None is to be looked for."""

    separator: str | None = None  # one character
    encoding: str | None = None  # a name Python knows

    def __str__(self) -> str:
        """Say it in words."""
        parted = "tabs" if self.separator == "\t" else repr(self.separator)
        return f"{parted} between fields, {self.encoding}"


def looked_at(blocks: Iterable[bytes], told: Written = Written(), among: str = ",;\t|") -> Written:
    r"""Return how a table, given in blocks, is written: as told, and what is not told by looking.

    Fields are parted by what stands most often in the first line outside quotes, `among` some. What is no UTF-8 and
    has no byte order mark of UTF-16 is taken for Latin-1.

    Raises
    ------
    BadInput
        If the separator is not one character (``\t`` or ``tab`` for a tab), or there is no such encoding.
    """
    separator, encoding, more = told.separator, told.encoding, iter(blocks)
    start = next(more, b"")
    if encoding is None:
        encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
        try:
            deque(codecs.iterdecode(chain([start], more), encoding), maxlen=0)
        except UnicodeDecodeError:
            encoding = "latin-1"
    try:
        first = io.TextIOWrapper(io.BytesIO(start), encoding, errors="replace").readline(BLOCK)
    except LookupError:
        raise BadInput(
            f"encoding is {encoding!r}, which there is not; such as utf-8, latin-1, cp1252 or utf-16"
        ) from None
    if separator is None:
        separator = max(among, key=re.sub('"[^"]*"', "", first).count)
    separator = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if len(separator.encode()) != 1 or separator in '"\r\n':
        raise BadInput(f"separator is {separator!r}; it must be one character, such as ';', '|' or tab")
    return Written(separator, encoding)


def columns_of(
    file: str,
    content: bytes,
    written: Written,
    wanted: Sequence[str],
    names: Sequence[str] | None = None,
    fix: str = "",
) -> pa.Table:
    """Return the columns wanted, every field its text; `names` are those of all, where there is no header row.

    Raises
    ------
    BadInput
        If a column is not there, or twice, a row has another number of fields, or it is no table.
    """
    from pyarrow import csv as arrow

    read = arrow.ReadOptions(
        use_threads=False, block_size=BLOCK, encoding=written.encoding, column_names=names
    )
    parse = arrow.ParseOptions(delimiter=written.separator, newlines_in_values=True)
    content = content.removeprefix(codecs.BOM_UTF8)
    texts = dict.fromkeys(wanted, TEXTS)
    try:
        if names is None:
            lines = io.TextIOWrapper(io.BytesIO(content), written.encoding, newline="")
            found = next((row for row in csv.reader(lines, delimiter=written.separator or ",") if row), None)
            if found is None:
                raise ValueError("it is empty")
            check_columns(file, found, wanted, fix)
        convert = arrow.ConvertOptions(column_types=texts, include_columns=list(wanted))
        return arrow.read_csv(pa.BufferReader(content), read, parse, convert)
    except BadInput:
        raise
    except Exception as error:  # readers raise many kinds, codecs and pyarrow's own among them
        if bad := _ROW.search(str(error)):
            row, columns, fields = int(bad[1]) - (names is None), bad[2], bad[3]
            raise BadInput(
                f"{file!r} row {row} has {fields} fields and there are {columns} columns: {bad[4][:60]!r}; give "
                "every row as many, in quotes where a field has the separator in it"
            ) from None
        raise BadInput(
            f"{file!r} cannot be read as {written} ({' '.join(str(error).split())[:120]}); give one row a rating, "
            "with a header row, and say how it is written with --separator and --encoding"
        ) from None


def check_columns(file: str, found: Sequence[str], wanted: Sequence[str], fix: str) -> None:
    """Refuse a table that has not each column wanted once."""
    for name in wanted:
        if found.count(name) != 1:
            has = f"{found.count(name)} columns" if name in found else "no column"
            listed = ", ".join(found[:8])[:120]
            raise BadInput(f"{file!r} has {has} {name!r}; its columns are: {listed}; {fix}")
