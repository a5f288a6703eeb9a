"""MovieLens as GroupLens gives it, a zip or a folder: MovieLens-1M line by line, and the tables of the others."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from codecs import BOM_UTF8
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ecosystem.delimited import Written, columns_of
from ecosystem.file_sizes import members_of
from ecosystem.ratings.table import PER_BYTE, Ratings, Source, checked, digest_of
from ecosystem.reading import reading
from ecosystem_agents.inputs.checks import BadInput, regular_file
from ecosystem_agents.inputs.room import check_room

MOVIELENS_1M = {"ratings": 1_000_209, "users": 6040, "movies": 3706}
"""What GroupLens' file holds (3706 of its 3883 movies have ratings)."""

WHERE_FROM = (
    "download ml-1m.zip from https://grouplens.org/datasets/movielens/1m/ (GroupLens' terms: research use, "
    "no redistribution, no commercial use without permission, cite Harper and Konstan 2015), then run: "
    "ecosystem data movielens --path ml-1m.zip"
)

TITLES = {"ratings.dat": "movies.dat", "ratings.csv": "movies.csv", "u.data": "u.item"}
"""By the file of ratings that of titles: of MovieLens-1M, of those with a header row, and of MovieLens-100K."""
FILES = (*TITLES, *TITLES.values(), "users.dat")
FIELDS = ("UserID", "MovieID", "Rating", "Timestamp")
WHOLE = re.compile(r"\s*[0-9]{1,18}\s*", re.ASCII)
LARGEST = 2**31  # bytes of ratings: what has more is no MovieLens


def movielens_source(path: str | Path) -> Source:
    """Find a MovieLens at `path`, GroupLens' zip or a folder it was unpacked to.

    Raises
    ------
    BadInput
        If there are no ratings or they cannot be read.
    """
    files = _movielens_files(Path(path))
    main = next(name for name in TITLES if name in files)
    digest = digest_of({"format": "movielens"}, files[main], files.get(TITLES[main], b""))
    parse = parse_movielens if main == "ratings.dat" else partial(_parse_tables, main)
    return Source(digest, lambda: replace(parse(files), read_as=main))


def _parse_tables(main: str, files: dict[str, bytes]) -> Ratings:
    """Read ``ratings.csv`` and ``movies.csv``, or ``u.data`` and ``u.item``, which have no header rows."""
    columns, headed = ["userId", "movieId", "rating", "timestamp"], main == "ratings.csv"
    written = Written("," if headed else "\t", "utf-8")
    table = columns_of(main, files[main], written, columns[:3], None if headed else columns, WHERE_FROM)
    text = io.StringIO(_text(files.get(TITLES[main], b"")), newline="")
    try:
        rows = list(csv.reader(text) if headed else csv.reader(text, delimiter="|", quoting=csv.QUOTE_NONE))
    except csv.Error as error:
        raise BadInput(f"{TITLES[main]} cannot be read ({error}); {WHERE_FROM}") from None
    return checked(main, table, 0.5, 5.0, {row[0]: row[1] for row in rows if len(row) > 1})


def parse_movielens(files: dict[str, bytes]) -> Ratings:
    """Read ``ratings.dat``, and ``movies.dat`` and ``users.dat`` where they are, from their content by file name.

    Raises
    ------
    BadInput
        If a line is not as GroupLens describes it; the line is named.
    """
    table = _ratings_table(files["ratings.dat"])
    twice = table.duplicated(["UserID", "MovieID"])
    if twice.any():
        row = int(np.argmax(twice))
        user, movie = table["UserID"][row], table["MovieID"][row]
        raise BadInput(
            f"ratings.dat has movie {movie} rated twice by user {user}; remove one of the two lines"
        )
    if "users.dat" in files:
        unlisted = ~table["UserID"].isin(list(_by_id("users.dat", files["users.dat"], 5)))
        if unlisted.any():
            raise BadInput(
                f"ratings.dat has user {table['UserID'][int(np.argmax(unlisted))]}, whom users.dat does not "
                "list; the two files must be of one data set"
            )
    titles = {i: fields[0] for i, fields in _by_id("movies.dat", files.get("movies.dat", b""), 3).items()}
    users, movies, stars = (table[name].to_numpy() for name in FIELDS[:3])
    return Ratings.of_rows(
        users, movies, stars.astype(np.float64), lambda i: titles.get(int(i), f"movie {i}"), bool(titles)
    )


