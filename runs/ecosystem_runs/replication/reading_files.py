"""Readings of one's own: a TOML file that says under which settings the paper's claims are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from ecosystem import CreatorEconomy
from ecosystem.sizes import MOST_RUNS
from ecosystem_agents.inputs.checks import BadInput, choice, parsed_toml, yes_or_no
from ecosystem_runs.paired.arms import check_shared
from ecosystem_runs.replication.arms import ARMS, CORE, FIGURE_ARMS
from ecosystem_runs.replication.claims import CLAIMS_ON
from ecosystem_runs.replication.readings import READINGS, Reading

KEYS = ("environment", "arms", "planner", "note", "readings")
OF_ALL = {
    "environment": "it stands once, above the readings",
    "horizon": "use --steps",
    "rng": "use --seeds and --first-seed",
}
"""Parameters that all readings share, and where they are given."""


@dataclass(frozen=True)
class Asked:
    """Under which readings the claims on an environment are judged, the first of them its default."""

    environment: str
    readings: tuple[Reading, ...]
    name: str  # of the environment, or of the file
    note: tuple[str, ...] = ()  # paragraphs for the brief

    @property
    def is_papers(self) -> bool:
        """Whether these are the readings of the paper, rather than somebody's own."""
        return self.readings == READINGS[self.environment]

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Raise BadInput if a reading's settings, beside these parameters, make no world or leave no arms apart."""
        check_shared(parameters)
        for one in self.readings:
            check_shared(one.settings, f"reading {one.name!r}")
            for name, place in OF_ALL.items():
                if name in one.settings:
                    raise BadInput(f"reading {one.name!r} names {name}, which all readings share; {place}")
            try:
                CreatorEconomy(**{**parameters, **one.settings}, rng=0)
            except BadInput as error:
                raise BadInput(f"reading {one.name!r}: {error}") from None


def asked(name: str) -> Asked:
    """Return what an environment's name asks, or a file of readings: ``*.toml``."""
    if name.endswith(".toml"):
        return replace(read_readings(Path(name)), name=Path(name).name)
    return Asked(choice("environment", name, READINGS), READINGS[name], name)


def read_readings(path: Path) -> Asked:
    """Read a file of readings; what cannot be used is one line that names the file, the key and the fix.

    Each table of ``[[readings]]`` gives parameters of the model a value, or a list of values that are crossed.
    """
    return parsed_toml("file of readings", path, parse_readings)


def parse_readings(raw: Mapping[str, Any]) -> Asked:
    """Return the readings that a TOML file's content says.

    Examples
    --------
    >>> found = parse_readings({"readings": [{"n_creators": 20, "K": [2, 20]}, {"name": "often", "M": 1}]})
    >>> [one.name for one in found.readings]
    ['n_creators 20, K 2', 'n_creators 20, K 20', 'often']
    """
    for key in raw:
        choice("a key", key, KEYS)
    environment = choice("environment", raw.get("environment", "synthetic"), CLAIMS_ON)
    arms = _arms(raw.get("arms", list(FIGURE_ARMS)))
    tables = raw.get("readings")
    if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
        raise BadInput("readings must be a list of tables, such as: [[readings]]")
    planner = yes_or_no("planner", raw.get("planner", True))
    found = [one for table in tables for one in _crossed(table, arms, planner)]
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(f"two readings are called {twice!r}; give one of them another name = ...")
    note = raw.get("note", "")
    if not isinstance(note, str):
        raise BadInput(f"note is {note!r}; it must be a text")
    return Asked(environment, tuple(found), environment, tuple(note.split("\n\n")) if note else ())


def _arms(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list):
        raise BadInput(f"arms is {names!r}; it must be a list out of {', '.join(ARMS)}")
    wanted = [choice("a name in arms", name, ARMS) for name in names]
    missing = [arm for arm in CORE if arm not in wanted]
    if 0 < len(missing) < len(CORE):
        raise BadInput(
            f"arms leaves out {', '.join(missing)}; every reading runs {', '.join(CORE)}: name all of them, or "
            "controls alone"
        )
    return tuple(arm for arm in ARMS if arm in {*CORE, *wanted})


def _crossed(table: Mapping[str, Any], arms: tuple[str, ...], planner: bool) -> list[Reading]:
    """Return a reading for every way of taking one value from each list of a table."""
    own = {key: value for key, value in table.items() if key != "name"}
    lists = [value if isinstance(value, list) else [value] for value in own.values()]
    count = math.prod(map(len, lists))
    if not 0 < count <= MOST_RUNS:
        raise BadInput(f"a table of [[readings]] makes {count:,} readings; between 1 and {MOST_RUNS:,} work")
    if "name" in table and (count > 1 or not isinstance(table["name"], str)):
        raise BadInput(
            f"name is {table['name']!r}; it must be a text, and of one reading: cross no lists there"
        )
    found = []
    for values in product(*lists):
        settings = dict(zip(own, values, strict=True))
        says = ", ".join(f"{key} {value}" for key, value in settings.items()) or "default"
        name = table.get("name", says)
        found.append(Reading(name, says, settings, arms, base=name if planner else None))
    return found
