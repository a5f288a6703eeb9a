"""What users collect besides the built-in series, as Mesa's data collector takes it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from mesa import Agent, Model

from ecosystem_agents.inputs.checks import BadInput

ADDED = ("model_reporters", "agent_reporters", "agenttype_reporters", "tables")
"""Keywords of `CreatorEconomy` that add to what is collected, each as Mesa has it."""


def with_added(
    model: Model, own: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]
) -> dict[str, dict[Any, Any]]:
    """Return what is collected: a model's `own` reporters and tables, and those `given` by the names in `ADDED`.

    What agents report is copied, since Mesa 3.3 keeps arrays that go on changing.

    Raises
    ------
    BadInput
        If something given is no such thing, or takes a name that there is; one line.
    """
    asked: dict[str, dict[Any, Any]] = {kind: _mapping(kind, given[kind]) for kind in ADDED}
    for kind, names in own.items():
        if taken := [name for name in asked[kind] if name in names]:
            raise BadInput(f"{kind} has {taken[0]!r}, which is collected already; choose another name")
    for name, columns in asked["tables"].items():
        if not isinstance(columns, (list, tuple)) or not all(isinstance(column, str) for column in columns):
            raise BadInput(f"tables has {columns!r} for {name!r}; it must be a list of columns' names")
    agents = [next(iter(some)) for some in model.agents_by_type.values() if len(some)]
    _checked("model_reporters", asked["model_reporters"], [model])
    asked["agent_reporters"] = _checked("agent_reporters", asked["agent_reporters"], agents)
    for kind, reporters in asked["agenttype_reporters"].items():
        if not (isinstance(kind, type) and issubclass(kind, Agent)):
            raise BadInput(f"agenttype_reporters has {kind!r}; it must be a class of agents, such as Creator")
        name, some = (
            f"agenttype_reporters of {kind.__name__}",
            [one for one in agents if isinstance(one, kind)],
        )
        asked["agenttype_reporters"][kind] = _checked(name, _mapping(name, reporters), some)
    return {kind: {**own.get(kind, {}), **asked[kind]} for kind in ADDED}


def _mapping(kind: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, Mapping | None):
        raise BadInput(f"{kind} is {value!r}; it must be a mapping by names (for mesa.batch_run, in a list)")
    return dict(value or {})


def _checked(kind: str, reporters: dict[Any, Any], subjects: list[Any]) -> dict[Any, Any]:
    """Return reporters as they are asked of agents, if all can report something on one of the subjects."""
    for name, reporter in reporters.items():
        with_parameters = isinstance(reporter, list) and len(reporter) == 2 and callable(reporter[0])
        if not (
            isinstance(name, str) and (isinstance(reporter, str) or callable(reporter) or with_parameters)
        ):
            wanted = "an attribute's name, a function or [function, parameters]"
            raise BadInput(f"{kind} has {reporter!r} for {name!r}; it must be {wanted}")
        if isinstance(reporter, str) and subjects and not any(hasattr(one, reporter) for one in subjects):
            raise BadInput(
                f"{kind} asks for {reporter!r}, an attribute of none; correct it, or give a function"
            )
    return {name: partial(_report, reporter) for name, reporter in reporters.items()}


def _report(reporter: Any, agent: Agent) -> Any:
    """Return a copy of what an agent reports; None where the reporter names an attribute that it has not."""
    if isinstance(reporter, str):
        return deepcopy(getattr(agent, reporter, None))
    function, parameters = reporter if isinstance(reporter, list) else (reporter, ())
    return deepcopy(function(agent, *parameters))
