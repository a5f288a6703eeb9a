"""Figure 1's world: a popular user in the centre, four around it, five creators that start nearby."""

from __future__ import annotations

import numpy as np

from ecosystem.environments.environment import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import FreeSpace

USERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def build(rng: np.random.Generator) -> Setting:
    """Place five creators at random between the centre and the first user beside it (Section 4.1).

    Parameters
    ----------
    rng : Generator
        Source of the starting points: x ~ U(0, 1), y ~ U(-0.1, 0.1).
    """
    start = np.column_stack([rng.uniform(0, 1, 5), rng.uniform(-0.1, 0.1, 5)])
    return Setting(
        users=USERS.copy(),
        strategies=start,
        relevance=DistanceRelevance(ceiling=2.0, scale=1.0),
        strategy_sets=FreeSpace(),
        groups=np.arange(5),
    )


FIGURE1 = Environment(
    name="figure1",
    summary="five users, five creators in the plane; one user is popular (Section 4.1, Figure 1)",
    build=build,
    beta=0.1,  # the paper prints an inverse temperature of 10
    K=3,
    eta=0.1,
    horizon=2000,
    n_groups=5,
)
