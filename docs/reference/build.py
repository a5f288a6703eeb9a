"""Write docs/reference/README.md: every public name and every command, each with its one-line docstring.

Run ``python docs/reference/build.py`` after a public name, a command or the first line of a docstring has changed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

PACKAGES = ("ecosystem", "agents")
ALSO = ("runs.abtest.experiment", "runs.jobs.engines", "runs.jobs.kept")
"""Modules of `runs` that others build upon; the rest of it is the command line's own."""
WITH_MEMBERS = (
    "ecosystem.economy.CreatorEconomy",
    "ecosystem.market.Market",
    "ecosystem.ranking.competition.RankingCompetition",
)
INTRODUCTION = """# Reference

Written by `python docs/reference/build.py` from docstrings; a test keeps it current.
[Columns and JSON keys of results](results.md) have a page of their own.

The full docstrings, with shapes, units, ranges and sources, are in the code (`help(ecosystem.CreatorEconomy)`), or as
pages: `python -m pip install pdoc && pdoc agents ecosystem` (pdoc is not among the dependencies).

`CreatorEconomy` and `batch` can be imported from `ecosystem` itself, everything else from the module named.
"""


def first_line(thing: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def modules() -> list[ModuleType]:
    """Return the modules whose names are public; kernels, and what its package shows as its own, left out."""
    names = [
        found.name
        for package in PACKAGES
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        if not found.name.endswith("kernels") and found.name.split(".")[-1] != found.name.split(".")[-2]
    ]
    return [importlib.import_module(name) for name in [*sorted(names), *ALSO]]


def public(module: ModuleType) -> dict[str, Any]:
    """Return the classes and functions of a module, by name; a package shows those of its module of the same name."""
    own = {module.__name__, f"{module.__name__}.{module.__name__.rpartition('.')[2]}"}
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ in own
    }


def members(owner: type) -> list[str]:
    """Return a line for each public method and property that a class defines itself."""
    return [
        f"  - `.{name}{'' if isinstance(thing, property) else '()'}`: {first_line(thing)}"
        for name, thing in vars(owner).items()
        if not name.startswith("_") and (isinstance(thing, property) or inspect.isfunction(thing))
    ]


def names() -> list[str]:
    """Return the part on names, module by module."""
    lines = ["## Names"]
    for module in modules():
        found = public(module)
        if found:
            lines += ["", f"### `{module.__name__}`", "", first_line(module), ""]
        for name, thing in found.items():
            call = "()" if inspect.isfunction(thing) else ""
            lines.append(f"- `{name}{call}`: {first_line(thing)}")
            if f"{module.__name__}.{name}" in WITH_MEMBERS:
                lines += members(thing)
    return lines


def commands() -> list[str]:
    """Return the part on the command line, a row a command."""
    import typer.main

    from runs.command_line import app

    lines = [
        "## Commands",
        "",
        "Each has `--help`; bad input is one line and exit code 2, Ctrl-C exit code 130.",
        "",
    ]
    lines += ["| command | what it does | options |", "|---|---|---|"]

    def walk(command: Any, words: str) -> None:
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                walk(inner, f"{words} {name}")
            return
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        called = " ".join([words, *map(_shown, arguments)])
        # The command is no text for a shell to run: a metavar is a placeholder.
        lines.append(
            f"| `{called.removeprefix('ecosystem ')}` | {(command.help or '').partition(chr(10))[0]} | "
            f"{' '.join(f'`{p.opts[0]}`' for p in options)} |"
        )

    walk(typer.main.get_command(app), "ecosystem")
    return lines


def _shown(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return str(name) if argument.required else f"[{name}]"


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *commands(), "", *names()]) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "README.md").write_text(page())
