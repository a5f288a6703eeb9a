"""Tables on a terminal, as all commands show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

EDGES = 3
"""Characters that a column takes besides its words."""


def console_as_is() -> Console:
    """Return a console that shows texts as they are: ``E[P_i]`` is no markup, ``:up:`` no picture."""
    from rich.console import Console

    return Console(markup=False, emoji=False)


def show(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *below: str,
    left: Collection[str] = (),
    caption: str | None = None,
) -> None:
    """Print a table, and lines below it that are not wrapped, such as paths.

    The first column and those in `left` hold text, the others numbers, which stand to the right and are never cut.
    Where the terminal is too narrow for all, the table goes on in another below it, with the first column again.
    """
    from rich.table import Table

    console, rows = console_as_is(), list(rows)
    texts = {k for k, heading in enumerate(headings) if k == 0 or heading in left}
    cells = [[row[k] for row in rows] for k in range(len(headings))]
    full = [max(map(len, (heading, *column))) for heading, column in zip(headings, cells, strict=True)]
    # A heading is broken between words only, and so is text; numbers are not.
    least = [
        max(map(len, (*heading.split(), *([] if k in texts else cells[k]))), default=1)
        for k, heading in enumerate(headings)
    ]
    least[0] = max(least[0], min(full[0], console.width // 3))
    for columns in columns_that_fit(least, console.width):
        narrow = _total(full, columns) > console.width
        table = Table(title=title if columns[:2] == [0, 1] else None)
        for k in columns:
            if k in texts:
                table.add_column(headings[k], overflow="fold")
            else:
                table.add_column(headings[k], justify="right", width=least[k] if narrow else None)
        for row in rows:
            table.add_row(*(row[k] for k in columns))
        if columns[-1] == len(headings) - 1:
            table.caption = caption
        console.print(table, width=max(console.width, _total(least, columns)), crop=False)
    for line in below:
        console.print(line, soft_wrap=True, highlight=False)


def columns_that_fit(widths: Sequence[int], room: int) -> list[list[int]]:
    """Return which columns, of such least widths, go into which table, the first column into each.

    A column that alone is wider than the room, the terminal's width, stands there all the same.
    """
    parts = [[0]]
    for k in range(1, len(widths)):
        if len(parts[-1]) > 1 and _total(widths, [*parts[-1], k]) > room:
            parts.append([0])
        parts[-1].append(k)
    return parts


def _total(widths: Sequence[int], columns: Sequence[int]) -> int:
    return sum(widths[k] + EDGES for k in columns) + 1
