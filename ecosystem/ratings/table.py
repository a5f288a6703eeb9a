"""What a rating table is, and reading one from CSV or Parquet, every row checked; ids are the texts there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ecosystem.delimited import TEXTS, Written, check_columns, columns_of, looked_at
from ecosystem.file_sizes import load_table
from ecosystem.reading import reading
from ecosystem_agents.inputs.checks import BadInput, real, reason, regular_file
from ecosystem_agents.inputs.room import check_room

PARQUET = (".parquet", ".pq")
TABLES = (".csv", ".tsv", *PARQUET)
"""File endings that are read as a table of one rating a row."""
PER_BYTE = 12
"""Bytes of memory that a byte of written ratings takes while it is read."""
NAMED = "name them with --user, --item and --rating (and what parts fields, with --separator)"


@dataclass(frozen=True)
class Ratings:
    """Who rated what, and how: m users, k items, r ratings."""

    user_ids: np.ndarray  # (m,), sorted; text, but for MovieLens-1M, which has whole numbers
    item_ids: np.ndarray  # (k,)
    user: np.ndarray  # (r,) int, rows of these ids
    item: np.ndarray
    rating: np.ndarray
    titles: list[str]  # a name for each of `item_ids`
    has_titles: bool  # whether the names came with the data
    read_as: str = ""  # the file of GroupLens', or how it is written

    @classmethod
    def of_rows(
        cls,
        users: np.ndarray | pd.Series[Any],
        items: np.ndarray | pd.Series[Any],
        rating: np.ndarray,
        title: Callable[[Any], str],
        has_titles: bool,
    ) -> Ratings:
        """Return ratings from ids and numbers, (r,) each; `title` names an item by its id."""
        user, user_ids = pd.factorize(users, sort=True)
        item, item_ids = pd.factorize(items, sort=True)
        # Text that is of a type of its own needs no pickling.
        user_ids, item_ids = (
            ids if isinstance(ids, np.ndarray) else np.asarray(ids, dtype=str) for ids in (user_ids, item_ids)
        )
        return cls(user_ids, item_ids, user, item, rating, [title(i) for i in item_ids], has_titles)

    def ratings_per_user(self) -> np.ndarray:
        """Return how many ratings each user gave, (m,)."""
        return np.bincount(self.user, minlength=len(self.user_ids))

    def ratings_per_item(self) -> np.ndarray:
        """Return how many ratings each item received, (k,)."""
        return np.bincount(self.item, minlength=len(self.item_ids))


@dataclass(frozen=True)
class Source:
    """Ratings not read yet, and a digest of the bytes they are in: enough to know them again."""

    digest: str  # SHA-256 of the files' contents and of how they are to be read
    read: Callable[[], Ratings]  # and check


def digest_of(how: dict[str, Any], *contents: bytes) -> str:
    """Return the SHA-256 of files' contents and of how they are read."""
    total = hashlib.sha256(json.dumps(how, sort_keys=True).encode())
    for content in contents:
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def table_source(
    path: str | Path,
    *,
    user: str = "user",
    item: str = "item",
    rating: str = "rating",
    lowest: float = 1.0,
    highest: float = 5.0,
    written: Written = Written(),  # noqa: B008  # it never changes
) -> Source:
    """Find a rating table at `path`, one rating a row.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv`` or ``.parquet``.
    user, item, rating : str
        Names of the columns.
    lowest, highest : float
        Range of the ratings.
    written : Written
        How text is written, as far as that is not looked for.

    Raises
    ------
    BadInput
        If the file cannot be read or, on `read`, a row is not as described; the row is named.
    """
    path = Path(path)
    lowest, highest = real("lowest", lowest), real("highest", highest)
    if lowest >= highest:
        raise BadInput(
            f"lowest is {lowest:g} and highest is {highest:g}; the lowest must be below the highest"
        )
    ending = path.suffix.lower()
    if ending not in TABLES:
        zipped = "; GroupLens' zips are read by `ecosystem data movielens`" if ending == ".zip" else ""
        raise BadInput(f"path is {str(path)!r}; it must end in .csv, .tsv or .parquet{zipped}")
    try:
        size = regular_file(path).stat().st_size
        if ending not in PARQUET:
            check_room(f"table {path.name!r}", PER_BYTE * size, "give fewer ratings")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"path is {str(path)!r}, which cannot be read ({reason(error)}); give a file"
        ) from None
    found = None if ending in PARQUET else looked_at([content], written)
    columns = user, item, rating

    def read() -> Ratings:
        table = (
            _parquet(path.name, content, columns)
            if found is None
            else columns_of(path.name, content, found, columns, fix=NAMED)
        )
        read_as = "Parquet" if found is None else str(found)
        return replace(checked(path.name, table, lowest, highest), read_as=read_as)

    how = {"format": ending, "columns": columns, "range": [lowest, highest], "written": str(found)}
    return Source(digest_of(how, content), read)


def checked(
    file: str, table: pa.Table, lowest: float, highest: float, titles: Mapping[str, str] | None = None
) -> Ratings:
    """Return the ratings in a table of users, items and ratings; BadInput names a row that cannot be one."""
    if not len(table):
        raise BadInput(f"{file!r} holds no ratings; give at least one row")
    users, items = (_ids(file, table[k], table.column_names[k]) for k in (0, 1))
    texts = table[2].to_pandas().astype("category")
    numbers = [str(one).replace(",", ".") for one in texts.cat.categories]  # decimal commas
    known = np.append(pd.to_numeric(pd.Series(numbers, dtype=object), errors="coerce"), np.nan).astype(
        np.float64
    )
    values = known[texts.cat.codes]
    outside = ~((values >= lowest) & (values <= highest))
    if outside.any():
        row = int(np.argmax(outside))
        said = "nothing" if texts.iloc[row] == "" else texts.iloc[row]
        raise BadInput(
            f"{file!r} row {row + 1} has a rating of {said}; ratings must be numbers from {lowest:g} to {highest:g}"
            + ("" if titles is not None else " (change the range with --lowest and --highest)")
        )
    named = titles or {}
    found = Ratings.of_rows(users, items, values, lambda i: named.get(i, str(i)), bool(named))
    twice = pd.DataFrame({"user": found.user, "item": found.item}).duplicated().to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        raise BadInput(
            f"{file!r} row {row + 1} rates item {items[row]} a second time by user {users[row]}; keep one"
        )
    return found


def _parquet(file: str, content: bytes, columns: Sequence[str]) -> pa.Table:
    with reading(repr(file), "give one row a rating"):
        table = load_table(io.BytesIO(content), file)
    check_columns(file, table.column_names, columns, NAMED)
    return table.select(columns)


def _ids(file: str, column: pa.ChunkedArray, name: str) -> pd.Series[Any]:
    """Return ids as text: what stands in the file, and whole numbers without a point."""
    missing = pc.is_null(column, nan_is_null=True).to_numpy()
    if pa.types.is_floating(column.type):  # what pandas makes of whole numbers among which one was missing
        with suppress(pa.ArrowInvalid):
            column = column.cast(pa.int64())
    if column.type != TEXTS:
        column = column.cast(pa.string()).dictionary_encode()
    texts: pd.Series[Any] = column.to_pandas()
    missing |= (texts == "").to_numpy()
    if missing.any():
        raise BadInput(f"{file!r} row {int(np.argmax(missing)) + 1} has no {name}; remove such rows")
    return texts.cat.reorder_categories(sorted(texts.cat.categories))
