"""The platform's people where nobody brings any: users whose features shape what they like, and creators for them."""

from __future__ import annotations

import numpy as np

from ecosystem.relevance import DistanceRelevance
from ecosystem.shortvideo.population import Population, into_ball, keep_groups, nearest
from ecosystem_agents.creator import unit_vectors

DIM, N_TOPICS, COUNTRIES = 8, 200, 50
GENDERS = np.array([0.52, 0.45, 0.03])
ACTIVITY_SHARES = np.array([0.30, 0.30, 0.22, 0.13, 0.05])
ACTIVITY_REQUESTS = np.array([0.3, 0.8, 2.0, 5.0, 10.0])
FEATURE_PULL = (1.0, 0.4, 0.4)  # how far country, gender and activity move what a user likes


def synthetic_population(rng: np.random.Generator, n_users: int, n_creators: int) -> Population:
    """Draw a population: country, gender and activity level make a user's group and shape what the user likes.

    It has all its groups; relevance is that of Section 5.1.1, and creators stay in the unit ball.
    """
    popularity = 1.0 / np.arange(1, COUNTRIES + 1) ** 1.2
    shares = (popularity / popularity.sum(), GENDERS, ACTIVITY_SHARES)
    features = np.stack([rng.choice(len(p), n_users, p=p) for p in shares], axis=1)
    tastes = [unit_vectors(rng, (len(p), DIM)) for p in shares]
    centre = sum(
        size * taste[features[:, k]] for k, (size, taste) in enumerate(zip(FEATURE_PULL, tastes, strict=True))
    )
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    users = centre + 0.3 * rng.standard_normal((n_users, DIM))
    labels = np.ravel_multi_index(tuple(features.T), (COUNTRIES, len(GENDERS), len(ACTIVITY_SHARES)))
    topics = into_ball(users[rng.integers(n_users, size=N_TOPICS)], 1.0)
    requests = ACTIVITY_REQUESTS[features[:, 2]]
    creators = near_topics(rng, users, requests, topics, n_creators, 1.0)
    traits = drawn_traits(rng, n_creators)
    groups, quarters = keep_groups(labels, requests, 1)
    return Population(users, groups, quarters, requests, creators, *traits, topics, DistanceRelevance())


def near_topics(
    rng: np.random.Generator,
    users: np.ndarray,
    requests: np.ndarray,
    topics: np.ndarray,
    n_creators: int,
    radius: float,
) -> np.ndarray:
    """Return where creators start, (N, d): near topics, in proportion to what the users nearest to them ask for."""
    sample = rng.integers(len(users), size=min(len(users), 5000))
    near = nearest(users[sample], topics)
    demand = np.bincount(near, weights=requests[sample], minlength=len(topics))
    topic = rng.choice(len(topics), n_creators, p=demand / demand.sum())
    spread = 0.1 * radius * rng.standard_normal((n_creators, users.shape[1]))
    return into_ball(topics[topic] + spread, radius)


def drawn_traits(rng: np.random.Generator, n_creators: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw creators' followers, publishing and habit, (N,) each: see `Population`."""
    followers = np.floor(100 * np.exp(1.8 * rng.standard_normal(n_creators)))  # a tenth has over 1000
    fame = np.log10(1 + followers)
    publishing = rng.gamma(2.0, 0.5, n_creators) * (0.5 + 0.25 * fame)
    habit = -1.0 + 0.5 * fame + 0.7 * rng.standard_normal(n_creators)
    return followers, publishing, habit
