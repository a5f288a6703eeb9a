"""Print how often intervals of means cover the mean, over few and many normal and skewed values."""

from __future__ import annotations

import numpy as np

from ecosystem.yardsticks.intervals import BCA_FROM, mean_interval

DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "skewed (exponential)": lambda rng, n: rng.exponential(size=n) - 1.0,
}
SIZES = (5, 10, 20, 40)


def covered(kind: str, n: int) -> float:
    """Return the share of samples of n values whose interval has the mean, 0, in it."""
    rng, samples = np.random.default_rng(n), 10_000 if n < BCA_FROM else 1000
    intervals = (mean_interval(DRAWS[kind](rng, n)) for _ in range(samples))
    return float(np.mean([low <= 0 <= high for low, high in intervals]))


print("| values | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
print("|---" * (len(SIZES) + 1) + "|")
for kind in DRAWS:
    print(f"| {kind} | " + " | ".join(f"{covered(kind, n):.3f}" for n in SIZES) + " |")
