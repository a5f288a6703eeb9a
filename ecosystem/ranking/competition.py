"""`RankingCompetition`: publishers rewriting their documents in turn, under a mediator, as a Mesa model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import mesa

from ecosystem.heartbeat import beat
from ecosystem.mesa_versions import begin_step, seed_of
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame, read_document, thresholds_of
from ecosystem.ranking.move import Move, measure
from ecosystem.ranking.renaming import Repeats
from ecosystem.ranking.responses import Preference, best_response, best_utility, improvers
from ecosystem.ranking.theory import queries_each, recommended_threshold
from ecosystem_agents.inputs.checks import BadInput, choice, exact, whole
from ecosystem_agents.mediator import Mediator
from ecosystem_agents.publisher import Publisher, rule_named
from ecosystem_agents.world import Document

ORDERS = ("random", "round-robin", "largest-gain")
START_GRID = 60  # at a random start every focus is a multiple of 1/60


class RankingCompetition(mesa.Model):
    """The dynamics of Section 5: step by step one publisher rewrites its document, until nobody can improve.

    Parameters
    ----------
    n_publishers, n_queries : int
        n >= 2 and k >= 1.
    peak : number or text
        p in (0, 1]; "1/3" and 0.25 are exact.
    retrieval : Retrieval or text
        What a focus scores, such as "triangle(peak='1/3')", which has its own peak; "peak" is min(x, p).
    threshold, documents
        What the mediator does: see `ecosystem_agents.mediator.Mediator.enrich`.
    rule : str or sequence of str
        "fair", "greedy", "unfair" or "local"; one for all, or one per publisher (also as text with commas).
    order : {"random", "round-robin", "largest-gain"}
        Who moves next among those who can improve (`local` publishers always may).
    start : sequence of n documents, optional
        The starting profile; default random.
    eta : number or text
        Step of a `local` publisher: the focus that it shifts, in (0, 1].
    rng : int or numpy Generator, optional
        Seed of all draws.

    Attributes
    ----------
    profile : Profile
        All documents now, exactly.
    game : RankingGame
    history : list of Move
    can_improve : tuple of int
        Who has a profitable deviation now.
    cycle : tuple of two ints, or None
        Set once a profile repeats up to renaming: the step it was first seen at, and the number of steps
        since. Play can then go round for ever; it stops unless stepped on.

    Raises
    ------
    BadInput
        If a parameter is outside its range.

    Examples
    --------
    >>> model = RankingCompetition(n_publishers=2, n_queries=2, start=[[1, 0], [1, 0]], rng=0)
    >>> model.run()
    >>> model.converged, [str(u) for u in model.profile.utilities]  # a query each
    (True, ['1', '1'])
    """

    steps = 0

    def __init__(
        self,
        *,
        n_publishers: Any = 3,
        n_queries: Any = 5,
        peak: Any = 1,
        retrieval: Any = "peak",
        threshold: Any = "auto",
        documents: Sequence[Any] | None = None,
        rule: str | Sequence[str] = "fair",
        order: str = "random",
        start: Sequence[Any] | None = None,
        eta: Any = "1/20",
        rng: Any = None,
    ) -> None:
        super().__init__(rng=seed_of(rng))
        self.order = choice("order", order, ORDERS)
        self.eta = exact("eta", eta, above=0, at_most=1)
        self.game = RankingGame.make(n_publishers, n_queries, peak, retrieval=retrieval)
        self.profile = self.game.profile(self._random_documents() if start is None else start)
        self.history: list[Move] = []
        self.publishers = self._publishers(rule)
        self.mediator = Mediator(self, threshold, documents)
        self.datacollector = mesa.DataCollector(model_reporters=dict(REPORTERS))
        # Mesa 3.3's batch runner takes row s for step s + 1, and the last row where there was no step.
        if not self.running:
            self.datacollector.collect(self)

    def step(self) -> None:
        """Let one publisher move; without effect in equilibrium."""
        begin_step(self)
        mover = self._next_mover()
        if mover is not None:
            self.move(mover)
        beat()
        self.datacollector.collect(self)

    def run(self, max_steps: int = 10_000) -> None:
        """Step until equilibrium, a cycle, or `max_steps` more steps, whichever comes first."""
        for _ in range(whole("max_steps", max_steps, at_least=0)):
            if not self.running:
                return
            self.step()

    def move(self, publisher: int, document: Sequence[Any] | None = None) -> Move:
        """Let `publisher` (from 0) answer by its rule, or publish a given document; return what happened.

        Collects nothing: for arbitrary orders of movers and hand-made paths; `step` chooses by `order`.

        Raises
        ------
        BadInput
            If there is no such publisher, or the document is not allowed (see `game.read_document`).
        """
        agent = self.publishers[whole("publisher", publisher, at_least=0, at_most=self.game.n_publishers - 1)]
        if document is None:
            document = agent.respond()
        else:
            document = read_document("document", document, self.game.n_queries, self.game.largest_focus)
        old, self.profile = self.profile, self.profile.replaced(publisher, document)
        made = measure(len(self.history) + 1, publisher, old, self.profile)
        self.history.append(made)
        self._settle(made.can_improve)
        return made

    @property
    def converged(self) -> bool:
        """Whether the profile is a pure Nash equilibrium."""
        return not self.can_improve

    # What agents reach the world by.

    def best_response(self, publisher: int, prefer: Preference, priority: Sequence[int]) -> Document:
        """Exact best response of a publisher (see `responses.best_response`)."""
        return best_response(self.profile, publisher, prefer, priority)

    def utility_if(self, publisher: int, document: Document) -> Fraction:
        """Return what `publisher` would earn with another document."""
        return self.profile.replaced(publisher, document).utilities[publisher]

    def recommended_threshold(self) -> Fraction:
        """min(p, 1/m) (see `theory.recommended_threshold`)."""
        return recommended_threshold(self.game.n_publishers, self.game.n_queries, self.game.peak)

    def thresholds_of(self, documents: Sequence[Any]) -> Document:
        """Thresholds that static documents set, after checking the documents."""
        k, largest = self.game.n_queries, self.game.largest_focus
        rows = [read_document(f"static document {i + 1}", d, k, largest) for i, d in enumerate(documents)]
        return thresholds_of(rows, k, self.game.retrieval)

    def set_thresholds(self, threshold: Any) -> None:
        """Put new thresholds in force; paths before and after are not compared for cycles."""
        game = self.game.with_thresholds(threshold)
        for publisher in self.publishers:
            publisher.check(game)
        self.game, self.profile = game, game.profile(self.profile.documents)
        self._repeats = Repeats([publisher.name for publisher in self.publishers])
        self._settle(tuple(improvers(self.profile)))

    def static_documents(self) -> tuple[Document, ...]:
        """Return the fewest static documents found that set the thresholds in force (see `documents`)."""
        return static_documents(self.game.thresholds).documents

    def _settle(self, can_improve: tuple[int, ...]) -> None:
        self.can_improve = can_improve
        # Trial and error may come back to a profile by chance; that is no cycle.
        deterministic = all(publisher.waits for publisher in self.publishers)
        step = len(self.history)
        seen = self._repeats.first_seen(step, self.profile) if deterministic and can_improve else None
        self.cycle: tuple[int, int] | None = None if seen is None else (seen, step - seen)
        self.running = bool(can_improve) and self.cycle is None

    def _next_mover(self) -> int | None:
        if self.converged:
            return None
        ready = [p.index for p in self.publishers if not p.waits or p.index in self.can_improve]
        if self.order == "random":
            return ready[int(self.rng.integers(len(ready)))]
        if self.order == "round-robin":
            last = self.history[-1].mover if self.history else -1
            return min(ready, key=lambda i: (i - last - 1) % self.game.n_publishers)
        utilities = self.profile.utilities
        return max(ready, key=lambda i: best_utility(self.profile, i) - utilities[i])

    def _publishers(self, rule: str | Sequence[str]) -> list[Publisher]:
        names = [name.strip() for name in rule.split(",")] if isinstance(rule, str) else list(rule)
        n = self.game.n_publishers
        if len(names) == 1:
            names *= n
        if len(names) != n:
            raise BadInput(f"rule names {len(names)} rules; give one for all publishers, or one each ({n})")
        return [rule_named(name)(self, i) for i, name in enumerate(names)]

    def _random_documents(self) -> list[Document]:
        """Each publisher spreads its budget at random over 1 to 2m random queries, capped at the peak."""
        n, k, peak = self.game.n_publishers, self.game.n_queries, self.game.peak
        # Fine enough for the peak, unless it is finer than the generator can count.
        unit = math.lcm(START_GRID, peak.denominator)
        unit = unit if unit < 2**31 else START_GRID
        documents = []
        for _ in range(n):
            count = int(self.rng.integers(1, min(k, 2 * queries_each(n, k)) + 1))
            queries = self.rng.choice(k, size=count, replace=False)
            document = [Fraction(0)] * k
            for j, units in zip(queries, self.rng.multinomial(unit, [1 / count] * count), strict=True):
                document[j] = min(peak, Fraction(int(units), unit))
            documents.append(tuple(document))
        return documents


def _last_move(model: RankingCompetition, of: str) -> float | int | None:
    value = getattr(model.history[-1], of) if model.history else None
    return float(value) if isinstance(value, Fraction) else value


def _hurt(model: RankingCompetition) -> int:
    return len(model.history[-1].hurt) if model.history else 0


def _count(model: RankingCompetition, of: str) -> int:
    return len(getattr(model, of))


def _in_floats(model: RankingCompetition, of: str) -> float | list[float]:
    value = getattr(model.profile, of)
    return [float(v) for v in value] if isinstance(value, tuple) else float(value)


def _cycling(model: RankingCompetition) -> bool:
    return model.cycle is not None


# What is collected after each step, in floats; named functions, so that models pickle. `history` is exact.
REPORTERS: dict[str, Any] = {
    "mover": partial(_last_move, of="mover"),
    "kind": partial(_last_move, of="kind"),
    "utility_before": partial(_last_move, of="before"),
    "utility_after": partial(_last_move, of="after"),
    "equity": partial(_last_move, of="equity"),
    "hurt": _hurt,
    "can_improve": partial(_count, of="can_improve"),
    "values": partial(_in_floats, of="values"),
    "worst_value": partial(_in_floats, of="worst_value"),
    "welfare": partial(_in_floats, of="welfare"),
    "converged": "converged",
    "cycling": _cycling,
    "moves": partial(_count, of="history"),
}
