"""What pages hold that the code knows: a line ``<!-- made: NAME -->`` becomes the text of that name."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ecosystem.economy.parameters import DEFAULTS, LEFT_TO_ENVIRONMENT, Parameters, described
from ecosystem.environments import ENVIRONMENTS
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.shortvideo.settings import Settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PACKAGES = ("ecosystem", "ecosystem_agents")
ALSO = (
    "ecosystem_runs.abtest.arms",
    "ecosystem_runs.abtest.experiment",
    "ecosystem_runs.jobs.engines",
    "ecosystem_runs.jobs.kept",
)
"""Modules of `runs` that others build upon; the rest of it is the command line's own."""
MARK = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
UNSET = {"rng": "0 on the command line", "schedule": "off", "user_agents": "by their number"}
"""What is shown for parameters whose None is not the environment's own value."""


def commands() -> str:
    """Return every command with its arguments and options."""
    typer = [
        sys.executable,
        "-m",
        "typer",
        "ecosystem_runs.command_line",
        "utils",
        "docs",
        "--name",
        "ecosystem",
    ]
    text = subprocess.run(typer, capture_output=True, text=True, check=True).stdout
    return text.partition("**Commands**")[2].partition("\n## ")[2].join(("## ", "")).replace("&#x27;", "'")


def parameters() -> str:
    """Return the model's parameters, a row each."""
    return table("parameter", DEFAULTS, sentences(Parameters), unset="environment's")


def environments() -> str:
    """Return what each environment takes for granted, and its options."""
    head = [f"| environment | {' | '.join(f'`{name}`' for name in LEFT_TO_ENVIRONMENT)} |"]
    head.append("|---" * (len(LEFT_TO_ENVIRONMENT) + 1) + "|")
    for name, spec in ENVIRONMENTS.items():
        head.append(
            f"| `{name}` | {' | '.join(str(getattr(spec, field)) for field in LEFT_TO_ENVIRONMENT)} |"
        )
    parts = ["\n".join(head)]
    for name, spec in ENVIRONMENTS.items():
        options = (
            table("option", spec.options, sentences(spec.build), unset="none")
            if spec.options
            else "No options."
        )
        parts += [f"### `{name}`", f"{spec.summary[0].upper()}{spec.summary[1:]}.", options]
    return "\n\n".join(parts)


def ranking() -> str:
    """Return the ranking game's parameters."""
    return options_of(RankingCompetition, RankingCompetition.__init__)


def shortvideo() -> str:
    """Return the short-video platform's settings."""
    return options_of(Settings, Settings)


def options_of(documented: Any, called: Any) -> str:
    """Return a table of what is passed by name, from a docstring and a signature."""
    defaults = {p.name: p.default for p in inspect.signature(called).parameters.values() if p.name != "self"}
    return table("parameter", defaults, sentences(documented), unset="none")


def sentences(documented: Any) -> dict[str, str]:
    """Return what is said of each parameter, by name: what it is one of, and the first sentence."""
    found = {}
    for name, (kind, sentence) in described(documented).items():
        choices = f"One of {kind.partition('}')[0][1:]}. " if kind.startswith("{") else ""
        found[name] = choices + sentence
    return found


def table(what: str, defaults: Mapping[str, Any], told: Mapping[str, str], unset: str) -> str:
    """Return a table of parameters: name, default, and what is told of each."""
    lines = [f"| {what} | default | |", "|---|---|---|"]
    for name, default in defaults.items():
        shown = UNSET.get(name, unset) if default is None else f"`{default}`"
        text = re.sub(r"``(.*?)``", r"`\1`", told[name]).replace("|", "\\|")
        lines.append(f"| `{name}` | {shown} | {text} |")
    return "\n".join(lines)


MADE: dict[str, Callable[[], str]] = {
    "commands": commands,
    "parameters": parameters,
    "environments": environments,
    "ranking": ranking,
    "shortvideo": shortvideo,
}


def modules() -> dict[str, ModuleType]:
    """Return the modules that define something public, by name; kernels left out."""
    found = {}
    for package in PACKAGES:
        top = importlib.import_module(package)
        for info in pkgutil.walk_packages(top.__path__, f"{package}."):
            if not info.name.endswith("kernels"):
                found[info.name] = importlib.import_module(info.name)
    found |= {name: importlib.import_module(name) for name in ALSO}
    return {name: module for name, module in sorted(found.items()) if public(module)}


def public(module: ModuleType) -> list[str]:
    """Return the names of the classes and functions that a module defines."""
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    ]


def write_index(app: Sphinx, _config: object) -> None:
    """Write the page of all modules, from which autosummary makes a page a module and a page an object."""
    folder = Path(app.srcdir) / "reference" / "api"
    folder.mkdir(exist_ok=True)
    head = ["Modules", "=======", "", ".. autosummary::", "   :toctree: .", ""]
    text = "\n".join([*head, *(f"   {name}" for name in modules()), ""])
    page = folder / "index.rst"
    if not page.exists() or page.read_text() != text:
        page.write_text(text)


def insert(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Put what is made in the place of its marks."""
    source[0] = MARK.sub(lambda mark: MADE[mark[1]](), source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Let pages have such lines."""
    app.connect("config-inited", write_index)  # before Sphinx looks which pages there are
    app.connect("source-read", insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
