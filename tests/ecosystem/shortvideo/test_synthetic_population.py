"""The drawn population: heavy-tailed groups, tastes that follow features, creators in the ball."""

from __future__ import annotations

import numpy as np

from ecosystem.shortvideo.synthetic_population import synthetic_population


def test_the_synthetic_population_has_a_heavy_tail_and_tastes_that_follow_features():
    population = synthetic_population(np.random.default_rng(0), 20_000, 2000).with_groups_of(20)
    sizes = np.bincount(population.groups[population.groups >= 0])
    assert 100 < len(sizes) < 1000
    assert (np.diff(sizes) <= 0).all()
    assert sizes.min() >= 20
    assert sizes[0] > 20 * np.median(sizes)
    biggest = population.users[population.groups == 0]
    assert biggest.std(axis=0).mean() < 0.8 * population.users.std(axis=0).mean()
    assert 0.05 < (population.followers > 1000).mean() < 0.15
    assert (np.linalg.norm(population.creators, axis=1) <= 1 + 1e-9).all()
