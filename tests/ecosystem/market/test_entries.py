"""Creators who come and go, users who are away: after any events a market tells what the plain equations do."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from adversarial_games import CODED, PLUGGED_IN, either, unit

from ecosystem.game import creator_utilities, user_utilities, welfare
from ecosystem.market import Market
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.sizes import KEEP_ALL
from ecosystem_agents.mechanisms import Terms

EXACT = {"rtol": 1e-12, "atol": 1e-12}


def liking(users, strategies):
    """What users get from items, where that is not relevance."""
    return np.abs(np.cos(3.0 * (users[:, None] - strategies[None])).sum(axis=2))


class Game:
    """A market beside what it must tell."""

    def __init__(self, rng, n, *, K=None, few=False):
        self.rng, self.d = rng, int(rng.integers(1, 4))
        self.m = int(rng.choice([1, 3, 7, 8, 17] if few else [1, 5, 16, 33]))
        self.is_lattice = rng.random() < 0.5  # then many are at the same place, or as far from a user
        self.users, self.strategies = self.points(self.m), self.points(n)
        self.relevance = either(rng, self.users, self.strategies if n > 1 else self.points(9))
        if self.is_lattice:
            self.relevance = [DistanceRelevance(2, 2), DotRelevance(-1.0, 2.0)][rng.integers(2)]
        self.reward = (*CODED, *PLUGGED_IN)[rng.integers(7)]
        self.pi = liking if rng.random() < 0.25 else None
        self.mass = rng.choice([0.5, 1.0, 2.0], self.m)
        self.static = self.points(int(rng.integers(1, 4))) if rng.random() < 0.4 else self.points(0)
        self.present, self.most = np.ones(self.m, dtype=bool), K or n + 3
        self.terms = self.new_terms()
        self.market = Market(
            self.users,
            self.strategies,
            self.relevance,
            beta=self.terms.beta,
            K=self.terms.K,
            reward=self.reward,
            user_mass=self.mass,
            utility=self.pi,
            static_items=self.static,
        )
        self.market.set_terms(self.terms)

    def points(self, k):
        if self.is_lattice:
            return self.rng.integers(-2, 3, (k, self.d)) / 2
        return self.rng.standard_normal((k, self.d))

    def new_terms(self):
        rng, m = self.rng, self.m

        def drawn():
            return 10 ** rng.uniform(-1.5, 0.5, m), rng.integers(1, self.most + 1, m)

        weights = rng.choice([0.0, 0.5, 1.0, 3.0], m)
        return Terms(weights, *drawn(), *(drawn() if rng.random() < 0.4 else (None, None)))

    def event(self, growth=0.5):
        rng, market, n = self.rng, self.market, len(self.strategies)
        kind = rng.choice(7, p=[0.55, 0.15, 0.08, 0.06, 0.06, 0.05, 0.05])
        if kind == 0 and rng.random() < growth:
            self.add(self.points(1)[0])
        elif kind == 0 and n:
            self.remove(int(rng.integers(n)))
        elif kind == 1 and n:
            i, there = int(rng.integers(n)), self.points(1)[0]
            self.strategies[i] = there
            market.move(i, there)
        elif kind == 2:
            self.terms = self.new_terms()
            market.set_terms(self.terms)
        elif kind == 3:
            self.present = rng.random(self.m) < rng.choice([0.0, 0.5, 1.0])
            market.set_present(self.present)
        elif kind == 4:
            self.static = self.points(int(rng.integers(0, 4)))
            market.set_static_items(self.static)
        elif kind == 5:
            self.strategies = self.points(int(rng.integers(0, n + 2)))
            market.populate(self.strategies)
        else:
            self.market = pickle.loads(pickle.dumps(market))

    def add(self, there):
        assert self.market.add(there) == len(self.strategies)
        self.strategies = np.vstack([self.strategies, there])

    def remove(self, i):
        self.market.remove(i)
        self.strategies = np.delete(self.strategies, i, axis=0)

    def check(self):
        market, n, N = self.market, len(self.strategies), len(self.strategies) + len(self.static)
        assert (market.n_creators, market.n_items) == (n, N)
        assert (market.strategies == self.strategies).all()
        assert market.strategies.shape == (n, self.d)
        np.testing.assert_array_equal(market.K, np.minimum(self.terms.K, max(N, 1)))
        utilities, breadth = market.matched()
        earned = market.creator_utilities()
        assert earned.shape == (n,)
        if not N:
            assert not utilities.any()
            assert not breadth.any()
            assert not market.user_utilities(0.3, 2).any()
            assert (market.draw_matches(np.full(self.m, 0.5))[0] == -1).all()
            return
        self.check_users(utilities, breadth)
        self.check_pay(earned)

    def check_users(self, utilities, breadth):
        rng, market, n = self.rng, self.market, len(self.strategies)
        items = np.vstack([self.strategies, self.static])
        sigma = self.relevance(self.users, items)
        value = sigma if self.pi is None else self.pi(self.users, items)
        P = matching_probabilities(sigma, self.terms.beta, self.terms.K)
        np.testing.assert_allclose(utilities, user_utilities(value, P), **EXACT)
        np.testing.assert_allclose(breadth, 1 / (P**2).sum(axis=1), rtol=1e-12)
        by_creators = (value[:, :n] * P[:, :n]).sum(axis=1)
        np.testing.assert_allclose(market.user_utilities(static=False), by_creators, **EXACT)
        beta, K = 10 ** rng.uniform(-1, 0), int(rng.integers(1, len(items) + 3))
        other = user_utilities(value, matching_probabilities(sigma, beta, K))
        np.testing.assert_allclose(market.user_utilities(beta, K), other, **EXACT)
        there, got = market.draw_matches(rng.random(self.m))
        assert (P[np.arange(self.m), there] > 0).all()
        assert (got == value[np.arange(self.m), there]).all()
        np.testing.assert_allclose(market.welfare(), welfare(value, P, self.mass), **EXACT)

    def check_pay(self, earned):
        n, market = len(self.strategies), self.market
        np.testing.assert_allclose(earned, self.pay(self.strategies), **EXACT)
        if not n:
            return
        i, candidate = int(self.rng.integers(n)), self.points(1)[0]
        tried = self.strategies.copy()
        tried[i] = candidate
        due = self.pay(self.strategies)[i], self.pay(tried)[i]
        np.testing.assert_allclose(market.compare(i, candidate), due, **EXACT)
        now, then, off = market.trial(i, candidate, exact=False).sum(axis=0)
        assert abs(then - now - (due[1] - due[0])) <= off + 1e-12 * (1 + abs(now) + abs(then))

    def pay(self, strategies):
        terms, items = self.terms, np.vstack([strategies, self.static])
        beta = terms.beta if terms.pay_beta is None else terms.pay_beta
        K = terms.K if terms.pay_K is None else terms.pay_K
        sigma = self.relevance(self.users, items)
        value = sigma if self.pi is None else self.pi(self.users, items)
        P = matching_probabilities(sigma, beta, K)
        weights, terms_of_pay = terms.reward_weight * self.present, {"beta": beta, "K": K, "utility": value}
        all_pay = creator_utilities(sigma, P, self.reward, weights, self.mass, **terms_of_pay)
        return all_pay[: len(strategies)]

    def check_as_made_anew(self):
        """A market that is opened where everybody stands now tells the same bits, whatever happened before."""
        market, n = self.market, len(self.strategies)
        if not n:
            return
        fresh = Market(
            self.users,
            self.strategies,
            self.relevance,
            beta=1.0,
            K=1,
            reward=self.reward,
            user_mass=self.mass,
            utility=self.pi,
            static_items=self.static,
        )
        fresh.present = self.present
        fresh.set_terms(self.terms)
        for one, other in zip(market.matched(), fresh.matched(), strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(market.creator_utilities(), fresh.creator_utilities())
        i, candidate = int(self.rng.integers(n)), self.points(1)[0]
        assert market.compare(i, candidate) == fresh.compare(i, candidate)


def play(number, events):
    rng = np.random.default_rng([7, number])
    game = Game(rng, int(rng.integers(1, 9)))
    game.check()
    for _ in range(events):
        game.event(growth=rng.choice([0.3, 0.5, 0.7]))
        game.check()
    game.check_as_made_anew()


@pytest.mark.parametrize("numbers", [range(k, k + 12) for k in range(0, 48, 12)])
def test_after_any_events_a_market_tells_what_the_equations_do(numbers):
    for number in numbers:
        play(number, events=11)


@pytest.mark.slow
def test_after_ten_thousand_events_a_market_tells_what_the_equations_do():
    for number in range(1000, 1500):
        play(number, events=20)


@pytest.mark.parametrize("number", range(12))
def test_lists_that_hold_not_all_of_many(number):
    # About the number up to which lists hold everybody, and far beyond it.
    rng = np.random.default_rng([8, number])
    game = Game(rng, [KEEP_ALL - 3, KEEP_ALL + 3, 150][number % 3], K=[2, 30, 70, 200][number % 4], few=True)
    for growth in [0.9] * 8 + [0.1] * 12 + [0.9] * 8:
        game.event(growth)
        game.check()
    game.check_as_made_anew()


@pytest.mark.parametrize("reward", [*CODED, *PLUGGED_IN])
@pytest.mark.parametrize("relevance", [DistanceRelevance(1, 2), DotRelevance(-1, 2)])
def test_all_go_one_by_one_and_others_come(reward, relevance):
    rng = np.random.default_rng(3)
    game = Game(rng, 5, K=4)
    game.reward, game.relevance, game.static = reward, relevance, game.points(0)
    game.market = Market(
        game.users, game.strategies, relevance, beta=0.3, K=4, reward=reward, user_mass=game.mass
    )
    game.terms, game.pi = Terms(np.ones(game.m), np.full(game.m, 0.3), np.full(game.m, 4)), None
    for _ in range(2):
        while len(game.strategies):
            game.remove(int(rng.integers(len(game.strategies))))
            game.check()
        for _ in range(6):
            game.add(game.points(1)[0])
            game.check()
    game.check_as_made_anew()


def test_many_at_the_same_place_leave_and_join_a_tie_that_reaches_beyond_the_list():
    rng = np.random.default_rng(0)
    game = Game(rng, 2, K=3, few=True)
    game.remove(0)
    there = game.strategies[0].copy()
    for _ in range(KEEP_ALL + 20):
        game.add(there)
    game.check()
    for _ in range(KEEP_ALL + 15):
        game.remove(int(rng.integers(len(game.strategies))))
    game.check()
    game.check_as_made_anew()


def test_the_first_one_left_out_is_there_while_more_compete_than_K():
    # One user; lift pays relevance over the first left out, which counts 0 where nobody is. P = 1/2 among equals.
    market = Market(
        np.zeros((1, 1)), np.array([[1.0], [1.0]]), DistanceRelevance(3, 1), beta=1.0, K=2, reward="lift"
    )
    np.testing.assert_allclose(market.creator_utilities(), [1.0, 1.0])  # 2/2 each, nobody left out
    market.add(np.array([2.0]))
    np.testing.assert_allclose(market.creator_utilities(), [0.5, 0.5, 0.0])  # (2 - 1) / 2
    market.remove(0)
    e = np.exp(-1.0)
    np.testing.assert_allclose(market.creator_utilities(), [2 / (1 + e), e / (1 + e)])
    market.set_static_items(np.array([[2.5]]))
    np.testing.assert_allclose(market.creator_utilities(), [1.5 / (1 + e), 0.5 * e / (1 + e)])


def test_absent_users_pay_nothing_and_are_matched():
    users = np.array([[0.0], [1.0]])
    market = Market(
        users, np.array([[0.0]]), DistanceRelevance(3, 1), beta=1.0, K=1, user_mass=np.array([1, 3])
    )
    np.testing.assert_allclose(market.creator_utilities(), [0.25 * 3 + 0.75 * 2])
    market.set_present(np.array([True, False]))
    np.testing.assert_allclose(market.creator_utilities(), [0.25 * 3])  # masses as they were, not 1 and 0
    np.testing.assert_allclose(market.user_utilities(), [3.0, 2.0])


def test_near_ties_are_screened_as_exactly_after_entries():
    rng = np.random.default_rng(5)
    for _ in range(10):
        game = Game(rng, 6)
        for _ in range(8):
            base = game.strategies[rng.integers(len(game.strategies))] if len(game.strategies) else 0.0
            game.add(base + 1e-9 * unit(rng, game.d))
            if rng.random() < 0.5:
                game.remove(int(rng.integers(len(game.strategies))))
            game.check()
