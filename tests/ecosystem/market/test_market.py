"""The compiled market against the readable game, through any sequence of moves and terms."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.game import creator_utilities, user_utilities, welfare
from ecosystem.market import Market
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.rewards import REWARDS
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms


class Pair:
    """A market and what it must agree with, driven by one generator."""

    def __init__(self, seed, reward, static=False, pi=False, longest=None):
        self.rng = rng = np.random.default_rng(seed)
        self.m, self.n, self.d = rng.integers(1, 10), rng.integers(1, 14), rng.integers(1, 5)
        self.longest = longest or self.n + 5
        # Points of a coarse grid make exact ties, on lists and beyond them.
        self.coarse = rng.random() < 0.5
        self.relevance = [DistanceRelevance(1, 3), DotRelevance(-2, 2), DistanceRelevance(2, 1)][
            rng.integers(3)
        ]
        self.reward = reward
        self.statics = self.points(rng.integers(1, 5)) if static else np.empty((0, self.d))
        self.pi = DistanceRelevance(1, 5) if pi else None
        self.users, start = self.points(self.m), self.points(self.n)
        self.beta, self.K, self.weights = self.betas(), self.lengths(), np.ones(self.m)
        self.pay_beta = self.pay_K = None
        self.mass = rng.random(self.m) + 0.1
        self.market = Market(
            self.users,
            start,
            self.relevance,
            beta=self.beta,
            K=self.K,
            reward=reward,
            user_mass=self.mass,
            utility=self.pi,
            static_items=self.statics,
        )

    def points(self, k):
        points = self.rng.standard_normal((k, self.d))
        return np.round(points) if self.coarse else points

    def betas(self):
        return 10 ** self.rng.uniform(-3, 1, self.m)

    def lengths(self):
        return self.rng.integers(1, self.longest + 1, self.m)

    def act(self):
        if self.rng.random() < 0.3:
            self.beta, self.K, self.weights = self.betas(), self.lengths(), 3 * self.rng.random(self.m)
            self.pay_beta = self.pay_K = None
            if self.rng.random() < 0.4:
                self.pay_beta, self.pay_K = self.betas(), self.lengths()
            self.market.set_terms(Terms(self.weights, self.beta, self.K, self.pay_beta, self.pay_K))
            return
        i, candidate = int(self.rng.integers(self.n)), self.points(1)[0]
        now, promised = self.market.compare(i, candidate)
        assert now == pytest.approx(self.market.utility(i), abs=1e-12)
        assert self.market.utility_at(i, candidate) == promised
        self.market.move(i, candidate)
        assert (self.market.strategies[i] == candidate).all()
        assert self.market.utility(i) == pytest.approx(promised, abs=1e-12)

    def stand(self):
        items = np.vstack([self.market.strategies, self.statics])
        sigma = self.relevance(self.users, items)
        return items, sigma, sigma if self.pi is None else self.pi(self.users, items)

    def check_utilities(self):
        items, sigma, value = self.stand()
        P = matching_probabilities(sigma, self.beta, self.K)
        np.testing.assert_allclose(self.market.user_utilities(), user_utilities(value, P), rtol=0, atol=1e-12)
        np.testing.assert_allclose(self.market.matched()[1], 1 / (P**2).sum(axis=1), rtol=1e-11)
        assert self.market.welfare() == pytest.approx(welfare(value, P, self.mass), abs=1e-12)
        served = np.arange(len(items)) < self.n
        np.testing.assert_allclose(
            self.market.user_utilities(static=False), (P * value * served).sum(axis=1), rtol=0, atol=1e-12
        )
        beta, K = self.betas(), self.lengths()
        other = user_utilities(value, matching_probabilities(sigma, beta, K))
        np.testing.assert_allclose(self.market.user_utilities(beta=beta, K=K), other, rtol=0, atol=1e-12)

    def check_pay(self):
        _, sigma, value = self.stand()
        pay_beta = self.beta if self.pay_beta is None else self.pay_beta
        pay_K = self.K if self.pay_K is None else self.pay_K
        paid = creator_utilities(
            sigma,
            matching_probabilities(sigma, pay_beta, pay_K),
            self.reward,
            self.weights,
            self.mass,
            beta=pay_beta,
            K=pay_K,
            utility=value,
        )[: self.n]
        np.testing.assert_allclose(self.market.creator_utilities(), paid, rtol=0, atol=1e-12)
        singly = [self.market.utility(i) for i in range(self.n)]
        np.testing.assert_allclose(singly, paid, rtol=0, atol=1e-12)
        check_lists(self.market._book, sigma)


def check_lists(book, sigma):
    """Check that the book keeps what it promises of every list: who is on it, in order, and who is left out."""
    N = sigma.shape[1]
    for p, j in enumerate(book.order):
        if j < 0:
            continue
        at, row = book.lists[p], slice(0, book.lists[p]["length"])
        item, value, K = book.item[p, row], book.value[p, row], at["K"]
        assert min(K + 1, N) <= at["length"] < book.value.shape[1]
        assert len(set(item)) == len(item)
        assert (book.value[p, at["length"] :] == -np.inf).all()
        assert (book.item[p, at["length"] :] == -1).all()
        np.testing.assert_allclose(value, sigma[j, item], rtol=0, atol=1e-12)
        assert (np.lexsort((item, -value)) == np.arange(len(item))).all()
        assert at["floor"] <= value.min()
        assert (np.delete(sigma[j], item) <= at["floor"] + 1e-12).all()
        if K < N:
            assert (value[K - 1], value[K]) == (at["kth"], at["following"])


@pytest.mark.parametrize("examples", [12, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reward", REWARDS)
def test_it_agrees_with_the_game_after_any_moves_and_terms(reward, examples):
    @settings(max_examples=examples)
    @given(seed=st.integers(0, 2**32), static=st.booleans(), pi=st.booleans())
    def holds(seed, static, pi):
        pair = Pair(seed, reward, static, pi)
        pair.check_utilities()
        pair.check_pay()
        for _ in range(8):
            pair.act()
            pair.check_utilities()
            pair.check_pay()

    holds()


@pytest.mark.parametrize("reward", ["relevance", "contribution"])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32), bench=st.integers(0, 2))
def test_it_agrees_where_lists_run_dry(reward, seed, bench):
    # So few creators would all be on every list, had lists not been made short: now they leave it, and wait outside.
    with patch.multiple("ecosystem.market.market", KEEP_ALL=0, BENCH=bench):
        pair = Pair(seed, reward, longest=3)
        for _ in range(30):
            pair.act()
            pair.check_pay()


@pytest.fixture
def deeper_shown():
    """A market that shows 35 items and pays on 20: lists run short of what is shown long before they do of pay."""
    rng = np.random.default_rng(4)
    users = rng.standard_normal((30, 3))
    market = Market(users, rng.standard_normal((100, 3)), DistanceRelevance(1, 30), beta=1.0, K=20)
    market.set_terms(Terms(np.ones(30), market.beta, np.full(30, 35), market.beta, market.K))
    return market, 3 * rng.standard_normal((100, 3))


def test_users_get_all_that_is_shown_where_pay_needs_less(deeper_shown):
    market, away = deeper_shown
    for i, strategy in enumerate(away):
        market.move(i, strategy)
        sigma = market.relevance(market.users, market.strategies)
        P = matching_probabilities(sigma, 1.0, 35)
        np.testing.assert_allclose(market.user_utilities(), user_utilities(sigma, P), rtol=0, atol=1e-12)


def test_matches_are_drawn_from_all_that_is_shown_where_pay_needs_less(deeper_shown):
    market, away = deeper_shown
    last = np.full(30, 0.9999)
    for i, strategy in enumerate(away):
        market.move(i, strategy)
        sigma = market.relevance(market.users, market.strategies)
        items, utilities = market.draw_matches(last)
        assert (utilities == sigma[np.arange(30), items]).all()
        assert (utilities == np.sort(sigma, axis=1)[:, -35]).all()


def test_a_creator_alone_contributes_all_there_is():
    pi = DistanceRelevance(1, 5)
    market = Market(
        np.eye(2), np.zeros((1, 2)), DistanceRelevance(), beta=0.1, K=1, reward="contribution", utility=pi
    )
    assert market.utility(0) == pytest.approx(market.welfare()) == pytest.approx(0.8)


@pytest.mark.parametrize("reward", REWARDS)
@pytest.mark.parametrize("copies", [2, 25, 203])
def test_crowds_of_identical_creators(reward, copies):
    # More equals than any list holds: the tie reaches beyond it.
    rng = np.random.default_rng(copies)
    users = rng.standard_normal((15, 3))
    start = np.vstack([np.tile(rng.standard_normal(3), (copies, 1)), rng.standard_normal((3, 3))])
    relevance = DistanceRelevance()
    market = Market(users, start, relevance, beta=0.1, K=4, reward=reward)
    for i in (0, copies, 1):
        strategies = market.strategies
        sigma = relevance(users, strategies)
        paid = creator_utilities(sigma, matching_probabilities(sigma, 0.1, 4), reward, beta=0.1, K=4)
        np.testing.assert_allclose(market.creator_utilities(), paid, rtol=0, atol=1e-12)
        market.move(i, strategies[0] if i else strategies[-1])


def test_the_best_leaving_keeps_every_digit():
    # At beta = 1e-3, "the sum less my own term" would lose all the others.
    users = np.array([[0.0]])
    relevance = DistanceRelevance(1, 1)
    market = Market(users, np.array([[0.1], [0.5], [0.5001]]), relevance, beta=1e-3, K=2)
    market.move(0, np.array([0.5]))
    sigma = relevance(users, market.strategies)
    P = matching_probabilities(sigma, 1e-3, 2)
    np.testing.assert_allclose(market.creator_utilities(), creator_utilities(sigma, P), rtol=1e-12)
    assert market.utility_at(0, np.array([0.1])) == pytest.approx(0.9, rel=1e-12)


def test_long_walks_do_not_drift():
    rng = np.random.default_rng(7)
    users = rng.standard_normal((40, 3))
    market = Market(users, rng.standard_normal((30, 3)), DistanceRelevance(), beta=0.05, K=5)
    for _ in range(4000):
        i = int(rng.integers(30))
        market.move(i, market.strategies[i] + 0.2 * rng.standard_normal(3))
    sigma = DistanceRelevance()(users, market.strategies)
    expected = creator_utilities(sigma, matching_probabilities(sigma, 0.05, 5))
    np.testing.assert_allclose(market.creator_utilities(), expected, rtol=0, atol=1e-12)


def test_sampled_pay_is_right_on_average():
    rng = np.random.default_rng(0)
    users, mass = rng.standard_normal((12, 2)), rng.random(12) + 0.1
    mass /= mass.sum()
    for reward in REWARDS:
        market = Market(
            users,
            rng.standard_normal((6, 2)),
            DistanceRelevance(),
            beta=0.1,
            K=3,
            reward=reward,
            user_mass=mass,
        )
        market.set_terms(Terms(rng.random(12) * 2, market.beta, market.K))
        candidate, size = rng.standard_normal(2), 400_000
        sample = rng.choice(12, size, p=mass)
        sampled = market.sample_compare(2, candidate, sample, rng.random(size), rng.random(size))
        np.testing.assert_allclose(sampled, market.compare(2, candidate), atol=5e-3)


def test_drawn_matches_follow_eq_1_ties_included():
    users = np.array([[0.0, 0.0]])
    strategies = np.array([[0.1, 0], [0, 0.2], [0.2, 0], [0, -0.2], [-0.2, 0], [1, 1]], dtype=float)
    relevance = DistanceRelevance()
    market = Market(users, strategies, relevance, beta=0.1, K=3)
    P = matching_probabilities(relevance(users, strategies), 0.1, 3)[0]
    uniforms = (np.arange(2000) + 0.5) / 2000
    drawn = np.array([market.draw_matches(np.array([u]))[0][0] for u in uniforms])
    np.testing.assert_allclose(np.bincount(drawn, minlength=6) / 2000, P, atol=2e-3)


def test_every_user_s_match_is_drawn_by_its_own_terms():
    # The first user's K-th place is tied, the second's is not, and the third has everybody on its list.
    users, strategies = np.array([[0.0], [1.0], [3.0]]), np.array([[-1.0], [1.0], [0.2], [2.5]])
    relevance, beta, K = DistanceRelevance(), np.array([0.2, 0.3, 0.5]), np.array([2, 2, 4])
    market = Market(users, strategies, relevance, beta=beta, K=K)
    sigma = relevance(users, strategies)
    drawn = [market.draw_matches(np.full(3, u)) for u in (np.arange(1000) + 0.5) / 1000]
    items, utilities = (np.array(each) for each in zip(*drawn, strict=True))
    shares = (items[:, :, None] == np.arange(4)).mean(axis=0)
    np.testing.assert_allclose(shares, matching_probabilities(sigma, beta, K), atol=2e-3)
    np.testing.assert_allclose(utilities, sigma[np.arange(3), items])


@pytest.mark.parametrize("seed", range(20))
def test_the_highest_number_draws_somebody_on_the_list(seed):
    # Probabilities of tied users are summed with rounding, and may end below it.
    rng = np.random.default_rng(seed)
    users, strategies = rng.integers(-1, 2, (40, 2)).astype(float), rng.integers(-1, 2, (9, 2)).astype(float)
    market = Market(users, strategies, DistanceRelevance(), beta=0.7, K=5)
    P = matching_probabilities(market.relevance(users, strategies), 0.7, 5)
    items, _ = market.draw_matches(np.full(40, np.nextafter(1.0, 0.0)))
    assert (P[np.arange(40), items] > 0).all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"K": 0}, "K is 0"),
        ({"beta": -1.0}, "beta is -1;"),
        ({"reward": "likes"}, "'likes'"),
        ({"users": np.full((2, 2), np.nan)}, "nan"),
        ({"strategies": np.ones((2, 3))}, "3"),
        ({"static_items": np.ones((2, 3))}, "static_items have 3"),
        ({"relevance": "dot"}, "DistanceRelevance or a DotRelevance"),
        ({"user_mass": -np.ones(2)}, "user_mass"),
        ({"utility": lambda x, s: np.ones((1, 1))}, "utility returned shape"),
    ],
)
def test_bad_input_is_named(change, named):
    given = {
        "users": np.eye(2),
        "strategies": np.eye(2),
        "relevance": DistanceRelevance(),
        "beta": 0.1,
        "K": 1,
    }
    with pytest.raises(BadInput, match=named):
        Market(**(given | change))


def test_bad_moves_are_named():
    market = Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1)
    with pytest.raises(BadInput, match="creator is 2"):
        market.move(2, np.zeros(2))
    with pytest.raises(BadInput, match=r"strategy has shape \(3,\); it must have \(2,\)"):
        market.move(0, np.zeros(3))
    with pytest.raises(BadInput, match="reward_weight"):
        market.set_terms(Terms(-np.ones(2), market.beta, market.K))
