"""How often a stop of the tour ends as it did: its arms over many seeds, in the background."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem_server.fields import assign
from ecosystem_server.limits import Limits
from ecosystem_server.live.outcomes import Counted, Ends
from ecosystem_server.live.setting import FORK, Setting


def played(setting: Setting, limits: Limits) -> list[CreatorEconomy]:
    """Return a setting's arms as far as it goes, with the parameters that were changed and the forks on the way."""
    models = [setting.model(index, limits) for index in range(len(setting.arms))]
    waiting = list(setting.changes)
    for step in range(setting.step + 1):
        while waiting and waiting[0].step <= step:
            change = waiting.pop(0)
            if change.name == FORK:
                models = [models[0], copy.deepcopy(models[0])]
            else:
                for model in change.among(models):
                    assign(model, change.name, change.value)
        if step < setting.step:
            for model in models:
                model.step()
    return models


def survey(
    run: Callable[[int], Ends], seeds: int, notify: Callable[[list[Ends]], None], stop: threading.Event
) -> None:
    """Run seeds 0, 1, ... and hand over how all ended so far, until done or stopped."""
    runs: list[Ends] = []
    for seed in range(seeds):
        if stop.is_set():
            return
        runs.append(run(seed))
        notify(list(runs))


def table(runs: Sequence[Ends], counted: Sequence[Counted]) -> list[list[str]]:
    """Return a row for all that is counted: its title, then of each arm the mean, the share, or yes or no."""

    def shown(values: list[float]) -> str:
        mean, kind = np.mean(values), type(values[0])
        if kind is bool:
            return f"{100 * mean:.0f} %" if len(values) > 1 else "yes" if values[0] else "no"
        return f"{mean:#.3g}" if kind is float else f"{mean:.3g}"  # 1.60 beside 1.76, and 3 of 5

    arms = list(zip(*runs, strict=True))
    return [
        [title, *(shown([count(end) for end in arm]) for arm in arms)] for title, count in counted if arms
    ]
