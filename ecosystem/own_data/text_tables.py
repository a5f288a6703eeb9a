"""Tables in text: delimited with a header row, JSON lines, and the vectors that word2vec and GloVe write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json

from ecosystem.delimited import BLOCK, looked_at
from ecosystem.own_data.table import Table
from ecosystem_agents.inputs.checks import BadInput

DELIMITED, JSON_LINES = (".csv", ".tsv", ".txt", ".vec"), (".jsonl", ".ndjson")
NUMBERS = pa.list_(pa.float64())
_DECIMAL = re.compile(r"[-+]?\d*\.\d+(e[-+]?\d+)?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", re.IGNORECASE)
_CSV = re.compile(
    r"(?:In CSV column #(?P<column>\d+): |CSV parse error: )Row #(?P<row>\d+): (?P<why>.*)", re.DOTALL
)
_JSON = re.compile(r"JSON parse error: (?P<why>.*) in row (?P<row>\d+)", re.DOTALL)


def delimited(path: Path, name: str) -> Table:
    """Return a table of text with a header row, or without one, as word2vec and GloVe write it.

    How it is written is looked for as in `looked_at`, spaces between columns only in ``.txt`` and ``.vec``. Parted by
    these, a line is a token and its vector; a first line that counts them is left out.
    """
    plain = path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))
    with _open(path) as file:
        start = file.read(BLOCK)
        blocks = chain([start], iter(partial(file.read, BLOCK), b""))
        written = looked_at(blocks, among=",;\t|" if plain else " ,;\t|")
    lines = [*start.decode(written.encoding or "", "replace").splitlines()[:2], "", ""]
    skipped, names = 0, None
    if written.separator == " ":
        skipped = int(re.fullmatch(r"\d+ \d+ *", lines[0]) is not None)
        token, *numbers = lines[skipped].split(" ")
        if _DECIMAL.fullmatch(token):
            raise BadInput(
                f"{name} begins with {token}, where a token should stand; put ids before the vectors, or save arrays "
                "with numpy.save"
            )
        names = ["id", *(f"d{k}" if number else "" for k, number in enumerate(numbers))]
    parse = pa.csv.ParseOptions(
        delimiter=written.separator, quote_char=False if names else '"', newlines_in_values=names is None
    )
    read = pa.csv.ReadOptions(
        use_threads=False, block_size=BLOCK, skip_rows=skipped, column_names=names, encoding=written.encoding
    )

    def opened(**how: object) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(_open(path), read, parse, pa.csv.ConvertOptions(**how))

    header = skipped + (names is None)
    with _rows_named(name, header, names):
        reader = opened()
        found, first = reader.schema.names, next(iter(reader), None)
    if sum(_DECIMAL.fullmatch(one) is not None for one in found) > len(found) / 2:
        raise BadInput(
            f"{name} has no header row: it begins with {found[0]!r}; name its columns there, such as id,d0,d1"
        )
    fields = [
        (one, _kind(reader.schema.field(k).type, None if first is None else first.column(k)))
        for k, one in enumerate(found)
        if one or not names
    ]
    kinds = dict(fields)

    def batches(wanted: Mapping[str, bool], start: int) -> Iterator[pa.RecordBatch]:
        listed = [one for one, number in wanted.items() if number and kinds[one] == NUMBERS]
        types = {
            one: pa.float64() if number and one not in listed else pa.string()
            for one, number in wanted.items()
        }
        with _rows_named(name, header, found):
            for batch in opened(column_types=types, include_columns=list(wanted)):
                yield pa.record_batch(
                    {one: _vectors(batch[one]) if one in listed else batch[one] for one in wanted}
                )

    return Table(name, pa.schema(fields), None, batches, typed=False)


def json_lines(path: Path, name: str) -> Table:
    """Return a table of text with a JSON object a line."""

    def opened(types: pa.Schema | None = None) -> pa.json.JSONStreamingReader:
        read = pa.json.ReadOptions(use_threads=False, block_size=BLOCK)
        return pa.json.open_json(_open(path), read, pa.json.ParseOptions(explicit_schema=types))

    with _rows_named(name, -1):
        schema = opened().schema

    def batches(wanted: Mapping[str, bool], start: int) -> Iterator[pa.RecordBatch]:
        types = {
            one: NUMBERS if pa.types.is_list(schema.field(one).type) else pa.float64()
            for one, number in wanted.items()
            if number
        }
        reader, rows = opened(pa.schema(types)), 0
        while True:
            with _rows_named(name, -1 - rows):
                if (batch := next(iter(reader), None)) is None:
                    return
            rows += batch.num_rows
            yield batch

    return Table(name, schema, None, batches)


@contextmanager
def _rows_named(name: str, before: int, columns: Sequence[str] | None = None) -> Iterator[None]:
    """Tell which row, and which of the columns, a reader stumbles on; it counts `before` rows more than there are."""
    try:
        yield
    except pa.ArrowInvalid as error:
        found = _CSV.search(str(error)) or _JSON.search(str(error))
        if found is None:
            raise
        place, why = found["row"], found["why"]
        column = f" column {columns[int(k)]!r}" if columns and (k := found.groupdict().get("column")) else ""
        raise BadInput(
            f"{name} row {int(place) - before}{column}: {why[:120]}; give every row the same columns, with numbers "
            "in those of the vector"
        ) from None


def _open(path: Path) -> pa.NativeFile:
    return pa.input_stream(str(path), compression="gzip" if path.name.lower().endswith(".gz") else None)


def _kind(kind: pa.DataType, values: pa.Array | None) -> pa.DataType:
    """Return what a column of text holds by its first row, which tells more than the worst of many."""
    first = values[0].as_py() if values is not None and len(values) and pa.types.is_string(kind) else ""
    return NUMBERS if first.startswith("[") else pa.float64() if _NUMBER.fullmatch(first) else kind


def _vectors(texts: pa.Array) -> pa.Array:
    """Return the vectors that texts such as ``[0.5, -1]`` spell."""
    return pc.split_pattern_regex(pc.utf8_trim(texts, "[] \n"), r"[,\s]+").cast(NUMBERS)
