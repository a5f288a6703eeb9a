"""Publishers of the ranking game: each owns one document and a rule by which it rewrites it.

Sections, definitions and lemmas are those of the paper on corpus enrichment.

A new rule is one class with a `name` and a `respond`, listed in `RULES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from mesa import Agent

from ecosystem_agents.inputs.checks import BadInput, choice
from ecosystem_agents.world import Document, Preference, PublisherGame, PublisherWorld


class Publisher(Agent):
    """A publisher: writes one document, earns 1/h for each query that it wins among h (Section 2.1).

    `index` is its row in the profile, from 0.

    Examples
    --------
    >>> from ecosystem import RankingCompetition
    >>> model = RankingCompetition(n_publishers=2, n_queries=2, start=[[1, 0], [1, 0]], rng=0)
    >>> [str(publisher.utility) for publisher in model.publishers]  # they share a query
    ['1/2', '1/2']
    """

    name: ClassVar[str]
    waits: ClassVar[bool] = True  # acts only while it has a profitable deviation

    model: PublisherWorld

    def __init__(self, model: PublisherWorld, index: int) -> None:
        super().__init__(model)
        self.index = index

    @property
    def document(self) -> Document:
        """Its document now: its focus on each of k queries, at most 1 in all (a view on the model's profile)."""
        return self.model.profile.document(self.index)

    @property
    def utility(self) -> Fraction:
        """u_i now."""
        return self.model.profile.utilities[self.index]

    def check(self, game: PublisherGame) -> None:
        """Raise BadInput if this rule is not defined in `game`; most rules always are."""

    def respond(self) -> Document:
        """Return the document that it publishes next; the present one to stay put."""
        raise NotImplementedError

    def _priority(self) -> list[int]:
        # Which queries to take first among equals: a random order favours none by its number.
        return [int(j) for j in self.model.rng.permutation(self.model.game.n_queries)]


class FairPublisher(Publisher):
    """Exact best response of the largest deviation equity (Definition 3)."""

    name = "fair"
    prefers: ClassVar[Preference] = "fair"

    def respond(self) -> Document:
        """Return the best response under which the worst-off victim keeps most, or least if it prefers that."""
        return self.model.best_response(self.index, self.prefers, self._priority())


class UnfairPublisher(FairPublisher):
    """Exact best response of the least deviation equity: what the fairness assumption rules out."""

    name = "unfair"
    prefers = "unfair"


class GreedyPublisher(Publisher):
    """Best response in linear time at the threshold 1/m, or at the peak: Algorithm 1 on corpus enrichment."""

    name = "greedy"

    def check(self, game: PublisherGame) -> None:
        """Raise BadInput unless all thresholds are min(p, 1/m), m = ceil(k/n), or all equal the peak.

        And unless scores rise strictly up to the peak.
        """
        if not game.rises:
            raise BadInput("rule 'greedy' needs scores that rise strictly up to the peak; use rule 'fair'")
        m = -(-game.n_queries // game.n_publishers)
        allowed = {game.peak, min(game.peak, Fraction(1, m))}
        present = set(game.thresholds)
        if len(present) > 1 or not present <= allowed:
            in_force, usable = (", ".join(map(str, sorted(q))) for q in (present, allowed))
            raise BadInput(
                f"rule 'greedy' is not defined at threshold {in_force}; use one of {usable} for all queries, "
                "or rule 'fair'"
            )

    def respond(self) -> Document:
        """Return the greedy best response to who wins what among the others."""
        game = self.model.game
        rivals = [who for _, who in self.model.profile.opposition(self.index)]
        if game.thresholds[0] == game.peak:
            return least_crowded_response(rivals, game.peak, self._priority())
        return greedy_response(rivals, game.n_publishers, game.peak, self._priority())


class LocalPublisher(Publisher):
    """Trial and error: shift a little focus between two queries, keep it unless utility falls.

    The Local Better Response of the paper on user welfare (Algorithm 2), in a simplex: a random direction is
    a pair of queries, `model.eta` the step. It needs to know nothing but its own utility.
    """

    name = "local"
    waits = False

    def respond(self) -> Document:
        """Return the shifted document if it earns no less, else the present one."""
        model, now = self.model, self.document
        # k stands for the unused budget, from where and to where focus may move as well.
        source, target = (int(j) for j in model.rng.choice(model.game.n_queries + 1, size=2, replace=False))
        focus = [*now, 1 - sum(now, Fraction(0))]
        room = 1 if target == len(now) else max(Fraction(0), model.game.peak - focus[target])
        amount = min(model.eta, focus[source], room)
        focus[source] -= amount
        focus[target] += amount
        candidate = tuple(focus[:-1])
        return candidate if model.utility_if(self.index, candidate) >= self.utility else now


RULES: dict[str, type[Publisher]] = {
    rule.name: rule for rule in (FairPublisher, GreedyPublisher, UnfairPublisher, LocalPublisher)
}


def rule_named(name: str) -> type[Publisher]:
    """Return the class of publishers that follow the rule `name`, which is checked."""
    return RULES[choice("rule", name, RULES)]


def greedy_response(
    rivals: Sequence[tuple[int, ...]], n_publishers: int, peak: Fraction, priority: Sequence[int]
) -> Document:
    """Return a best response at the uniform threshold 1/m, m = ceil(k/n), below the peak.

    Algorithm 1 of the paper on corpus enrichment. Needs only who holds each query among the others. A best
    response is of *type 1* (sole winner of m - 1 queries) or *type 2* (winner of m queries, at least m - 2 alone);
    its equity is above m - 2 or m - 3/2 (Lemma DeviationEquityBound). For a mover that has a profitable deviation.

    `rivals` are the others who win each query if the mover stays away, `peak` is above 1/m, and of equal queries
    those are taken first that come first in `priority`, a permutation.
    """
    k = len(rivals)
    m = -(-k // n_publishers)
    taken = [j for j in priority if not rivals[j]]
    if len(taken) >= m:
        return _spread(taken[:m], Fraction(1, m), k)
    tie = len(taken) >= m - 2
    loss = Fraction(1, 2) if tie else Fraction(1)
    alone: list[list[int]] = [[] for _ in range(n_publishers)]
    utility = [Fraction(0)] * n_publishers
    for j in priority:
        for rival in rivals[j]:
            utility[rival] += Fraction(1, len(rivals[j]))
        if len(rivals[j]) == 1:
            alone[rivals[j][0]].append(j)
    for _ in range((m if tie else m - 1) - len(taken)):
        richest = max((l for l in range(n_publishers) if alone[l]), key=utility.__getitem__)
        taken.append(alone[richest].pop(0))
        utility[richest] -= loss
    return _spread(taken, Fraction(1, m) if tie else min(peak, Fraction(1, m - 1)), k)


def least_crowded_response(
    rivals: Sequence[tuple[int, ...]], peak: Fraction, priority: Sequence[int]
) -> Document:
    """Return a best response at the uniform threshold q = p: the peak on the queries with fewest rivals.

    A focus either is the peak or wins nothing, so the game is a congestion game and this is exact.
    """
    fewest_first = sorted(priority, key=lambda j: len(rivals[j]))
    return _spread(fewest_first[: int(1 / peak)], peak, len(rivals))


def _spread(queries: Sequence[int], focus: Fraction, n_queries: int) -> Document:
    chosen = set(queries)
    return tuple(focus if j in chosen else Fraction(0) for j in range(n_queries))
