"""The fewest static documents that set given thresholds: bin packing, exact where that is possible.

One document can carry a set of queries iff their thresholds sum to at most 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from ecosystem_agents.world import Document

MOST_PATTERNS = 20_000  # beyond as many candidate sets the packing is heuristic


@dataclass(frozen=True)
class StaticDocuments:
    """Documents that realise thresholds, and how many it takes at least.

    As many as there are, unless the packing is heuristic.

    Examples
    --------
    >>> StaticDocuments(documents=((Fraction(1, 2), Fraction(1, 2)),), at_least=1).at_least
    1
    """

    documents: tuple[Document, ...]
    at_least: int


def static_documents(thresholds: Sequence[Fraction]) -> StaticDocuments:
    """Return static documents that set `thresholds`, the fewest wherever that can be settled.

    First-fit decreasing, at most 11/9 of the optimum plus 6/9, is tried first and is often as few as the
    bound ceil(sum of thresholds). Otherwise all maximal sets of thresholds that fit one document are listed,
    exactly, and an integer program (scipy's HiGHS) covers the queries by the fewest of them; where more than
    20,000 sets would have to be tried the heuristic stands and `at_least` tells by how much it may be off.

    Examples
    --------
    >>> [[str(x) for x in document] for document in static_documents([Fraction(1, 2)] * 3).documents]
    [['1/2', '1/2', '0'], ['0', '0', '1/2']]
    """
    items = [j for j, q in enumerate(thresholds) if q > 0]
    at_least = math.ceil(sum(thresholds))
    packed = _first_fit(thresholds, items)
    if len(packed) > at_least:
        fewest = _fewest(thresholds, items)
        if fewest is not None:
            packed, at_least = fewest, len(fewest)
    documents = tuple(
        tuple(q if j in bundle else Fraction(0) for j, q in enumerate(thresholds))
        for bundle in map(set, packed)
    )
    return StaticDocuments(documents, at_least)


def _first_fit(thresholds: Sequence[Fraction], items: Sequence[int]) -> list[list[int]]:
    bundles: list[list[int]] = []
    room: list[Fraction] = []
    for j in sorted(items, key=lambda j: -thresholds[j]):
        place = next((b for b, left in enumerate(room) if thresholds[j] <= left), len(room))
        if place == len(room):
            bundles.append([])
            room.append(Fraction(1))
        bundles[place].append(j)
        room[place] -= thresholds[j]
    return bundles


def _fewest(thresholds: Sequence[Fraction], items: Sequence[int]) -> list[list[int]] | None:
    """Exact packing by patterns (how many of each distinct threshold), or None if there are too many."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    counts = Counter(thresholds[j] for j in items)
    sizes = sorted(counts, reverse=True)
    patterns = _patterns(sizes, [counts[size] for size in sizes])
    if patterns is None:
        return None
    # Which thresholds fit together was settled in fractions; the program sees small whole numbers only.
    found = milp(
        np.ones(len(patterns)),
        constraints=LinearConstraint(np.array(patterns).T, lb=[counts[size] for size in sizes]),
        integrality=np.ones(len(patterns)),
        bounds=Bounds(0, np.inf),
    )
    if not found.success:
        return None
    waiting = {size: [j for j in items if thresholds[j] == size] for size in sizes}
    bundles = []
    for pattern, times in zip(patterns, np.rint(found.x).astype(int), strict=True):
        for _ in range(times):
            bundle = [
                waiting[size].pop()
                for size, many in zip(sizes, pattern, strict=True)
                for _ in range(min(many, len(waiting[size])))
            ]
            bundles.append(bundle)
    if any(waiting.values()):
        raise ArithmeticError("the integer program left queries uncovered")
    return bundles


def _patterns(sizes: Sequence[Fraction], counts: Sequence[int]) -> list[list[int]] | None:
    """All maximal patterns that fit one document, or None if that takes more than `MOST_PATTERNS` tries."""
    patterns: list[list[int]] = []
    tries = count()

    def extend(at: int, left: Fraction, pattern: list[int]) -> bool:
        if at == len(sizes):
            maximal = all(
                left < size or many == most for size, many, most in zip(sizes, pattern, counts, strict=True)
            )
            if maximal:
                patterns.append(pattern)
            return next(tries) < MOST_PATTERNS
        most = min(counts[at], math.floor(left / sizes[at]))
        return all(extend(at + 1, left - many * sizes[at], [*pattern, many]) for many in range(most, -1, -1))

    return patterns if extend(0, Fraction(1), []) else None
