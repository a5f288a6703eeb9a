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
    """Print a table, numbers to the right, and lines below it that are not wrapped, such as paths.

    Numbers are never cut. Where the terminal is too narrow for all, the table goes on in another below it, with
    the first column again.

    Parameters
    ----------
    title : str
    headings : sequence of str
        The first column and those in `left` hold text, the others numbers.
    rows : iterable of sequences of str
    *below : str
        Lines after the table.
    left : collection of str
        Headings of more columns of text.
    caption : str, optional
        What stands under the table, as part of it.
    """
    from rich.table import Table

    console, rows = console_as_is(), list(rows)
    texts = {k for k, heading in enumerate(headings) if k == 0 or heading in left}
    full = [max(map(len, (heading, *(row[k] for row in rows)))) for k, heading in enumerate(headings)]
    least = [
        max(map(len, heading.split()), default=1) if k in texts else _whole(heading, [row[k] for row in rows])
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
    """Return which columns go into which of several tables below each other, the first column into each.

    Parameters
    ----------
    widths : sequence of int
        Least width of each column.
    room : int
        Width of the terminal; a column that alone is wider stands there all the same.
    """
    parts = [[0]]
    for k in range(1, len(widths)):
        if len(parts[-1]) > 1 and _total(widths, [*parts[-1], k]) > room:
            parts.append([0])
        parts[-1].append(k)
    return parts


def _total(widths: Sequence[int], columns: Sequence[int]) -> int:
    return sum(widths[k] + EDGES for k in columns) + 1


def _whole(heading: str, cells: Sequence[str]) -> int:
    """Return the least width in which no cell is broken; a heading may be, between words."""
    return max(map(len, (*heading.split(), *cells)), default=1)
