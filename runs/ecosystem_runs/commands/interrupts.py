"""Ctrl-C, and the signals that end a command from outside: a line that says what is kept, and the exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from ecosystem_runs.commands.groups import Commands
from ecosystem_runs.progress import tell

GOES_ON = "what finished is kept; the same command goes on from here"
NOTHING = "nothing is kept"

_from_outside = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_came = [signal.SIGINT]  # the last is what ends the command: Ctrl-C, unless another signal came


@contextmanager
def heeded() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does while the context lasts; what is ignored stays so."""
    del _came[1:]
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _from_outside if main}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]  # nohup ignores one

    def interrupt(number: int, frame: object) -> NoReturn:
        for other in heard:  # they come together, when a terminal is closed
            signal.signal(other, signal.SIG_IGN)
        _came.append(signal.Signals(number))
        raise KeyboardInterrupt

    for number in heard:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def end(line: str) -> NoReturn:
    """End the command as interrupted, with a line that says what is kept."""
    tell(f"interrupted; {line}")
    raise typer.Exit(128 + _came[-1]) from None


@contextmanager
def at_ctrl_c(line: str) -> Iterator[None]:
    """End the command with a line once Ctrl-C reaches this place; also a decorator of commands.

    What else ends the command here carries the line with it.
    """
    try:
        yield
    except KeyboardInterrupt:
        end(line)
    except BaseException as error:
        if not hasattr(error, "__notes__"):
            error.add_note(line)
        raise


class NothingKept(Commands):
    """Says so at Ctrl-C, of every command that does not say what it keeps."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with at_ctrl_c(NOTHING):
            return super().invoke(ctx)
