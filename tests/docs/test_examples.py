"""Examples in docstrings: every name that users meet has one, and what it shows is so."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRONT = ("ecosystem", "ecosystem.environments", "ecosystem.market", "ecosystem.plugins", "ecosystem.testing")
"""Modules of which users are meant to use what they offer, wherever that is defined."""
WHOLE = (
    "ecosystem.game",
    "ecosystem.matching",
    "ecosystem.metrics",
    "ecosystem.policies",
    "ecosystem.ranking",
    "ecosystem.relevance",
    "ecosystem.retention",
    "ecosystem.rewards",
    "ecosystem.strategy_sets",
    "ecosystem.turnover",
    "ecosystem.yardsticks",
    "ecosystem_agents.mechanisms",
)
"""Modules, and packages with all of theirs, of which every class and function is for users."""


def is_documented(thing):
    return inspect.isclass(thing) or inspect.isfunction(thing)


def public_names():
    found = [getattr(front, name) for front in map(importlib.import_module, FRONT) for name in dir(front)]
    for root in map(importlib.import_module, WHOLE):
        inside = pkgutil.walk_packages(getattr(root, "__path__", []), f"{root.__name__}.")
        for module in [root, *(importlib.import_module(one.name) for one in inside)]:
            own = [thing for name, thing in vars(module).items() if not name.startswith("_")]
            found += [thing for thing in own if getattr(thing, "__module__", "") == module.__name__]
    ours = [thing for thing in found if is_documented(thing) and thing.__module__.startswith("ecosystem")]
    return {f"{thing.__module__}.{thing.__name__}": thing for thing in ours}


def test_every_public_name_has_an_example():
    names = public_names()
    assert {"ecosystem.game.welfare", "ecosystem_agents.mechanisms.hmt.HMT"} < names.keys()
    assert [
        name for name, thing in sorted(names.items()) if ">>> " not in (inspect.getdoc(thing) or "")
    ] == []


def with_examples():
    for folder in ("agents", ".", "runs", "server"):
        for package in sorted((ROOT / folder).glob("ecosystem*/__init__.py")):
            for path in sorted(package.parent.rglob("*.py")):
                if ">>> " in path.read_text():
                    yield ".".join(path.relative_to(ROOT / folder).with_suffix("").parts).removesuffix(
                        ".__init__"
                    )


@pytest.mark.parametrize("name", list(with_examples()))
def test_examples_show_what_is_so(name, capsys):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0, capsys.readouterr().out
