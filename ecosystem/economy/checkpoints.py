"""The state of a creator economy between two steps, in files: a model made alike goes on from them to the same bits.

A model is made alike by the same parameters and seed. What there is of users each shard writes and reads by itself.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.economy.schedule import swapped_to
from ecosystem.economy.streams import place_of, put_at
from ecosystem.state import State, arrays_of, named, part_of, put_back, read_state, world_of, write_state
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import mechanism_of

OWN = ("steps", "accepted_share", "_matched_on_default")
"""Attributes of the model itself that change as it runs."""
MADE_AGAIN = ("static_items", "_enriching")
"""What a deployment has of the world and of the mechanism."""


def write_checkpoint(model: CreatorEconomy, stem: Path) -> dict[str, str]:
    """Write the state of a run into files whose paths begin with `stem`; return the SHA-256 of each by its name."""
    own, *shards = _paths(model, stem)
    written = model._audience.ask_each("write_state", [(path,) for path in shards])
    return dict(
        zip(
            [own.name, *(path.name for path in shards)],
            [write_state(own, _state(model)), *written],
            strict=True,
        )
    )


def read_checkpoint(model: CreatorEconomy, stem: Path) -> None:
    """Put what `write_checkpoint` wrote into a model that was made alike and has taken no step.

    Raises
    ------
    BadInput
        If it is the state of another world, or of another version.
    """
    own, *shards = _paths(model, stem)
    there = len(list(stem.parent.glob(f"{stem.name}-shard*.npz")))
    if there != len(shards):
        raise BadInput(
            f"the checkpoint has users in {there} shards, and here are {len(shards)}; ask for as many (--shards, or "
            f"threads by NUMBA_NUM_THREADS={there})"
        )
    model._audience.ask_each("read_state", [(path,) for path in shards])
    state = read_state(own)
    try:
        _restore(model, state)
    except KeyError as error:
        raise BadInput(f"{str(own)!r} has no {error.args[0]!r}; it is of another version") from None


def stateful(model: CreatorEconomy) -> Iterator[tuple[str, str, Any]]:
    """Give the plug-ins with a state by ``state()`` and ``restore(state)``: the state's name, kind and object."""
    rules = ((f"rules{creator.index}", "rules", creator) for creator in model.creators)
    for name, kind, plugin in (("mechanism", "mechanism", model.platform.mechanism), *rules):
        if callable(getattr(plugin, "state", None)) and callable(getattr(plugin, "restore", None)):
            yield name, kind, plugin


def _paths(model: CreatorEconomy, stem: Path) -> list[Path]:
    parts = ["", *(f"-shard{k}" for k in range(len(model._audience.links)))]
    return [stem.with_name(f"{stem.name}{part}.npz") for part in parts]


def _state(model: CreatorEconomy) -> dict[str, np.ndarray]:
    """Return all that decides how a run goes on besides what shards hold, its series and tables so far among it."""
    state = {
        **named("model", arrays_of(_own(model))),
        **named("audience", arrays_of(vars(model._audience))),
        **named("platform", arrays_of(vars(model.platform))),
        **named("deployment", arrays_of(vars(model._deployment), MADE_AGAIN)),
        **named("collected", {name: np.array(column) for name, column in _collected(model)}),
        "random": np.array(
            json.dumps([model._streams.state(), place_of(model.rng), _random(model).getstate()])
        ),
        "start": world_of(model.start),
    }
    for name, kind, plugin in stateful(model):
        own = call(kind, plugin, model.steps, plugin.state)
        state |= named(name, {key: np.asarray(value) for key, value in own.items()})
    return state


def _restore(model: CreatorEconomy, state: State) -> None:
    if state["start"] != world_of(model.start):
        raise BadInput("creators started elsewhere in this checkpoint; go on where the same world is made")
    put_back(model, _own(model), part_of(state, "model"))
    put_back(model._audience, vars(model._audience), part_of(state, "audience"))
    if swapped := swapped_to(model.schedule, model.steps):
        model.platform.mechanism = mechanism_of(swapped)
    put_back(model.platform, vars(model.platform), part_of(state, "platform"))
    put_back(model._deployment, vars(model._deployment), part_of(state, "deployment"), MADE_AGAIN)
    model._deployment.take_over(model.platform.mechanism)
    for name, column in _collected(model):
        column[:] = state[f"collected.{name}"].tolist()
    streams, own, (version, words, spare) = json.loads(str(state["random"]))
    model._streams.restore(streams)
    put_at(model.rng, own)
    _random(model).setstate((version, tuple(words), spare))
    for name, kind, plugin in stateful(model):
        call(kind, plugin, model.steps, plugin.restore, part_of(state, name))


def _own(model: CreatorEconomy) -> dict[str, Any]:
    return {name: value for name, value in vars(model).items() if name in OWN}


def _random(model: Any) -> random.Random:
    """Return the stream that Mesa makes of the seed beside its own, and has no type for."""
    return cast(random.Random, model.random)


def _collected(model: CreatorEconomy) -> Iterator[tuple[str, list[Any]]]:
    """Give every column that is collected, with its name."""
    yield from model.datacollector.model_vars.items()
    for table, columns in model.datacollector.tables.items():
        yield from ((f"{table}.{name}", column) for name, column in columns.items())
