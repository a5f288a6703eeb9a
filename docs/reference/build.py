"""Write docs/reference/README.md: commands, parameters and options, and public names, from their docstrings.

Run ``python docs/reference/build.py`` after a public name, a command, a parameter, a default or the first line of a
docstring has changed.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in (".", "agents", "runs", "server")]

PACKAGES = ("ecosystem", "ecosystem_agents")
ALSO = (
    "ecosystem_runs.abtest.arms",
    "ecosystem_runs.abtest.experiment",
    "ecosystem_runs.jobs.engines",
    "ecosystem_runs.jobs.kept",
)
"""Modules of `runs` that others build upon; the rest of it is the command line's own."""
WITH_MEMBERS = (
    "ecosystem.economy.economy.CreatorEconomy",
    "ecosystem.market.market.Market",
    "ecosystem.ranking.competition.RankingCompetition",
)
INTRODUCTION = """# Reference

Written by `python docs/reference/build.py` from docstrings; a test keeps it current.
[Columns and JSON keys of results](results.md) have a page of their own.

The full docstrings, with shapes, units, ranges and sources, are in the code (`help(ecosystem.CreatorEconomy)`), or as
pages: `python -m pip install pdoc && pdoc ecosystem_agents ecosystem` (pdoc is not among the dependencies).

Users import `ecosystem` and, for what they add themselves, `ecosystem.plugins`; everything else comes from the module
named.
"""


def first_line(thing: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def modules() -> list[ModuleType]:
    """Return the modules whose names are public; kernels left out."""
    names = [
        found.name
        for package in PACKAGES
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
        if not found.name.endswith("kernels")
    ]
    return [importlib.import_module(name) for name in [*sorted(names), *ALSO]]


def public(module: ModuleType) -> dict[str, Any]:
    """Return the classes and functions that a module defines, by name."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
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

    from ecosystem_runs.command_line import app

    lines = [
        "## Commands",
        "",
        "Each has `--help`; bad input is one line and exit code 2; [how else commands end](endings.md).",
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


def parameters() -> list[str]:
    """Return the part on parameters: those of the model, and each environment's defaults and options."""
    from ecosystem import Parameters
    from ecosystem.economy.parameters import DEFAULTS, LEFT_TO_ENVIRONMENT
    from ecosystem.environments import ENVIRONMENTS

    lines = [
        "## Parameters of the model",
        "",
        "Keyword arguments of `CreatorEconomy`, keys under `[parameters]` of a sweep's plan, and `--set NAME=VALUE`",
        "on the command line. There `environment` is the argument, `mechanism`, `horizon` and `rng` have options of",
        "their own (`--mechanism`, `--steps`, `--seed`), and keeping a `trajectory` is the command's choice.",
        "Where the default is the environment's, it is [below](#environments-and-their-options).",
        "",
        *_table("parameter", DEFAULTS, sentences(Parameters), unset="environment's"),
        "",
        "## Environments and their options",
        "",
        "Options are given like parameters. Defaults that an environment sets for the model:",
        "",
        f"| environment | {' | '.join(f'`{name}`' for name in LEFT_TO_ENVIRONMENT)} |",
        f"|---|{'---|' * len(LEFT_TO_ENVIRONMENT)}",
    ]
    for name, spec in ENVIRONMENTS.items():
        lines.append(
            f"| `{name}` | {' | '.join(str(getattr(spec, field)) for field in LEFT_TO_ENVIRONMENT)} |"
        )
    for name, spec in ENVIRONMENTS.items():
        lines += ["", f"### `{name}`", "", f"{spec.summary[0].upper()}{spec.summary[1:]}.", ""]
        if spec.options:
            lines += _table("option", spec.options, sentences(spec.build), unset="none")
        else:
            lines.append("No options.")
    return lines


def sentences(documented: Any) -> dict[str, str]:
    """Return what is said of each parameter, by name: what it is one of, and the first sentence."""
    from ecosystem.economy.parameters import described

    found = {}
    for name, (kind, sentence) in described(documented).items():
        choices = f"One of {kind.partition('}')[0][1:]}. " if kind.startswith("{") else ""
        found[name] = choices + sentence
    return found


UNSET = {"rng": "0 on the command line", "schedule": "off", "user_agents": "by their number"}
"""What is shown for parameters whose None is not the environment's own value."""


def _table(what: str, defaults: Mapping[str, Any], described: Mapping[str, str], unset: str) -> list[str]:
    lines = [f"| {what} | default | |", "|---|---|---|"]
    for name, default in defaults.items():
        shown = UNSET.get(name, unset) if default is None else f"`{default}`"
        text = re.sub(r"``(.*?)``", r"`\1`", described[name]).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {text} |")
    return lines


def _shown(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return str(name) if argument.required else f"[{name}]"


def page() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *commands(), "", *parameters(), "", *names()]) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "README.md").write_text(page())
