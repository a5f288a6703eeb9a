"""Why a creator or user of an arm is where it is: what it would earn elsewhere, who pays it; what is shown to it.

Read off the arm's market between two steps, which changes nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.matching import matching_probabilities
from ecosystem.strategy_sets import Catalogue
from ecosystem_agents.creator import Creator
from ecosystem_server.board import Json
from ecosystem_server.live.arm import Arm, Arrays

MOST = 24
"""Users that pay a creator best, and items likeliest for a user, of which a board is told."""


@dataclass(frozen=True)
class Mark:
    """A creator, by its number, or a user."""

    kind: str
    index: int


def why(arm: Arm, mark: Mark, box: tuple[float, ...], side: int) -> tuple[Json, Arrays]:
    """Return what explains a mark, in messages' words: empty where it is not there.

    Parameters
    ----------
    arm : Arm
        Whose.
    mark : Mark
        What is pointed at.
    box : tuple
        Left, right, bottom and top of the plane that is seen.
    side : int
        A landscape has side x side places.
    """
    if mark.kind == "user":
        return _shown_to(arm, mark.index) if mark.index < arm.model.n_users else ({}, {})
    rows = np.flatnonzero(arm.population.numbers == mark.index)
    if not len(rows):
        return {}, {}
    row = int(rows[0])
    dues = arm.model.market.dues(row)
    best = np.argsort(-dues, kind="stable")[:MOST]
    best = best[dues[best] > 0]
    about, arrays = landscape(arm, row, box, side)
    about["earned"] = float(dues.sum())
    return about | _last_trial(arm, row), arrays | {"payers": best, "dues": dues[best]}


def landscape(arm: Arm, row: int, box: tuple[float, ...], side: int) -> tuple[Json, Arrays]:
    """Return what the creator in a row would earn elsewhere, the others staying: see `Market.utility_at`.

    In the plane seen it is ``values`` (side, side), from the lower left on, row by row, in the middle of each cell;
    NaN outside of its strategy set. Other dimensions are as the creator has them. Where it chooses among items,
    ``values`` are those of the items in the box, at most side x side, and ``places`` where these are.
    """
    model, slot = arm.model, int(arm.population.slots[row])
    left, right, bottom, top = box
    if isinstance(own := model.strategy_sets[row], Catalogue):
        items, places = own.items, arm.stage(own.items)
        seen = ((places >= (left, bottom)) & (places <= (right, top))).all(axis=1)
        some = np.flatnonzero(seen)[:: 1 + seen.sum() // side**2]
        return {"side": 0}, {
            "places": places[some],
            "values": _earned(arm, row, items[some]),
        }
    middles = (np.arange(side) + 0.5) / side
    x, y = np.meshgrid(left + (right - left) * middles, bottom + (top - bottom) * middles)
    candidates = arm.stage.lift(model.strategies[row], np.column_stack([x.ravel(), y.ravel()]))
    within = arm.population.allows(slot, candidates)
    values = np.full(side * side, np.nan)
    values[within] = _earned(arm, row, candidates[within])
    return {"side": side, "box": box}, {"values": values}


def _earned(arm: Arm, row: int, points: np.ndarray) -> np.ndarray:
    return arm.model.market.utilities_at(row, points) if len(points) else np.zeros(0)


def _last_trial(arm: Arm, row: int) -> Json:
    """Return where the creator in a row tried to go in the last step, and whether that was accepted."""
    model, slot = arm.model, int(arm.population.slots[row])
    tried = model.last_trial(row)
    if tried is None or type(model.creators[row]) is not Creator:  # other rules may do otherwise
        return {}
    direction, accepted = tried
    here = model.strategies[row]
    there = here + model.eta * direction
    if model.lbr_evaluation == "projected":
        there = arm.population.project(slot, there)
    before = arm.trail.since(arm.trail.count - 2)[0][slot]
    ends = (before, arm.stage(here)) if accepted else (arm.stage(here), arm.stage(there))
    if not np.isfinite(ends).all():  # it came within the step
        return {}
    return {"trial": [float(x) for end in ends for x in end], "accepted": accepted}


def _shown_to(arm: Arm, user: int) -> tuple[Json, Arrays]:
    """Return what a user's list has, best first: chance and relevance of creators, and of static items together."""
    market, n = arm.model.market, arm.model.n_creators
    if not market.n_items:
        return {"others": 0.0}, {}
    relevance = market.relevance(market.users[[user]], market.items)
    chances = matching_probabilities(relevance, market.beta[[user]], market.K[[user]])[0]
    best = np.argsort(-chances[:n], kind="stable")[:MOST]
    best = best[chances[best] > 0]
    return {"others": float(chances[n:].sum())}, {
        "shown": arm.population.numbers[best],
        "chances": chances[best],
        "relevance": relevance[0, best],
    }
