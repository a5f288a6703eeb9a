"""Mesa's batch runner behind one function that means the same on every Mesa."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import mesa
import numpy as np
import pandas as pd

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.economy.reporting import ADDED
from ecosystem.sizes import MOST_RUNS
from ecosystem_agents.inputs.checks import BadInput, whole


class Endless(CreatorEconomy):
    """Goes on past its horizon: of a model that ends by itself Mesa 3.3's runner does not report the last step."""

    running = True


def batch(
    parameters: Mapping[str, Any],
    *,
    seeds: int | Sequence[int] = 1,
    steps: int,
    every: int | None = None,
    processes: int | None = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Run `CreatorEconomy` for all combinations of parameters and all seeds, through ``mesa.batch_run``.

    A thin wrapper: an error in one run ends the batch. For runs that survive errors and interruptions use
    ``ecosystem sweep``.

    Parameters
    ----------
    parameters : mapping
        Keyword arguments of `CreatorEconomy`. Lists, tuples, ranges and one-dimensional arrays are swept;
        anything else is one value. The horizon is `steps` unless it is named here.
    seeds : int or sequence of int
        Seeds of every combination: N stands for 0 to N - 1.
    steps : int
        Steps of every run, at least 1.
    every : int, optional
        Collection period: rows of steps 0, `every`, 2 `every`, ... and of the last. None keeps the last only.
    processes : int, optional
        Worker processes; None means one a core. With more than one, call this under
        ``if __name__ == "__main__":``, since workers import the calling script.
    progress : bool
        Whether to show Mesa's progress bar, on standard error.

    Returns
    -------
    DataFrame
        One row a run and collected step, ordered by them: run, seed, step, the parameters as given, then what
        the model collects. Runs are numbered combination by combination, seeds innermost.

    Raises
    ------
    BadInput
        If a parameter cannot be used; one line.
    """
    if not hasattr(mesa, "batch_run"):
        raise BadInput(f"Mesa {mesa.__version__} has no batch_run; install mesa<4, or use `ecosystem sweep`")
    steps = whole("steps", steps, at_least=1)
    if every is not None:
        every = whole("every", every, at_least=1)
    if processes is not None:
        processes = whole("processes", processes, at_least=1)
    wanted = seed_list(seeds)
    levels = {name: _levels(name, value) for name, value in parameters.items()}
    for name in ("rng", "seed", "seeds"):
        if name in levels:
            raise BadInput(f"{name} is no parameter of a batch; give seeds=N or seeds=[...] to batch itself")
    named = [name for name in levels if name not in ADDED]
    levels.setdefault("horizon", [steps])

    # A period that divides the number of steps collects the last step on every Mesa.
    options: dict[str, Any] = {
        "max_steps": steps,  # Mesa 3.3 takes one step more, which it does not report
        "data_collection_period": -1 if every is None else math.gcd(every, steps),
        "number_processes": processes,
        "display_progress": progress,
    }
    # Among the parameters; Mesa 3.5 gives a `seed` of None besides, which says nothing.
    records = mesa.batch_run(Endless, levels | {"rng": wanted}, **options)
    table = pd.DataFrame(records).drop(columns="seed", errors="ignore")
    table = table.rename(columns={"RunId": "run", "rng": "seed", "Step": "step"})
    table = table.astype({"run": np.int64, "seed": np.int64, "step": np.int64})
    if every is not None:
        table = table[(table["step"] % every == 0) | (table["step"] == steps)]
    hidden = {"iteration", *levels} - set(named)
    collected = [c for c in table.columns if c not in {"run", "seed", "step", *named, *hidden}]
    table = table.sort_values(["run", "step"], ignore_index=True)
    return table[["run", "seed", "step", *named, *collected]]


def seed_list(seeds: int | Sequence[int]) -> list[int]:
    """Return the seeds that `seeds` stands for: 0 to N - 1 for a number, else the distinct ones it lists."""
    if isinstance(seeds, (Sequence, np.ndarray)) and not isinstance(seeds, str):
        listed = [whole("each of seeds", seed, at_least=0) for seed in seeds]
        if not listed or len(set(listed)) < len(listed):
            raise BadInput(f"seeds is {list(seeds)}; list distinct whole numbers, or give how many to use")
        return listed
    return list(range(whole("seeds", seeds, at_least=1, at_most=MOST_RUNS)))


def _levels(name: str, value: Any) -> list[Any]:
    """Return the values a parameter is swept over; wrapped, so that Mesa does not look inside them."""
    swept = isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim == 1)
    levels = list(value) if swept else [value]
    if not levels:
        raise BadInput(f"{name} is an empty list; give at least one value, or leave it out")
    return levels
