"""Retrieval functions: how well a focus on a query scores there, rising to a single peak and falling after it.

Past the peak is keyword stuffing: more focus is retrieved less. The ranking game asks three things of a function,
all exact, and whatever answers them is one, such as an object in a file of your own (``mine.py:retrieval``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

from ecosystem_agents.inputs.checks import BadInput, exact
from ecosystem_agents.inputs.lookup import object_of
from ecosystem_agents.inputs.plugin_calls import message_of

GRID = 120  # a function of the user's own is tried at all multiples of 1/120
MOST_POINTS = 100


class Retrieval(Protocol):
    """A retrieval function f on [0, 1] (Section 2.1 of the paper on corpus enrichment).

    It never falls before `peak`, the least focus of the highest score, and never rises after it. Every
    number is a whole one or a Fraction. `rises`, False where it is missing, says that it is continuous and
    rises strictly up to the peak: then all that is proved about the game holds with it.

    Examples
    --------
    >>> rule: Retrieval = triangle("1/2")
    >>> rule.peak, rule.reach(Fraction(1, 2)), rule.score(Fraction(3, 4))
    (Fraction(1, 2), Fraction(1, 4), Fraction(1, 2))
    """

    @property
    def peak(self) -> Fraction:
        """p, in (0, 1]."""
        ...

    def score(self, focus: Fraction) -> Fraction:
        """Return f(focus)."""
        ...

    def reach(self, score: Fraction) -> Fraction:
        """Return the least focus that scores at least `score`, which is at most f(peak)."""
        ...

    def beyond(self, score: Fraction) -> Fraction:
        """Return the infimum of what scores more than `score`, which is below f(peak)."""
        ...


@dataclass(frozen=True)
class Piecewise:
    """Straight lines between points (focus, score); at a jump, two points of one focus, the higher counts.

    Examples
    --------
    >>> rises = Piecewise(((Fraction(0), Fraction(0)), (Fraction(1), Fraction(2))))
    >>> rises.score(Fraction(1, 2)), rises.peak
    (Fraction(1, 1), Fraction(1, 1))
    """

    points: tuple[tuple[Fraction, Fraction], ...]

    @property
    def peak(self) -> Fraction:
        """The least focus of the highest score."""
        return max(self.points, key=lambda point: (point[1], -point[0]))[0]

    @property
    def rises(self) -> bool:
        """Whether there is neither a flat piece nor a jump before the peak."""
        return all(x < y and low < high for (x, low), (y, high) in pairwise(self.points) if y <= self.peak)

    def score(self, focus: Fraction) -> Fraction:
        """Return f(focus)."""
        return max(
            max(low, high) if x == y else low + (high - low) * (focus - x) / (y - x)
            for (x, low), (y, high) in pairwise(self.points)
            if x <= focus <= y
        )

    def reach(self, score: Fraction) -> Fraction:
        """Return the least focus that scores at least `score`."""
        return self._first(score, lambda high: high >= score)

    def beyond(self, score: Fraction) -> Fraction:
        """Return the infimum of what scores more than `score`."""
        return self._first(score, lambda high: high > score)

    def _first(self, score: Fraction, enough: Callable[[Fraction], bool]) -> Fraction:
        for (x, low), (y, high) in pairwise(self.points):
            if enough(low) or enough(high):
                return x if low >= score else x + (y - x) * (score - low) / (high - low)
        raise ValueError("nothing scores as much")


def peak(at: Any = 1) -> Piecewise:
    """Rise up to the peak and stay there: min(x, p).

    Examples
    --------
    >>> peak("1/3").score(Fraction(1, 4)), peak("1/3").score(Fraction(1))
    (Fraction(1, 4), Fraction(1, 3))
    """
    p = exact("peak", at, above=0, at_most=1)
    return Piecewise(((Fraction(0), Fraction(0)), (p, p), *([(Fraction(1), p)] if p < 1 else [])))


def triangle(peak: Any = 1) -> Piecewise:
    """Rise to 1 at the peak, and fall to 0 where a document is about nothing else.

    Examples
    --------
    >>> triangle("1/2").score(Fraction(3, 4))  # half of the way down
    Fraction(1, 2)
    """
    p = exact("peak", peak, above=0, at_most=1)
    return piecewise([(0, 0), (p, 1), *([(1, 0)] if p < 1 else [])])


def piecewise(points: Sequence[Any]) -> Piecewise:
    """Draw straight lines between points (focus, score) from focus 0 to 1; two of one focus are a jump.

    Examples
    --------
    >>> piecewise([(0, 0), ("1/2", 1), (1, "1/2")]).score(Fraction(3, 4))
    Fraction(3, 4)
    """
    if isinstance(points, str) or not hasattr(points, "__len__") or not 2 <= len(points) <= MOST_POINTS:
        raise BadInput(
            f"points is {points!r:.80}; give 2 to {MOST_POINTS} pairs (focus, score), such as [(0, 0), (1, 1)]"
        )
    read = []
    for i, point in enumerate(points, 1):
        if isinstance(point, str) or not hasattr(point, "__len__") or len(point) != 2:
            raise BadInput(f"point {i} is {point!r:.80}; give a pair (focus, score)")
        focus = exact(f"focus of point {i}", point[0], at_least=0, at_most=1)
        read.append((focus, exact(f"score of point {i}", point[1])))
    where = [focus for focus, _ in read]
    if where != sorted(where) or where[0] != 0 or where[-1] != 1 or max(map(where.count, where)) > 2:
        raise BadInput("points go from focus 0 to focus 1, ascending, with at most two of one focus")
    made = Piecewise(tuple(read))
    scores = [score for _, score in read]
    top = scores.index(max(scores))
    if scores[: top + 1] != sorted(scores[: top + 1]) or scores[top:] != sorted(scores[top:], reverse=True):
        raise BadInput("the scores of points have more than one peak; let them rise, then fall")
    if made.peak == 0:
        raise BadInput("the peak of points is at focus 0; let some focus score more than none")
    return made


RETRIEVALS: Mapping[str, Callable[..., Retrieval]] = {
    "peak": peak,
    "triangle": triangle,
    "piecewise": piecewise,
}


def retrieval_of(given: Any) -> Retrieval:
    """Return the retrieval function that is named or given, tried on a grid.

    Raises
    ------
    BadInput
        If there is none of that name, or it does not do what `Retrieval` says.

    Examples
    --------
    >>> retrieval_of("triangle(peak='1/2')").peak
    Fraction(1, 2)
    """
    found = object_of("retrieval", given, RETRIEVALS, "score")
    if not isinstance(found, Piecewise):
        try:
            _try(found)
        except BadInput:
            raise
        except Exception as error:
            raise BadInput(f"retrieval {given}: {message_of(error)}") from error
    return found


def _try(found: Retrieval) -> None:
    p = exact("peak of the retrieval function", found.peak, above=0, at_most=1)
    grid = sorted({Fraction(i, GRID) for i in range(GRID + 1)} | {p})
    scores = {x: found.score(x) for x in grid}
    for x, y in pairwise(grid):
        if not all(isinstance(scores[at], int | Fraction) for at in (x, y)):
            raise BadInput(f"retrieval scores {x} by {scores[x]!r}; give whole numbers or Fractions")
        if scores[x] > scores[y] if y <= p else scores[x] < scores[y]:
            way = "falls before" if y <= p else "rises after"
            raise BadInput(f"retrieval {way} its peak {p}, from focus {x} to {y}; it must have one peak")
    for x, s in scores.items():
        least = found.reach(s)
        if least > x or found.score(least) < s:
            raise BadInput(f"retrieval reaches the score of focus {x} at {least}; give the least that does")
        if s < scores[p] and found.beyond(s) < least:
            raise BadInput(f"retrieval is beyond the score of focus {x} at less than reaches it")
