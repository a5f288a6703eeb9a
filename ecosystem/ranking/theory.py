"""What is proved about the ranking game: peak regions, stability bounds, document counts, good thresholds.

Symbols of the paper on corpus enrichment: n publishers, k queries, peak p; m = ceil(k/n), M = ceil(2k/n),
kappa = floor(1/p), s = 1 - kappa p, R = 2k - n kappa. Everything is exact. The available text of the paper
has no formulas: they were rebuilt from its proofs, and every docstring says how far computation confirms
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

Region = Literal["small", "medium", "large"]

SEARCHED = frozenset({(2, 3), (2, 4), (2, 5), (2, 6), (3, 4)})
"""Games (n, k) in which `existence.search` found no equilibrium below `uniform_bound`, at any peak."""


@dataclass(frozen=True)
class Bound:
    """Smallest threshold that stabilises: q >= value, or q > value if it is `strict`.

    Examples
    --------
    >>> bound = Bound(Fraction(1, 4), strict=True)
    >>> bound.text(), bound.met_by(Fraction(1, 4))
    ('q > 1/4', False)
    """

    value: Fraction
    strict: bool

    def met_by(self, threshold: Fraction) -> bool:
        """Tell whether a threshold satisfies the bound."""
        return threshold > self.value if self.strict else threshold >= self.value

    def text(self, name: str = "q") -> str:
        """Say what is bounded."""
        return f"{name} {'>' if self.strict else '>='} {self.value}"


def queries_each(n: int, k: int) -> int:
    """How many queries somebody must serve for all to be served, m = ceil(k/n).

    Examples
    --------
    >>> queries_each(n=4, k=7)
    2
    """
    return -(-k // n)


def peak_places(peak: Fraction) -> int:
    """How many queries one document can serve at the peak, kappa = floor(1/p).

    Examples
    --------
    >>> peak_places(Fraction(2, 5))
    2
    """
    return floor(1 / peak)


def largest_stable_peak(n: int, k: int) -> Fraction:
    """Largest peak at which an equilibrium exists with no static documents, min(1, 1/(M - 1)) (Theorem 3.1).

    Without thresholds a pure equilibrium exists iff p is at most this. Verified: an exact search over all
    peaks for six pairs (n, k) up to (3, 4) found exactly this set of stable peaks.

    Examples
    --------
    >>> largest_stable_peak(n=2, k=4)  # M = 4
    Fraction(1, 3)
    """
    most = -(-2 * k // n)
    return min(Fraction(1), Fraction(1, max(1, most - 1)))


def region(n: int, k: int, peak: Fraction) -> Region:
    """Peak region: small (stable as it is), medium (p <= 1/m; may be empty) or large (p > 1/m).

    Examples
    --------
    >>> [region(2, 4, Fraction(p)) for p in ("1/3", "1/2", "1")]
    ['small', 'medium', 'large']
    """
    if peak <= largest_stable_peak(n, k):
        return "small"
    return "medium" if peak <= Fraction(1, queries_each(n, k)) else "large"


def stated_uniform_bound(n: int, k: int, peak: Fraction) -> Bound:
    """Smallest uniform threshold with an equilibrium, as the paper states it.

    Small peak: any. Medium (Theorem MediumPeakUniform): q > p - ((kappa + 1) p - 1)/r, r = M - kappa. Large
    (Theorem LargePeakUniform): q >= 1/m, or q > (m - 1)/m^2 if n divides k, whatever the peak.

    Verified by exact search for n = 2, k <= 6 and a few games with n = 3, except for `uniform_bound`'s case.

    Examples
    --------
    >>> stated_uniform_bound(2, 4, Fraction(1)).text()  # m = 2, and n divides k
    'q > 1/4'
    """
    where = region(n, k, peak)
    if where == "small":
        return Bound(Fraction(0), strict=False)
    m, kappa = queries_each(n, k), peak_places(peak)
    if where == "medium":
        return Bound(peak - ((kappa + 1) * peak - 1) / (-(-2 * k // n) - kappa), strict=True)
    if k % n:
        return Bound(Fraction(1, m), strict=False)
    return Bound(Fraction(m - 1, m * m), strict=True)


def uniform_bound(n: int, k: int, peak: Fraction) -> Bound:
    """Smallest uniform threshold with an equilibrium, corrected where computation contradicts the paper.

    For a large peak, m = 2, n not dividing k and 2n - k >= 2, any q > 1/4 suffices, not only q >= 1/2: the
    proof overlooks tied publishers without sole wins (`constructions.uniform_equilibrium` builds the
    profile). Verified by exact search for (3, 4); the profile by exact check for n <= 6.

    Examples
    --------
    >>> stated_uniform_bound(3, 4, Fraction(1)).text(), uniform_bound(3, 4, Fraction(1)).text()
    ('q >= 1/2', 'q > 1/4')
    """
    if region(n, k, peak) == "large" and n < k < 2 * n - 1:
        return Bound(Fraction(1, 4), strict=True)
    return stated_uniform_bound(n, k, peak)


def is_settled(n: int, k: int, peak: Fraction) -> bool:
    """Tell whether there is surely no equilibrium below `uniform_bound`: nothing is below it, or it was searched.

    Examples
    --------
    >>> is_settled(3, 4, Fraction(1)), is_settled(4, 7, Fraction(1))
    (True, False)
    """
    return region(n, k, peak) == "small" or (n, k) in SEARCHED


def recommended_threshold(n: int, k: int, peak: Fraction) -> Fraction:
    """Return min(p, 1/m): stable, fair dynamics converge, welfare is optimal, nothing goes unserved.

    Large peak: Theorem BestResponseConvergence (no fair cycle was ever found). Small and medium peaks: our
    derivation, at q = p the game is a congestion game with a potential, so all best-response paths converge.

    Examples
    --------
    >>> recommended_threshold(4, 7, Fraction(1)), recommended_threshold(4, 7, Fraction(1, 3))
    (Fraction(1, 2), Fraction(1, 3))
    """
    return min(peak, Fraction(1, queries_each(n, k)))


def best_worst_value(n: int, k: int, peak: Fraction) -> Fraction:
    """Largest value that the worst query can have in any profile, min(p, 1/m) (welfare optimality).

    Covering k queries at value v needs n floor(1/v) >= k. Equilibria at the recommended threshold attain it.

    Examples
    --------
    >>> best_worst_value(4, 7, Fraction(1))  # two queries each
    Fraction(1, 2)
    """
    return recommended_threshold(n, k, peak)


def step_bound(n: int, k: int) -> int:
    """Return n m: working bound on the steps of fair dynamics at q = 1/m, p > 1/m (never exceeded so far).

    The paper proves O(min(n^2, k)) (Theorem BestResponseConvergence); its constants are not recoverable.

    Examples
    --------
    >>> step_bound(n=4, k=7)
    8
    """
    return n * queries_each(n, k)


def simple_range(n: int, k: int) -> tuple[Fraction, Fraction] | None:
    """Thresholds (above, at most) where at most n steps suffice, n dividing k (Theorem BestResponseSimple).

    Tight: at the lower end fair play can cycle. None if n does not divide k.

    Examples
    --------
    >>> simple_range(2, 4), simple_range(4, 7)
    ((Fraction(1, 3), Fraction(1, 2)), None)
    """
    return None if k % n else (Fraction(1, k // n + 1), Fraction(n, k))


def uniform_documents(k: int, threshold: Fraction) -> int:
    """Fewest static documents that set the threshold q for all queries, ceil(k / floor(1/q)); 0 for q = 0.

    Examples
    --------
    >>> uniform_documents(k=7, threshold=Fraction(1, 2))  # two queries a document
    4
    """
    return -(-k // floor(1 / threshold)) if threshold else 0


def fewest_uniform_documents(k: int, bound: Bound) -> int:
    """Fewest static documents whose uniform threshold meets `bound`; just above it where it is strict.

    With the paper's bounds never more than n (Corollary NDocsEquilibriumUniform).

    Examples
    --------
    >>> fewest_uniform_documents(7, Bound(Fraction(1, 4), strict=True))  # three queries a document, above 1/4
    3
    """
    if not bound.strict:
        return uniform_documents(k, bound.value)
    return -(-k // (ceil(1 / bound.value) - 1)) if bound.value else 1


def stated_norm(n: int, k: int, peak: Fraction) -> Bound:
    """Smallest sum of per-query thresholds with an equilibrium, as the paper states it.

    Medium (Theorem MediumPeakGeneral): more than p (R - n) + n s, as much for s = 0. Large (Theorem
    LargePeakGeneral): at least (k - n)/(floor(k/n) + 1), with k - n + 1 above if k mod n = n - 1; strict if
    some publisher has only sole wins. Sufficient by construction (exact check). Not necessary: exact search
    finds less, see `conjectured_norm`.

    Examples
    --------
    >>> stated_norm(2, 4, Fraction(1)).text("norm")
    'norm >= 2/3'
    """
    where = region(n, k, peak)
    if where == "small":
        return Bound(Fraction(0), strict=False)
    if where == "medium":
        kappa = peak_places(peak)
        spare = 1 - kappa * peak
        return Bound(peak * (2 * k - n * kappa - n) + n * spare, strict=spare > 0)
    a, b = divmod(k, n)
    if b == n - 1:
        return Bound(Fraction(k - n + 1, a + 1), strict=n > 2)
    return Bound(Fraction(k - n, a + 1), strict=b > 0)


def conjectured_norm(n: int, k: int, peak: Fraction) -> Fraction:
    """Infimum of the sum of stabilising per-query thresholds that fits every exact search: our conjecture.

    min(p (R - n), (k - n)/(floor(k/n) + 1)) for a medium peak, the second of the two for a large one. Fits
    (2, 3) to (2, 6), (3, 4) and two (3, 5) games: losing publishers' focus deters as well.

    Examples
    --------
    >>> conjectured_norm(2, 4, Fraction(1)), conjectured_norm(2, 4, Fraction(1, 3))
    (Fraction(2, 3), Fraction(0, 1))
    """
    where = region(n, k, peak)
    if where == "small":
        return Fraction(0)
    large = Fraction(k - n, k // n + 1)
    return large if where == "large" else min(peak * (2 * k - n * peak_places(peak) - n), large)
