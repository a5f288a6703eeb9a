"""Three ways to work out pay agree: by code, by a compiled ``listed``, and by ``pay`` in NumPy."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import ClassVar
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem import CreatorEconomy
from ecosystem.game import creator_utilities
from ecosystem.market import Market
from ecosystem.market.market import BENCH
from ecosystem.market.pay import ArrayPay, KernelPay
from ecosystem.matching import matching_probabilities
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.rewards import (
    BackwardPay,
    ContributionPay,
    EngagementPay,
    LiftPay,
    RelevancePay,
    TrafficPay,
    reward_of,
)
from ecosystem.rewards.reward import pays_places
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms


@dataclass(frozen=True)
class Plain:
    """Another reward with nothing but its formula in NumPy."""

    of: object

    def pay(self, relevance, probabilities, beta, K):
        return self.of.pay(relevance, probabilities, beta, K)


@dataclass(frozen=True)
class Lift(Plain):
    of: object = LiftPay()

    @staticmethod
    def listed(relevance, probability, left_out, beta):
        return probability * (relevance - left_out)


@dataclass(frozen=True)
class Contribution(Plain):
    of: object = ContributionPay()

    @staticmethod
    def listed(relevance, probability, left_out, beta):
        # A list of all creators knows no replacement; the game has none there either, unless somebody is left out.
        pays = np.empty(len(relevance))
        for i in range(len(relevance)):
            total = worth = 0.0
            for k in range(len(relevance)):
                if k != i:
                    e = np.exp((relevance[k] - relevance[0]) / beta)
                    total += e
                    worth += relevance[k] * e
            if left_out > 0.0:
                e = np.exp((left_out - relevance[0]) / beta)
                total += e
                worth += left_out * e
            pays[i] = (probability * relevance).sum() - (worth / total if total > 0.0 else 0.0)
        return pays


@dataclass(frozen=True)
class ByRank:
    """1, 1/2, 1/3 ... by rank; equals share what their ranks get: how ties broken at random come out."""

    name: ClassVar[str] = "by_rank"

    def pay(self, relevance, probabilities, beta, K):
        m, n = relevance.shape
        pays = np.zeros((m, n))
        for j in range(m):
            price = np.where(np.arange(n) < K[j], 1 / np.arange(1, n + 1), 0.0)
            for i in range(n):
                better = (relevance[j] > relevance[j, i]).sum()
                pays[j, i] = price[better : better + (relevance[j] == relevance[j, i]).sum()].mean()
        return pays

    @staticmethod
    def listed(relevance, probability, left_out, beta):
        return 1.0 / np.arange(1.0, len(relevance) + 1.0)


REWARDS = [
    Plain(RelevancePay()),
    Plain(BackwardPay()),
    Plain(EngagementPay()),
    Lift(),
    ByRank(),
    BackwardPay((1, 0.5, 0.5)),
    BackwardPay(),
    EngagementPay(),
]


NAMES = [
    "plain relevance",
    "plain backward",
    "plain engagement",
    "lift",
    "by rank",
    "weights",
    "dcg",
    "engagement",
]


def paid_from_scratch(market, terms):
    sigma = market.relevance(market.users, market._book.strategies)
    beta = market.beta if terms.pay_beta is None else terms.pay_beta
    K = np.minimum(market.K if terms.pay_K is None else terms.pay_K, sigma.shape[1])
    P = matching_probabilities(sigma, beta, K)
    paid = creator_utilities(sigma, P, market.reward, terms.reward_weight, market.mass, beta=beta, K=K)
    return paid[: market.n_creators]


@pytest.mark.parametrize("examples", [10, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reward", REWARDS, ids=NAMES)
def test_the_market_agrees_with_the_formula_after_any_moves_and_terms(reward, examples):
    @settings(max_examples=examples)
    @given(seed=st.integers(0, 2**32), bench=st.sampled_from([BENCH, 1, 0]))
    def holds(seed, bench):
        with patch.multiple("ecosystem.market.market", KEEP_ALL=0, BENCH=bench):  # short lists run dry
            _agrees_with_the_formula(reward, seed)

    holds()


def _agrees_with_the_formula(reward, seed):
    rng = np.random.default_rng(seed)
    m, n, d, statics = rng.integers(1, 9), rng.integers(1, 12), rng.integers(1, 4), rng.integers(0, 4)
    coarse = rng.random() < 0.6  # points of a coarse grid make exact ties, at the K-th place too

    def points(k):
        return np.round(rng.standard_normal((k, d)) * 2) / 2 if coarse else rng.standard_normal((k, d))

    def terms():
        beta, K = 10 ** rng.uniform(-3, 1, (2, m)), rng.integers(1, n + 5, (2, m))
        other = rng.random() < 0.5
        return Terms(3 * rng.random(m), beta[0], K[0], beta[1] if other else None, K[1] if other else None)

    relevance = [DistanceRelevance(1, 3), DotRelevance(-2, 2)][rng.integers(2)]
    mass = rng.random(m) + 0.1
    market = Market(
        points(m),
        points(n),
        relevance,
        beta=0.1,
        K=3,
        reward=reward,
        user_mass=mass,
        static_items=points(statics),
    )
    shown = Terms(np.ones(m), market.beta, market.K)
    for _ in range(6):
        if rng.random() < 0.4:
            shown = terms()
            market.set_terms(shown)
        i, candidate = int(rng.integers(n)), points(1)[0]
        now, then = market.compare(i, candidate)
        paid = paid_from_scratch(market, shown)
        np.testing.assert_allclose(market.creator_utilities(), paid, rtol=0, atol=1e-10)
        np.testing.assert_allclose([market.utility(k) for k in range(n)], paid, rtol=0, atol=1e-10)
        assert now == pytest.approx(paid[i], abs=1e-10)
        market.move(i, candidate)
        assert paid_from_scratch(market, shown)[i] == pytest.approx(then, abs=1e-10)


def test_a_contribution_formula_of_ones_own_meets_the_kernel():
    rng = np.random.default_rng(3)
    users, start = rng.standard_normal((30, 2)), rng.standard_normal((12, 2))
    ours, own = (
        Market(users, start, DistanceRelevance(5, 3), beta=0.2, K=4, reward=reward)
        for reward in ("contribution", Contribution())
    )
    for i in range(12):
        candidate = rng.standard_normal(2)
        np.testing.assert_allclose(own.compare(i, candidate), ours.compare(i, candidate), rtol=0, atol=1e-12)
        for market in (ours, own):
            market.move(i, candidate)
        np.testing.assert_allclose(own.creator_utilities(), ours.creator_utilities(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("reward", [Plain(RelevancePay()), BackwardPay(), ByRank()])
@pytest.mark.parametrize("copies", [2, 30, 300])
def test_equal_creators_are_paid_equally(reward, copies):
    rng = np.random.default_rng(copies)
    start = np.vstack([np.tile(rng.standard_normal(3), (copies, 1)), rng.standard_normal((3, 3))])
    market = Market(rng.standard_normal((15, 3)), start, DistanceRelevance(), beta=0.1, K=4, reward=reward)
    equal = market.creator_utilities()[:copies]
    assert (equal == equal[0]).all()
    singly = np.array([market.utility(i) for i in range(copies)])
    assert (singly == singly[0]).all()
    np.testing.assert_allclose(singly, equal, rtol=0, atol=1e-12)


def test_nobody_is_paid_by_users_whose_list_it_is_not_on():
    class Generous:
        def pay(self, relevance, probabilities, beta, K):
            return np.ones(relevance.shape)

    users, start = np.array([[0.0], [5.0]]), np.array([[0.0], [0.5], [5.0], [5.5]])
    market = Market(users, start, DistanceRelevance(20, 1), beta=0.1, K=2, reward=Generous())
    np.testing.assert_allclose(market.creator_utilities(), [0.5] * 4)
    assert market.compare(0, np.array([9.0])) == (0.5, 0.0)


@pytest.mark.parametrize("reward", [BackwardPay((1, 0.5)), EngagementPay(), Plain(TrafficPay()), Lift()])
@pytest.mark.parametrize("evaluation", ["printed", "projected"])
def test_one_by_one_is_the_same_to_the_bit(reward, evaluation):
    setting = {"reward": reward, "lbr_evaluation": evaluation, "n_users": 60, "n_creators": 12, "rng": 5}
    together, singly = CreatorEconomy(**setting), CreatorEconomy(**setting, one_by_one=True)
    for _ in range(8):
        together.step()
        singly.step()
        assert (together.strategies == singly.strategies).all()
        assert (together._moves.moved == singly._moves.moved).all()
    assert (together.creator_utilities == singly.creator_utilities).all()


def test_a_formula_in_numpy_takes_the_same_way_as_the_kernel():
    setting = {"n_users": 80, "n_creators": 15, "lbr_evaluation": "projected", "rng": 1}
    ways = [CreatorEconomy(**setting, reward=r) for r in ("lift", Plain(LiftPay()), Lift())]
    for model in ways:
        model.run(10)
    for model in ways[1:]:
        np.testing.assert_allclose(model.strategies, ways[0].strategies, rtol=0, atol=1e-12)


@pytest.mark.parametrize("reward", ["traffic", Plain(TrafficPay())], ids=["compiled", "in NumPy"])
def test_who_gains_nothing_and_loses_nothing_moves(reward):
    # A creator alone has all traffic wherever it stands; Algorithm 2 accepts on >=.
    one = CreatorEconomy(n_users=30, n_creators=1, reward=reward, rng=0)
    one.step()
    assert one._moves.moved.all()


def test_sampled_pay_is_the_expected_pay_on_average():
    rng = np.random.default_rng(0)
    users, mass = rng.standard_normal((12, 2)), rng.random(12) + 0.1
    start, mass = rng.standard_normal((6, 2)), mass / mass.sum()
    for reward in (Plain(EngagementPay()), BackwardPay(), Lift()):
        market = Market(users, start, DistanceRelevance(), beta=0.1, K=3, reward=reward, user_mass=mass)
        weight = rng.random(12) * 2
        weight[3] = 0.0
        market.set_terms(Terms(weight, market.beta, market.K))
        candidate, size = rng.standard_normal(2), 400_000
        sample = rng.choice(12, size, p=mass)
        sampled = market.sample_compare(2, candidate, sample, rng.random(size), rng.random(size))
        np.testing.assert_allclose(sampled, market.compare(2, candidate), atol=1e-2)


def test_sampled_pay_by_listed_is_that_by_code():
    rng = np.random.default_rng(1)
    users, start = rng.standard_normal((12, 2)), rng.standard_normal((6, 2))
    sample, now, then = rng.integers(12, size=50), rng.random(50), rng.random(50)
    ours, own, plain = (
        Market(users, start, DistanceRelevance(), beta=0.1, K=3, reward=r)
        for r in ("lift", Lift(), Plain(LiftPay()))
    )
    for i in range(6):
        candidate = rng.standard_normal(2)
        expected = ours.sample_compare(i, candidate, sample, now, then)
        for market in (own, plain):
            np.testing.assert_allclose(
                market.sample_compare(i, candidate, sample, now, then), expected, rtol=0, atol=1e-12
            )


@pytest.mark.parametrize("reward", ["traffic", Plain(TrafficPay())], ids=["compiled", "in NumPy"])
def test_a_request_is_matched_below_its_chance_only(reward):
    market = Market(np.zeros((1, 1)), np.zeros((2, 1)), DistanceRelevance(), beta=0.1, K=2, reward=reward)
    below, candidate, user = np.nextafter(0.5, 0.0), np.zeros(1), np.array([0])
    assert market.sample_compare(0, candidate, user, np.array([0.5]), np.array([below])) == (0.0, 1.0)
    assert market.sample_compare(0, candidate, user, np.array([below]), np.array([0.5])) == (1.0, 0.0)


def test_sampled_pay_for_a_place_asks_for_no_match():
    # Relevances 0.9, 0.5, 0.2 and lists of two: the second is due 0.5 (0.5 - 0.2), matched or not; then it leads.
    users, start = np.zeros((1, 1)), np.array([[0.3], [1.5], [2.4]])
    market = Market(users, start, DistanceRelevance(), beta=0.1, K=2, reward="backward(weights=(1, 0.5))")
    never = np.full(4, 0.999)  # of a match of the second, whose P is 1 / (1 + e^4)
    asked = np.zeros(4, dtype=np.int64), never, never
    np.testing.assert_allclose(market.sample_compare(1, np.zeros(1), *asked), [0.15, 0.1 + 0.5 * 0.7])
    # The third is on no list, and is paid nothing.
    assert market.sample_compare(2, start[2], *asked) == (0.0, 0.0)


@pytest.mark.parametrize(
    "of", [BackwardPay(), BackwardPay((1, 1, 0.2)), EngagementPay(), LiftPay()], ids=repr
)
def test_sampled_pay_is_the_plain_games_on_whoever_asks(of):
    rng = np.random.default_rng(5)
    users, start, sigma = rng.standard_normal((12, 2)), rng.standard_normal((6, 2)), DistanceRelevance()
    w, beta, K = 2 * rng.random(12), rng.uniform(0.1, 0.5, 12), rng.integers(1, 8, 12)
    sample, now, then = rng.integers(12, size=50), rng.random(50), rng.random(50)
    for reward in (of, Plain(of)):
        market = Market(users, start, sigma, beta=beta, K=K, reward=reward)
        market.set_terms(Terms(w, market.beta, market.K))
        for i, candidate in enumerate(rng.standard_normal((6, 2)) / 2):
            there, expected = start.copy(), []
            for uniforms in (now, then):
                relevance = sigma(users, there)
                P, paid = matching_probabilities(relevance, beta, K), np.zeros(12)
                for j in range(12):
                    one = slice(j, j + 1)
                    terms = {"beta": beta[one], "K": K[one], "weights": w[one]}
                    paid[j] = creator_utilities(relevance[one], P[one], of, **terms)[i]
                if isinstance(of, BackwardPay):
                    expected.append(paid[sample].mean())
                else:
                    price = np.divide(paid, P[:, i], out=np.zeros(12), where=P[:, i] > 0)
                    expected.append(np.where(uniforms < P[sample, i], price[sample], 0.0).mean())
                there[i] = candidate
            got = market.sample_compare(i, candidate, sample, now, then)
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def test_the_formula_tells_what_is_paid_for_a_place():
    for on_a_match in ("relevance", "traffic", "lift", "contribution", "engagement"):
        assert not pays_places(reward_of(on_a_match))
    assert pays_places(Plain(BackwardPay()))


def test_the_fastest_way_is_taken():
    ways = {"lift": KernelPay, Lift(): KernelPay, Plain(LiftPay()): ArrayPay, "backward": KernelPay}
    for reward, way in ways.items():
        market = Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=reward)
        assert type(market._pay) is way


@pytest.mark.parametrize("reward", ["backward(weights=(2, 1))", "engagement", "lift"])
def test_markets_travel(reward):
    market = Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=reward)
    for other in (copy.deepcopy(market), pickle.loads(pickle.dumps(market))):
        assert other.reward == reward_of(reward)
        np.testing.assert_array_equal(other.creator_utilities(), market.creator_utilities())


@dataclass(frozen=True)
class Broken:
    answer: object
    name: ClassVar[str] = "broken"

    def pay(self, relevance, probabilities, beta, K):
        if isinstance(self.answer, str) and self.answer == "raises":
            raise ZeroDivisionError("no")
        if isinstance(self.answer, str) and self.answer == "mutates":
            relevance[:] = 0
        if isinstance(self.answer, str):
            return np.full(relevance.shape, np.nan)
        return self.answer


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (np.ones(3), r"reward broken pays in shape \(3,\)"),
        ("nan", "not finite"),
        ("raises", "reward broken fails: ZeroDivisionError: no"),
        ("mutates", "read-only"),
    ],
    ids=["shape", "nan", "raises", "mutates"],
)
def test_a_broken_formula_is_named(answer, named):
    market = Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=Broken(answer))
    with pytest.raises(BadInput, match=named):
        market.compare(0, np.zeros(2))
    with pytest.raises(BadInput, match=named):
        market.creator_utilities()


def not_compilable(relevance, probability, left_out, beta):
    return {}[relevance]


def too_short(relevance, probability, left_out, beta):
    return relevance[1:]


def fails_on_five(relevance, probability, left_out, beta):
    if len(relevance) == 5:
        raise ValueError("five")
    return relevance * probability


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # numba tells what was raised
def test_a_listed_that_fails_on_some_list_is_named_wherever_it_runs():
    class Broken(Plain):
        listed = staticmethod(fails_on_five)
        name = "broken"

    model = CreatorEconomy(reward=Broken(LiftPay()), n_users=20, n_creators=8, K=4, rng=0)
    model.step()
    model.K = 5
    with pytest.raises(BadInput, match="listed of reward broken fails"):
        model.deploy() or model.step()
    for call in (lambda: model.market.compare(0, np.zeros(5)), model.market.creator_utilities):
        with pytest.raises(BadInput, match="listed of reward broken fails"):
            call()


def test_a_listed_that_pays_nothing_finite_here_or_there_is_named():
    class Broken(Plain):
        name = "broken"

        @staticmethod
        def listed(relevance, probability, left_out, beta):
            return relevance if relevance[0] < 1.0 else relevance * np.nan

    market = Market(
        np.zeros((1, 1)), np.ones((2, 1)), DistanceRelevance(1, 2), beta=0.1, K=1, reward=Broken(LiftPay())
    )
    with pytest.raises(BadInput, match="not finite"):
        market.compare(0, np.zeros(1))
    market.move(0, np.zeros(1))
    with pytest.raises(BadInput, match="not finite"):
        market.compare(0, np.ones(1))


def test_a_listed_that_takes_self_is_named():
    class Broken(Plain):
        def listed(self, relevance, probability, left_out, beta):
            return relevance

    with pytest.raises(BadInput, match="staticmethod"):
        Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=Broken(LiftPay()))


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (not_compilable, "cannot be compiled by numba: Type of variable .* cannot be determined"),
        (too_short, "each of the 1 places"),
    ],
)
def test_a_broken_listed_is_named(function, named):
    class Broken(Plain):
        listed = staticmethod(function)
        name = "broken"

    with pytest.raises(BadInput, match=named):
        Market(np.eye(2), np.eye(2), DistanceRelevance(), beta=0.1, K=1, reward=Broken(LiftPay()))


@pytest.mark.parametrize(
    "reward",
    [RelevancePay(), TrafficPay(), LiftPay(), ContributionPay(), BackwardPay(), Plain(ContributionPay())],
)
def test_many_places_at_once_and_pay_by_user_are_those_of_one_place(reward):
    rng = np.random.default_rng(4)
    market = Market(
        rng.standard_normal((50, 3)),
        np.repeat(rng.standard_normal((6, 3)), 2, axis=0),  # ties
        DistanceRelevance(),
        beta=0.2,
        K=4,
        reward=reward,
    )
    candidates = np.vstack([rng.standard_normal((9, 3)), market.strategies[:3]])
    expected = [market.utility_at(5, candidate) for candidate in candidates]
    assert market.utilities_at(5, candidates).tolist() == expected
    assert market.dues(5).sum() == pytest.approx(market.utility(5))
    with pytest.raises(BadInput, match="candidates"):
        market.utilities_at(5, candidates[:, :2])
