"""What menus offer and links may name: what is built in, installed, or named by ``ecosystem serve --plugin``.

Everything else is unknown here, whatever it is called: no file that a visitor names is ever looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar

from ecosystem import environments, retention, rewards, turnover
from ecosystem_agents import creator, mechanisms
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput

PLUGINS_VARIABLE = "ECOSYSTEM_PLUGINS"
"""Environment variable with the names that ``ecosystem serve`` was given and has checked: a JSON list by kind."""

T = TypeVar("T")


def offered(kind: str, builtin: Mapping[str, T]) -> dict[str, T]:
    """Return what there is of a kind, by the name that links carry; broken packages are left out."""
    found = dict(builtin)
    named: list[str] = json.loads(os.environ.get(PLUGINS_VARIABLE, "{}")).get(kind, [])
    for text in [*lookup.names_of(kind, builtin), *named]:
        if text not in found:
            try:
                found[text] = lookup.find(kind, lookup.parse(kind, text)[0], builtin)
            except BadInput:
                if text in named:
                    raise
    return found


ENVIRONMENTS = offered("environment", environments.ENVIRONMENTS)
MECHANISMS: dict[str, Any] = offered("mechanism", mechanisms.MECHANISMS)
REWARDS: dict[str, Any] = offered("reward", rewards.REWARDS)
RULES_OF: dict[str, dict[str, Any]] = {
    "turnover": offered("turnover", turnover.TURNOVERS),
    "retention": offered("retention", retention.RETENTIONS),
}
"""Who leaves: of creators, and of users."""
RULES = offered("rules", creator.RULES)
OWN_RULES = len(RULES) > len(creator.RULES)
"""Whether there are creator rules besides those built in: only then is there a menu of them."""
