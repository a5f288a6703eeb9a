"""Arrays of the user's own that are read a range of rows at a time, where a worker wants no more of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from ecosystem.chunks import CHUNK, Rows
from ecosystem.environments.array_files import arrays_of, reading
from ecosystem.file_sizes import COPIES, FEWER, claims_of, load_table
from ecosystem_agents.inputs.checks import BadInput, points_of
from ecosystem_agents.inputs.room import check_room

Group = Callable[[int], dict[str, np.ndarray]]


def read_rows(path: Path, main: str, wanted: int) -> dict[str, Rows]:
    """Return what `read_arrays` returns, read when rows are asked for: a memory map, or a table by its row groups.

    Raises
    ------
    BadInput
        As `read_arrays`, if there is no memory for a chunk and `wanted` rows, or if the file is a .npz.
    """
    with reading(path, main):
        if path.suffix == ".npz":
            raise BadInput(
                f"{main} file {path.name!r} cannot be read by ranges of rows, as shards do; save each of its arrays "
                "with numpy.save and give those files (file, items, groups, initial)"
            )
        found = _mapped(path, main) if path.suffix == ".npy" else _grouped(path, main)
    rows, *others = found[main].shape
    needed = COPIES * 8 * min(rows, wanted + CHUNK) * math.prod(others)
    check_room(f"file {path.name!r}, {wanted:,} rows of it and a chunk,", needed, FEWER)
    return found


class Points:
    """Points, (m, d), that are read a range at a time, and checked whenever they are; see `points_of`."""

    def __init__(self, name: str, rows: Rows) -> None:
        self._name, self._rows, self.shape = name, rows, rows.shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        found = self._rows[rows]
        name = f"{self._name} from row {rows.start} on" if rows.start else self._name
        if len(self) and not len(found):
            return np.empty((0, *self.shape[1:]))
        return points_of(name, found).copy()  # the file may change


class RowGroups:
    """One array of a Parquet file, read row group by row group."""

    def __init__(self, name: str, group: Group, sizes: dict[int, int]) -> None:
        self._name, self._group, self._sizes = name, group, sizes
        self._none = group(next(iter(sizes)))[name][:0].copy()
        self.shape = (sum(sizes.values()), *self._none.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, stop, _ = rows.indices(len(self))
        begin, found = 0, [self._none]
        for k, size in self._sizes.items():
            if first < min(begin + size, stop) and begin < stop:
                array = self._group(k)[self._name]
                if array.shape[1:] != self.shape[1:]:
                    raise BadInput(
                        f"{self._name} have rows of shape {self.shape[1:]} and, in row group {k} of their file, "
                        f"{array.shape[1:]}; give every row as many numbers"
                    )
                found.append(array[max(first - begin, 0) : stop - begin])
            begin += size
        return np.concatenate(found)


def _mapped(path: Path, main: str) -> dict[str, Rows]:
    with path.open("rb") as file:
        claims_of(file, ".npy")  # no more than there are bytes
    return {main: np.atleast_1d(np.load(path, mmap_mode="r", allow_pickle=False))}


def _grouped(path: Path, main: str) -> dict[str, Rows]:
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        about = pq.ParquetFile(file).metadata
        sizes = {k: size for k in range(about.num_row_groups) if (size := about.row_group(k).num_rows)}

    @lru_cache(maxsize=1)  # rows are asked for in their order
    def group(k: int) -> dict[str, np.ndarray]:
        with reading(path, main), path.open("rb") as file:
            return arrays_of(load_table(file, path.name, k).to_pandas(), main)

    return {name: RowGroups(name, group, sizes) for name in group(next(iter(sizes)))}
