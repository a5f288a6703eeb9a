"""Mesa's batch runner behind one function that means the same on every Mesa."""

from __future__ import annotations

import itertools
import math
import os
import pickle
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import mesa
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from ecosystem.batch_workers import handed, in_workers
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
        Worker processes, spawned; None means one a core. With more than one, call this under
        ``if __name__ == "__main__":``, since workers import the calling script, and give classes that they can
        import as well.
    progress : bool
        Whether to show a progress bar, on standard error.

    Returns
    -------
    DataFrame
        One row a run and collected step, ordered by them: run, seed, step, the parameters as given, then what
        the model collects. Runs are numbered combination by combination, seeds innermost.

    Raises
    ------
    BadInput
        If a parameter cannot be used, or worker processes cannot start, read a parameter or go on; one line.

    Examples
    --------
    >>> table = batch({"environment": "figure1", "mechanism": ["none", "uir"]}, seeds=2, steps=3)
    >>> table[["mechanism", "seed", "step"]].values.tolist()
    [['none', 0, 3], ['none', 1, 3], ['uir', 0, 3], ['uir', 1, 3]]
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

    # Seeds are among the parameters; Mesa 3.5 gives a `seed` of None besides, which says nothing.
    swept = levels | {"rng": wanted}
    runs = _combinations(swept)
    processes = min(os.cpu_count() or 1 if processes is None else processes, len(runs))
    run = partial(_run, steps=steps, period=-1 if every is None else math.gcd(every, steps))
    if processes > 1:
        if any(shards is not None for shards in levels.get("shards", [])):
            raise BadInput(
                "shards is given, which are processes of their own; run one world at a time (processes=1)"
            )
        packed = {name: [handed(name, pickle.dumps, value) for value in swept[name]] for name in swept}
        found = in_workers(run, _combinations(packed), processes, progress)
    else:
        found = [run(one) for one in tqdm(runs, disable=not progress)]
    table = pd.DataFrame([{**record, "RunId": k} for k, records in enumerate(found) for record in records])
    table = table.drop(columns="seed", errors="ignore")
    table = table.rename(columns={"RunId": "run", "rng": "seed", "Step": "step"})
    table = table.astype({"run": np.int64, "seed": np.int64, "step": np.int64})
    if every is not None:
        table = table[(table["step"] % every == 0) | (table["step"] == steps)]
    hidden = {"iteration", *levels} - set(named)
    collected = [c for c in table.columns if c not in {"run", "seed", "step", *named, *hidden}]
    return table[["run", "seed", "step", *named, *collected]].reset_index(drop=True)


def _combinations(levels: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the parameters of every run; the last ones change first."""
    return [dict(zip(levels, values, strict=True)) for values in itertools.product(*levels.values())]


def _run(parameters: Mapping[str, Any], *, steps: int, period: int) -> list[dict[str, Any]]:
    """Return the records of one run; a `period` that divides `steps` collects the last on every Mesa."""
    return mesa.batch_run(
        Endless,
        {name: [value] for name, value in parameters.items()},
        max_steps=steps,  # Mesa 3.3 takes one step more, which it does not report
        data_collection_period=period,
        display_progress=False,
    )


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
