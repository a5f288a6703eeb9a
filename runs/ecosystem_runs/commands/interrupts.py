"""Ctrl-C: a line that says what is kept, and exit code 130."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from ecosystem_runs.commands.groups import Commands

GOES_ON = "what finished is kept; the same command goes on from here"


def end(line: str) -> NoReturn:
    """End the command as interrupted, with a line that says what is kept."""
    typer.echo(f"ecosystem: interrupted; {line}", err=True)
    raise typer.Exit(130) from None


@contextmanager
def at_ctrl_c(line: str) -> Iterator[None]:
    """End the command with a line once Ctrl-C reaches this place; also a decorator of commands."""
    try:
        yield
    except KeyboardInterrupt:
        end(line)


class NothingKept(Commands):
    """Says so at Ctrl-C, of every command that does not say what it keeps."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with at_ctrl_c("nothing is kept"):
            return super().invoke(ctx)
