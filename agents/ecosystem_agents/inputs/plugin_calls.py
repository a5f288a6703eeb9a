"""Calls of what people wrote themselves: an error in it becomes one line that says where."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from ecosystem_agents.inputs.checks import BadInput

T = TypeVar("T")
OWN = ("ecosystem_agents", "ecosystem")
"""Packages whose errors are this project's: they keep their traceback."""


def call(kind: str, thing: Any, step: int, function: Callable[..., T], *arguments: Any) -> T:
    """Return what a function of a plug-in, `thing`, returns; its errors become a line that names the model's step."""
    try:
        return function(*arguments)
    except BadInput:
        raise
    except Exception as error:
        source = type(thing)
        if source.__module__.partition(".")[0] in OWN:
            raise
        raise BadInput(
            f"{kind} {source.__name__} failed in step {step}: {message_of(error)}{_place(source, error)}"
        ) from error


def line_in(path: str, error: BaseException) -> int | None:
    """Return the line of a file in which an error was raised or passed through last; None if it was not."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return lines[-1] if lines else None


def message_of(error: BaseException) -> str:
    """Return the kind of an error and what it says, in a line."""
    message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _place(source: type, error: BaseException) -> str:
    path = getattr(sys.modules.get(source.__module__), "__file__", None)
    line = line_in(path, error) if path else None
    return f" ({path}, line {line})" if line else ""