def _movielens_files(path: Path) -> dict[str, bytes]:
    whole_zip = "give GroupLens' zip, such as ml-1m.zip, whole, or the folder it unpacks to"
    with reading(f"path is {str(path)!r}, which", whole_zip):
        if path.name in TITLES and path.is_file():
            path = path.parent
        if path.is_dir():
            any(path.iterdir())  # an unreadable folder says so itself
            whole = [
                one
                for one in (path, *sorted(path.glob("ml-*")))
                if any((one / name).is_file() for name in TITLES)
            ]
            found = [one / name for one in whole[:1] for name in FILES if (one / name).is_file()]
            _check_sizes({str(file): file.stat().st_size for file in found})
            files = {file.name: file.read_bytes() for file in found}
        elif not path.exists():
            raise BadInput(f"path is {str(path)!r}, which does not exist; {WHERE_FROM}")
        else:
            files = _zip_members(path)
    if not TITLES.keys() & files.keys():
        raise BadInput(
            f"path is {str(path)!r}, which has neither ratings.csv nor u.data and holds no ratings.dat; {WHERE_FROM}"
        )
    return {name: content.removeprefix(BOM_UTF8) for name, content in files.items()}


def _zip_members(path: Path) -> dict[str, bytes]:
    with regular_file(path).open("rb") as file:
        members = sorted(members_of(file), key=lambda one: one.filename.count("/"), reverse=True)
        wanted = {member.filename.rsplit("/", 1)[-1]: member for member in members}
        wanted = {name: member for name, member in wanted.items() if name in FILES}
        _check_sizes({f"{name} in {path.name!r}": member.file_size for name, member in wanted.items()})
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(member) for name, member in wanted.items()}


def _check_sizes(sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        check_room(
            name, PER_BYTE * size, "give a smaller MovieLens; MovieLens-1M has 25 MB", most=PER_BYTE * LARGEST
        )


def _ratings_table(content: bytes) -> pd.DataFrame:
    # A fast pass that trusts nothing it cannot prove; whatever it doubts is looked for line by line.
    first = content[: content.find(b"\n")] if b"\n" in content else content
    try:
        if first.count(b"::") != 3 or content.count(b"\t"):
            raise ValueError
        table: pd.DataFrame = pd.read_csv(
            io.BytesIO(content.replace(b"::", b"\t")),
            sep="\t",
            header=None,
            names=list(FIELDS),
            na_filter=False,
            quoting=csv.QUOTE_NONE,
            low_memory=False,
        )
        numbers = all(pd.api.types.is_signed_integer_dtype(table[name]) for name in FIELDS)
        if not numbers or not table["Rating"].between(1, 5).all() or (table.min() < 0).any():
            raise ValueError
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise BadInput(_first_fault(content)) from None
    return table


def _first_fault(content: bytes) -> str:
    for number, line in enumerate(_text(content).split("\n"), start=1):
        if not line.strip():
            continue
        fields = line.split("::")
        if len(fields) != 4:
            return (
                f"ratings.dat line {number} is {line[:60]!r}, which has not four fields separated by '::'; "
                "each line must read UserID::MovieID::Rating::Timestamp"
            )
        for name, field in zip(FIELDS, fields, strict=True):
            if not WHOLE.fullmatch(field):
                return f"ratings.dat line {number} has {name} {field[:40]!r}; it must be a whole number"
        if not 1 <= int(fields[2]) <= 5:
            return f"ratings.dat line {number} has a rating of {int(fields[2])}; ratings must be from 1 to 5"
    if not content.strip():
        return f"ratings.dat is empty; {WHERE_FROM}"
    return "ratings.dat cannot be read; each line must read UserID::MovieID::Rating::Timestamp"


def _by_id(name: str, content: bytes, n_fields: int) -> dict[int, list[str]]:
    """Return the fields after the id, by id, of a small file of GroupLens'."""
    found = {}
    for number, line in enumerate(_text(content).split("\n"), start=1):
        if not line.strip():
            continue
        first, *rest = line.split("::")
        if len(rest) != n_fields - 1 or not WHOLE.fullmatch(first):
            raise BadInput(
                f"{name} line {number} is {line[:60]!r}; it must be a whole number and {n_fields - 1} more "
                "fields, separated by '::'"
            )
        found[int(first)] = rest
    return found


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # as GroupLens wrote it
