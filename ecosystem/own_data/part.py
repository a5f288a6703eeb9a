"""One part of a world, read from its table: vectors, and the columns beside them, every row checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ecosystem.chunks import Rows
from ecosystem.file_sizes import COPIES, FEWER
from ecosystem.own_data.columns import Roles
from ecosystem.own_data.table import Table
from ecosystem_agents.inputs.checks import LARGEST, BadInput
from ecosystem_agents.inputs.room import check_room

LIKE_IDS, RISING = 5, 20
"""From so many rows on, a dimension of whole numbers, each once, may be ids; where all are whole, if it rises."""


@dataclass(frozen=True)
class Part:
    """Vectors (k, d), and by role what stands beside them."""

    table: Table
    roles: Roles
    count: int
    vectors: Rows
    beside: dict[str, pa.Array]

    @cached_property
    def ids(self) -> pa.Array | None:
        """Ids, (k,), text or whole numbers, each once."""
        ids = self._plain("id")
        if ids is None:
            return None
        if pa.types.is_floating(ids.type):  # whole numbers, where some were missing once
            ids = ids.cast(pa.int64(), safe=False) if pc.all(pc.equal(pc.floor(ids), ids)).as_py() else ids
        ids = ids if pa.types.is_integer(ids.type) else ids.cast(pa.string())
        places = ids.dictionary_encode().indices.to_numpy()
        if len(places) and places.max() + 1 < len(places):
            _, first = np.unique(places, return_index=True)
            again = int(np.setdiff1d(np.arange(len(places)), first)[0])
            raise self._bad("id", again, f"has {ids[again]} a second time; give each row an id of its own")
        return ids

    @property
    def names(self) -> pa.Array:
        """Ids, (k,), or where it has none numbers of rows."""
        return pa.array(np.arange(self.count)) if self.ids is None else self.ids

    def titles(self) -> list[str] | None:
        """Return titles, (k,); where a row has none, its id or number."""
        titles = self.beside.get("title")
        if titles is None:
            return None if self.ids is None else self.ids.cast(pa.string()).to_pylist()
        return pc.coalesce(titles.cast(pa.string()), self.names.cast(pa.string())).to_pylist()

    def mass(self) -> np.ndarray | None:
        """Return masses, (k,), each above 0."""
        mass = self.beside.get("mass")
        if mass is None:
            return None
        masses = _floats(mass)
        for row in np.flatnonzero(~((masses > 0) & (masses <= LARGEST)))[:1]:
            raise self._bad("mass", int(row), f"holds {masses[row]}; a mass is a number above 0")
        return masses

    def labels(self) -> tuple[np.ndarray | None, list[str] | None]:
        """Return groups, (k,), 0 to L - 1, and their names where labels are no numbers."""
        labels = self._plain("group")
        if labels is None:
            return None, None
        if pa.types.is_nested(labels.type):
            raise BadInput("groups holds labels that cannot be compared; give whole numbers or names")
        found = pc.unique(labels)
        if not self.table.typed and all(re.fullmatch(r"\d{1,18}", text) for text in found.to_pylist()):
            labels, found = labels.cast(pa.int64()), found.cast(pa.int64())
        found = found.sort()
        numbers = pc.index_in(labels, found).to_numpy().astype(np.int64)
        if not pa.types.is_integer(labels.type):  # any label makes a group
            return numbers, [str(label) for label in found.to_pylist()]
        if found[0].as_py() < 0:
            raise BadInput(f"groups holds {found[0]}; labels are whole numbers at least 0")
        empty = np.flatnonzero(found.to_numpy() != np.arange(len(found)))
        if len(empty):
            raise BadInput(f"group {empty[0]} is empty; number the groups 0 to {len(found) - 1} without gaps")
        return numbers, None

    def _plain(self, role: str) -> pa.Array | None:
        """Return a column of labels in which none is missing."""
        labels = self.beside.get(role)
        if labels is None:
            return None
        if pa.types.is_dictionary(labels.type):
            labels = labels.dictionary_decode()
        if labels.type == pa.string_view():
            labels = labels.cast(pa.string())
        missing = labels.is_null(nan_is_null=True)
        if labels.type in (pa.string(), pa.large_string()):
            missing = pc.or_kleene(missing, pc.equal(pc.utf8_trim_whitespace(labels), ""))
        row = pc.index(missing, True).as_py()
        if row >= 0:
            raise self._bad(role, row, f"holds no {role}; fill it in, or leave such rows out")
        return labels

    def _bad(self, role: str, row: int, why: str) -> BadInput:
        return BadInput(f"{self.table.name} row {row + 1} column {self.roles.beside[role]!r} {why}")


def read_part(table: Table, roles: Roles, *, lazily: bool = False) -> Part:
    """Read a part of a world at once; `lazily` its vectors only when rows of them are asked for.

    Raises
    ------
    BadInput
        If it is empty, or a row of it is not as the others.
    """
    beside = roles.beside
    wanted = {name: role == "mass" for role, name in beside.items()}
    vectors = {} if lazily else dict.fromkeys(roles.vector, True)
    columns: dict[str, list[pa.Array]] = {role: [] for role in beside}
    found, count = np.empty((0, 0)), 0
    for batch in table.read(wanted | vectors) if wanted or vectors else ():
        if vectors:
            numbers = vectors_of(table, roles, batch, count)
            found = found if count else np.empty((0, numbers.shape[1]))
            _same_width(table, numbers, count, found.shape[1])
            if count + len(numbers) > len(found):
                room = max(table.rows or 0, count + len(numbers), 5 * len(found) // 4)
                if table.rows is None:  # others were asked before any of them was read
                    check_room(table.name, COPIES * numbers[0].nbytes * room, FEWER)
                found.resize((room, numbers.shape[1]), refcheck=False)
            found[count : count + len(numbers)] = numbers
        for role, name in beside.items():
            columns[role].append(batch.column(name))
        count += batch.num_rows
    count = count if wanted or vectors else table.rows or 0
    if not count:
        raise BadInput(f"{table.name} must not be empty; give at least one row")
    found.resize((count if vectors else 0, found.shape[1]), refcheck=False)
    arrays = {
        role: pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
        for role, chunks in columns.items()
    }
    return Part(table, roles, count, Lazily(table, roles, count) if lazily else found, arrays)


class Lazily:
    """Vectors (m, d) that are read, and checked, when a range of them is asked for; ranges in order go on reading."""

    def __init__(self, table: Table, roles: Roles, rows: int) -> None:
        self._table, self._roles = table, roles
        self._begin(0)
        self.shape = (rows, self._more(1).shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, stop, _ = rows.indices(len(self))
        if first != self._next:
            self._begin(first)
        found = [np.empty((0, self.shape[1]))]
        while self._next < stop:
            found.append(self._more(stop - self._next))
            _same_width(self._table, found[-1], self._next - len(found[-1]), self.shape[1])
        return np.concatenate(found)

    def _begin(self, row: int) -> None:
        self._batches = self._table.read(dict.fromkeys(self._roles.vector, True), row)
        self._next, self._left = row, None

    def _more(self, most: int) -> np.ndarray:
        batch: pa.RecordBatch = self._left if self._left is not None else next(self._batches)
        some = batch.slice(0, most)
        self._left = batch.slice(most) if batch.num_rows > most else None
        self._next += some.num_rows
        return vectors_of(self._table, self._roles, some, self._next - some.num_rows)


def vectors_of(table: Table, roles: Roles, batch: pa.RecordBatch, first: int) -> np.ndarray:
    """Return the vectors in a batch, (k, d), every number of them finite; its first row has the number `first`."""
    if roles.listed:
        found = _of_lists(table, roles.vector[0], batch.column(roles.vector[0]), first)
    else:
        found = np.empty((batch.num_rows, len(roles.vector)))
        for k, name in enumerate(roles.vector):
            found[:, k] = _floats(batch.column(name))
    wrong = ~(np.abs(found) <= LARGEST)
    if wrong.any():
        row, k = (int(place) for place in np.argwhere(wrong)[0])
        column = f"{roles.vector[0]!r} dimension {k}" if roles.listed else repr(roles.vector[k])
        raise BadInput(
            f"{table.name} row {first + row + 1} column {column} holds {found[row, k]:g}; entries must be finite and "
            f"within {LARGEST:g}: remove or replace such rows"
        )
    if not first and len(found) >= LIKE_IDS and not roles.sure:
        _refuse_ids(table, roles, found)
    return found


def _of_lists(table: Table, name: str, column: pa.Array, first: int) -> np.ndarray:
    column = column.storage if isinstance(column, pa.ExtensionArray) else column
    if pa.types.is_struct(column.type):  # Spark's vectors
        kinds = column.field("type") if column.type.get_field_index("type") >= 0 else pa.array([1])
        if pc.any(pc.equal(kinds, 0)).as_py():
            raise BadInput(f"{table.name} column {name!r} holds sparse vectors; write them dense")
        column = pc.struct_field(column, "values")
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero((lengths != lengths[:1]) | (lengths == 0))[:1]:
        raise _ragged(table, first + int(row), int(lengths[row]), int(lengths[0] or lengths.max()))
    return _floats(column.flatten()).reshape(len(column), -1)


def _floats(column: pa.Array) -> np.ndarray:
    """Return numbers, (k,), NaN where one is missing."""
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _same_width(table: Table, vectors: np.ndarray, first: int, wanted: int) -> None:
    if vectors.shape[1] != wanted:
        raise _ragged(table, first, vectors.shape[1], wanted)


def _ragged(table: Table, row: int, has: int, wanted: int) -> BadInput:
    return BadInput(
        f"{table.name} row {row + 1} has {has} numbers and others {wanted}; give every row as many"
    )


def _refuse_ids(table: Table, roles: Roles, vectors: np.ndarray) -> None:
    """Refuse what may be ids among the dimensions: whole numbers, each once, beside others or in rising order."""
    whole = (vectors == np.floor(vectors)).all(axis=0)
    rising = (np.diff(vectors, axis=0) > 0).all(axis=0) if len(vectors) > RISING else False
    like = whole & (
        rising if whole.all() else [len(np.unique(column)) == len(vectors) for column in vectors.T]
    )
    if like.any() and not like.all():
        k, name = int(np.argmax(like)), roles.vector[0]
        where, fix = (
            f"dimension {k}",
            f"give ids in a column of their own, or --vector {name} if they are none",
        )
        if not roles.listed:
            where = f"column {(name := roles.vector[k])!r}"
            fix = f"--id {name} if they are, or --vector {','.join(roles.vector)[:60]} if they are none"
        raise BadInput(f"{table.name} has whole numbers, each once, in {where}, as ids are: {fix}")
