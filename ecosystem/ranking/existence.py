"""Whether any profile is an equilibrium: an exact search over all of them, at all peaks and thresholds at once.

What makes a profile an equilibrium is who wins each query, whether at the peak, and which of the losers come next.
Up to names such patterns are few. In each the conditions are linear in the peak, the thresholds and the focuses, and
whole numbers decide them (a simplex method without division): what is found is checked once more by
`is_equilibrium`, and where nothing is found there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations, combinations_with_replacement, permutations, product
from math import gcd, lcm
from typing import Literal, NamedTuple

from ecosystem.ranking.game import Profile, RankingGame
from ecosystem.ranking.responses import is_equilibrium

Kind = Literal["none", "uniform", "free"]


class Condition(NamedTuple):
    """That peak * p + threshold * q + constant is at least 0, or above; q is the sum of free thresholds.

    Examples
    --------
    >>> Condition(peak=1, threshold=0, constant=Fraction(-1, 2), strict=True)  # p > 1/2
    Condition(peak=1, threshold=0, constant=Fraction(-1, 2), strict=True)
    """

    peak: Fraction | int
    threshold: Fraction | int
    constant: Fraction | int
    strict: bool = False


class Pattern(NamedTuple):
    """Who wins a query, whether at the peak, and which losers share the next score, if it reaches the threshold.

    Examples
    --------
    >>> Pattern(winners=(0, 1), at_peak=True)  # the first two publishers share the query
    Pattern(winners=(0, 1), at_peak=True, guards=())
    """

    winners: tuple[int, ...]
    at_peak: bool = False
    guards: tuple[int, ...] = ()


@dataclass(frozen=True)
class Search:
    """An equilibrium under the conditions asked for, or None if there is none, and the patterns tried.

    Examples
    --------
    >>> found = search(2, 1, "none", []).found  # of one query, which both win
    >>> [str(u) for u in found.utilities]
    ['1/2', '1/2']
    """

    found: Profile | None
    patterns: int


def search(n: int, k: int, kind: Kind, conditions: Sequence[Condition]) -> Search:
    """Look for an equilibrium of n publishers and k queries, at any peak and any thresholds of a kind.

    Meant for n = 2, k <= 6 and n = 3, k <= 4: seconds.

    Parameters
    ----------
    n, k : int
        Publishers and queries.
    kind : {"none", "uniform", "free"}
        No thresholds, a uniform one, or one a query; there only profiles count in which publishers win all queries,
        as the paper has it.
    conditions : sequence of Condition
        What peak and thresholds must meet besides.

    Examples
    --------
    >>> search(2, 3, "none", [Condition(1, 0, Fraction(-1, 2), strict=True)]).found is None  # at no p > 1/2
    True
    """
    tried = 0
    for tried, patterns in enumerate(_up_to_names(n, k, kind), 1):
        found = _settle(n, patterns, kind, conditions)
        if found is not None:
            return Search(found, tried)
    return Search(None, tried)


def _up_to_names(n: int, k: int, kind: Kind) -> Iterator[tuple[Pattern, ...]]:
    options = [Pattern(())] if kind == "uniform" else []
    for who in chain(*(combinations(range(n), size) for size in range(1, n + 1))):
        losers = [i for i in range(n) if i not in who]
        # With no thresholds the losers' best always counts, and be it 0.
        sizes = range(kind == "none", n) if len(who) == 1 else [0]
        guards = list(chain(*(combinations(losers, size) for size in sizes)))
        options += [Pattern(who, *rest) for rest in product((True, False), guards)]
    at = {option: i for i, option in enumerate(options)}

    def renamed(one: Pattern, names: Sequence[int]) -> int:
        winners, guards = (tuple(sorted(names[i] for i in who)) for who in (one.winners, one.guards))
        return at[Pattern(winners, one.at_peak, guards)]

    tables = [[renamed(option, names) for option in options] for names in permutations(range(n))]
    for chosen in combinations_with_replacement(range(len(options)), k):
        if all(sorted(table[i] for i in chosen) >= list(chosen) for table in tables):
            yield tuple(options[i] for i in chosen)


def _settle(
    n: int, patterns: Sequence[Pattern], kind: Kind, conditions: Sequence[Condition]
) -> Profile | None:
    """Return an equilibrium of these patterns under the conditions, or None."""
    k = len(patterns)
    # Variables: the peak, thresholds, winning focuses that are below the peak, guarding focuses.
    threshold = [1 if kind == "uniform" else 1 + j for j in range(k)]
    value = [0 if one.at_peak else 1 + k + j for j, one in enumerate(patterns)]
    guard = [1 + 2 * k + j for j in range(k)]
    bare = [len(one.winners) == 1 and not one.guards for one in patterns]  # held by its threshold alone
    rows: list[tuple[list[int], bool]] = []

    def ask(constant: int, plus: Sequence[int], minus: Sequence[int] = (), strict: bool = False) -> None:
        row = [constant] + [0] * (3 * k + 1)
        for sign, variables in ((1, plus), (-1, minus)):
            for at in variables:
                row[1 + at] += sign
        rows.append((row, strict))

    ask(0, [0], strict=True)
    ask(1, [], [0])
    if kind == "uniform":
        ask(0, threshold[:1], strict=True)
        ask(0, [0], threshold[:1])
    for of_peak, of_threshold, constant, strict in conditions:
        scale = lcm(*(Fraction(x).denominator for x in (of_peak, of_threshold, constant)))
        row = [int(constant * scale), int(of_peak * scale)] + [0] * (3 * k)
        for j in [0] if kind == "uniform" else [j for j in range(k) if bare[j]]:
            row[1 + threshold[j]] = int(of_threshold * scale)
        rows.append((row, strict))
    for j, one in enumerate(patterns):
        if one.winners and not one.at_peak:
            ask(0, [0], value[j : j + 1], strict=True)
        if one.winners and (kind == "uniform" or bare[j]):
            ask(0, value[j : j + 1], threshold[j : j + 1])
        if one.guards:
            ask(0, value[j : j + 1], guard[j : j + 1], strict=True)
            if kind == "uniform":
                ask(0, guard[j : j + 1], threshold[j : j + 1])
            elif len(one.guards) < n - 1:  # above the focus 0 of who is no guard
                ask(0, guard[j : j + 1], strict=True)
        elif one.winners and len(one.winners) < n:
            ask(0, [threshold[j] if bare[j] else value[j]], strict=True)
    for i in range(n):
        won = [value[j] for j, one in enumerate(patterns) if i in one.winners]
        ask(1, [], won + [guard[j] for j, one in enumerate(patterns) if i in one.guards])
        for variables, strict in _deviations(n, i, patterns, (threshold, value, guard)):
            ask(-1, variables, strict=strict)
    x = feasible(rows)
    if x is None:
        return None
    counts = [kind == "uniform" or bare[j] for j in range(k)]
    q = [x[threshold[j]] if counts[j] else Fraction(0) for j in range(k)]
    documents = [
        [
            x[value[j]] if i in one.winners else x[guard[j]] if i in one.guards else Fraction(0)
            for j, one in enumerate(patterns)
        ]
        for i in range(n)
    ]
    profile = RankingGame.make(n, k, x[0], q).profile(documents)
    if not is_equilibrium(profile):
        raise ArithmeticError(f"the search took {documents} at p = {x[0]}, q = {q} for an equilibrium")
    return profile


def _deviations(
    n: int, i: int, patterns: Sequence[Pattern], variables: tuple[list[int], list[int], list[int]]
) -> Iterator[tuple[list[int], bool]]:
    """Return the sums that must not fit into the budget lest i deviate: above 1, or at least 1 if more is needed."""
    threshold, value, guard = variables
    whole, now = lcm(*range(1, n + 1)), 0
    costs, ties, wins = [], [], []
    for j, one in enumerate(patterns):
        rivals = one.guards if one.winners == (i,) else tuple(r for r in one.winners if r != i)
        now += whole // len(one.winners) if i in one.winners else 0
        costs.append(guard[j] if one.guards and one.winners == (i,) else value[j] if rivals else threshold[j])
        ties.append(whole // (len(rivals) + 1))
        wins.append(ties[j] if one.at_peak and one.winners != (i,) else whole)
    asked: list[tuple[frozenset[int], bool]] = []
    for chosen in chain(*(combinations(range(len(patterns)), size) for size in range(len(patterns) + 1))):
        strict = sum(ties[j] for j in chosen) > now
        implied = any(less <= set(chosen) and (more or not strict) for less, more in asked)
        if not implied and (strict or sum(wins[j] for j in chosen) > now):
            asked.append((frozenset(chosen), strict))
            yield [costs[j] for j in chosen], strict


def feasible(rows: Sequence[tuple[Sequence[int], bool]]) -> list[Fraction] | None:
    """Return x >= 0 at which row[0] + row[1:] . x >= 0 for all rows, above 0 for strict ones; None if there is none.

    Whole numbers throughout. First the dual simplex method makes all rows hold, then the primal one raises a
    margin of the strict ones until it is positive; both take the lowest number first (Bland's rule), so they end.

    Examples
    --------
    >>> feasible([([-1, 2], False), ([2, -1], True)])  # 2 x >= 1 and x < 2
    [Fraction(1, 2)]
    >>> feasible([([-1, 1], False), ([1, -1], True)]) is None  # x >= 1 and x < 1
    True
    """
    size = len(rows[0][0]) - 1
    # A line [d, c, a...] says d * basic = c + a . nonbasic; the last variable is the margin, at most 1.
    table = [[1, *row, -int(strict)] for row, strict in rows] + [[1, 1, *[0] * size, -1]]
    table.append([1, *[0] * (size + 1), 1])  # the margin itself, which is no basic variable
    outside, inside = list(range(size + 1)), list(range(size + 1, size + 1 + len(table)))
    lines = range(len(table) - 1)
    while True:
        short = [r for r in lines if table[r][1] < 0]
        if short:
            r = min(short, key=inside.__getitem__)
            rising = [c for c in range(size + 1) if table[r][c + 2] > 0]
            if not rising:
                return None
            c = min(rising, key=outside.__getitem__)
        else:
            if table[-1][1] > 0:
                break
            rising = [c for c in range(size + 1) if table[-1][c + 2] > 0]
            if not rising:
                return None
            c = min(rising, key=outside.__getitem__)
            falling = [r for r in lines if table[r][c + 2] < 0]
            r = min(falling, key=lambda r: (Fraction(table[r][1], -table[r][c + 2]), inside[r]))
        _pivot(table, r, c + 2)
        inside[r], outside[c] = outside[c], inside[r]
    x = [Fraction(0)] * (size + 1)
    for r in lines:
        if inside[r] <= size:
            x[inside[r]] = Fraction(table[r][1], table[r][0])
    return x[:size]


def _pivot(table: list[list[int]], r: int, c: int) -> None:
    """Solve line r for the variable of column c, and put that into all other lines."""
    line = table[r]
    sign = 1 if line[c] > 0 else -1
    solved = [-sign * a for a in line]
    solved[0], solved[c] = abs(line[c]), sign * line[0]
    table[r] = solved
    for i, other in enumerate(table):
        if i != r and other[c]:
            mixed = [solved[0] * a + other[c] * b for a, b in zip(other, solved, strict=True)]
            mixed[0], mixed[c] = solved[0] * other[0], other[c] * solved[c]
            divisor = gcd(*mixed)
            table[i] = [a // divisor for a in mixed]
