"""What users collect besides the built-in series, as Mesa's data collector takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from difflib import get_close_matches
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

    What agents report is copied, since some versions of Mesa keep arrays that go on changing.

    Raises
    ------
    BadInput
        If something given is no such thing, or takes a name that there is; one line.
    """
    asked: dict[str, dict[Any, Any]] = {name: _mapping(name, given[name]) for name in ADDED}
    for kind, names in own.items():
        if taken := [name for name in asked[kind] if name in names]:
            raise BadInput(f"{kind} has {taken[0]!r}, which is collected already; choose another name")
    for table, columns in asked["tables"].items():
        if isinstance(columns, str) or not all(isinstance(name, str) for name in _listed(columns)):
            raise BadInput(f"tables has {columns!r} for {table!r}; it must be a list of columns' names")
    for name, reporter in asked["model_reporters"].items():
        _check("model_reporters", name, reporter, [model])
    agents = [next(iter(some)) for some in model.agents_by_type.values() if len(some)]
    asked["agent_reporters"] = _of_agents("agent_reporters", asked["agent_reporters"], agents)
    for kind, reporters in asked["agenttype_reporters"].items():
        if not (isinstance(kind, type) and issubclass(kind, Agent)):
            raise BadInput(f"agenttype_reporters has {kind!r}; it must be a class of agents, such as Creator")
        name = f"agenttype_reporters of {kind.__name__}"
        some = [agent for agent in agents if isinstance(agent, kind)]
        asked["agenttype_reporters"][kind] = _of_agents(name, _mapping(name, reporters), some)
    return {kind: {**own.get(kind, {}), **asked[kind]} for kind in ADDED}


def _mapping(name: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, Mapping | None):
        raise BadInput(f"{name} is {value!r}; it must be a mapping by names (for mesa.batch_run, in a list)")
    return dict(value or {})


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) else [value]


def _of_agents(
    kind: str, reporters: dict[str, Any], agents: list[Agent]
) -> dict[str, Callable[[Agent], Any]]:
    for name, reporter in reporters.items():
        _check(kind, name, reporter, agents)
    return {name: partial(_report, reporter) for name, reporter in reporters.items()}


def _check(kind: str, name: Any, reporter: Any, subjects: list[Any]) -> None:
    """Refuse what no reporter can be, and the name of an attribute that none of the subjects has."""
    with_parameters = isinstance(reporter, list) and len(reporter) == 2 and callable(reporter[0])
    if not (isinstance(name, str) and (isinstance(reporter, str) or callable(reporter) or with_parameters)):
        raise BadInput(
            f"{kind} has {reporter!r} for {name!r}; it must be an attribute's name, a function or "
            "[function, parameters]"
        )
    if isinstance(reporter, str) and subjects and not any(hasattr(one, reporter) for one in subjects):
        near = get_close_matches(reporter, [word for one in subjects for word in dir(one)], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "give one that there is, or a function"
        raise BadInput(f"{kind} asks for {reporter!r}, which is no attribute of any; {hint}")


def _report(reporter: Any, agent: Agent) -> Any:
    """Return a copy of what an agent reports; None where the reporter names an attribute that it has not."""
    if isinstance(reporter, str):
        return deepcopy(getattr(agent, reporter, None))
    function, parameters = reporter if isinstance(reporter, list) else (reporter, ())
    return deepcopy(function(agent, *parameters))
