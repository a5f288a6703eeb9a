"""Which column of a table is what: by name where that is clear, else as its owner says; no id is a dimension."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

import pyarrow as pa

from ecosystem.own_data.table import Table
from ecosystem_agents.inputs.checks import BadInput

NAMES = {
    "users": {"id": ("userid", "id"), "group": ("group", "groups"), "mass": ("mass", "usermass")},
    "items": {"id": ("itemid", "id"), "title": ("title", "itemtitle")},
    "groups": {"id": ("userid", "id"), "group": ("group", "groups")},
    "initial": {"id": ("creatorid", "id")},
}
"""Clear names of columns, by part and role, in small letters and without anything else."""
ROWS = ("index", "unnamed0", "indexlevel0", "")
"""What pandas calls the numbers of rows: ids, where there are no others."""


@dataclass(frozen=True)
class Columns:
    """Which columns are what, where names do not say it: names or patterns such as ``d*``, parted by commas."""

    id: str | None = None  # ids of users, items and starting points
    vector: str | None = None  # one column of vectors, or one a dimension
    group: str | None = None  # groups of users
    title: str | None = None  # titles of items
    mass: str | None = None  # masses of users
    ignore: str | None = None  # not read

    def of(self, role: str, names: Sequence[str]) -> list[str]:
        """Return which of these columns are said to have a role; those of one pattern by the numbers in them."""

        def by_number(name: str) -> list[tuple[int, str]]:
            return [(int(part or 0), rest) for rest, part in re.findall(r"(\D*)(\d{0,9})", name)]

        return [n for one in self._said(role) for n in sorted(names, key=by_number) if _fits(n, one)]

    def check(self, tables: Sequence[Table]) -> None:
        """Refuse a name that no column of the tables has."""
        for role in (field.name for field in fields(self)):
            for one in self._said(role):
                if not any(_fits(name, one) for table in tables for name in table.schema.names):
                    there = "; ".join(f"{table.name} has {_listed(table.schema.names)}" for table in tables)
                    raise BadInput(f"{role} is {one!r}, and no column is called that: {there}")

    def _said(self, role: str) -> list[str]:
        said = getattr(self, role)
        return [] if said is None else [part.strip() for part in str(said).split(",")]


@dataclass(frozen=True)
class Roles:
    """What each column of a table is."""

    vector: tuple[str, ...]
    listed: bool  # whether one column holds vectors, not one a dimension
    sure: bool  # whether its owner says so
    beside: dict[str, str]  # the column of each role there is
    unread: tuple[str, ...]

    def __str__(self) -> str:
        """Return what was taken for what, as a line."""
        ends = (
            self.vector if self.listed else (f"{self.vector[0]} to {self.vector[-1]}",) if self.vector else ()
        )
        parts = [f"vector {name!r}" for name in ends] + [
            f"{role} {name!r}" for role, name in self.beside.items()
        ]
        return ", ".join(parts + [f"not read {_listed(self.unread)}"] * bool(self.unread))


def told_apart(table: Table, part: str, said: Columns) -> Roles:
    """Return which column of a part's table is what.

    Raises
    ------
    BadInput
        If names do not tell, or tell two for one role; with the option that does.
    """
    names = table.schema.names
    twice = [name for k, name in enumerate(names) if name in names[:k]]
    if twice:
        raise BadInput(f"{table.name} has two columns called {twice[0]!r}; give each a name of its own")
    ignored, beside = said.of("ignore", names), dict[str, str]()
    vector = [] if part == "groups" else said.of("vector", names)
    for role, clear in NAMES[part].items():
        free = [n for n in names if n not in (*ignored, *vector, *beside.values())]
        own = said.of(role, names) or [n for n in free if _plain(n) in clear]
        if role == "id" and not own:
            own = [n for n in free if _plain(n) in ROWS][:1]
        if len(own) > 1:
            raise BadInput(
                f"{table.name} has {_listed(own)} for its {role}; say which by {_say(role, own[0])}"
            )
        beside |= {role: own[0]} if own else {}
    rest = [n for n in names if n not in (*ignored, *vector, *beside.values())]
    rows = [n for n in rest if _plain(n) in ROWS]
    rest = [n for n in rest if n not in rows]
    if part == "groups" and "group" not in beside and len(rest) == 1:
        beside["group"] = rest.pop()
    if part != "groups" and not vector:
        vector = _vector(table, rest)
        rest = [n for n in rest if n not in vector]
    if rest:
        _refuse(table, part, rest, beside)
    for role, name in beside.items():
        if pa.types.is_nested(table.schema.field(name).type):
            raise BadInput(
                f"{table.name} column {name!r} holds lists, not one {role} a row; say which column does by "
                f"{_say(role, 'NAME')}, or leave it out by {_say('ignore', name)}"
            )
    kinds = [_kind(table.schema.field(name).type) for name in vector]
    for name, kind in zip(vector, kinds, strict=True):
        if kind not in ("numbers", "vectors") or (kind == "vectors" and len(vector) > 1):
            raise BadInput(
                f"{table.name} column {name!r} holds {kind}; name one column of lists, or those of numbers, as "
                f"{_say('vector', 'd*')}"
            )
    unread = (*table.beside, *ignored, *rows)
    return Roles(tuple(vector), kinds == ["vectors"], said.vector is not None, beside, unread)


def _vector(table: Table, rest: Sequence[str]) -> list[str]:
    """Return the one column of vectors, or those numbered from 0 or 1 on behind the same letters."""
    kinds = {name: _kind(table.schema.field(name).type) for name in rest}
    choices = {name: [name] for name in rest if kinds[name] == "vectors"}
    families: dict[str, dict[int, str]] = {}
    for name in rest if not choices else ():
        if kinds[name] == "numbers" and (numbered := re.fullmatch(r"(.*?)(\d{1,9})", name, re.S)):
            families.setdefault(numbered[1], {})[int(numbered[2])] = name
    for prefix, family in families.items():
        numbers = sorted(family)
        missing = [k for k, number in enumerate(numbers, min(numbers[0], 1)) if k != number]
        if len(family) > 1 and missing:
            raise BadInput(
                f"{table.name} has columns numbered {numbers[0]} to {numbers[-1]} and no {prefix}{missing[0]}; give "
                f"all dimensions, or say that there are no more by {_say('vector', f'{prefix}*')}"
            )
        if len(family) > 1:
            choices[f"{prefix}*"] = [family[number] for number in numbers]
    if len(choices) == 1:
        return next(iter(choices.values()))
    if choices:
        which = _say("vector", next(iter(choices)))
        raise BadInput(f"{table.name} has vectors in {_listed(list(choices))}; say in which by {which}")
    numbers_in = ",".join(name for name in rest if kinds[name] == "numbers")[:80] or "NAME"
    raise BadInput(
        f"{table.name} has no column of vectors and no numbered columns such as d0, d1, ...; it has "
        f"{_listed(table.schema.names)}: say where they are by {_say('vector', numbers_in)}"
    )


def _refuse(table: Table, part: str, rest: Sequence[str], beside: dict[str, str]) -> None:
    """Refuse columns that are left over, with what settles the first of them, and what settles all."""
    kind, no = _kind(table.schema.field(rest[0]).type), {"numbers": "title", "text": "mass"}
    may_be = [role for role in NAMES[part] if role not in beside and kind in no and no[kind] != role]
    say = [_say(role, rest[0]) for role in may_be]
    more, whose, them = "", "whose name does not say what it is", "it"
    if len(rest) > 1:
        more, whose, them = f", and {_listed(rest[1:])},", "whose names do not say what they are", "them"
    say.append(f"to leave {them} out {_say('ignore', ','.join(rest)[:500])}")
    raise BadInput(f"{table.name} has a column {rest[0]!r} of {kind}{more} {whose}: {', or '.join(say)}")


def _say(role: str, value: str) -> str:
    """Return the option that says it, as commands and as runs have it."""
    return f"--{role} {value} (in a run --set {role}={value})"


def _kind(kind: pa.DataType) -> str:
    """Return what a column of that type holds, in a word: vectors, numbers, text or others."""
    is_a, kind = pa.types, kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    if is_a.is_dictionary(kind):
        return _kind(kind.value_type)
    if is_a.is_struct(kind) and kind.get_field_index("values") >= 0:  # Spark's
        return _kind(kind.field("values").type)
    if any(is_list(kind) for is_list in (is_a.is_list, is_a.is_large_list, is_a.is_fixed_size_list)):
        return "vectors" if _kind(kind.value_type) == "numbers" else "others"
    if is_a.is_integer(kind) or is_a.is_floating(kind) or is_a.is_decimal(kind) or is_a.is_null(kind):
        return "numbers"
    return "text" if kind in (pa.string(), pa.large_string(), pa.string_view()) else "others"


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower()) if re.search(r"\w", name) else name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:6]))[:150] + (f" and {len(names) - 6} more" if len(names) > 6 else "")
