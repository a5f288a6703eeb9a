"""An environment: two towns of users far apart, and creators that all start in the larger one."""

import numpy as np

from ecosystem.plugins import Ball, DistanceRelevance, Environment, Setting, real, whole


def build(
    rng: np.random.Generator, n_users: int = 300, n_creators: int = 20, distance: float = 1.4
) -> Setting:
    """Draw users around two centres, two thirds of them around the first."""
    n_users, n_creators = whole("n_users", n_users, at_least=3), whole("n_creators", n_creators, at_least=1)
    town = np.arange(n_users) >= 2 * n_users // 3
    centres = np.array([[-0.5, 0.0], [0.5, 0.0]]) * real("distance", distance, above=0)
    start = centres[0] + 0.1 * rng.standard_normal((n_creators, 2))
    return Setting(
        users=centres[town.astype(int)] + 0.2 * rng.standard_normal((n_users, 2)),
        strategies=np.array([Ball(1.0).project(s) for s in start]),
        relevance=DistanceRelevance(ceiling=1.0, scale=2.0),
        strategy_sets=Ball(1.0),
        groups=town.astype(int),
    )


TOWNS = Environment(
    name="two_towns",
    summary="two towns of users, creators start in the larger one",
    build=build,
    beta=0.1,
    K=5,
    eta=0.2,
    horizon=200,
    n_groups=2,
)
