"""Words that make no command: one line, as for all bad input, in the place of a box."""

from __future__ import annotations

from typing import Any

import typer

KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}
"""What values must be, by the first letters of how the library of the command line calls it."""


def one_line(error: typer.TyperException) -> str:
    """Return what is wrong with the words of a command: which, what is allowed, and the nearest.

    The line is empty where no words were given: help has been printed then.
    """
    raised: Any = error  # what else it carries depends on its class, and those classes are not public
    message = " ".join(error.format_message().split()).rstrip(".")
    if not message:
        return ""
    path = "ecosystem" if raised.ctx is None else raised.ctx.command_path
    if message.startswith("No such option"):
        options = [name for one in raised.ctx.command.params for name in one.opts if name.startswith("--")]
        return _one_of(f"option of `{path}`", raised.option_name, [*options, "--help"])
    cause: Any = error.__cause__
    if hasattr(cause, "errors"):  # a value that is none, as Pydantic has it
        found = cause.errors()[0]
        kinds = (words for start, words in KINDS.items() if found["type"].startswith(start))
        must = next(kinds, found["msg"].removeprefix("Input should be "))
        return f"{raised.param.opts[-1]} is {found['input']!r}; it must be {' '.join(must.split())}"
    return f"{message[0].lower()}{message[1:]}; `{path} --help` says what there is"


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    from ecosystem_agents.inputs.checks import BadInput, choice

    try:
        return choice(name, value, allowed)
    except BadInput as error:
        return str(error)
