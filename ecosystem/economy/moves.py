"""The moves of a step: in which order and directions, on which requests they are judged, and where they lead."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ecosystem.economy.creators import Creators
from ecosystem.economy.population import Population
from ecosystem.economy.streams import Streams
from ecosystem.heartbeat import beat
from ecosystem.market.book import PRINTED, PROJECTED, Costs
from ecosystem.market.trials import costs_of
from ecosystem.requests import Drawn, draw_requests
from ecosystem.sharding.audience import Audience
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import BadInput, point_of, whole
from ecosystem_agents.inputs.plugin_calls import call


class Settings(Protocol):
    """How creators move; it may change between steps. See `ecosystem.Parameters`."""

    steps: int
    eta: float
    order: str
    lbr_evaluation: str
    moving_cost: float
    home_cost: float
    matching: str
    requests_per_trial: int
    one_by_one: bool

    @property
    def strict(self) -> bool:
        """Whether creators stay where a move would pay as much."""


class Moves:
    """What creators do in a step: compared and made before the audience, inside their strategy sets."""

    def __init__(
        self, settings: Settings, audience: Audience, population: Population, streams: Streams
    ) -> None:
        self.settings, self.audience, self.population, self._streams = settings, audience, population, streams
        self.dim = population.dim
        self.directions = np.empty((0, self.dim))  # directions, in the rows of those who were there
        self._turns = np.arange(0)  # of each row today, its row then; newcomers have none
        self.accepted = self.moved = np.zeros(0, dtype=np.bool_)  # whose step was, and whom one led elsewhere
        self._landings: list[tuple[int, np.ndarray]] | None = None

    def play(self, creators: Creators) -> None:
        """Let every creator move once: in one compiled call where all are stock, else one by one."""
        how, order, here = self.settings, self._draw(), self.audience.here
        at_once, is_sampled = how.order == "simultaneous", how.matching == "sampled"
        compiled = here is not None and here.market.is_compiled and creators.all_stock
        numbers = self.population.numbers
        if compiled and not (is_sampled or how.one_by_one or at_once):
            self._respond(order)
        else:
            before = self.audience.strategies
            if is_sampled:
                self.audience.ask("hear_requests", self._requests(how.requests_per_trial))
            self._landings = [] if at_once else None
            for creator in [creators.agents[i] for i in order]:
                beat()
                if creator.is_there:
                    call("rules", creator, how.steps, creator.step)
            self.end()
            self.moved = (before != self._where(numbers, before)).any(axis=1)
        self.population.moved[numbers] += self.moved

    @property
    def accepted_share(self) -> float:
        """Share of creators whose step was accepted; NaN where there were none."""
        return float(self.accepted.mean()) if len(self.accepted) else float("nan")

    def end(self) -> None:
        """Move those who move all at once, unless they are gone."""
        landings, self._landings = self._landings or [], None
        for number, landing in landings:
            if self.population.gone[number] < 0:
                self.audience.move(int(np.searchsorted(self.population.numbers, number)), landing)

    def _where(self, numbers: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Return where creators of these numbers (n,) stand, or stood last, who were at `before` (n, d)."""
        population, now = self.population, self.audience.strategies
        if population.numbers is numbers:  # nobody left or came
            return now
        last = np.array([population.ends[number] for number in numbers]).reshape(before.shape)
        last[np.isin(numbers, population.numbers)] = now[np.isin(population.numbers, numbers)]
        return last

    def leave(self, row: int) -> None:
        """Forget the turn of a creator that has left."""
        self._turns = np.delete(self._turns, row) if row < len(self._turns) else self._turns

    def forget(self) -> None:
        """Take it that nobody had a turn: not all stand where it led them any more."""
        self._turns = np.arange(0)

    def last(self, i: int) -> tuple[np.ndarray, bool] | None:
        """Return in which direction creator i tried to go in the last step, (d,), and whether it was accepted.

        None where it had no turn.
        """
        if not 0 <= i < len(self._turns):
            return None
        return self.direction(i), bool(self.accepted[self._turns[i]])

    def direction(self, i: int) -> np.ndarray:
        """Return the direction that creator i has this step, (d,)."""
        return np.asarray(self.directions[self._turn(i)])

    def project(self, i: int, point: np.ndarray) -> np.ndarray:
        """Return the projection of `point` (d,) onto creator i's strategy set."""
        # Compiled code checks no bounds: what a rule hands in is checked here, and there.
        i = whole("creator", i, at_least=0, at_most=len(self.population) - 1)
        return self.population.project(int(self.population.slots[i]), point)

    def compare(self, i: int, candidate: np.ndarray, exact: bool) -> tuple[float, float]:
        """Return creator i's utility now and at `candidate` (d,), or means over requests, less what each costs.

        Or where it would land, where that is compared. See `Audience.compare`.
        """
        if self.settings.lbr_evaluation == "projected":
            candidate = self.project(i, candidate)
        cost = (0.0, 0.0)
        if self.settings.moving_cost or self.settings.home_cost:
            candidate = point_of("strategy", candidate, self.dim)
            cost = costs_of(self._costs, i, self.audience.strategies[i], candidate)
        if self.settings.matching == "sampled":
            now, then = self.audience.sample_compare(i, self._turn(i), candidate)
            return now - cost[0], then - cost[1]
        return self.audience.compare(i, candidate, exact, cost)

    def move(self, i: int, candidate: np.ndarray) -> None:
        """Move creator i to the projection of `candidate` (d,)."""
        landing = self.project(i, candidate)
        if self._landings is None:
            self.audience.move(i, landing)
        else:
            self._landings.append((int(self.population.numbers[i]), landing))
        if i < len(self._turns):
            self.accepted[self._turns[i]] = True

    def _draw(self) -> np.ndarray:
        """Draw the order and the directions of a step; return the order, (n,), by row where it is "fixed"."""
        drawn, self.directions = draw_moves(self._streams["moves"], self.population.n_first, self.dim)
        n = len(self.population)
        if not self.population.as_begun:
            drawn = self._seat(drawn)
        self._turns, self.accepted = np.arange(n), np.zeros(n, dtype=np.bool_)
        return np.arange(n) if self.settings.order == "fixed" else drawn

    def _respond(self, order: np.ndarray) -> None:
        """Let all creators follow Algorithm 2, in that order (n,), in one compiled call."""
        how, lengths = self.settings, np.full(len(self.population), self.settings.eta)
        where = PROJECTED if how.lbr_evaluation == "projected" else PRINTED
        market = self.audience.market
        self.accepted = market.respond(
            self.population.arrays, where, lengths, order, self.directions, how.strict, self._costs
        )
        self.moved = market.moved

    @property
    def _costs(self) -> Costs:
        return Costs(self.settings.moving_cost, self.settings.home_cost, self.population.homes)

    def _turn(self, i: int) -> int:
        if not 0 <= i < len(self._turns):
            raise BadInput(f"creator {i} has no turn in this step; who comes within one moves from the next")
        return int(self._turns[i])

    def _seat(self, drawn: np.ndarray) -> np.ndarray:
        """Give the living the draws of their slots; return their order. Later slots have a stream each."""
        slots, n = self.population.slots, self.population.n_first
        later = {int(slot): self._streams[f"moves of slot {slot}"] for slot in slots if slot >= n}
        place = np.empty(len(slots))
        place[slots < n] = np.argsort(drawn)[slots[slots < n]]
        place[slots >= n] = [n * rng.random() - 0.5 for rng in later.values()]
        own = self.directions[slots % n]
        own[slots >= n] = [unit_vectors(rng, (1, self.dim))[0] for rng in later.values()] or np.empty(
            (0, self.dim)
        )
        self.directions = own
        return np.argsort(place, kind="stable")

    def _requests(self, requests: int) -> Drawn:
        """Draw the requests on which each of the living is judged, by its slot."""
        masses, mass = self.audience.tile_masses, self.audience.present_mass
        n, slots = self.population.n_first, self.population.slots
        drawn = draw_requests(self._streams["requests"], masses, n, requests, mass)
        if self.population.as_begun:
            return drawn
        own = Drawn(*(rows[slots % n] for rows in drawn))
        for row in np.flatnonzero(slots >= n):
            rng = self._streams[f"requests of slot {slots[row]}"]
            for rows, numbers in zip(own, draw_requests(rng, masses, 1, requests, mass), strict=True):
                rows[row] = numbers
        return own


def draw_moves(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the order (n,) and the directions (n, d) of a step: always as many numbers (Algorithm 2)."""
    return rng.permutation(n), unit_vectors(rng, (n, d))
