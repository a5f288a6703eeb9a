"""A table of the user's own, whatever it is in: its columns at once, its rows batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from ecosystem.reading import reading

Batches = Callable[[Mapping[str, bool], int], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Table:
    """Columns, and rows that are read when they are asked for."""

    name: str  # what errors call it
    schema: pa.Schema  # its columns; in text their types are those of the first rows
    rows: int | None  # None where only reading them tells
    batches: (
        Batches  # from the columns wanted, each with whether it is to be numbers, and the first row wanted
    )
    typed: bool = True  # whether it says of a column that it is text, or numbers
    beside: tuple[str, ...] = ()  # what stands beside it and is not read

    def read(self, wanted: Mapping[str, bool], first: int = 0) -> Iterator[pa.RecordBatch]:
        """Yield the columns wanted, from the first row wanted on."""
        with reading(self.name):
            yield from filter(len, self.batches(wanted, first))
