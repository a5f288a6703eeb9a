"""Figures as plain JSON, and as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ecosystem.yardsticks.intervals import PairedInterval


def plain(value: Any) -> Any:
    """Return figures ready for JSON: NumPy's numbers are Python's; NaN and infinity, which it lacks, are None."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not math.isfinite(number) else number


def interval_text(one: PairedInterval, form: str = "+.4f") -> str:
    """Return a mean with its interval, where there is one, as text; "-" where there is no mean."""
    if one.mean is None:
        return "-"
    ends = "" if one.low is None or one.high is None else f" [{one.low:{form}}, {one.high:{form}}]"
    return f"{one.mean:{form}}{ends}"
