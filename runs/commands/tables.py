"""Tables on a terminal, as all commands show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence


def show(
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *below: str,
    left: Collection[str] = (),
    caption: str | None = None,
) -> None:
    """Print a table, numbers to the right, and lines below it that are not wrapped, such as paths.

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
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, caption=caption)
    for k, heading in enumerate(headings):
        table.add_column(heading, justify="left" if k == 0 or heading in left else "right")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    for line in below:
        console.print(line, soft_wrap=True, highlight=False)
