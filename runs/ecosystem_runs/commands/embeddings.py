"""``ecosystem data embeddings``: vectors of users and items from any export: what is in them, and one file of all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecosystem_runs.commands.options import AsJson, fields_are_options

if TYPE_CHECKING:
    from ecosystem.own_data.world import World


@dataclass(frozen=True)
class OwnData:
    """Options that say where vectors are, and which columns are what."""

    users: Annotated[Path, typer.Argument(help="A file of users, or a folder of Parquet.")]
    items: Annotated[Path | None, typer.Option(help="A file of items.")] = None
    groups: Annotated[Path | None, typer.Option(help="A file of the users' groups.")] = None
    initial: Annotated[Path | None, typer.Option(help="A file of starting points.")] = None
    id: Annotated[str | None, typer.Option(help="Column of ids.")] = None
    vector: Annotated[str | None, typer.Option(help="Column of vectors, or those of dimensions, as d*.")] = (
        None
    )
    group: Annotated[str | None, typer.Option(help="Column of users' groups.")] = None
    title: Annotated[str | None, typer.Option(help="Column of items' titles.")] = None
    mass: Annotated[str | None, typer.Option(help="Column of users' masses.")] = None
    ignore: Annotated[str | None, typer.Option(help="Columns that are not read.")] = None

    def read(self) -> World:
        """Return the world that is in them."""
        from ecosystem.own_data.columns import Columns
        from ecosystem.own_data.world import read_world

        said = Columns(self.id, self.vector, self.group, self.title, self.mass, self.ignore)
        return read_world(self.users, self.items, self.groups, self.initial, said)


@fields_are_options
def embeddings(
    *,
    data: OwnData,
    out: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="Write all of it as one file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read vectors of users and items, say what was taken for what, and with --out keep them as one .npz."""
    from ecosystem.own_data.world import write_npz
    from ecosystem_agents.inputs.checks import BadInput, reason
    from ecosystem_runs.commands.tables import show
    from ecosystem_runs.folders import write_whole

    if out is not None and out.suffix.lower() != ".npz":
        raise BadInput(f"--out is {str(out)!r}; it must end in .npz")
    world = data.read()
    sizes = {"users": len(world.users), "dimensions": world.users.shape[1]}
    for name in ("items", "initial"):
        array = getattr(world, name)
        sizes |= {} if array is None else {name: len(array)}
    sizes |= {} if world.groups is None else {"groups": int(world.groups.max()) + 1}
    if out is not None:
        try:
            write_whole(out, lambda scratch: write_npz(world, scratch))
        except OSError as error:
            raise BadInput(f"--out is {str(out)!r}, which cannot be written ({reason(error)})") from None
    written = None if out is None else str(out.absolute())
    if as_json:
        typer.echo(json.dumps(sizes | {"taken": world.taken, "out": written}))
        return
    where = "nothing is written; --out FILE.npz keeps it" if written is None else f"written to {written}"
    rows = {name: f"{size:,}" for name, size in sizes.items()}
    show(data.users.name, ("what", "how many"), rows.items(), *world.taken.values(), where)
