"""Parameters as people type them: ``--set name=value`` into keyword arguments of the model."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from agents.checks import BadInput, choice

NAMED = ("environment", "mechanism", "horizon", "rng", "trajectory")
"""Parameters with an option of their own (``--steps`` sets the horizon, ``--seed`` the rng)."""


def parse_settings(settings: Sequence[str], environment: str) -> dict[str, Any]:
    """Return the parameters of ``--set`` options, for a model of that environment.

    Parameters
    ----------
    settings : sequence of str
        ``name=value`` each; a value that reads as a Python number, boolean or None is one, else it is text.
    environment : str
        Name of the environment whose options may be set besides the model's parameters.

    Raises
    ------
    BadInput
        If a part is not ``name=value``, a name is unknown or comes twice.
    """
    from ecosystem.environments import ENVIRONMENTS

    spec = ENVIRONMENTS[choice("environment", environment, ENVIRONMENTS)]
    allowed = [name for name in model_parameters() if name not in NAMED] + list(spec.options)
    parsed: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"--set has {setting!r}; write name=value, such as --set eta=0.1")
        name = choice("--set name", name.strip(), allowed)
        if name in parsed:
            raise BadInput(f"--set names {name} twice; give each parameter one value")
        parsed[name] = value_of(text.strip())
    return parsed


def value_of(text: str) -> Any:
    """Return the number, boolean or None that `text` spells, else `text` itself."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {"true": True, "false": False, "none": None}.get(text.lower(), text)
    return value if value is None or isinstance(value, (bool, int, float)) else text


def model_parameters() -> dict[str, Any]:
    """Return the names and defaults of the model's own parameters."""
    from ecosystem.economy import CreatorEconomy

    signature = inspect.signature(CreatorEconomy.__init__).parameters.values()
    return {p.name: p.default for p in signature if p.kind is inspect.Parameter.KEYWORD_ONLY}
