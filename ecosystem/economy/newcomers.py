"""Newcomers: how many creators come as a step begins, and where."""

from __future__ import annotations

import numpy as np

from ecosystem.economy.population import Population
from ecosystem.economy.streams import Streams
from ecosystem.sharding.audience import Audience

NEAR = 0.05
"""A newcomer stands about so far from the user or creator whose content it makes."""


class Newcomers:
    """How many creators come as a step begins, and where: streams of their own draw as much whoever they follow.

    Parameters
    ----------
    arrivals : "one_for_one", "none" or float
        As many as leave, none, or so many a step in the mean (a Poisson number).
    place : {"user", "incumbent", "random"}
        Near a user drawn by mass, near a living creator, or anywhere where users are.
    """

    def __init__(self, arrivals: str | float, place: str, streams: Streams) -> None:
        self.arrivals, self.place, self._streams = arrivals, place, streams

    def count(self, left: int) -> int:
        """Return how many come where so many left."""
        if isinstance(self.arrivals, str):
            return left if self.arrivals == "one_for_one" else 0
        return int(self._streams["arrivals"].poisson(self.arrivals))

    def point(self, audience: Audience, population: Population) -> np.ndarray:
        """Draw where one comes, (d,), before it is projected onto its strategy set."""
        rng, d = self._streams["newcomers"], population.dim
        which, anywhere, noise = rng.random(), rng.random(d), rng.standard_normal(d)
        if self.place == "random":
            low, high = audience.span()
            return np.asarray(low + anywhere * (high - low))
        if self.place == "incumbent" and len(population):
            near = audience.strategies[int(which * len(population))]
        else:
            near = audience.drawn_user(which)
        return np.asarray(near + NEAR / np.sqrt(d) * noise)
