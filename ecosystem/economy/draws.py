"""The random numbers of a step: in which order, in which directions, and on which requests creators are judged."""

from __future__ import annotations

import numpy as np

from ecosystem_agents.creator import unit_vectors


def draw_moves(rng: np.random.Generator, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the order (n,) and the directions (n, d) of a step: always as many numbers (Algorithm 2)."""
    return rng.permutation(n), unit_vectors(rng, (n, d))


def draw_requests(
    rng: np.random.Generator, user_mass: np.ndarray, n: int, requests: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw each creator's sampled requests, (n, requests): whose they are, and two uniforms for two matches.

    Parameters
    ----------
    rng : Generator
        Source of the draws.
    user_mass : (m,) array
        Probability that a request is a user's, summing to 1.
    n, requests : int
        Creators, and requests of each.
    """
    size = (n, requests)
    users = np.searchsorted(np.cumsum(user_mass), rng.random(size), side="right")
    return np.minimum(users, len(user_mass) - 1), rng.random(size), rng.random(size)
