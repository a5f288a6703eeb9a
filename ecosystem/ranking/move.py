"""One move of the dynamics: what it changed, measured, and in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ecosystem.ranking.game import Profile
from ecosystem.ranking.responses import improvers
from ecosystem.ranking.theory import queries_each
from ecosystem_agents.world import Document


@dataclass(frozen=True)
class Loss:
    """What a move did to another publisher whose utility fell.

    Examples
    --------
    >>> Loss(publisher=1, before=Fraction(1), after=Fraction(1, 2)).after
    Fraction(1, 2)
    """

    publisher: int
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class Move:
    """What one publisher did in one step, and how things stood after it. Publishers and queries count from 0.

    Parameters
    ----------
    step, mover : int
        The number of the step, from 1, and who moved.
    kind : {1, 2, None}
        Type of the deviation (Lemma BestResponsePattern): 1, sole winner of m - 1 queries; 2, winner of m, at
        least m - 2 of them alone; None for any other, and for a publisher that stayed put.
    document, moved : tuple of Fraction, bool
        What the mover publishes now; whether that is another document than before.
    won, given_up : tuple of int
        Queries that the mover wins now and did not before, and the reverse.
    before, after : Fraction
        The mover's utility.
    equity : Fraction or None
        Least new utility among the hurt (Definition 2); None if nobody was.
    hurt, can_improve : tuple of Loss, tuple of int
        Who lost by it; who has a profitable deviation after the move.
    values, welfare : tuple of Fraction, Fraction
        v_j and SW after the move.

    Examples
    --------
    >>> from ecosystem import RankingCompetition
    >>> model = RankingCompetition(n_publishers=2, n_queries=2, start=[[1, 0], [1, 0]], rng=0)
    >>> model.move(0, [0, 1]).sentence()
    'Publisher 1 gives up query 1 for query 2 (type 2): utility 1/2 to 1; nobody is hurt; nobody can improve now.'
    """

    step: int
    mover: int
    kind: Literal[1, 2] | None
    document: Document
    moved: bool
    won: tuple[int, ...]
    given_up: tuple[int, ...]
    before: Fraction
    after: Fraction
    equity: Fraction | None
    hurt: tuple[Loss, ...]
    can_improve: tuple[int, ...]
    values: Document
    welfare: Fraction

    def sentence(self) -> str:
        """Explain the move; publishers and queries count from 1 here."""
        who = f"Publisher {self.mover + 1}"
        if not self.moved:
            return f"{who} tried another document and kept its own: utility {self.after}."
        if self.given_up and self.won:
            what = f"gives up {queries_by_number(self.given_up)} for {queries_by_number(self.won)}"
        elif self.won:
            what = f"goes for {queries_by_number(self.won)}{' as well' if self.before else ''}"
        elif self.given_up:
            what = f"gives up {queries_by_number(self.given_up)}"
        else:
            what = "shifts its focus"
        kind = f" (type {self.kind})" if self.kind else ""
        falls = [f"publisher {loss.publisher + 1} falls to {loss.after}" for loss in self.hurt]
        hurt = ", ".join(falls) or "nobody is hurt"
        left = f"{len(self.can_improve)} can still improve" if self.can_improve else "nobody can improve now"
        return f"{who} {what}{kind}: utility {self.before} to {self.after}; {hurt}; {left}."


def measure(step: int, mover: int, old: Profile, new: Profile) -> Move:
    """Return the record of the move of `mover` (from 0), the `step`-th, that led from `old` to `new`.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> old = RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [1, 0]])
    >>> move = measure(1, 0, old, old.replaced(0, (Fraction(0), Fraction(1))))
    >>> move.won, move.given_up, str(move.before), str(move.after)
    ((1,), (0,), '1/2', '1')
    """
    held = {j for j, who in enumerate(old.winners) if mover in who}
    holds = {j for j, who in enumerate(new.winners) if mover in who}
    pairs = enumerate(zip(old.utilities, new.utilities, strict=True))
    hurt = tuple(Loss(i, before, after) for i, (before, after) in pairs if i != mover and after < before)
    document = new.document(mover)
    moved = old.document(mover) != document
    return Move(
        step=step,
        mover=mover,
        kind=deviation_type(new, mover) if moved else None,
        document=document,
        moved=moved,
        won=tuple(sorted(holds - held)),
        given_up=tuple(sorted(held - holds)),
        before=old.utilities[mover],
        after=new.utilities[mover],
        equity=min((loss.after for loss in hurt), default=None),
        hurt=hurt,
        can_improve=tuple(improvers(new)),
        values=new.values,
        welfare=new.welfare,
    )


def deviation_type(profile: Profile, publisher: int) -> Literal[1, 2] | None:
    """Type of the document that `publisher` has in `profile` (Section 5); None if it is of neither type.

    Examples
    --------
    >>> from ecosystem.ranking.game import RankingGame
    >>> deviation_type(RankingGame.make(2, 2, threshold="1/4").profile([[1, 0], [0, 1]]), 0)  # wins m = 1 query
    2
    """
    m = queries_each(profile.game.n_publishers, profile.game.n_queries)
    own = [who for who in profile.winners if publisher in who]
    alone = sum(len(who) == 1 for who in own)
    if len(own) == m and alone >= m - 2:
        return 2
    return 1 if len(own) == alone == m - 1 else None


def queries_by_number(queries: Sequence[int]) -> str:
    """Name one or more queries, which count from 1 here: "queries 1, 2 and 4".

    Examples
    --------
    >>> queries_by_number([0]), queries_by_number([0, 1, 3])
    ('query 1', 'queries 1, 2 and 4')
    """
    names = [str(j + 1) for j in queries]
    if len(names) == 1:
        return f"query {names[0]}"
    return f"queries {', '.join(names[:-1])} and {names[-1]}"
