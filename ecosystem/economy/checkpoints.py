"""The state of a creator economy between two steps, as plain arrays: a model made alike goes on to the same bits.

A model is made alike by the same parameters and seed, in as many shards and threads as you like. Lists are made
again: what a market tells and decides is a matter of where everybody stands and of the terms.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.economy.schedule import swapped_to
from ecosystem.file_sizes import load_npz
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import Terms, mechanism_of

State = dict[str, np.ndarray]
"""Plain arrays by name; what is part of something has its name and a dot before its own."""
OF_USERS = ("expected_utilities", "user_utilities", "breadth", "observed", "observed_steps")
NUMBERS = ("steps", "accepted_share", "moved", "_matched_on_default")
"""Attributes of the model itself that change as it runs."""


def state_of(model: CreatorEconomy) -> State:
    """Return all that decides how a run goes on, its series and tables so far among it."""
    audience, platform = model._audience, model.platform
    terms, by_group = audience.terms
    numbers = (
        [getattr(model, name) for name in NUMBERS],
        platform._epoch,
        model._deployment.is_default,
        by_group,
    )
    mesa: Any = model  # whose own stream beside `rng` has no type
    streams = model._streams.state(), mesa.random.getstate()
    given, items = platform._given, audience.static_items
    state = {
        **_world(model),
        "strategies": model.strategies,
        "weights": platform.weights,
        "group_utilities": platform.group_utilities,
        "numbers": np.array(json.dumps((numbers, streams))),
        **({} if given is None else {"given": given}),
        **({} if items is None else {"items": items}),
        **({} if model._pay is None else {"pay": model._pay}),
        **({} if model._attendance.kept is None else {"kept": model._attendance.kept}),
        **{f"creators.{name}": array for name, array in model._creators.state().items()},
        **{f"terms.{name}": np.asarray(column) for name, column in vars(terms).items() if column is not None},
        **{f"users.{name}": audience.of_users(name) for name in _of_users(model)},
        **{f"collected.{name}": _array(column) for name, column in _collected(model)},
    }
    for name, kind, plugin in stateful(model):
        own = call(kind, plugin, model.steps, plugin.state)
        state |= {f"{name}.{key}": np.asarray(value) for key, value in own.items()}
    if unfit := [name for name, array in state.items() if array.dtype.hasobject]:
        raise BadInput(
            f"the state's {unfit[0]!r} holds Python objects; make it an array of numbers or of texts"
        )
    return state


def restore(model: CreatorEconomy, state: State) -> None:
    """Put a `state_of` another model into one that was made alike and has taken no step.

    Raises
    ------
    BadInput
        If it is the state of another world, or of another version.
    """
    try:
        if not all(np.array_equal(state[name], own) for name, own in _world(model).items()):
            raise BadInput("this is the state of another world; go on where the same world is made")
        _restore(model, state)
    except (KeyError, TypeError) as error:
        raise BadInput(f"the state does not fit ({error}); it is of another version") from None


def write_state(path: Path, state: State) -> None:
    """Write a state into a file."""
    with path.open("wb") as file:
        np.savez(file, **state)  # type: ignore[arg-type]


def read_state(path: Path) -> State:
    """Return the state in a file; BadInput if there is none, or not all of it as it was written."""
    try:
        return load_npz(path)[0]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{str(path)!r} holds no state ({error}); go on from another") from None


def stateful(model: CreatorEconomy) -> Iterator[tuple[str, str, Any]]:
    """Give the plug-ins with a state by ``state()`` and ``restore(state)``: the state's name, kind and object."""
    rules = ((f"rules{creator.index}", "rules", creator) for creator in model.creators)
    for name, kind, plugin in (("mechanism", "mechanism", model.platform.mechanism), *rules):
        if callable(getattr(plugin, "state", None)) and callable(getattr(plugin, "restore", None)):
            yield name, kind, plugin


def _restore(model: CreatorEconomy, state: State) -> None:
    audience, platform, deployment = model._audience, model.platform, model._deployment
    numbers, (streams, (version, words, spare)) = json.loads(str(state["numbers"]))
    changed, platform._epoch, deployment.is_default, by_group = numbers
    vars(model).update(zip(NUMBERS, changed, strict=True))
    if swapped := swapped_to(model.schedule, model.steps):
        platform.mechanism = mechanism_of(swapped)
    platform.weights, platform.group_utilities = state["weights"], state["group_utilities"]
    platform._given = state.get("given")
    model._creators.restore(_part(state, "creators"), state["strategies"])
    model.n_creators, model._pay = len(model.creators), state.get("pay")
    audience.set_static_items(state.get("items"))
    audience.set_terms(Terms(**_part(state, "terms")), by_group)
    deployment.take_over(platform.mechanism)
    model._attendance.kept = state.get("kept")
    users = {name: state[f"users.{name}"] for name in _of_users(model)}
    own = [{name: array[part] for name, array in users.items()} for part in audience.slices]
    audience.ask_each("put", [(values,) for values in own])
    audience.forget()
    if "kept" in state:
        audience.ask_each("set_present", [(users["present"][part],) for part in audience.slices])
        audience.count_present()
        model._attendance.present = int(users["present"].sum())
    for name, column in _collected(model):
        column[:] = state[f"collected.{name}"].tolist()
    model._streams.restore(streams)
    mesa: Any = model
    mesa.random.setstate((version, tuple(words), spare))
    for name, kind, plugin in stateful(model):
        call(kind, plugin, model.steps, plugin.restore, _part(state, name))


def _part(state: State, name: str) -> dict[str, Any]:
    return {own.removeprefix(f"{name}."): state[own] for own in state if own.startswith(f"{name}.")}


def _world(model: CreatorEconomy) -> State:
    """Return what a state takes for granted."""
    return {name: getattr(model._audience, name) for name in ("group_mass", "group_sizes")} | {
        "start": model.start
    }


def _of_users(model: CreatorEconomy) -> tuple[str, ...]:
    matches = ("matches",) if model.matching == "sampled" else ()
    return OF_USERS + matches + (() if model._attendance.kept is None else ("present", "smoothed"))


def _collected(model: CreatorEconomy) -> Iterator[tuple[str, list[Any]]]:
    """Give every column that is collected, with its name."""
    collector = model.datacollector
    if collector.agent_reporters or collector.agenttype_reporters:
        raise BadInput(
            "a state keeps no reports of agents; leave agent_reporters and agenttype_reporters out"
        )
    yield from collector.model_vars.items()
    for table, columns in collector.tables.items():
        yield from ((f"{table}.{name}", column) for name, column in columns.items())


def _array(column: list[Any]) -> np.ndarray:
    """Return a column as an array that gives it back: of numbers, of texts, or of objects, which no state keeps."""
    kinds = set(map(type, column))
    plain = any(
        all(issubclass(kind, of) for kind in kinds) for of in ((int, float, np.number, np.bool_), str)
    )
    return np.array(column, dtype=None if plain else object)
