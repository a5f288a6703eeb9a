"""Power: how many seeds it takes to show a difference of a given size, where arms are paired by seed."""

from __future__ import annotations

from bisect import bisect_left
from math import sqrt

from scipy.stats import nct, t

from ecosystem_agents.inputs.checks import BadInput, real, whole

MOST = 10**9
"""As many seeds as anybody is told to run: it stands for that many or more."""
SURELY = 0.9999
FAR = 1e6  # standard errors from 0, from which a difference cannot be missed; scipy's tail is no number far beyond


def power_of(n: int, sd: float, effect: float, confidence: float = 0.95) -> float:
    """Return the chance that a paired t test of `n` seeds tells a mean difference from 0.

    The differences are taken to be independent and normal. The statistic then follows Student's noncentral t with
    n - 1 degrees of freedom, centred at effect / (sd / sqrt(n)) (Cohen, Statistical Power Analysis, chapter 2).

    Parameters
    ----------
    n : int
        Seeds, at least 2.
    sd : float
        Standard deviation of the difference between two arms in one world, at least 0.
    effect : float
        The mean difference there is.
    confidence : float
        How seldom a difference is told where there is none, two-sided; from 0 to 0.9999.

    Examples
    --------
    >>> print(f"{power_of(34, sd=0.002, effect=0.001):.2f} {power_of(10, sd=0.002, effect=0.001):.2f}")
    0.81 0.29
    """
    n, sd, effect = whole("n", n, at_least=2), real("sd", sd, at_least=0), real("effect", effect)
    confidence = real("confidence", confidence, above=0, at_most=SURELY)
    beyond = t.isf((1 - confidence) / 2, n - 1)
    centre = min(abs(effect) / max(sd, 1e-300) * sqrt(n), FAR)
    return float(nct.sf(beyond, n - 1, centre) + nct.sf(beyond, n - 1, -centre))  # either way round


def seeds_needed(sd: float, effect: float, power: float = 0.8, confidence: float = 0.95) -> int:
    """Return the fewest seeds, from 2 to `MOST`, that tell a mean difference from 0 with that chance: `power_of`.

    Parameters
    ----------
    sd, effect, confidence
        As in `power_of`; the effect is not 0.
    power : float
        The chance wanted, from 0 to 0.9999.

    Raises
    ------
    BadInput
        If the effect is 0, which no number of seeds shows, or a number is outside its range.

    Examples
    --------
    >>> seeds_needed(sd=0.002, effect=0.001)
    34
    """
    power = real("power", power, above=0, at_most=SURELY)
    if effect == 0:
        raise BadInput("effect is 0, which no number of seeds shows; give the difference that is to be seen")
    numbers = range(2, MOST)
    return numbers.start + bisect_left(numbers, power, key=lambda n: power_of(n, sd, effect, confidence))
