"""The ranking game with thresholds, exact: publishers spread one unit of focus over queries.

Scores are compared and budgets summed in whole units of a common denominator, never in floats: a profile
turns from stable to unstable exactly at equality.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from ecosystem.ranking.retrieval import Retrieval, retrieval_of
from ecosystem_agents.inputs.checks import BadInput, exact, whole
from ecosystem_agents.world import Document

_ZERO = Fraction(0)
# Everything is exact and in memory; far larger games than these would only seem to hang.
MOST_PUBLISHERS, MOST_QUERIES = 1000, 10_000
Score = int | Fraction


def read_document(name: str, value: Any, n_queries: int, largest: Fraction) -> Document:
    """Return `value` as a document: its focus on each query, in [0, largest], at most 1 in all.

    Raises
    ------
    BadInput
        If it has another length, a focus outside [0, largest], or exceeds the budget of 1.

    Examples
    --------
    >>> read_document("document", ["1/3", 0.25], n_queries=2, largest=Fraction(1))
    (Fraction(1, 3), Fraction(1, 4))
    """
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != n_queries:
        raise BadInput(f"{name} is {reprlib.repr(value)}; it must hold {n_queries} numbers, one per query")
    document = tuple(
        exact(f"{name}, focus on query {j + 1}", focus, at_least=0, at_most=largest)
        for j, focus in enumerate(value)
    )
    if sum(document) > 1:
        raise BadInput(f"{name} has a focus of {sum(document)} in all; the budget is 1: lower some of it")
    return document


def thresholds_of(
    documents: Sequence[Document], n_queries: int, retrieval: Retrieval | None = None
) -> Document:
    """Thresholds that static documents set: per query, the focus of the one that scores best there (q_j).

    Of focuses that score alike the least. A game with the documents and the game with these thresholds have the
    same equilibria (Lemma "Translation" of the paper on corpus enrichment).

    Examples
    --------
    >>> half, most = (Fraction(1, 2), Fraction(0)), (Fraction(1, 4), Fraction(3, 4))
    >>> thresholds_of([half, most], n_queries=2)
    (Fraction(1, 2), Fraction(3, 4))
    """
    columns = [[_ZERO, *(d[j] for d in documents)] for j in range(n_queries)]
    if retrieval is None:
        return tuple(map(max, columns))
    thresholds = []
    for column in columns:
        best = max(column, key=retrieval.score)
        least = retrieval.reach(retrieval.score(best))
        # Across a jump nothing less scores just as much.
        thresholds.append(least if retrieval.score(least) == retrieval.score(best) else best)
    return tuple(thresholds)


class Price(NamedTuple):
    """What it takes to score as much as somebody, and more, in a profile's units of focus.

    Examples
    --------
    >>> RankingGame.make(2, 1).profile([["1/2"], [0]]).price(1)  # in halves: 1 matches, more beats
    Price(match=1, beat=1, strict=True)
    """

    match: int
    beat: int | None  # None: nothing beats the peak
    strict: bool = True  # whether it takes more than `beat`


@dataclass(frozen=True)
class RankingGame:
    """The Ranking Game with Thresholds (Section 2.3 of the paper on corpus enrichment).

    Parameters
    ----------
    n_publishers, n_queries : int
        n >= 2 and k >= 1.
    peak : Fraction
        p in (0, 1]: nothing above p is useful.
    thresholds : tuple of Fraction
        q, one per query, in [0, p]; a publisher wins a query only if it reaches the threshold (it beats
        the static document behind it in a tie).
    retrieval : Retrieval or None
        What a focus x scores; None is min(x, p), with no focus above p.

    Examples
    --------
    >>> game = RankingGame.make(2, 2, threshold="1/4")
    >>> game.profile([[1, 0], [0, "1/5"]]).winners  # 1/5 does not reach the threshold
    [(0,), ()]
    """

    n_publishers: int
    n_queries: int
    peak: Fraction
    thresholds: Document
    retrieval: Retrieval | None = None

    @classmethod
    def make(
        cls, n_publishers: Any, n_queries: Any, peak: Any = 1, threshold: Any = 0, retrieval: Any = None
    ) -> RankingGame:
        """Build a game from numbers or text; `threshold` is one number for all queries or one per query.

        A `retrieval` function, or the name of one (see `retrieval_of`), brings its own peak.

        Raises
        ------
        BadInput
            If n is outside [2, 1000], k outside [1, 10000], p outside (0, 1] or not that of the
            retrieval function, or a threshold outside [0, p], or [0, 1]
            with a retrieval function.
        """
        n = whole("number of publishers", n_publishers, at_least=2, at_most=MOST_PUBLISHERS)
        k = whole("number of queries", n_queries, at_least=1, at_most=MOST_QUERIES)
        p = exact("peak", peak, above=0, at_most=1)
        found = None if retrieval in (None, "peak") else retrieval_of(retrieval)
        if found is not None:
            if p not in (1, found.peak):
                raise BadInput(
                    f"peak is {p}, and the retrieval function peaks at {found.peak}; leave peak out"
                )
            p = found.peak
        return cls(n, k, p, (_ZERO,) * k, found).with_thresholds(threshold)

    def with_thresholds(self, threshold: Any) -> RankingGame:
        """Return the game with other thresholds: one number for all queries, or one per query."""
        k, largest = self.n_queries, self.largest_focus
        if isinstance(threshold, str) or not hasattr(threshold, "__len__"):
            return replace(self, thresholds=(exact("threshold", threshold, at_least=0, at_most=largest),) * k)
        if len(threshold) != k:
            raise BadInput(f"threshold has {len(threshold)} entries; give one number, or one per query ({k})")
        thresholds = (
            exact(f"threshold of query {j + 1}", q, at_least=0, at_most=largest)
            for j, q in enumerate(threshold)
        )
        return replace(self, thresholds=tuple(thresholds))

    @property
    def largest_focus(self) -> Fraction:
        """What a document may have on one query: the peak, unless a retrieval function says what more scores."""
        return self.peak if self.retrieval is None else Fraction(1)

    @property
    def rises(self) -> bool:
        """Whether scores rise strictly and without jumps up to the peak, as theory has it."""
        return self.retrieval is None or getattr(self.retrieval, "rises", False)

    @property
    def uniform_threshold(self) -> Fraction | None:
        """The threshold if it is the same for all queries, else None."""
        return self.thresholds[0] if len(set(self.thresholds)) == 1 else None

    @cached_property
    def whole_query(self) -> int:
        """What one query is worth in the integer units of utility: lcm(1..n), so that 1/h is whole."""
        return math.lcm(*range(1, self.n_publishers + 1))

    def profile(self, documents: Sequence[Any]) -> Profile:
        """Return the profile in which publisher i publishes `documents[i]`: n documents, each checked."""
        if len(documents) != self.n_publishers:
            raise BadInput(
                f"profile has {len(documents)} documents; give one per publisher ({self.n_publishers})"
            )
        rows = [
            read_document(f"document of publisher {i + 1}", d, self.n_queries, self.largest_focus)
            for i, d in enumerate(documents)
        ]
        return _profile(self, rows)


def _profile(game: RankingGame, documents: Sequence[Document]) -> Profile:
    everything = (game.thresholds, *documents)
    prices = _prices(game, {x for numbers in everything for x in numbers})
    unit = math.lcm(
        game.peak.denominator,
        *{x.denominator for numbers in everything for x in numbers},
        *{x.denominator for match, beat, _ in prices.values() for x in (match, beat) if x is not None},
    )
    thresholds, *rows = (_in_units(numbers, unit) for numbers in everything)
    bars: Sequence[Score]
    scores: Sequence[Sequence[Score]]
    bars, *scores = (thresholds, *rows)
    if game.retrieval is not None:
        bars, *scores = ([game.retrieval.score(x) for x in numbers] for numbers in everything)
    in_units = {
        score: Price(int(match * unit), None if beat is None else int(beat * unit), strict)
        for score, (match, beat, strict) in prices.items()
    }
    top = tuple(_best(column) for column in zip(*scores, strict=True))
    return Profile(
        game, unit, tuple(rows), thresholds, int(game.peak * unit), top, bars, tuple(scores), in_units
    )


def _prices(game: RankingGame, focuses: set[Fraction]) -> dict[Score, tuple[Fraction, Fraction | None, bool]]:
    """Return the prices of what these focuses score, in fractions; none with no retrieval function."""
    rule = game.retrieval
    if rule is None:
        return {}
    prices: dict[Score, tuple[Fraction, Fraction | None, bool]] = {}
    for score in {rule.score(x) for x in focuses}:
        beat = rule.beyond(score) if score < rule.score(game.peak) else None
        prices[score] = (rule.reach(score), beat, beat is not None and rule.score(beat) <= score)
    return prices


def _in_units(numbers: Document, unit: int) -> tuple[int, ...]:
    return tuple(x.numerator * (unit // x.denominator) for x in numbers)


@dataclass(frozen=True)
class Profile:
    """One document per publisher, and who wins what (Section 3, Notations). Never changes: see `replaced`.

    Parameters
    ----------
    game : RankingGame
    unit : int
        The budget of 1 in the whole units that all that follows is counted in.
    rows : tuple of n tuples of k int
        The documents.
    thresholds : tuple of k int
    peak : int
    top : tuple of k pairs
        Highest publisher score per query and the publishers who hold it, ascending.
    bars, scores, prices
        What thresholds and documents score: themselves, in units, unless the game has a retrieval function.

    Examples
    --------
    >>> profile = RankingGame.make(2, 2).profile([[1, 0], ["1/2", "1/2"]])
    >>> [str(u) for u in profile.utilities], [str(v) for v in profile.values], str(profile.welfare)
    (['1', '1'], ['1', '1/2'], '-1/2')
    """

    game: RankingGame
    unit: int
    rows: tuple[tuple[int, ...], ...]
    thresholds: tuple[int, ...]
    peak: int
    top: tuple[tuple[Score, tuple[int, ...]], ...] = field(compare=False, repr=False)
    bars: Sequence[Score] = field(compare=False, repr=False)
    scores: tuple[Sequence[Score], ...] = field(compare=False, repr=False)
    prices: Mapping[Score, Price] = field(compare=False, repr=False)

    def replaced(self, publisher: int, document: Document) -> Profile:
        """Return the profile in which only `publisher`'s document is another one (a checked document)."""
        unit = math.lcm(self.unit, *{x.denominator for x in document})
        if unit != self.unit or self.game.retrieval is not None:
            # A fresh common denominator, the smallest: the replaced document's own one is dropped with it.
            documents = list(self.documents)
            documents[publisher] = document
            return _profile(self.game, documents)
        new, old = _in_units(document, unit), self.rows[publisher]
        rows = (*self.rows[:publisher], new, *self.rows[publisher + 1 :])
        top = tuple(
            held if before == after else _best([row[j] for row in rows])
            for j, (held, before, after) in enumerate(zip(self.top, old, new, strict=True))
        )
        return Profile(self.game, unit, rows, self.thresholds, self.peak, top, self.bars, rows, self.prices)

    def document(self, publisher: int) -> Document:
        """One publisher's document, in fractions."""
        return tuple(Fraction(units, self.unit) if units else _ZERO for units in self.rows[publisher])

    @property
    def documents(self) -> tuple[Document, ...]:
        """All documents, publisher by publisher."""
        return tuple(self.document(i) for i in range(self.game.n_publishers))

    @cached_property
    def winners(self) -> list[tuple[int, ...]]:
        """The publishers who win each query: highest score, at least q_j; empty if q_j is not reached."""
        return [who if score >= q else () for (score, who), q in zip(self.top, self.bars, strict=True)]

    @cached_property
    def points(self) -> list[int]:
        """Utilities in units of `game.whole_query`."""
        points = [0] * self.game.n_publishers
        for who in self.winners:
            for i in who:
                points[i] += self.game.whole_query // len(who)
        return points

    @property
    def utilities(self) -> tuple[Fraction, ...]:
        """u_i = sum of 1/h_j over the queries i wins, h_j the number of winners of j."""
        return tuple(Fraction(points, self.game.whole_query) for points in self.points)

    @property
    def values(self) -> Document:
        """v_j, the winning publisher's value, the least focus that scores as much; 0 where no publisher wins."""
        return tuple(
            Fraction(self.price(score).match, self.unit) if who else _ZERO
            for (score, _), who in zip(self.top, self.winners, strict=True)
        )

    @property
    def worst_value(self) -> Fraction:
        """min_j v_j: how well the worst query is served."""
        return min(self.values)

    @property
    def welfare(self) -> Fraction:
        """SW = ``-max_j |p - v_j|``, in [-p, 0] (Definition 1, Social Welfare)."""
        return self.worst_value - self.game.peak

    def price(self, score: Score) -> Price:
        """Return what it takes to score as much, and more: with no retrieval function the score itself."""
        if self.game.retrieval is None:
            return Price(int(score), int(score) if score < self.peak else None)
        return self.prices[score]

    def opposition(self, publisher: int) -> list[tuple[Score, tuple[int, ...]]]:
        """Per query, what has to be matched if `publisher` goes for it, and the others who win it otherwise.

        The others' best score mu_j with its holders where mu_j >= q_j, else q_j with nobody.
        """
        faced = []
        for j, ((score, who), q) in enumerate(zip(self.top, self.bars, strict=True)):
            if score >= q and publisher in who:
                if len(who) > 1:
                    who = tuple(i for i in who if i != publisher)
                else:
                    column = [row[j] for row in self.scores]
                    column[publisher] = min(column) - 1
                    score, who = _best(column)
            faced.append((score, who) if score >= q else (q, ()))
        return faced


def _best(column: Sequence[Score]) -> tuple[Score, tuple[int, ...]]:
    score = max(column)
    return score, tuple(i for i, units in enumerate(column) if units == score)
