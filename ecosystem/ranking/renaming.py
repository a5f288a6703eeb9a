"""Profiles up to renaming: the same play with publishers and queries called by other names.

A query keeps its threshold and a publisher its rule under any renaming. All rests on colour refinement:
publishers and queries are split by how much focus they exchange with whom, until nothing splits any further.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from ecosystem.ranking.game import Profile

Colours = list[list[int]]  # per profile, a colour per publisher, then one per query
Edges = list[list[tuple[int, int]]]  # per publisher or query, (neighbour, focus) where it is not 0


def hash_up_to_renaming(profile: Profile, labels: Sequence[str] = ()) -> int:
    """Return a number that is equal for profiles that are the same up to renaming, and seldom otherwise.

    For `labels` see `same_up_to_renaming`.
    """
    edges, start = _graph(profile, labels)
    return _refined([edges], _ranked([start])[0])[1]


def same_up_to_renaming(one: Profile, other: Profile, labels: Sequence[str] = ()) -> bool:
    """Tell exactly whether two profiles are equal after renaming publishers and queries.

    Parameters
    ----------
    one, other : Profile
    labels : n strings, optional
        What else tells publishers apart, such as their rules.
    """
    graphs = [_graph(profile, labels) for profile in (one, other)]
    colours, _ = _ranked([start for _, start in graphs])
    return _matches([edges for edges, _ in graphs], colours, one.game.n_publishers)


class Repeats:
    """Remembers the profiles of a path; finds the earlier one that a profile is a renaming of.

    Parameters
    ----------
    labels : n strings, optional
        What else tells publishers apart, such as their rules.
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


def _graph(profile: Profile, labels: Sequence[str]) -> tuple[Edges, list[tuple[object, ...]]]:
    n = profile.game.n_publishers
    common = math.gcd(
        profile.unit, profile.peak, *profile.thresholds, *(w for row in profile.rows for w in row)
    )
    edges: Edges = [[] for _ in range(n + profile.game.n_queries)]
    for i, row in enumerate(profile.rows):
        for j, focus in enumerate(row):
            if focus:
                edges[i].append((n + j, focus // common))
                edges[n + j].append((i, focus // common))
    # Ids of the labels, not their text: a text's hash differs between processes.
    ids = {label: rank for rank, label in enumerate(sorted(set(labels)))}
    scale = (profile.unit // common, profile.peak // common)
    start: list[tuple[object, ...]] = [(0, *scale, ids[labels[i]] if labels else 0) for i in range(n)]
    start += [(1, *scale, q // common) for q in profile.thresholds]
    return edges, start


def _ranked(signatures: Sequence[Sequence[tuple[object, ...]]]) -> tuple[Colours, int]:
    """Rank the signatures by rank over all profiles; also return a hash of how often each occurs."""
    counts = Counter(s for each in signatures for s in each)
    ordered = sorted(counts)
    rank = {signature: colour for colour, signature in enumerate(ordered)}
    return [[rank[s] for s in each] for each in signatures], hash(tuple((s, counts[s]) for s in ordered))


def _refined(graphs: Sequence[Edges], colours: Colours) -> tuple[Colours, int]:
    history = 0
    while True:
        finer, seen = _ranked(
            [
                [
                    (colour, *sorted((w, own[other]) for other, w in edges))
                    for colour, edges in zip(own, graph, strict=True)
                ]
                for own, graph in zip(colours, graphs, strict=True)
            ]
        )
        history = hash((history, seen))
        if max(map(max, finer)) == max(map(max, colours)):
            return finer, history
        colours = finer


def _matches(graphs: Sequence[Edges], colours: Colours, n: int) -> bool:
    (first, second), _ = _refined(graphs, colours)
    if sorted(first) != sorted(second):
        return False
    sizes = Counter(first[:n])
    open_colours = [colour for colour, size in sizes.items() if size > 1]
    if not open_colours:  # every publisher is told apart, so equal colours are equal columns
        return True
    colour = min(open_colours, key=lambda c: (sizes[c], c))
    fresh = max(first) + 1
    chosen = [*first]
    chosen[first.index(colour)] = fresh
    for i in range(n):
        if second[i] == colour:
            tried = [*second]
            tried[i] = fresh
            if _matches(graphs, [chosen, tried], n):
                return True
    return False
