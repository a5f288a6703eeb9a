"""A difference paired by seed, as every JSON has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosystem.yardsticks.intervals import mean_interval
from runs.plain import plain


def interval(values: np.ndarray) -> dict[str, Any]:
    """Return mean, 95 % bootstrap interval and how many seeds are above 0.

    Parameters
    ----------
    values : (s,) array
        One number a seed, such as the difference between two arms.

    Returns
    -------
    dict
        mean, low and high (None with one seed or where a value is not finite), above.
    """
    low, high = mean_interval(values) if np.isfinite(values).all() else (np.nan, np.nan)
    return {
        "mean": plain(values.mean()),
        "low": plain(low),
        "high": plain(high),
        "above": int((values > 0).sum()),
    }
