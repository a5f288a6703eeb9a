"""The code digest: which sources decided the numbers. Comments, docstrings and blank lines do not count.

It is made of text, not of syntax trees, so that every Python and every machine finds the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ecosystem_runs.digests.hashes import digest_of

PACKAGES = ("ecosystem_agents", "ecosystem")
WITHOUT = (
    "ecosystem.testing",  # checks plug-ins before they run
    "ecosystem.lazily",  # imports names when they are asked for
    "ecosystem.batching",  # Mesa's batch runner, whose tables nothing keeps
    "ecosystem.batch_workers",
    "ecosystem.economy.pictures",  # how a model looks
    "ecosystem.projection",
    "ecosystem.own_look",
    "ecosystem.heartbeat",  # says that work goes on
    "ecosystem.dask_client",
    "ecosystem.extras",
    "ecosystem.plugins",  # names from elsewhere
)
"""Modules that decide no number of kept results. Commands, reports and pages are in other packages."""

_TOKENS = re.compile(
    r"""
    (?P<comment> \#[^\n]*)
    | (?P<string> (?:(?<!\w)[rRbBuUfF]{1,2})? (?:
        "{3}(?:\\.|[^\\])*?"{3} | '{3}(?:\\.|[^\\])*?'{3} | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'))
    | (?P<opens> [(\[{]) | (?P<closes> [)\]}])
    """,
    re.DOTALL | re.VERBOSE,
)
_END_OF_LINE = re.compile(r"[ \t]*(?:#|\n|\Z)")


@dataclass(frozen=True)
class Code:
    """The project as it is installed: its version, its code digest, and a digest a module."""

    version: str
    digest: str
    modules: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return what all configs keep of it."""
        return {"version": self.version, "code_digest": self.digest}

    def __str__(self) -> str:
        return f"version {self.version}, code digest {self.digest}"


@cache
def code() -> Code:
    """Return the code of this process; computed once."""
    modules: dict[str, str] = {}
    for package in PACKAGES:
        spec = find_spec(package)
        for root in map(Path, (spec.submodule_search_locations if spec else None) or ()):
            for path in root.rglob("*.py"):
                name = ".".join([package, *path.relative_to(root).with_suffix("").parts])
                if not f"{name}.".startswith(tuple(f"{one}." for one in WITHOUT)):
                    modules[name] = digest_of(bare(path.read_text(encoding="utf-8")))[:8]
    modules = dict(sorted(modules.items()))
    try:
        release = version("creator-ecosystem")
    except PackageNotFoundError:
        release = "not installed"
    return Code(release, digest_of(modules), modules)


def bare(source: str) -> str:
    """Return a source without comments, blank lines and strings that stand alone, as docstrings do."""
    kept, end, depth = [], 0, 0
    for token in _TOKENS.finditer(source):
        kind, (start, stop) = token.lastgroup, token.span()
        depth += (kind == "opens") - (kind == "closes")
        if kind in ("comment", "string"):
            text = "" if kind == "comment" or (not depth and _stands_alone(source, start, stop)) else token[0]
            kept += [source[end:start], text.replace("\n", "\0")]  # so that lines in texts are left alone
            end = stop
    lines = "".join([*kept, source[end:]]).split("\n")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _stands_alone(source: str, start: int, stop: int) -> bool:
    line = source.rfind("\n", 0, start) + 1
    return (
        not source[line:start].strip()
        and not source[:line].endswith("\\\n")
        and _END_OF_LINE.match(source, stop) is not None
    )


def differing(one: Code, other: Code) -> str:
    """Return the names of the modules that two versions of the code differ in, some of them where they are many."""
    names = [
        name
        for name in sorted({*one.modules, *other.modules})
        if one.modules.get(name) != other.modules.get(name)
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
