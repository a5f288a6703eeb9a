"""Checkpoints of a run, in its folder until its results are there.

``checkpoints/`` holds ``config.json``, which says what runs, and the last two checkpoints, ``STEP.npz``. One that is
damaged, or of another run, is put aside.
"""

from __future__ import annotations

import io
import pickle
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.economy.checkpoints import State, read_state, restore, state_of, stateful, write_state
from ecosystem.economy.schedule import swapped_to
from ecosystem_agents.creator import RULES
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import mechanism_of
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.folders import CHECKPOINTS, write_config, write_whole
from ecosystem_runs.jobs.kept import held, mix, put_aside, read_config, writing
from ecosystem_runs.jobs.made_by import MIXED, begun, check_same

KEPT = 2
"""Checkpoints on disk: the last, and the one before, should the last be damaged."""


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder, config = folder, read_config(folder)
        self.parameters, self.spread, self.every = (
            config["description"][name] for name in ("parameters", "spread", "every")
        )
        self.run = config["input_digest"]
        self.made_by = {name: config[name] for name in ("version", "code_digest", MIXED) if name in config}

    @property
    def paths(self) -> list[Path]:
        """Checkpoints on disk, the first one first."""
        return sorted(self.folder.glob("[0-9]*.npz"))

    def begin(self, model: CreatorEconomy) -> float:
        """Put the last whole checkpoint, if there is one, into a new model; return the seconds that its run took."""
        plugged = [creator for creator in model.creators if type(creator) not in RULES.values()]
        self._made = {creator: _attributes(creator) for creator in plugged}
        for path in reversed(self.paths):
            state: State = {}
            with suppress(BadInput):
                state = read_state(path)
            if str(state.get("run")) == self.run:
                restore(model, state)
                return float(state["seconds"])
            put_aside(path)
        return 0.0

    def write(self, model: CreatorEconomy, seconds: float) -> None:
        """Keep the state of a run between two steps."""
        self._check_plugins(model)
        state = state_of(model) | {"run": np.array(self.run), "seconds": np.array(seconds)}
        with writing(self.folder):
            write_whole(self.folder / f"{model.steps:09d}.npz", lambda path: write_state(path, state))
            for path in self.paths[:-KEPT]:
                path.unlink()

    def _check_plugins(self, model: CreatorEconomy) -> None:
        """Refuse plug-ins that changed since they were made, unless they say how to put that back."""
        mechanism = model.platform.mechanism
        named = swapped_to(model.schedule, model.steps) or self.parameters["mechanism"]
        saved = [plugin for *_, plugin in stateful(model)]
        for plugin, made in ((mechanism, _attributes(mechanism_of(named))), *self._made.items()):
            if plugin not in saved and (made is None or made != _attributes(plugin)):
                raise BadInput(
                    f"{type(plugin).__name__} changed since it was made, and a checkpoint would lose that; "
                    "give it state() and restore(state), or leave out --checkpoint-every"
                )


@contextmanager
def new_checkpoints(
    folder: Path, parameters: dict[str, Any], spread: dict[str, Any], every: int
) -> Iterator[Checkpoints]:
    """Keep checkpoints of a new run in its folder; nothing stays of one that ends before the first."""
    own = folder / CHECKPOINTS
    with writing(folder):
        own.mkdir(parents=True)
    with held(own):
        write_config(
            own,
            begun(
                {"parameters": parameters, "inputs": inputs_of(parameters), "spread": spread, "every": every}
            ),
        )
        checkpoints = Checkpoints(own)
        try:
            yield checkpoints
        finally:
            if own.is_dir() and not checkpoints.paths:
                shutil.rmtree(own)
                with suppress(OSError):  # results are there
                    folder.rmdir()


@contextmanager
def taken_up(folder: Path, may_mix: bool) -> Iterator[Checkpoints]:
    """Take up the checkpoints of a run that was stopped; other code goes on with them if it may."""
    own = folder / CHECKPOINTS
    if not own.is_dir():
        raise BadInput(
            f"--resume is {str(folder)!r}, which holds no checkpoints; give the folder of a run with "
            "--checkpoint-every that was stopped (one that is finished has none)"
        )
    with held(own):
        config = read_config(own)
        there = config.get("description", {})
        here = there | {"inputs": inputs_of(there.get("parameters", {}))}
        check_same(own, config, here, "--resume", may_mix)
        if may_mix:
            mix(own)
        yield Checkpoints(own)


@contextmanager
def kept_after_steps(checkpoints: Checkpoints | None) -> Iterator[Callable[[CreatorEconomy, float], None]]:
    """Give what is called after each step, with the seconds so far, and keeps a checkpoint, if any, when one is due.

    What would interrupt a step waits for its end, where a model is whole, keeps a checkpoint and ends the run; a
    second one does not wait.
    """
    numbers = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]
    main = threading.current_thread() is threading.main_thread()
    handlers = {
        number: handler for number in numbers if main and callable(handler := signal.getsignal(number))
    }
    waiting: list[int] = []

    def put_back() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def wait(number: int, frame: object) -> None:
        waiting.append(number)
        put_back()

    def after_step(model: CreatorEconomy, seconds: float) -> None:
        if checkpoints is not None and (waiting or model.steps % checkpoints.every == 0):
            checkpoints.write(model, seconds)
        for number in waiting:
            handlers[number](number, None)

    for number in handlers:
        signal.signal(number, wait)
    try:
        yield after_step
    finally:
        put_back()


class _Attributes(pickle.Pickler):
    """Writes what a plug-in holds; its world, and what comes from sources, by name."""

    def persistent_id(self, thing: Any) -> str | None:
        is_named = isinstance(thing, CreatorEconomy | type | FunctionType | ModuleType)
        return str(getattr(thing, "__qualname__", type(thing).__name__)) if is_named else None


def _attributes(plugin: object) -> bytes | None:
    """Return what a plug-in holds, equal for equal attributes; None where that cannot be told."""
    written = io.BytesIO()
    try:
        _Attributes(written).dump(getattr(plugin, "__dict__", {}))
        return written.getvalue()
    except Exception:
        return None
