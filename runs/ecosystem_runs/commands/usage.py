"""Words that make no command: one line, as for all bad input, in the place of a box."""

from __future__ import annotations

import re
from typing import Any

import typer

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What the library of the command line raises; in which package it stands differs by version."""

KINDS = {"int": "a whole number", "float": "a number", "number": "a number", "bool": "true or false"}
"""What values must be, by the first letters of how the library calls it."""


def one_line(error: Exception) -> str:
    """Return what is wrong with the words of a command: which, what is allowed, and the nearest.

    Parameters
    ----------
    error : UsageError
        As raised; where no words were given, help has been printed, and the line is empty.
    """
    said: Any = error
    message = " ".join(said.format_message().split()).rstrip(".")
    path = said.ctx.command_path if said.ctx is not None else "ecosystem"
    if not message or type(error).__name__ == "NoArgsIsHelpError":
        return ""
    if type(error).__name__ == "NoSuchOption" and said.ctx is not None:
        options = [name for one in said.ctx.command.params for name in one.opts if name.startswith("--")]
        return _one_of(f"option of `{path}`", said.option_name, [*options, "--help"])
    if unknown := re.match(r"No such command '(.*?)'", message):
        return _one_of(f"command of `{path}`", unknown[1], list(said.ctx.command.commands))
    if wrong := _value(said, message):
        return wrong
    return f"{message[0].lower()}{message[1:]}; `{path} --help` says what there is"


def _value(said: Any, message: str) -> str:
    """Return the line for an option whose value is none; empty where the error is of another kind."""
    name = getattr(getattr(said, "param", None), "opts", [""])[-1]
    if hasattr(said.__cause__, "errors"):
        found = said.__cause__.errors()[0]
        value, must = repr(found["input"]), found["msg"].removeprefix("Input should be ")
        kind = found["type"]
    elif old := re.search(r"('[^']*') is not a valid (\w+)", message):
        value, must, kind = old[1], f"a valid {old[2]}", old[2]
    else:
        return ""
    for start, words in KINDS.items():
        must = words if kind.startswith(start) else must
    return f"{name} is {value}; it must be {' '.join(must.split())}"


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    from ecosystem_agents.inputs.checks import BadInput, choice

    try:
        return choice(name, value, allowed)
    except BadInput as error:
        return str(error)
