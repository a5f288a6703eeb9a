"""How often halving the popular user's weight works: Figure 1's world over many seeds, in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.metrics import at_centre, tail_mean, users_served


@dataclass(frozen=True)
class Outcome:
    """How one run of Figure 1's world ended.

    Attributes
    ----------
    served : int
        Users with a creator nearby, of 5.
    at_centre : int
        Creators near the popular user.
    welfare : float
        Final user welfare: mean over the last ``min(250, T / 10)`` steps.
    """

    served: int
    at_centre: int
    welfare: float


def outcome(seed: int, mechanism: str, steps: int | None = None) -> Outcome:
    """Play one run to its horizon, or to `steps`."""
    model = CreatorEconomy(environment="figure1", mechanism=mechanism, rng=seed, horizon=steps)
    model.run()
    ends = model.users, model.strategies
    welfare = tail_mean(model.datacollector.model_vars["welfare"], model.horizon)
    return Outcome(users_served(*ends), at_centre(*ends), welfare)


def survey(
    seeds: int,
    told: Callable[[list[tuple[Outcome, Outcome]]], None],
    stop: threading.Event,
    steps: int | None = None,
) -> None:
    """Play both arms for seeds 0, 1, ... and tell the outcomes after each, until done or stopped."""
    outcomes: list[tuple[Outcome, Outcome]] = []
    for seed in range(seeds):
        if stop.is_set():
            return
        outcomes.append((outcome(seed, "none", steps), outcome(seed, "halved", steps)))
        told(list(outcomes))


def table(outcomes: list[tuple[Outcome, Outcome]]) -> list[tuple[str, str, str]]:
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
