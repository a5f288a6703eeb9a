"""Bootstrap intervals of means, for whatever is compared run by run."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap

RESAMPLES = 9999


def mean_interval(values: np.ndarray, confidence: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """Return a bootstrap interval of the mean of `values` (n,): bias-corrected and accelerated.

    For a paired comparison hand in the differences of pairs. Resampling is seeded, so that the same values
    give the same interval. Equal values give that value twice; fewer than two give NaN twice.

    Parameters
    ----------
    values : (n,) array
        Independent draws, such as one a seed.
    confidence : float
        Coverage, in (0, 1).
    seed : int
        Seed of the resampling.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2:
        return float("nan"), float("nan")
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of degenerate resamples, which the fall-back below is for
        options = {"n_resamples": RESAMPLES, "confidence_level": confidence}
        for method in ("BCa", "percentile"):
            found = bootstrap((values,), np.mean, method=method, rng=np.random.default_rng(seed), **options)
            low, high = (float(end) for end in found.confidence_interval)
            if np.isfinite([low, high]).all():
                break
    return low, high


def standard_error(values: np.ndarray) -> float | None:
    """Return the standard error of the mean of `values` (n,); None where there is one."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


@dataclass(frozen=True)
class PairedInterval:
    """What a difference paired by seed comes to; None where a number is not finite."""

    mean: float | None
    low: float | None  # end of its 95 % interval; None with one seed, too
    high: float | None
    sd: float | None  # standard deviation over seeds; None with one
    above: int  # in how many seeds it is positive


def paired_interval(differences: np.ndarray) -> PairedInterval:
    """Return what differences (s,), one a seed, such as those between two arms, come to."""
    low, high = mean_interval(differences) if np.isfinite(differences).all() else (np.nan, np.nan)
    sd = np.std(differences, ddof=1) if len(differences) > 1 else np.nan
    numbers = (np.mean(differences), low, high, sd)
    mean, low_end, high_end, spread = (float(one) if np.isfinite(one) else None for one in numbers)
    return PairedInterval(mean, low_end, high_end, spread, above=int((differences > 0).sum()))
