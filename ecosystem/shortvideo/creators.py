"""How creators respond: Local Better Response to realised rewards, and showing up when it pays (Section 5.2)."""

from __future__ import annotations

import numpy as np

from ecosystem.shortvideo.contents import Contents
from ecosystem.shortvideo.kernels import Items
from ecosystem.shortvideo.population import Population, into_ball
from ecosystem.shortvideo.settings import Settings
from ecosystem_agents.creator import unit_vectors


class Creators:
    """The creators of one arm, all of them in arrays.

    Each creator has a strategy s and tries one direction g at a time (Algorithm 2): an item is made at s or, as
    often, at the candidate s + eta * g. Once items of both kinds have gathered their early rewards, it compares the
    mean rewards and moves if those at the candidate earned no less. Rewards are what happened, so one lucky item can
    mislead. `rows` (n,) says which of a population's creators these are.
    """

    RECENT, USUAL = 3, 14  # days over which rewards are remembered

    def __init__(
        self, population: Population, rows: np.ndarray, settings: Settings, rng: np.random.Generator
    ) -> None:
        n, self.radius = len(rows), population.radius
        self.strategies = np.array(population.creators[rows], dtype=np.float64)
        self.publishing, self.habit = population.publishing[rows], population.habit[rows]
        self.eta = settings.eta * self.radius
        self.content_noise = settings.content_noise * self.radius
        self.trials, self.attachment, self.rng = settings.trials, settings.attachment, rng
        self.directions = unit_vectors(rng, self.strategies.shape)
        self.round = np.zeros(n, np.int64)
        self.earned = np.zeros((n, 2))  # by items made at s and at the candidate, this round
        self.made = np.zeros((n, 2), np.int64)
        self.recent, self.usual = np.zeros(n), np.zeros(n)
        self.days = 0

    def activity(self) -> np.ndarray:
        """Return each creator's probability of being active today, (n,)."""
        mood = self.attachment * np.log((1.0 + self.recent) / (1.0 + self.usual))
        return np.asarray(1.0 / (1.0 + np.exp(-(self.habit + mood))))

    def show_up(self) -> np.ndarray:
        """Draw who is active today, (n,) bool."""
        return np.asarray(self.rng.random(len(self.habit)) < self.activity())

    def make(self, active: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw today's items: vectors (k, d), creators (k,) and whether each is made at the candidate (k,)."""
        counts = np.where(active, self.rng.poisson(self.publishing), 0)
        creator = np.repeat(np.arange(len(counts)), counts)
        at_candidate = self.rng.random(len(creator)) < 0.5
        meant = np.where(at_candidate[:, None], self.candidates()[creator], self.strategies[creator])
        noise = self.content_noise * self.rng.standard_normal(meant.shape)
        return meant + noise, creator, at_candidate

    def candidates(self) -> np.ndarray:
        """Return each creator's candidate, (n, d): s + eta * g, projected."""
        return into_ball(self.strategies + self.eta * self.directions, self.radius)

    def review(self, contents: Contents, begin: int, end: int) -> np.ndarray:
        """Let creators judge by items ``begin`` to ``end``, whose early rewards are in; return who moved, (n,)."""
        items, n = Items(*(array[begin:end] for array in contents.items)), len(self.round)
        current = items.round == self.round[items.creator]
        place = (2 * items.creator + items.at_candidate)[current]
        self.earned += np.bincount(place, items.reward[current], 2 * n).reshape(n, 2)
        self.made += np.bincount(place, minlength=2 * n).reshape(n, 2)
        ready = np.asarray((self.made >= self.trials).all(axis=1))
        mean = self.earned / np.maximum(self.made, 1)
        moved = ready & (mean[:, 1] >= mean[:, 0])
        self.strategies = np.where(moved[:, None], self.candidates(), self.strategies)
        # As many draws whoever is ready, so that a day always takes the same numbers from the stream.
        fresh = unit_vectors(self.rng, self.strategies.shape)
        self.directions = np.where(ready[:, None], fresh, self.directions)
        self.round += ready
        self.earned[ready], self.made[ready] = 0.0, 0
        return moved

    def remember(self, rewards: np.ndarray) -> None:
        """Take note of today's rewards, (n,); both memories start as plain means."""
        self.days += 1
        self.recent += (rewards - self.recent) / min(self.RECENT, self.days)
        self.usual += (rewards - self.usual) / min(self.USUAL, self.days)
