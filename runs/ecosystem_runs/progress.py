"""Progress for people: a live bar in a terminal, now and then a plain line without one; always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

STEADY = 3.0
"""Seconds of work after the first part from which the time left is estimated."""


def tell(line: str, who: str = "ecosystem") -> None:
    """Print a line on standard error and who says it; where nobody can take it, work goes on."""
    with suppress(OSError):
        print(f"{who}: {line}", file=sys.stderr, flush=True)


def tell_compiling(quiet: bool = False) -> None:
    """Let a line say, once, that this process compiles what no start before has kept; nothing if `quiet`."""
    from ecosystem.heartbeat import when_compiling

    when_compiling[:] = [] if quiet else [lambda: tell("compiling, once: half a minute or so")]


class Report(Protocol):
    """What a loop calls to say how far it is."""

    def __call__(self, done: int, note: str = "") -> None:
        """Say that `done` parts are done, with a note such as the welfare so far."""
        ...


@contextmanager
def progress(title: str, total: int, quiet: bool = False) -> Iterator[Report]:
    """Show progress towards `total` parts while the context lasts; nothing if `quiet`."""
    if quiet:
        yield lambda done, note="": None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=total, note="")
            yield lambda done, note="": bar.update(task, completed=done, note=note)
    else:
        due = time.monotonic() + 1.0
        steady: tuple[float, int] | None = None

        def line(done: int, note: str = "") -> None:
            nonlocal due, steady
            now = time.monotonic()
            # What the first part took says nothing of the others: it waited for compiling, too.
            if steady is None and done:
                steady = now, done
            if done in (0, total) or now >= due:
                due = now + 10.0
                since, before = (now - steady[0], done - steady[1]) if steady else (0.0, 0)
                left = (
                    f" ({since / before * (total - done):.0f} s left)" if since >= STEADY and before else ""
                )
                tell(f"{done}/{total} {note}".rstrip() + left, title)

        yield line
