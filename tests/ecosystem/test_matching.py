from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem.matching import matching_probabilities
from ecosystem_agents.inputs.checks import BadInput

tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 5), st.integers(1, 7)),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
)


def by_enumeration(relevance, beta, K):
    """Eq. (1) averaged over every order in which ties could be broken."""
    from itertools import permutations

    n = len(relevance)
    total, count = np.zeros(n), 0
    for order in permutations(range(n)):
        listed = sorted(order, key=lambda i: -relevance[i])[:K]  # a stable sort: `order` breaks the ties
        e = np.zeros(n)
        e[listed] = np.exp((relevance[listed] - relevance.max()) / beta)
        total += e / e.sum()
        count += 1
    return total / count


@given(arrays(np.float64, st.integers(1, 5), elements=st.sampled_from([0.0, 0.5, 1.0])), st.integers(1, 6))
def test_ties_are_the_expectation_of_breaking_them_at_random(relevance, K):
    P = matching_probabilities(relevance[None], 0.3, K)[0]
    np.testing.assert_allclose(P, by_enumeration(relevance, 0.3, K), atol=1e-12)


@given(tables, st.integers(1, 9), st.sampled_from([1e-3, 0.1, 10.0]))
def test_rows_are_distributions_over_the_top(relevance, K, beta):
    P = matching_probabilities(relevance, beta, K)
    np.testing.assert_allclose(P.sum(axis=1), 1)
    assert (P >= 0).all()
    kth = -np.sort(-relevance, axis=1)[:, min(K, relevance.shape[1]) - 1]
    assert (P[relevance < kth[:, None]] == 0).all()


def test_by_hand():
    P = matching_probabilities(np.array([[0.3, 0.2, 0.1]]), 0.1, 2)
    np.testing.assert_allclose(P, [[np.e / (np.e + 1), 1 / (np.e + 1), 0]])


@pytest.mark.parametrize(
    ("beta", "K", "named"),
    [
        (0.0, 3, "beta is 0;"),
        ("x", 3, "beta is 'x'; it must be a number above 0"),
        (np.array([0.1, np.inf]), 3, "beta is inf"),
        (0.1, np.nan, "K is nan; it must be a whole number at least 1"),
        (0.1, [1, 10**400], "K is .1, 1000"),
        ([0.1, -2.0], 1, "beta is -2"),
        (np.ones(3), 1, "shape"),
        (0.1, 0, "K is 0"),
        (0.1, 2.5, "K is 2.5"),
        (0.1, True, "K is True; it must be a whole number"),
        (0.1, np.inf, "K is inf; it must be a whole number"),
    ],
)
def test_bad_terms_are_named(beta, K, named):
    with pytest.raises(BadInput, match=named):
        matching_probabilities(np.ones((2, 2)), beta, K)
