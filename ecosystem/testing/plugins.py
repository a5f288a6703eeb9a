"""Every plug-in that a run names, checked before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecosystem.economy.schedule import parse_schedule
from ecosystem.environments import ENVIRONMENTS, Environment, environment_of
from ecosystem.rewards import REWARDS, reward_of
from ecosystem.testing.environments import check_environment
from ecosystem.testing.mechanisms import check_mechanism
from ecosystem.testing.rewards import check_reward
from ecosystem.testing.rules import check_rule
from ecosystem_agents.creator import RULES, Creator, named_rules, rule_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.lookup import absolute, files_in, find, is_plugin, names_of, parse
from ecosystem_agents.mechanisms import MECHANISMS, mechanism_of

BUILTIN: dict[str, Mapping[str, Any]] = {
    "environment": ENVIRONMENTS,
    "mechanism": MECHANISMS,
    "reward": REWARDS,
    "rules": RULES,
}
KINDS: dict[str, Callable[[Any], bool]] = {
    "environment": lambda thing: isinstance(thing, Environment),
    "mechanism": lambda thing: hasattr(thing, "deploy"),
    "reward": lambda thing: hasattr(thing, "pay"),
    "rules": lambda thing: isinstance(thing, type) and issubclass(thing, Creator),
}
"""How to tell what something in a file is."""

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


def check_plugin(text: str) -> str:
    """Check a plug-in of whatever kind and return its kind: a key of `lookup.GROUPS`.

    Raises
    ------
    BadInput
        If it cannot be found, is of no kind, or breaks a rule.
    """
    if files_in(text):
        thing: Any = find("plug-in", parse("plug-in", text)[0], {})
        kinds = [kind for kind, is_one in KINDS.items() if is_one(thing)]
    else:
        kinds = [kind for kind, builtin in BUILTIN.items() if parse(kind, text)[0] in names_of(kind, builtin)]
    if not kinds:
        raise BadInput(
            f"plug-in {text} is nothing known; name a mechanism, a reward, a creator rule or an environment"
        )
    check_plugins({kinds[0]: text})
    return kinds[0]


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
