"""How commands end: whatever happens is one line on standard error, and an exit code.

0 all was done; 1 it failed, or a picture could not be drawn; 2 bad input; 128 and the number of the signal that ended
it, which is 130 at Ctrl-C and nothing else, and 141 where who read standard output went away.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

import typer

from ecosystem_agents.inputs.checks import BadInput, reason
from ecosystem_runs.commands.interrupts import NOTHING, end
from ecosystem_runs.commands.usage import one_line
from ecosystem_runs.pictures import UNDRAWN
from ecosystem_runs.progress import tell

TRACEBACK = "ECOSYSTEM_TRACEBACK"
"""Variable of the environment that asks for the traceback of an unexpected error."""


def code_of(command: Callable[[], object]) -> int:
    """Run a command; return its exit code, once a line was printed of what went wrong."""
    UNDRAWN.clear()
    try:
        try:
            _prepare_streams()
            command()
            code = 1 if UNDRAWN else 0
        except KeyboardInterrupt:
            end(NOTHING)
        finally:
            sys.stdout.flush()
    except typer.Exit as ended:
        code = ended.exit_code
    except BadInput as error:
        code = _said(str(error), 2)
    except typer.TyperException as error:
        line = one_line(error)
        code = _said(line, 2) if line else 2
    except BaseException as error:
        code = _unforeseen(error)
    for stream in (sys.stdout, sys.stderr):
        _let_go(stream)
    return code


def _said(line: str, code: int) -> int:
    tell(f"{BadInput(line)}")
    return code


def _unforeseen(error: BaseException) -> int:
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    kept = "; ".join(["", *getattr(error, "__notes__", [])])
    if isinstance(error, BrokenPipeError) or isinstance(
        error.__context__, BrokenPipeError
    ):  # Rich exits of it
        return 141  # as everybody whose reader goes away: without a word
    if isinstance(error, MemoryError):
        return _said(f"out of memory{f': {error}' if str(error) else ''}{kept}", 1)
    if isinstance(error, OSError):
        if unwritten := _let_go(sys.stdout, "\n"):  # a large text is not kept to be flushed again
            why = reason(unwritten)
            return _said(f"standard output cannot be written ({why}); results in files are kept", 1)
        try:
            os.getcwd()
        except OSError as gone:
            return _said(
                f"the current folder cannot be used ({reason(gone)}); go to one that exists{kept}", 2
            )
        if error.filename is not None:
            return _said(f"{str(error.filename)!r} cannot be used ({reason(error)}){kept}", 1)
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    what = ": ".join(filter(None, (type(error).__name__, str(error))))
    return _said(f"unexpected {what}{where}{kept}; {TRACEBACK}=1 shows how it came to this", 1)


def _prepare_streams() -> None:
    """Put something in the place of a closed stream, which a file would take; let any text be printed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, mode)  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)
        elif mode == "w":
            with suppress(AttributeError):  # of what tests and notebooks put there
                stream.reconfigure(errors="backslashreplace")
    for word in sys.argv[1:]:
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            raise BadInput(
                f"{word!r} is no text in UTF-8; give a name that is, such as by a link to the file"
            )


def _let_go(stream: TextIO, more: str = "") -> OSError | None:
    """Give up what a stream cannot write, so that Python's own end does not complain; return why it could not."""
    try:
        stream.write(more)
        stream.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with suppress(OSError):
            os.dup2(nowhere, stream.fileno())
        return error
    return None
