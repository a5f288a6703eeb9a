"""Intervals of means, for whatever is compared run by run."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # whose `stats` takes half a second, and comes when it is asked for

BCA_FROM = 30
"""Values from which on an interval is a bootstrap's: over fewer it covers too little, over five 86 % for 95."""
RESAMPLES = 9999


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Return an interval of the mean of `values` (n,): Student's t below `BCA_FROM` values, from there BCa.

    BCa is the bias-corrected and accelerated bootstrap. For a paired comparison hand in the differences of pairs.
    Resampling is seeded, so that the same values give the same interval. Equal values give that value twice; fewer
    than two give NaN twice.

    Parameters
    ----------
    values : (n,) array
        Independent draws, such as one a seed.
    confidence : float
        Coverage, in (0, 1).

    Examples
    --------
    >>> low, high = mean_interval(np.array([1.0, 2.0, 3.0]))
    >>> print(f"{low:.2f} {high:.2f}")  # 2 plus and minus 4.303 standard errors of 0.577
    -0.48 4.48
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return float("nan"), float("nan")
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    if len(values) < BCA_FROM:
        low, high = scipy.stats.t.interval(confidence, len(values) - 1, values.mean(), _error(values))
        return float(low), float(high)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of degenerate resamples, which the fall-back below is for
        options = {"n_resamples": RESAMPLES, "confidence_level": confidence}
        for method in ("BCa", "percentile"):
            rng = np.random.default_rng(0)
            found = scipy.stats.bootstrap((values,), np.mean, method=method, rng=rng, **options)
            low, high = (float(end) for end in found.confidence_interval)
            if np.isfinite([low, high]).all():
                break
    return low, high


def p_value(values: np.ndarray) -> float:
    """Return how likely a mean at least as far from 0 is where there is none: the two-sided t test of `values` (n,).

    Fewer than two values give 1; equal ones 0, or 1 where they are 0.

    Examples
    --------
    >>> print(f"{p_value(np.array([1.0, 2.0, 3.0])):.3f}")  # t = 3.46 with two degrees of freedom
    0.074
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return 1.0
    if np.ptp(values) == 0:
        return 0.0 if values[0] else 1.0
    return float(2 * scipy.stats.t.sf(abs(values.mean()) / _error(values), len(values) - 1))


def holm(p: Sequence[float]) -> list[float]:
    """Return p values adjusted for being several, by Holm's method: the j-th least of h is taken h + 1 - j times.

    None is below one before it in their order, and none above 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(np.arange(len(p), 0, -1) * np.array(p)[order]), 1.0)
    return adjusted.tolist()


def standard_error(values: np.ndarray) -> float | None:
    """Return the standard error of the mean of `values` (n,); None where there is one.

    Examples
    --------
    >>> standard_error(np.array([1.0, 3.0])), standard_error(np.array([1.0]))
    (1.0, None)
    """
    return _error(values) if len(values) > 1 else None


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


@dataclass(frozen=True)
class PairedInterval:
    """What a difference paired by seed comes to; None where a number is not finite.

    Examples
    --------
    >>> PairedInterval(mean=0.5, low=0.25, high=0.75, sd=0.1, above=5).above
    5
    """

    mean: float | None
    low: float | None  # end of its 95 % interval; None with one seed, too
    high: float | None
    sd: float | None  # standard deviation over seeds; None with one
    above: int  # in how many seeds it is positive


def paired_interval(differences: np.ndarray) -> PairedInterval:
    """Return what differences (s,), one a seed, such as those between two arms, come to.

    Examples
    --------
    >>> found = paired_interval(np.array([1.0, 2.0, -0.5, 1.5]))
    >>> found.mean, found.above
    (1.0, 3)
    """
    low, high = mean_interval(differences) if np.isfinite(differences).all() else (np.nan, np.nan)
    sd = np.std(differences, ddof=1) if len(differences) > 1 else np.nan
    numbers = (np.mean(differences), low, high, sd)
    mean, low_end, high_end, spread = (float(one) if np.isfinite(one) else None for one in numbers)
    return PairedInterval(mean, low_end, high_end, spread, above=int((differences > 0).sum()))
