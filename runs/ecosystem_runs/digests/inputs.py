"""What decides the numbers besides parameters and code: files, plug-ins and prepared ratings, by their contents.

A plug-in in a file comes with the modules beside it that it imports, and those that they import. They are found by
reading the sources, not by running them, so that every process finds the same: import statements at any depth, and
texts that are the name of a module. Files that a plug-in opens by itself are not seen; hand them in as its arguments.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from ecosystem.economy.parameters import NAMING
from ecosystem.environments import environment_of
from ecosystem.ratings.prepared import file_of_name, kept_as
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.lookup import GROUPS, files_in, packages_in
from ecosystem_runs.digests.hashes import digest_of
from ecosystem_runs.folders import CONFIG

UNREADABLE = "cannot be read"
PACKAGE, RATINGS = "package:", "ratings:"
"""What the names of inputs begin with that are no files or folders."""

_known: dict[str, tuple[object, str]] = {}


def inputs_of(*settings: Mapping[str, Any], files: Iterable[Path] = ()) -> dict[str, str]:
    """Return the inputs that parameters of models name, these files besides, and the digest of each."""
    texts = {(name, value) for own in settings for name, value in own.items() if isinstance(value, str)}
    found = {str(file.absolute()) for file in files}
    for name, text in texts:
        if name in NAMING:
            found |= {str(file) for plugin in files_in(text) for file in _beside(Path(plugin))}
            kind = "mechanism" if name == "schedule" else name
            found |= {f"{PACKAGE}{one}" for one in packages_in(kind, text)}
            found |= {given for _, given in re.findall(r"""(["'])(.*?)\1""", text) if _is_there(given)}
        if name == "environment":
            found |= _of_options(text, texts)
    return {name: input_digest(name) for name in sorted(found)}


def _of_options(environment: str, texts: set[tuple[str, str]]) -> set[str]:
    """Return the inputs that options of an environment name, by default where they are not given."""
    spec = environment_of(environment)
    given = {option: {value for name, value in texts if name == option} for option in spec.options}
    values = {option: given[option] or {default} for option, default in spec.options.items()}
    found = {one for own in values.values() for one in own if isinstance(one, str) and _is_there(one)}
    if spec.name == "movielens" and not given["path"]:
        found |= {f"{RATINGS}{kept_as(*one)}" for one in product(values["name"], values["model"])}
    return found


def _is_there(path: str) -> bool:
    return os.path.isfile(path) or os.path.isdir(path)


def input_digest(name: str) -> str:
    """Return the digest of an input as it is now; contents are read again only where a file was touched."""
    try:
        files = _files(name)
        stats = [file.stat() for file in files]
        release = distribution(name.removeprefix(PACKAGE)).version if name.startswith(PACKAGE) else ""
        state = [(one.st_mtime_ns, one.st_ctime_ns, one.st_size, one.st_ino) for one in stats], files, release
        if _known.get(name, (None,))[0] != state:
            _known[name] = state, _content(files, _names(Path(name), files), release)
        return _known[name][1]
    except (OSError, ValueError, BadInput, PackageNotFoundError):
        return UNREADABLE


def _content(files: list[Path], names: list[str], release: str) -> str:
    each = []
    for path in files:
        if not path.is_file():  # a pipe or a device may never end
            return UNREADABLE
        with path.open("rb") as file:
            each.append(hashlib.file_digest(file, "sha256").hexdigest())
    named = [f"{name} {sha256}" for name, sha256 in zip(names, each, strict=True)]
    return each[0][:16] if len(files) == 1 and not release else digest_of("\n".join([release, *named]))


def _files(name: str) -> list[Path]:
    if name.startswith(PACKAGE):
        return _files_of_package(name.removeprefix(PACKAGE))
    if name.startswith(RATINGS):
        return [file_of_name(name.removeprefix(RATINGS))]
    path = Path(name)
    return _files_below(path) if path.is_dir() else [path]


def _names(path: Path, files: list[Path]) -> list[str]:
    """Return what files of an input are called in its digest: in a folder, by their place in it."""
    return [file.relative_to(path).as_posix() if path.is_dir() else file.name for file in files]


def _files_below(folder: Path) -> list[Path]:
    """Return the files of a folder at any depth, as readers find them, but for results that commands keep there."""
    found: list[Path] = []
    for place, below, names in os.walk(folder):
        if CONFIG in names and Path(place) != folder:
            below.clear()
        else:
            found += [Path(place, name) for name in names]
    return sorted(path for path in found if path.is_file())


@cache
def _files_of_package(name: str) -> list[Path]:
    """Return the sources of the top-level packages in which a distribution has its plug-ins."""
    points = [point for point in distribution(name).entry_points if point.group in GROUPS.values()]
    specs = [find_spec(top) for top in sorted({point.module.partition(".")[0] for point in points})]
    files: list[Path] = []
    for spec in filter(None, specs):
        roots = spec.submodule_search_locations
        files += [Path(str(spec.origin))] if roots is None else []
        files += [path for root in roots or () for path in Path(root).rglob("*.py")]
    return sorted(files)


def _beside(plugin: Path) -> set[Path]:
    """Return a plug-in's file and the modules beside it that it needs."""
    found, waiting = set[Path](), [plugin]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            places = (place for name in _named_in(file) for place in _places(name, file, plugin.parent))
            waiting += [place for place in places if os.path.isfile(place)]
    return found


def _named_in(file: Path) -> set[str]:
    """Return the modules that a source imports, relative ones with their dots, and texts that may be one's name."""
    try:
        nodes = list(ast.walk(ast.parse(file.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return set()  # who imports it says so
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            found |= {start, *(f"{start}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} if re.fullmatch(r"[\w.]{1,200}", node.value) else set()
    return found


def _places(name: str, file: Path, root: Path) -> Iterator[Path]:
    """Give the files that a module imported by another may stand in, those of the packages around it included."""
    dots = len(name) - len(name.lstrip("."))
    parts = [part for part in name.split(".") if part]
    for folder in file.parents[dots - 1 : dots] if dots else (root, file.parent):
        for k in range(len(parts) + 1):
            yield folder.joinpath(*parts[:k], "__init__.py")
            yield folder.joinpath(*parts[: k + 1]).with_suffix(".py")
