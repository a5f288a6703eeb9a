"""How often halving the popular user's weight works: Figure 1's world over many seeds, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from ecosystem.yardsticks.figure1 import Outcome, outcome

Pair = tuple[Outcome, Outcome]
"""One seed without and with halving."""


def survey(
    seeds: int, notify: Callable[[list[Pair]], None], stop: threading.Event, steps: int | None = None
) -> None:
    """Play both arms for seeds 0, 1, ... and hand over the outcomes after each, until done or stopped."""
    outcomes: list[Pair] = []
    for seed in range(seeds):
        if stop.is_set():
            return
        none, halved = (outcome(seed, mechanism=arm, horizon=steps) for arm in ("none", "halved"))
        outcomes.append((none, halved))
        notify(list(outcomes))


def table(outcomes: list[Pair]) -> list[tuple[str, str, str]]:
    """Return rows of (what, without, with) that sum up the outcomes."""
    if not outcomes:
        return []
    arms = list(zip(*outcomes, strict=True))

    def share(what: str, of: Callable[[Outcome], bool]) -> tuple[str, str, str]:
        a, b = (f"{100 * np.mean([of(run) for run in arm]):.0f} %" for arm in arms)
        return what, a, b

    a, b = (f"{np.mean([run.welfare for run in arm]):.3f}" for arm in arms)
    return [
        share("all five users served", lambda run: run.served == 5),
        share("two or more at the centre", lambda run: run.at_centre >= 2),
        ("mean final welfare", a, b),
        ("more welfare in B", "", f"{100 * np.mean([y.welfare > x.welfare for x, y in outcomes]):.0f} %"),
    ]
