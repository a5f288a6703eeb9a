"""Profiles in equilibrium, and the thresholds that hold them: the constructive halves of the theorems."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ecosystem.ranking.theory import peak_places, queries_each, region, uniform_bound
from ecosystem_agents.world import Document

Holders = list[tuple[int, ...]]  # per query, the publishers who hold it


@dataclass(frozen=True)
class Construction:
    """Per-query thresholds and a profile that is an equilibrium under them.

    Examples
    --------
    >>> [str(q) for q in stated_construction(2, 2, Fraction(1)).thresholds]  # a query each holds without any
    ['0', '0']
    """

    thresholds: Document
    documents: tuple[Document, ...]


def uniform_equilibrium(n: int, k: int, peak: Fraction, threshold: Fraction) -> tuple[Document, ...] | None:
    """Return a profile in equilibrium at a uniform threshold, or None below `theory.uniform_bound`.

    Small peak: all at the peak, nobody with more than one sole win, each guarded by another's slack (Theorem
    3.1). Medium (MediumPeakUniform): all at the peak, queries held by one or two, sole wins spread evenly.
    Large (LargePeakUniform): the same with m queries at 1/m each; between 1/4 and 1/2 the ring of
    `stated_construction`; above 1/m fewer queries each, all alone, and some queries are served by nobody.

    Verified: exact check over n <= 4, k <= 8 and all peaks that are multiples of 1/60.

    Examples
    --------
    >>> uniform_equilibrium(2, 2, Fraction(1), Fraction(1))  # a query each
    ((Fraction(1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(1, 1)))
    >>> uniform_equilibrium(2, 4, Fraction(1), Fraction(1, 8)) is None  # below the bound of 1/4
    True
    """
    where = region(n, k, peak)
    if where == "small":
        return _small_peak(n, k, peak)
    if not uniform_bound(n, k, peak).met_by(threshold):
        return None
    if where == "medium":
        return _at(_pairs(n, k, peak_places(peak)), peak, n)
    m = queries_each(n, k)
    if threshold > Fraction(1, m):
        few = peak_places(threshold)
        served: Holders = [(j // few,) if j < n * few else () for j in range(k)]
        return _at(served, min(peak, Fraction(1, few)), n)
    if threshold < Fraction(1, m) and k % n:
        return _at(_ring(n, k), Fraction(1, 2), n)
    return _at(_pairs(n, k, m), Fraction(1, m), n)


def stated_construction(n: int, k: int, peak: Fraction) -> Construction:
    """Return per-query thresholds of the smallest norm that the paper states, with their equilibrium.

    Medium peak (MediumPeakGeneral): the uniform profile; per publisher the threshold p on all its sole wins
    but one, just above s on the last (none for s = 0). Large (LargePeakGeneral): a focus of 1/(floor(k/n) + 1),
    n - k mod n publishers tied in a ring; thresholds at the focus of sole wins, a publisher without ties
    has next to nothing on its last one. When n divides k this serves worse than the uniform profile does.
    Small: no thresholds.

    Verified: exact check over n <= 5, k <= 8.

    Examples
    --------
    >>> [str(q) for q in stated_construction(2, 4, Fraction(1)).thresholds]
    ['0', '0', '1/3', '1/3']
    """
    return _construction(n, k, peak, lean=False)


def lean_construction(n: int, k: int, peak: Fraction) -> Construction:
    """Return thresholds leaner than `stated_construction`: none on each publisher's last sole win.

    Medium peak: another publisher guards that query with the slack s = 1 - kappa p, so the norm is p (R - n),
    below what the paper calls necessary. Large peak: publishers without ties need no threshold on their last
    query at all, so the stated norm is attained where it is called strict. Small: no thresholds. Our
    derivations; exact check over n <= 5, k <= 8.

    Examples
    --------
    >>> [str(q) for q in lean_construction(2, 3, Fraction(1)).thresholds]
    ['1/2', '1/2', '0']
    """
    return _construction(n, k, peak, lean=True)


def _construction(n: int, k: int, peak: Fraction, *, lean: bool) -> Construction:
    where = region(n, k, peak)
    if where == "small":
        return Construction((Fraction(0),) * k, _small_peak(n, k, peak))
    if where == "medium":
        holders, spare = _pairs(n, k, peak_places(peak)), 1 - peak_places(peak) * peak
        thresholds = [peak if len(who) == 1 else Fraction(0) for who in holders]
        # Just above what the others can spare, and too little to decide what fits into one static document.
        last = spare + Fraction(1, peak.denominator * (k + 1)) if spare and not lean else Fraction(0)
        for j in _last_sole_wins(holders).values():
            thresholds[j] = last
        documents = _guarded(holders, peak, n) if lean else _at(holders, peak, n)
        return Construction(tuple(thresholds), documents)
    holders, focus = _ring(n, k), Fraction(1, k // n + 1)
    thresholds = [focus if len(who) == 1 else Fraction(0) for who in holders]
    tied = {i for who in holders if len(who) > 1 for i in who}
    for i, j in _last_sole_wins(holders).items():
        if i not in tied:
            thresholds[j] = Fraction(0) if lean else focus / (k + 1)
    return Construction(tuple(thresholds), _at(holders, focus, n))


def _small_peak(n: int, k: int, peak: Fraction) -> tuple[Document, ...]:
    places = min(peak_places(peak), k)
    if n * places >= 2 * k:  # no sole wins at all: deal the places out in turn
        rounds = [[(i * places + t) % k for t in range(places)] for i in range(n)]
        return _at([tuple(i for i in range(n) if j in rounds[i]) for j in range(k)], peak, n)
    return _guarded(_pairs(n, k, places), peak, n)


def _pairs(n: int, k: int, places: int) -> Holders:
    """Give each publisher `places` queries, each query one or two holders, sole wins spread evenly."""
    alone = 2 * k - n * places
    sole = [alone // n + (i < alone % n) for i in range(n)]
    holders: Holders = [(i,) for i in range(n) for _ in range(sole[i])]
    ties = [places - own for own in sole]
    while any(ties):
        first, second = sorted(range(n), key=lambda i: (-ties[i], i))[:2]
        holders.append((min(first, second), max(first, second)))
        ties[first] -= 1
        ties[second] -= 1
    return holders


def _ring(n: int, k: int) -> Holders:
    """Give each publisher floor(k/n) + 1 queries; the ties are held by as few publishers as possible."""
    places, tied = k // n + 1, n - k % n
    if tied == 1:
        return _pairs(n, k, places)
    ring = [(i, (i + 1) % tied) for i in range(tied)]
    sole: Holders = [(i,) for i in range(tied) for _ in range(places - 2)]
    return ring + sole + [(i,) for i in range(tied, n) for _ in range(places)]


def _last_sole_wins(holders: Holders) -> dict[int, int]:
    """Return each publisher's last query held alone, where it has one."""
    return {who[0]: j for j, who in enumerate(holders) if len(who) == 1}


def _at(holders: Holders, focus: Fraction, n: int) -> tuple[Document, ...]:
    return tuple(tuple(focus if i in who else Fraction(0) for who in holders) for i in range(n))


def _guarded(holders: Holders, peak: Fraction, n: int) -> tuple[Document, ...]:
    """All at the peak; the next publisher's slack lies on each publisher's last sole win."""
    documents = [list(document) for document in _at(holders, peak, n)]
    for i, j in _last_sole_wins(holders).items():
        documents[(i + 1) % n][j] = 1 - peak_places(peak) * peak
    return tuple(map(tuple, documents))
