"""Every plug-in that a run names, checked before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.catalogue import absolute, find, is_plugin, parse
from agents.creator import RULES, named_rules, rule_of
from agents.mechanisms import MECHANISMS, mechanism_of
from ecosystem.environments import ENVIRONMENTS, environment_of
from ecosystem.rewards import REWARDS, reward_of
from ecosystem.schedule import parse_schedule
from ecosystem.testing.environments import check_environment
from ecosystem.testing.mechanisms import check_mechanism
from ecosystem.testing.rewards import check_reward
from ecosystem.testing.rules import check_rule

_passed: dict[tuple[str, str, str], Any] = {}
"""What passed in this process, by kind, name and options: an edited file gives another thing."""


def check_plugins(parameters: Mapping[str, Any]) -> None:
    """Find everything that parameters of `CreatorEconomy` name, and check what is not built in.

    Objects instead of names are the caller's own affair.

    Parameters
    ----------
    parameters : mapping
        Some or all of environment (with its options), mechanism, schedule, rules and reward.

    Raises
    ------
    BadInput
        If a name is unknown, its file or package cannot be used, or a plug-in breaks a rule: one line.
    """
    named = {name: value for name, value in parameters.items() if isinstance(value, str)}
    if "environment" in named:
        spec = environment_of(named["environment"])
        options = {name: parameters[name] for name in spec.options if name in parameters}
        _check("environment", named["environment"], ENVIRONMENTS, check_environment, **options)
    mechanisms = [named["mechanism"]] if "mechanism" in named else []
    for text in [*mechanisms, *parse_schedule(named.get("schedule")).values()]:
        mechanism_of(text)
        _check("mechanism", text, MECHANISMS, check_mechanism)
    for text, _ in named_rules(named["rules"]) if "rules" in named else []:
        rule_of(text)
        _check("rules", text, RULES, check_rule)
    if "reward" in named:
        reward_of(named["reward"])
        _check("reward", named["reward"], REWARDS, check_reward)


def _check(
    kind: str, text: str, builtin: Mapping[str, Any], check: Callable[..., None], **options: Any
) -> None:
    if not is_plugin(text, builtin):
        return
    key = kind, absolute(text), repr(options)
    thing = find(kind, parse(kind, text)[0], builtin)
    if _passed.get(key) is not thing:
        check(text, **options)
        _passed[key] = thing
