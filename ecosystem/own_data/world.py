"""A world of the user's own: users, and optionally items, groups and starting points, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ecosystem.chunks import EVERYBODY, Rows
from ecosystem.own_data.columns import Columns, told_apart
from ecosystem.own_data.files import Given, tables_of
from ecosystem.own_data.part import Part, read_part
from ecosystem.reading import reading
from ecosystem_agents.inputs.checks import BadInput, same_dimensions


@dataclass(frozen=True)
class World:
    """What was read of a user's own data."""

    users: Rows  # (m, d) array, or what is read as one
    items: np.ndarray | None  # (k, d), what creators can make
    initial: np.ndarray | None  # (n, d), where they start
    groups: np.ndarray | None  # (m,) int, the group of each user, 0 to L - 1
    group_names: list[str] | None  # L of them, where labels are no numbers
    mass: np.ndarray | None  # (m,)
    user_ids: pa.Array  # (m,) text or whole numbers; rows from 0 where there are none
    item_ids: pa.Array | None  # (k,) likewise
    titles: list[str] | None  # of items
    taken: dict[str, str]  # by part, what was taken for what


def read_world(
    users: Given,
    items: Given | None = None,
    groups: Given | None = None,
    initial: Given | None = None,
    columns: Columns | None = None,
    rows: range = EVERYBODY,
) -> World:
    """Read a world, each part from what holds it; `users` may be a .npz that holds others, too.

    Parameters
    ----------
    users, items, groups, initial : str, Path, array, DataFrame or Table
        Files, folders of Parquet, or the data themselves.
    columns : Columns, optional
        Which columns are what, where their names do not say it.
    rows : range
        Numbers of the users that are wanted; where they are not all, their vectors are read a range at a time.

    Raises
    ------
    BadInput
        If something cannot be read, is hostile or does not fit together; one line names file, column and row.
    """
    said, in_parts = columns or Columns(), rows != EVERYBODY
    tables = tables_of(users, "users", len(rows) if in_parts else None)
    for name, given in (("items", items), ("groups", groups), ("initial", initial)):
        if given is not None:
            tables[name] = tables_of(given, name)[name]
    said.check(list(tables.values()))
    parts = {
        name: read_part(table, told_apart(table, name, said), lazily=in_parts and name == "users")
        for name, table in tables.items()
    }
    found, labels, own = parts.get("items"), parts.get("groups", parts["users"]), parts["users"]
    _check_sizes(parts, labels, own)
    with reading(labels.table.name):
        if labels is not own and own.ids is not None and labels.ids is not None:
            _same_order(labels, own)
        numbers, names = labels.labels()
    with reading(own.table.name):
        user_ids, mass = own.names, own.mass()
    with reading(own.table.name if found is None else found.table.name):
        item_ids, titles = (None, None) if found is None else (found.names, found.titles())
    return World(
        users=own.vectors,
        items=None if found is None else found.vectors[:],
        initial=parts["initial"].vectors[:] if "initial" in parts else None,
        groups=numbers,
        group_names=names,
        mass=mass,
        user_ids=user_ids,
        item_ids=item_ids,
        titles=titles,
        taken={name: f"{part.table.name}: {part.roles}" for name, part in parts.items()},
    )


def _check_sizes(parts: dict[str, Part], labels: Part, own: Part) -> None:
    """Refuse labels that are not as many as users, and vectors of other dimensions than theirs."""
    if labels.count != own.count:
        raise BadInput(
            f"groups has shape ({labels.count},); it must have one label for each of {own.count} users"
        )
    for name in ("items", "initial"):
        if name in parts:
            same_dimensions(name, parts[name].vectors[:1], "users", own.vectors[:1])


def _same_order(labels: Part, own: Part) -> None:
    """Refuse labels that say, by their ids, that they are those of other users."""
    there, wanted = (np.array(part.names.cast(pa.string())) for part in (labels, own))
    for row in np.flatnonzero(there != wanted)[:1]:
        raise BadInput(
            f"{labels.table.name} row {row + 1} is of {there[row]!r} and that of the users of {wanted[row]!r}; sort "
            "both alike"
        )


def write_npz(world: World, path: Path) -> None:
    """Write a world as the .npz that is read again as it is."""
    names, groups = world.group_names, world.groups
    found = {
        "users": world.users[:],
        "user_ids": world.user_ids,
        "user_mass": world.mass,
        "groups": groups if names is None or groups is None else np.array(names)[groups],
        "items": world.items,
        "item_ids": world.item_ids,
        "item_titles": world.titles,
        "initial": world.initial,
    }
    arrays = {name: np.asarray(one) for name, one in found.items() if one is not None}
    text = {name: one.astype(str) for name, one in arrays.items() if one.dtype == object}  # needs no pickling
    with path.open("wb") as file:
        np.savez(file, **arrays | text)  # type: ignore[arg-type]  # numpy's stub takes them for its own keywords
