"""Profiles up to renaming: the same play with publishers and queries called by other names.

A query keeps its threshold and a publisher its rule under any renaming. All rests on colour refinement:
publishers and queries are split by how much focus they exchange with whom, until nothing splits any further.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from ecosystem.ranking.game import Profile

# A corner for each publisher, then one for each query: its (neighbour, focus) where the focus is not 0.
Corners = list[list[tuple[int, int]]]


def hash_up_to_renaming(profile: Profile, labels: Sequence[str] = ()) -> int:
    """Return a number that is equal for profiles that are the same up to renaming, and seldom otherwise.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> one, other = (RankingGame.make(2, 2).profile(d) for d in ([[1, 0], [0, "1/2"]], [["1/2", 0], [0, 1]]))
    >>> hash_up_to_renaming(one) == hash_up_to_renaming(other)
    True
    """
    corners, kinds = _graph(profile, labels)
    return _refined(corners, _ranked(kinds)[0])[1]


def same_up_to_renaming(one: Profile, other: Profile, labels: Sequence[str] = ()) -> bool:
    """Tell exactly whether two profiles are equal after renaming publishers and queries.

    Here as elsewhere `labels` are what else tells publishers apart, such as their rules.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> one, other = (RankingGame.make(2, 2).profile(d) for d in ([[1, 0], [0, "1/2"]], [["1/2", 0], [0, 1]]))
    >>> same_up_to_renaming(one, other), same_up_to_renaming(one, other, labels=["fair", "greedy"])
    (True, False)
    """
    (first, kinds), (second, others) = _graph(one, labels), _graph(other, labels)
    moved = [[(at + len(first), focus) for at, focus in corner] for corner in second]
    return _matches(first + moved, _ranked(kinds + others)[0], one.game.n_publishers)


class Repeats:
    """Remembers the profiles of a path; finds the earlier one that a profile is a renaming of.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> one, other = (RankingGame.make(2, 2).profile(d) for d in ([[1, 0], [0, "1/2"]], [["1/2", 0], [0, 1]]))
    >>> path = Repeats()
    >>> path.first_seen(0, one), path.first_seen(1, other)
    (None, 0)
    """

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self._labels = tuple(labels)
        self._seen: dict[int, list[tuple[int, Profile]]] = defaultdict(list)

    def first_seen(self, step: int, profile: Profile) -> int | None:
        """Return the step of the earlier profile equal up to renaming, or None; remember this one."""
        alike = self._seen[hash_up_to_renaming(profile, self._labels)]
        for earlier, other in alike:
            if same_up_to_renaming(profile, other, self._labels):
                return earlier
        alike.append((step, profile))
        return None


def _graph(profile: Profile, labels: Sequence[str]) -> tuple[Corners, list[tuple[int, ...]]]:
    """Return the corners, and what tells each apart to begin with."""
    n = profile.game.n_publishers
    common = math.gcd(
        profile.unit, profile.peak, *profile.thresholds, *(x for row in profile.rows for x in row)
    )
    corners: Corners = [[] for _ in range(n + profile.game.n_queries)]
    for i, row in enumerate(profile.rows):
        for j, focus in enumerate(row):
            if focus:
                corners[i].append((n + j, focus // common))
                corners[n + j].append((i, focus // common))
    # Ids of the labels, not their text: a text's hash differs between processes.
    ids = {label: rank for rank, label in enumerate(sorted(set(labels)))}
    scale = (profile.unit // common, profile.peak // common)
    kinds: list[tuple[int, ...]] = [(0, *scale, ids[labels[i]] if labels else 0) for i in range(n)]
    kinds += [(1, *scale, q // common) for q in profile.thresholds]
    return corners, kinds


def _ranked(signatures: Sequence[tuple[Any, ...]]) -> tuple[list[int], int]:
    """Return each signature's rank as its colour, and a hash of how often each occurs."""
    counts = Counter(signatures)
    ordered = sorted(counts)
    rank = {signature: colour for colour, signature in enumerate(ordered)}
    return [rank[s] for s in signatures], hash(tuple((s, counts[s]) for s in ordered))


def _refined(corners: Corners, colours: list[int]) -> tuple[list[int], int]:
    """Split colours until nothing splits any further; also return a hash of the way there."""
    history = 0
    while True:
        finer, seen = _ranked(
            [
                (colour, *sorted((focus, colours[other]) for other, focus in corner))
                for colour, corner in zip(colours, corners, strict=True)
            ]
        )
        history = hash((history, seen))
        if max(finer) == max(colours):
            return finer, history
        colours = finer


def _matches(corners: Corners, colours: list[int], n: int) -> bool:
    """Tell whether the first half of the corners can be the second half's, renamed within their colours."""
    colours, _ = _refined(corners, colours)
    half = len(corners) // 2
    first, second = colours[:half], colours[half:]
    if sorted(first) != sorted(second):
        return False
    sizes = Counter(first[:n])
    shared = [colour for colour, size in sizes.items() if size > 1]
    if not shared:  # every publisher is told apart, so equal colours are equal columns
        return True
    colour = min(shared, key=lambda c: (sizes[c], c))
    for i in range(n):
        if second[i] == colour:
            paired = [*colours]
            paired[first.index(colour)] = paired[half + i] = max(colours) + 1
            if _matches(corners, paired, n):
                return True
    return False
