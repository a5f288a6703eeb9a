"""Things looked up by name: what is built in, what installed packages bring, and files of the user's own.

A name is flat text, so that sweeps, configs and links carry it: ``hmt`` is built in, ``quota`` comes from an
installed package (entry points ``creator_ecosystem.mechanisms`` and so on), ``mine.py:Quota`` stands in a file. Each
may carry literal keyword arguments: ``uniform(K=4)``, ``mine.py:Quota(share=0.5)``. No text is ever evaluated.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

from ecosystem_agents.inputs.checks import MOST_BYTES, BadInput, choice, reason, regular_file
from ecosystem_agents.inputs.plugin_calls import line_in, message_of

T = TypeVar("T")

GROUPS = {
    "mechanism": "creator_ecosystem.mechanisms",
    "reward": "creator_ecosystem.rewards",
    "rules": "creator_ecosystem.rules",
    "environment": "creator_ecosystem.environments",
    "policy": "creator_ecosystem.policies",
    "turnover": "creator_ecosystem.turnovers",
    "retention": "creator_ecosystem.retentions",
    "retrieval": "creator_ecosystem.retrievals",
}
"""Entry-point group in which an installed package names its things, by kind."""

_NAME = re.compile(r"(?P<name>[A-Za-z_][\w.-]*)\s*(?P<arguments>\(.*\))?", re.DOTALL)
_IN_FILE = re.compile(
    r"(?P<name>(?P<path>.*?\.py):(?P<inside>[A-Za-z_]\w*))\s*(?P<arguments>\(.*\))?", re.DOTALL
)
_LONGEST = 2000
_importing = threading.RLock()


def find(kind: str, text: str, builtin: Mapping[str, T]) -> T:
    """Return what `text`, a name of a kind in `GROUPS`, stands for, as it was registered; it takes no arguments."""
    name, arguments = parse(kind, text)
    _refuse(kind, text, name, arguments)
    return _find(kind, name, builtin)


def make(kind: str, text: str, builtin: Mapping[str, Callable[..., T]]) -> T:
    """Return what `text` names, called with the arguments it carries; an object already made takes none."""
    name, arguments = parse(kind, text, {} if kind in GROUPS else builtin)
    thing: Any = _find(kind, name, builtin)
    if not callable(thing):
        _refuse(kind, text, name, arguments)
        return thing
    _check_arguments(kind, name, thing, arguments)
    try:
        return thing(**arguments)
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(f"{kind} {text} cannot be made: {message_of(error)}") from error


def object_of(kind: str, given: Any, builtin: Mapping[str, Callable[..., T]], method: str) -> T:
    """Return what a name stands for (see `make`), or `given` itself, if it is an object that has `method`."""
    found: Any = make(kind, given, builtin) if isinstance(given, str) else given
    if isinstance(found, type) and hasattr(found, method):
        raise BadInput(f"{kind} is the class {found.__name__}; give an instance, {found.__name__}()")
    if isinstance(found, type) or not hasattr(found, method):
        raise BadInput(f"{kind} is {given!r}, which has no method {method}; give one that has")
    return cast(T, found)


def in_its_file(kind: str, text: Any, wanted: type) -> list[str]:
    """Return the names of all objects of a class in the file that `text` names a thing in; none if it names none."""
    named = _IN_FILE.fullmatch(text.strip()) if isinstance(text, str) else None
    if named is None:
        return []
    module = _module_of(kind, named["path"])
    return [f"{named['path']}:{name}" for name, thing in vars(module).items() if isinstance(thing, wanted)]


def names_of(kind: str, builtin: Mapping[str, Any]) -> list[str]:
    """Return the names of a kind: those built in, then those that installed packages bring."""
    return [*builtin, *(name for name in sorted(_installed(kind)) if name not in builtin)]


def is_plugin(text: Any, builtin: Mapping[str, Any]) -> bool:
    """Whether `text` names something that is not built in."""
    return isinstance(text, str) and re.split(r"\s*\(", text.strip(), maxsplit=1)[0] not in builtin


def parse(kind: str, text: str, in_order: Mapping[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    """Return the name and the arguments of `text`: keywords, but for the first ones of things `in_order`."""
    match = None
    if isinstance(text, str) and len(text) <= _LONGEST:
        match = _NAME.fullmatch(text.strip()) or _IN_FILE.fullmatch(text.strip())
    if match is None:
        shown = repr(text) if len(str(text)) <= 200 else f"{str(text)[:200]!r}..."
        raise BadInput(
            f"{kind} is {shown}; write a name, with arguments if it has any, or a file and a name in it, such as "
            "hmt, uniform(K=4) or mine.py:Quota"
        )
    thing = (in_order or {}).get(match["name"])
    return match["name"], _arguments(kind, text, match["arguments"] or "()", thing)


def split_names(text: str) -> list[str]:
    """Split a list of names at the commas outside parentheses; empty parts are left out."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if depth and letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
        elif not quote and letter in "([{":
            depth += 1
        elif not quote and letter in ")]}":
            depth = max(depth - 1, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def absolute(text: str) -> str:
    """Return a name, or a list of names, with the paths of files made absolute: what configs and results keep."""
    return _with_paths(text, _absolute)


def short(text: str) -> str:
    """Return a name, or a list of names, with files without their folders: what tables and titles show."""
    return _with_paths(text, os.path.basename)


def files_in(text: str) -> list[str]:
    """Return the absolute paths of the files that a name, or a list of names, refers to."""
    return [_absolute(path) for path in map(_path_of, split_names(text)) if path]


def packages_in(kind: str, text: str) -> list[str]:
    """Return the installed packages that bring what a name of a kind, or a list of names, refers to."""
    names = [re.match(r"[A-Za-z_][\w.-]*", part) for part in split_names(text)]
    found = [_installed(kind).get(name[0], []) for name in names if name]
    return [_package(points[0]) for points in found if points]


def _absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def _with_paths(text: str, change: Callable[[str], str]) -> str:
    paths = [(part, _path_of(part)) for part in split_names(text)]
    return ",".join(change(path) + part[len(path) :] if path else part for part, path in paths)


def _path_of(part: str) -> str:
    """Return the path a name starts with, also where a count or a step follows; empty where it names no file."""
    match = re.match(r"(.*?\.py):[A-Za-z_]", part, re.DOTALL)
    is_call = re.match(r"[A-Za-z_][\w.-]*\s*\(", part)  # a file among the arguments is not in the name
    return match[1] if match and not is_call else ""


def _refuse(kind: str, text: str, name: str, arguments: Mapping[str, Any]) -> None:
    if arguments:
        raise BadInput(f"{kind} is {text!r}; {name} takes no arguments: leave out the parentheses")


def _find(kind: str, name: str, builtin: Mapping[str, T]) -> T:
    in_file = _IN_FILE.fullmatch(name)
    if in_file:
        return _from_file(kind, in_file["path"], in_file["inside"])
    if name.endswith(".py"):
        raise BadInput(f"{kind} is {name!r}; say which name in the file, such as {name}:Quota")
    found = _installed(kind).get(name, [])
    if name in builtin:
        if found:
            raise BadInput(
                f"{kind} {name} is built in, and the package {_package(found[0])} brings another one; "
                "rename the entry point there or uninstall it"
            )
        return builtin[name]
    if not found:
        choice(kind, name, names_of(kind, builtin))
    if len(found) > 1:
        packages = " and ".join(_package(point) for point in found)
        raise BadInput(f"{kind} {name} comes from {packages}; uninstall all but one of them")
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:
        raise BadInput(
            f"{kind} {name} of the package {_package(found[0])} cannot be loaded ({found[0].value}): "
            f"{message_of(error)}"
        ) from error


def _installed(kind: str) -> dict[str, list[EntryPoint]]:
    return _installed_on(kind, tuple(sys.path))


@cache
def _installed_on(kind: str, path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUPS.get(kind, kind)):
        found.setdefault(point.name, []).append(point)
    return found


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module


def _from_file(kind: str, path: str, name: str) -> Any:
    module = _module_of(kind, path)
    if not hasattr(module, name):
        own = [n for n, thing in vars(module).items() if not n.startswith("_") and _is_own(module, thing)]
        if not own:
            raise BadInput(f"{kind} is {path}:{name}, and nothing is defined in that file")
        choice(f"the name in {path}", name, own)
    return getattr(module, name)


def _is_own(module: ModuleType, thing: Any) -> bool:
    """Whether a module defines a thing, as far as one can see: it is no module, and no class it imported."""
    if callable(thing):
        return getattr(thing, "__module__", None) == module.__name__
    return not isinstance(thing, ModuleType)


def _module_of(kind: str, given: str) -> ModuleType:
    """Import a file under a name made of its path and content: an edited file is another module."""
    path = Path(_absolute(given))
    try:
        source = regular_file(path, MOST_BYTES).read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{kind}: there is no file {str(path)!r}; give the path of a Python file") from None
    except (OSError, ValueError) as error:  # ValueError: the path holds a null character
        raise BadInput(
            f"{kind}: {str(path)!r} cannot be read ({reason(error)}); give a Python file"
        ) from None
    digest = hashlib.sha256(os.fsencode(path) + b"\0" + source).hexdigest()[:16]
    name = f"creator_ecosystem_plugin_{re.sub(r'[^0-9A-Za-z]', '_', path.stem)}_{digest}"
    with _importing:
        if name in sys.modules:
            return sys.modules[name]
        module = ModuleType(name)
        module.__file__ = str(path)
        sys.modules[name] = module  # dataclasses and pickle look a class's module up there
        try:
            exec(compile(source, str(path), "exec"), vars(module))
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            line = line_in(str(path), error)
            raise BadInput(
                f"{kind}: {path}{f', line {line}' if line else ''}: {message_of(error)}"
            ) from error
    return module


def _arguments(kind: str, text: str, call: str, thing: Any) -> dict[str, Any]:
    order = list(inspect.signature(thing).parameters) if thing else []
    example = "power(2) or power(p=2)" if order else "uniform(K=4)"
    refused = BadInput(f"{kind} is {text!r}; arguments are name=value with plain values, such as {example}")
    try:
        tree = ast.parse(f"f{call}", mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.args[len(order) :]:
            raise refused
        arguments: dict[str, Any] = {}
        for name, value in [*zip(order, tree.args, strict=False), *((k.arg, k.value) for k in tree.keywords)]:
            if name is None or name in arguments:
                raise refused
            arguments[name] = ast.literal_eval(value)
        return arguments
    except BadInput:
        raise
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        raise refused from None


def _check_arguments(kind: str, name: str, thing: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return
    named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        for argument in arguments:
            if argument not in named:
                if not named:
                    raise BadInput(f"{kind} {name} takes no arguments; leave out {argument}")
                choice(f"an argument of {kind} {name}", argument, named)
    for argument, parameter in named.items():
        if parameter.default is parameter.empty and argument not in arguments:
            raise BadInput(f"{kind} {name} needs the argument {argument}; write {name}({argument}=...)")
