"""Sensitivity indices of an outcome at the points of a design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ecosystem.extras import library
from ecosystem_agents.inputs.checks import BadInput

CONFIDENCE, RESAMPLES = 0.95, 999
MORRIS = ('method "morris"', "analysis", ', or take method = "sobol"')
"""Who needs SALib, and what does without it."""


@dataclass(frozen=True)
class Index:
    """What a factor does to an outcome, with 95 % intervals.

    Sobol': `first`, the part of the variance that knowing the factor takes away, and `total`, the part that is left
    where all others are known. Morris: `first` is mu*, the mean size of its elementary effects, in the
    outcome's unit, and `total` their standard deviation sigma, which interactions and bends make.
    """

    factor: str
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


def sobol(names: Sequence[str], outcome: np.ndarray) -> list[Index]:
    """Return Sobol' indices from an outcome at Saltelli's points: A, B, and for each factor A with its column of B.

    Parameters
    ----------
    names : sequence of str
        The k factors.
    outcome : (N (k + 2),) array
        In that order, N a power of two.

    Raises
    ------
    BadInput
        If the outcome is the same everywhere, or not finite somewhere.
    """
    from scipy.stats import sobol_indices

    parts = _varied(outcome).reshape(len(names) + 2, -1)
    N, rng = parts.shape[1], np.random.default_rng(0)

    def estimated(of: np.ndarray) -> np.ndarray:
        values = {"f_A": of[0][None], "f_B": of[1][None], "f_AB": of[2:][:, None]}
        found = sobol_indices(func=values, n=N)
        return np.array([found.first_order, found.total_order])

    with np.errstate(divide="ignore", invalid="ignore"):  # a resample of equal outcomes
        # SciPy's own bootstrap takes no seed.
        resampled = [estimated(parts[:, rng.integers(N, size=N)]) for _ in range(RESAMPLES)]
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(resampled, (tail, 100 - tail), axis=0)
    rows = np.stack([estimated(parts), low, high])  # (3, first and total, k)
    return [Index(name, *map(float, rows[:, :, j].T.ravel())) for j, name in enumerate(names)]


def morris(names: Sequence[str], points: np.ndarray, outcome: np.ndarray, levels: int) -> list[Index]:
    """Return Morris' mu* and sigma from an outcome (p,) at trajectories' points (p, k); for the rest see `sobol`."""
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    found = library("SALib.analyze.morris", *MORRIS).analyze(
        problem, points, _varied(outcome), num_levels=levels, conf_level=CONFIDENCE, seed=0
    )
    rows = zip(names, found["mu_star"], found["mu_star_conf"], found["sigma"], strict=True)
    return [
        Index(name, float(mu), float(mu - half), float(mu + half), float(sigma), float("nan"), float("nan"))
        for name, mu, half, sigma in rows
    ]


def _varied(outcome: np.ndarray) -> np.ndarray:
    outcome = np.asarray(outcome, dtype=np.float64)
    if not np.isfinite(outcome).all():
        raise BadInput(
            "the outcome is not finite in some runs, so that it has no variance to share out; take another"
        )
    if np.ptp(outcome) == 0:
        raise BadInput(f"the outcome is {outcome[0]:g} in every run; no factor matters to it: take another")
    return outcome
