"""One moment of a competition as plain arrays, for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ecosystem.ranking.competition import RankingCompetition


@dataclass(frozen=True)
class Snapshot:
    """What a page needs to draw one moment: floats only, nothing that changes later.

    Parameters
    ----------
    step : int
    profile : (n, k) float array
        Weights.
    winners : (n, k) bool array
        Who wins which query.
    values, thresholds : (k,) float arrays
        v_j and q_j.
    utilities : (n,) float array
    can_improve : tuple of int
        Who has a profitable deviation, from 0.
    worst_value, welfare : float
    converged : bool
    cycle : tuple of two ints, or None
        Step of the earlier profile that this one is a renaming of, and the length of the cycle.
    explained : str
        The last move in a sentence.
    """

    step: int
    profile: np.ndarray
    winners: np.ndarray
    values: np.ndarray
    thresholds: np.ndarray
    utilities: np.ndarray
    can_improve: tuple[int, ...]
    worst_value: float
    welfare: float
    converged: bool
    cycle: tuple[int, int] | None
    explained: str


def snapshot_of(model: RankingCompetition) -> Snapshot:
    """Return the present moment of `model`, detached from it."""
    profile = model.profile
    winners = np.zeros((model.game.n_publishers, model.game.n_queries), dtype=bool)
    for j, who in enumerate(profile.winners):
        winners[list(who), j] = True
    return Snapshot(
        step=len(model.history),
        # Division of Python's integers: they may be too long for a float, their ratio is not.
        profile=np.array([[weight / profile.unit for weight in row] for row in profile.rows]),
        winners=winners,
        values=np.array(profile.values, dtype=float),
        thresholds=np.array(model.game.thresholds, dtype=float),
        utilities=np.array(profile.utilities, dtype=float),
        can_improve=model.can_improve,
        worst_value=float(profile.worst_value),
        welfare=float(profile.welfare),
        converged=model.converged,
        cycle=model.cycle,
        explained=model.explained(),
    )
