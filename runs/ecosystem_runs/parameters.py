"""Parameters as people type them: ``--set name=value`` into keyword arguments of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecosystem.economy.parameters import DEFAULTS, LEFT_TO_ENVIRONMENT, NAMING
from ecosystem_agents.inputs.checks import BadInput, choice, number_of
from ecosystem_agents.inputs.lookup import absolute

if TYPE_CHECKING:
    from ecosystem import CreatorEconomy

NAMED = {
    "environment": "it is the command's argument",
    "mechanism": "use --mechanism {}, or where policies compete --policies",
    "horizon": "use --steps {}",
    "rng": "use --seed {}, or where there are several --seeds",
    "trajectory": "`ecosystem run figure1` keeps paths by itself, and in Python any model does",
}
"""Parameters that are not set by ``--set``, and in which way they are given: ``{}`` is the value wanted."""


def parse_settings(settings: Sequence[str], environment: str) -> dict[str, Any]:
    """Return what ``--set`` options, ``name=value`` each, set of a model and of its environment's options.

    Plug-ins are checked, and those in files named by their absolute paths.
    """
    from ecosystem.environments import environment_of
    from ecosystem.testing import check_plugins

    spec = environment_of(environment)
    allowed = [name for name in DEFAULTS if name not in NAMED] + list(spec.options)
    parsed: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            raise BadInput(f"--set has {setting!r}; write name=value, such as --set eta=0.1")
        name = name.strip()
        if name in NAMED:
            raise BadInput(f"--set names {name}; {NAMED[name].format(text.strip())}")
        choice("--set name", name, allowed)
        if name in parsed:
            raise BadInput(f"--set names {name} twice; give each parameter one value")
        parsed[name] = value_of(text.strip())
    check_plugins(parsed | {"environment": environment})
    return recorded(parsed)


def recorded(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with plug-ins in files named by their absolute paths, so that anybody finds them."""
    return {
        name: absolute(value) if name in NAMING and isinstance(value, str) else value
        for name, value in parameters.items()
    }


def check_reached(parameters: Mapping[str, Any]) -> None:
    """Raise BadInput if the schedule of a run to its horizon swaps a mechanism when it is over."""
    from ecosystem.economy.schedule import parse_schedule

    horizon = parameters["horizon"]
    for step, name in parse_schedule(parameters.get("schedule")).items():
        if step >= max(horizon, 1):
            raise BadInput(
                f"schedule swaps to {name} at step {step:,} and the run ends after {horizon:,}; swap before that, or "
                "take more steps"
            )


def try_out(parameters: Mapping[str, Any], seed: int = 0) -> None:
    """Make the model of a run once, and check what it names: so what is wrong is one line before anything runs."""
    from ecosystem import CreatorEconomy
    from ecosystem.testing import check_plugins

    check_plugins(parameters)
    check_reached(parameters)
    CreatorEconomy(**parameters, rng=seed)


def in_force(model: CreatorEconomy) -> dict[str, Any]:
    """Return the values that a model runs with of the parameters that may be left to its environment."""
    own = {} if model.setting.max_norm is None else {"max_norm": model.setting.max_norm}
    return {name: getattr(model, name) for name in LEFT_TO_ENVIRONMENT if name not in NAMED} | own


def value_of(text: str) -> Any:
    """Return the number, boolean or None that `text` spells, else `text` itself."""
    return {"true": True, "false": False, "none": None}.get(text.lower(), number_of(text))
