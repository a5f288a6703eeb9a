"""Every plug-in that a run names, checked before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ecosystem.economy.schedule import parse_schedule
from ecosystem.environments import ENVIRONMENTS, Environment, environment_of
from ecosystem.retention import RETENTIONS, retention_of
from ecosystem.rewards import REWARDS, reward_of
from ecosystem.testing.environments import check_environment
from ecosystem.testing.mechanisms import check_mechanism
from ecosystem.testing.population import check_retention, check_turnover
from ecosystem.testing.rewards import check_reward
from ecosystem.testing.rules import check_rule
from ecosystem.turnover import TURNOVERS, turnover_of
from ecosystem_agents.creator import RULES, Creator, named_rules, rule_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.lookup import absolute, files_in, find, is_plugin, names_of, parse
from ecosystem_agents.mechanisms import MECHANISMS, mechanism_of


@dataclass(frozen=True)
class Kind:
    """A kind of plug-in: what is built in, how a name is looked up, what is checked, and what one looks like."""

    builtin: Mapping[str, Any]
    find: Callable[[str], Any]
    check: Callable[..., None]
    is_one: Callable[[Any], bool]


KINDS = {
    "environment": Kind(
        ENVIRONMENTS, environment_of, check_environment, lambda thing: isinstance(thing, Environment)
    ),
    "mechanism": Kind(MECHANISMS, mechanism_of, check_mechanism, lambda thing: hasattr(thing, "deploy")),
    "rules": Kind(
        RULES, rule_of, check_rule, lambda thing: isinstance(thing, type) and issubclass(thing, Creator)
    ),
    "reward": Kind(REWARDS, reward_of, check_reward, lambda thing: hasattr(thing, "pay")),
    "turnover": Kind(TURNOVERS, turnover_of, check_turnover, lambda thing: hasattr(thing, "exits")),
    "retention": Kind(RETENTIONS, retention_of, check_retention, lambda thing: hasattr(thing, "stays")),
}

_passed: dict[tuple[str, str, str], Any] = {}
"""What passed in this process, by kind, name and options: an edited file gives another thing."""


def check_plugins(parameters: Mapping[str, Any]) -> None:
    """Find everything that parameters of `CreatorEconomy` name, and check what is not built in.

    Objects instead of names are the caller's own affair.

    Parameters
    ----------
    parameters : mapping
        Some or all of environment (with its options), mechanism, schedule, rules, reward, turnover and retention.

    Raises
    ------
    BadInput
        If a name is unknown, its file or package cannot be used, or a plug-in breaks a rule: one line.

    Examples
    --------
    >>> check_plugins({"mechanism": "smt", "environment": "figure1"})  # both are built in
    """
    named = {name: value for name, value in parameters.items() if isinstance(value, str)}
    texts = {kind: [named[kind]] if kind in named else [] for kind in KINDS}
    texts["mechanism"] += parse_schedule(named.get("schedule")).values()
    texts["rules"] = [name for text in texts["rules"] for name, _ in named_rules(text)]
    for kind, listed in texts.items():
        for text in listed:
            found = KINDS[kind].find(text)
            own = found.options if kind == "environment" else ()
            _check(kind, text, {name: parameters[name] for name in own if name in parameters})


def check_plugin(text: str) -> str:
    """Check a plug-in of whatever kind and return its kind: a key of `lookup.GROUPS`.

    Raises
    ------
    BadInput
        If it cannot be found, is of no kind, or breaks a rule.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "mine.py"
    >>> _ = path.write_text("from ecosystem.plugins import Creator as Mine")
    >>> check_plugin(f"{path}:Mine")  # a rule of creators
    'rules'
    """
    if files_in(text):
        thing: Any = find("plug-in", parse("plug-in", text)[0], {})
        kinds = [kind for kind, one in KINDS.items() if one.is_one(thing)]
    else:
        kinds = [kind for kind, one in KINDS.items() if parse(kind, text)[0] in names_of(kind, one.builtin)]
    if not kinds:
        raise BadInput(
            f"plug-in {text} is nothing known; name a mechanism, a reward, an environment, or a rule of creators, "
            "turnover or retention"
        )
    check_plugins({kinds[0]: text})
    return kinds[0]


def _check(kind: str, text: str, options: Mapping[str, Any]) -> None:
    if not is_plugin(text, KINDS[kind].builtin):
        return
    key = kind, absolute(text), repr(options)
    thing = find(kind, parse(kind, text)[0], KINDS[kind].builtin)
    if _passed.get(key) is not thing:
        KINDS[kind].check(text, **options)
        _passed[key] = thing
