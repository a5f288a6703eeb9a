"""What a rating table is, and reading one from CSV or Parquet, every row checked."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ecosystem.file_sizes import load_table
from ecosystem_agents.inputs.checks import BadInput, real, reason, regular_file
from ecosystem_agents.inputs.room import check_room

PARQUET = (".parquet", ".pq")
TABLES = (".csv", ".tsv", *PARQUET)
"""File endings that are read as a table of one rating a row."""
PER_BYTE = 12
"""Bytes of memory that a byte of written ratings takes while it is read."""


@dataclass(frozen=True)
class Ratings:
    """Who rated what, and how: m users, k items, r ratings."""

    user_ids: np.ndarray  # (m,), sorted; whole numbers, or text where the table has text
    item_ids: np.ndarray  # (k,)
    user: np.ndarray  # (r,) int, rows of these ids
    item: np.ndarray
    rating: np.ndarray
    titles: list[str]  # a name for each of `item_ids`
    has_titles: bool  # whether the names came with the data

    @classmethod
    def of_rows(
        cls,
        users: np.ndarray,
        items: np.ndarray,
        rating: np.ndarray,
        title: Callable[[Any], str],
        has_titles: bool,
    ) -> Ratings:
        """Return ratings from ids and numbers, (r,) each; `title` names an item by its id."""
        user, user_ids = pd.factorize(users, sort=True)
        item, item_ids = pd.factorize(items, sort=True)
        # Text that is of a type of its own needs no pickling.
        user_ids, item_ids = (ids.astype(str) if ids.dtype == object else ids for ids in (user_ids, item_ids))
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
    text_ids: bool = False,
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
    text_ids : bool
        Whether ids are any text; otherwise they must be whole numbers.

    Raises
    ------
    BadInput
        If the file cannot be read or, on `read`, a row is not as described; the row is named.
    """
    path = Path(path)
    lowest, highest = real("--lowest", lowest), real("--highest", highest)
    if lowest >= highest:
        raise BadInput(
            f"--lowest is {lowest:g} and --highest is {highest:g}; the lowest must be below the highest"
        )
    if path.suffix.lower() not in TABLES:
        raise BadInput(f"path is {str(path)!r}; it must end in .csv, .tsv or .parquet")
    try:
        size = regular_file(path).stat().st_size
        if path.suffix.lower() not in PARQUET:
            check_room(f"table {path.name!r}", PER_BYTE * size, "give fewer ratings")
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"path is {str(path)!r}, which cannot be read ({reason(error)}); give a file"
        ) from None
    how = {"format": path.suffix.lower(), "columns": [user, item, rating], "text_ids": text_ids}

    def read() -> Ratings:
        table = _frame(path, content)
        for name in (user, item, rating):
            if name not in table:
                found = ", ".join(str(column) for column in table.columns[:8])[:120]
                raise BadInput(
                    f"{path.name!r} has no column {name!r}; its columns are: {found}; name them with --user, "
                    "--item and --rating"
                )
        if table.empty:
            raise BadInput(f"{path.name!r} holds no ratings; give at least one row")
        return _checked_table(path.name, table, (user, item, rating), lowest, highest, text_ids)

    return Source(digest_of(how | {"range": [lowest, highest]}, content), read)


def _frame(path: Path, content: bytes) -> pd.DataFrame:
    try:
        if path.suffix.lower() in PARQUET:
            return cast(pd.DataFrame, load_table(io.BytesIO(content), path.name).to_pandas())
        return pd.read_csv(
            io.BytesIO(content), sep="\t" if path.suffix.lower() == ".tsv" else ",", low_memory=False
        )
    except BadInput:
        raise
    except Exception as error:  # readers raise many kinds, pyarrow's own among them
        raise BadInput(
            f"{path.name!r} cannot be read ({' '.join(str(error).split())[:120]}); give one row a rating, "
            "with a header row"
        ) from None


def _checked_table(
    file: str,
    table: pd.DataFrame,
    columns: tuple[str, str, str],
    lowest: float,
    highest: float,
    text_ids: bool,
) -> Ratings:
    users, items = (_ids(file, table[name], name, text_ids) for name in columns[:2])
    values = pd.to_numeric(table[columns[2]], errors="coerce").to_numpy(dtype=np.float64)
    outside = ~((values >= lowest) & (values <= highest))
    if outside.any():
        row = int(np.argmax(outside))
        raise BadInput(
            f"{file!r} row {row + 1} has a rating of {table[columns[2]].iloc[row]}; ratings must be numbers "
            f"from {lowest:g} to {highest:g} (change the range with --lowest and --highest)"
        )
    twice = pd.DataFrame({"user": users, "item": items}).duplicated().to_numpy()
    if twice.any():
        row = int(np.argmax(twice))
        raise BadInput(
            f"{file!r} row {row + 1} rates item {items[row]} a second time by user {users[row]}; keep one"
        )
    return Ratings.of_rows(users, items, values, str if text_ids else lambda i: f"item {i}", text_ids)


def _ids(file: str, column: pd.Series[Any], name: str, text_ids: bool) -> np.ndarray:
    missing = column.isna().to_numpy()
    if missing.any():
        raise BadInput(f"{file!r} row {int(np.argmax(missing)) + 1} has no {name}; remove such rows")
    if text_ids:
        return column.astype(str).to_numpy(dtype=object)
    if not pd.api.types.is_signed_integer_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
        odd = ~(np.isfinite(numbers) & (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**53))
        if odd.any():
            row = int(np.argmax(odd))
            raise BadInput(
                f"{file!r} row {row + 1} has {name} {str(column.iloc[row])[:40]!r}; ids must be whole "
                "numbers, unless --text-ids says that they are text"
            )
        return numbers.astype(np.int64)
    return column.to_numpy(dtype=np.int64)
