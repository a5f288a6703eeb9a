"""Progress for people: a live bar in a terminal, now and then a plain line without one; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Report(Protocol):
    """What a loop calls to say how far it is."""

    def __call__(self, done: int, note: str = "") -> None:
        """Say that `done` parts are done, with a note such as the welfare so far."""
        ...


@contextmanager
def progress(title: str, total: int, quiet: bool = False) -> Iterator[Report]:
    """Show progress towards `total` while the context lasts.

    Parameters
    ----------
    title : str
        What is being done.
    total : int
        How many parts there are.
    quiet : bool
        Whether to show nothing.
    """
    if quiet:
        yield lambda done, note="": None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=total, note="")
            yield lambda done, note="": bar.update(task, completed=done, note=note)
    else:
        start, due = time.monotonic(), time.monotonic() + 1.0

        def line(done: int, note: str = "") -> None:
            nonlocal due
            now = time.monotonic()
            if done == total or now >= due:
                due = now + 10.0
                left = (now - start) / max(done, 1) * (total - done)
                print(f"{title}: {done}/{total} {note} ({left:.0f} s left)", file=sys.stderr, flush=True)

        yield line
