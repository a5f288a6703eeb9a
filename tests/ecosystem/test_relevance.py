"""Relevance: what spans the range of dot products, and who is most relevant."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from ecosystem.relevance import DistanceRelevance, DotRelevance, most_relevant
from ecosystem_agents.inputs.checks import BadInput


def test_dot_products_span_the_whole_range_by_hand():
    users, items = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[3.0, 1.0], [-1.0, 0.5]])
    sigma = DotRelevance.spanning(users, items)  # dot products 3, -1, 2, 1
    assert (sigma.low, sigma.high) == (-1, 3)
    assert (sigma(users, items) == [[1, 0], [0.75, 0.5]]).all()


def test_the_range_depends_neither_on_threads_nor_on_blocks():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(300, 34)), rng.normal(size=(1000, 34))
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found += [DotRelevance.spanning(users, items), DotRelevance.spanning(users, items[::-1])]
    each = [DotRelevance.spanning(users, pair) for pair in items.reshape(-1, 2, 34)]
    found.append(DotRelevance(min(one.low for one in each), max(one.high for one in each)))
    assert len(set(found)) == 1


def test_equal_dot_products_have_no_range():
    with pytest.raises(BadInput, match=r"all dot products .* are equal; give embeddings that differ"):
        DotRelevance.spanning(np.ones((3, 2)), np.ones((300, 2)))
    with pytest.raises(BadInput, match="2 dimensions and strategies 3"):
        DotRelevance.spanning(np.ones((3, 2)), np.ones((4, 3)))


@pytest.mark.parametrize("sigma", [DistanceRelevance(), DotRelevance(-4, 4)])
def test_the_most_relevant_item_is_the_first_of_the_best_on_average(sigma):
    rng = np.random.default_rng(1)
    users, items = rng.normal(size=(20, 3)) / 2, rng.normal(size=(700, 3)) / 2
    best = int(np.argmax(sigma(users, items).mean(axis=0)))
    items = np.vstack([items, items[best]])  # a tie far away
    assert most_relevant(sigma, users, items) == best
