"""The moves of a step: in which order and directions, on which requests they are judged, and where they lead."""

from __future__ import annotations

import numpy as np

from ecosystem.economy.streams import Streams
from ecosystem.market.book import PRINTED, PROJECTED, strategy_arrays
from ecosystem.market.trials import project
from ecosystem.requests import draw_requests
from ecosystem.sharding.audience import Audience
from ecosystem.strategy_sets import StrategySet
from ecosystem_agents.creator import unit_vectors
from ecosystem_agents.inputs.checks import point_of, whole


class Moves:
    """What creators do in a step: compared and made before the audience, inside strategy sets, one a creator."""

    def __init__(self, audience: Audience, sets: list[StrategySet], streams: Streams) -> None:
        self.audience, self._streams = audience, streams
        self.n, self.dim = audience.strategies.shape
        self._sets = strategy_arrays(sets, self.dim)
        self.directions = np.zeros((self.n, self.dim))  # of this step
        self.moved = np.zeros(self.n, dtype=np.bool_)  # in this step
        self._landings: list[tuple[int, np.ndarray]] | None = None

    def draw(self, order: str) -> np.ndarray:
        """Draw the order and the directions of a step; return the order, (n,), by index where it is "fixed"."""
        drawn, self.directions = draw_moves(self._streams["moves"], self.n, self.dim)
        return np.arange(self.n) if order == "fixed" else drawn

    def respond(self, order: np.ndarray, eta: float, evaluation: str) -> None:
        """Let all creators follow Algorithm 2, in that order (n,), in one compiled call."""
        where = PROJECTED if evaluation == "projected" else PRINTED
        steps = np.full(self.n, eta)
        self.moved = self.audience.market.respond(self._sets, where, steps, order, self.directions)

    def begin(self, requests: int, *, at_once: bool) -> None:
        """Make ready for creators one by one, each on so many requests, if any; `at_once` all move at the `end`."""
        if requests:
            masses = self.audience.tile_masses
            drawn = draw_requests(self._streams["requests"], masses, self.n, requests)
            self.audience.ask("hear_requests", drawn)
        self.moved[:] = False
        self._landings = [] if at_once else None

    def end(self) -> None:
        """Move those who move all at once."""
        for i, landing in self._landings or []:
            self.audience.move(i, landing)

    def project(self, i: int, point: np.ndarray) -> np.ndarray:
        """Return the projection of `point` (d,) onto creator i's strategy set."""
        # Compiled code checks no bounds: what a rule hands in is checked here.
        i = whole("creator", i, at_least=0, at_most=self.n - 1)
        landing = np.empty(self.dim)
        project(self._sets, i, point_of("strategy", point, self.dim), landing)
        return landing

    def compare(self, i: int, candidate: np.ndarray, *, sampled: bool, exact: bool) -> tuple[float, float]:
        """Return creator i's utility now and at `candidate` (d,), or means over requests; see `Audience.compare`."""
        if sampled:
            return self.audience.sample_compare(i, candidate)
        return self.audience.compare(i, candidate, exact)

    def move(self, i: int, candidate: np.ndarray) -> None:
        """Move creator i to the projection of `candidate` (d,)."""
        landing = self.project(i, candidate)
        if self._landings is None:
            self.audience.move(i, landing)
        else:
            self._landings.append((i, landing))
        self.moved[i] = True


def draw_moves(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the order (n,) and the directions (n, d) of a step: always as many numbers (Algorithm 2)."""
    return rng.permutation(n), unit_vectors(rng, (n, d))
