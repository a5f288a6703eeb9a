"""Every built-in mechanism keeps the rules; each broken one is told which it breaks, by name."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from ecosystem.testing import check_mechanism
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import MECHANISMS, HalvedUser, PiecewiseConstant, default_terms


@dataclass(frozen=True)
class Broken:
    """Deploys the default terms with something wrong about them."""

    def deploy(self, weights, beta, K, n_creators):
        return replace(default_terms(weights, beta, K, n_creators), **self.wrong(weights, K, n_creators))


class Short(Broken):
    def wrong(self, weights, K, n):
        return {"beta": np.full(3, 0.1)}


class OneNumber(Broken):
    def wrong(self, weights, K, n):
        return {"beta": 0.1}


class NotANumber(Broken):
    def wrong(self, weights, K, n):
        return {"reward_weight": np.full(len(weights), np.nan)}


class Words(Broken):
    def wrong(self, weights, K, n):
        return {"reward_weight": np.full(len(weights), "1")}


class Negative(Broken):
    def wrong(self, weights, K, n):
        return {"reward_weight": 1.0 - weights}


class Frozen(Broken):
    def wrong(self, weights, K, n):
        return {"beta": np.zeros(len(weights))}


class TooLong(Broken):
    def wrong(self, weights, K, n):
        return {"K": np.full(len(weights), n + 1)}


class Empty(Broken):
    def wrong(self, weights, K, n):
        return {"K": np.zeros(len(weights), dtype=int)}


class Halves(Broken):
    def wrong(self, weights, K, n):
        return {"K": np.full(len(weights), 1.5)}


class PaysOnNothing(Broken):
    def wrong(self, weights, K, n):
        return {"pay_K": np.zeros(len(weights), dtype=int)}


class Mutates(Broken):
    def wrong(self, weights, K, n):
        weights /= weights.mean() * 2
        return {"reward_weight": weights.copy()}


class Rolls(Broken):
    def wrong(self, weights, K, n):
        return {"reward_weight": np.full(len(weights), np.random.default_rng().random())}


class RollsGlobally(Broken):
    def wrong(self, weights, K, n):
        np.random.random()  # noqa: NPY002
        return {}


@dataclass(frozen=True)
class Remembers(Broken):
    calls: itertools.count = field(default_factory=itertools.count)

    def wrong(self, weights, K, n):
        return {"reward_weight": np.full(len(weights), 1.0 + next(self.calls))}


class FirstHalf(Broken):
    def wrong(self, weights, K, n):
        return {"beta": np.where(np.arange(len(weights)) < 5, 0.05, 0.1)}


class SaysItUsesNone(Broken):
    uses_weights = False

    def wrong(self, weights, K, n):
        return {"beta": 0.1 * weights}


class SaysUserByUser(Broken):
    user_by_user = True

    def wrong(self, weights, K, n):
        return {"beta": 0.1 * weights / weights.mean()}


class Fails(Broken):
    def wrong(self, weights, K, n):
        return {"beta": {}["beta"]}


class Dictionary:
    def deploy(self, weights, beta, K, n_creators):
        return {"beta": weights}


class AddsDifferently(Broken):
    def wrong(self, weights, K, n):
        return {}

    def static_items(self, users, groups, user_utilities, user_mass):
        return np.random.default_rng().normal(size=(2, users.shape[1]))


class AddsFlat(Broken):
    def wrong(self, weights, K, n):
        return {}

    def static_items(self, users, groups, user_utilities, user_mass):
        return users[:, 0]


@pytest.mark.parametrize("name", MECHANISMS)
def test_built_in_mechanisms_keep_the_rules(name):
    check_mechanism(name)


@pytest.mark.parametrize(
    "name", ["uniform(K=4)", "uniform(beta=0.02)", "enrichment(count=5)", "halved(user=3)"]
)
def test_with_arguments_too(name):
    check_mechanism(name)


def test_a_mapping_is_fine():
    check_mechanism(MECHANISMS["hmt"](mapping=PiecewiseConstant((1.0,), (3.0, 5.0))))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (Short, r"shape: beta has shape \(3,\); it must have \(40,\)"),
        (OneNumber, r"shape: beta is 0.1; it must be an array of shape \(40,\)"),
        (Dictionary, "shape: deploy returned dict"),
        (Words, "shape: reward_weight has dtype <U1"),
        (Halves, "shape: K has dtype float64; it must hold whole numbers"),
        (NotANumber, "finite: reward_weight holds nan"),
        (Negative, "bounds: reward_weight holds -"),
        (Frozen, "bounds: beta holds 0.0; it must be above 0"),
        (TooLong, "bounds: K holds 13; it must be from 1 to the 12 creators"),
        (Empty, "bounds: K holds 0"),
        (PaysOnNothing, "bounds: pay_K holds 0"),
        (Mutates, r"mutation: deploy changed weights, 1.0 and 0.5 at 0"),
        (Rolls, "determinism: deploy twice on the same weights gave reward_weight"),
        (RollsGlobally, "determinism: deploy drew from global random numbers"),
        (Remembers, "determinism: deploy twice"),
        (FirstHalf, "equal treatment: users 0 and 5 both have weight 1 and got beta 0.05 and 0.1"),
        (SaysItUsesNone, "weights: uses_weights is False, and other weights gave beta 0.1 and "),
        (SaysUserByUser, "user by user: user_by_user is True, and without others users gave beta "),
        (Fails, r"no error: deploy raised KeyError: 'beta' \(line \d+ of test_testing_mechanisms.py\)"),
        (AddsDifferently, "determinism: static_items twice"),
        (AddsFlat, "shape: static_items"),
    ],
)
def test_a_broken_mechanism_is_told_which_rule(broken, rule):
    with pytest.raises(BadInput, match=f"^mechanism {broken.__name__} breaks a rule: {rule}") as error:
        check_mechanism(broken())
    assert "\n" not in str(error.value)


def test_whoever_singles_out_users_must_say_so():
    class Silent(HalvedUser):
        singles_out_users = False

    with pytest.raises(BadInput, match=r"equal treatment: users 0 and 1 .* set singles_out_users = True"):
        check_mechanism(Silent())


def test_what_cannot_deploy_is_no_mechanism():
    with pytest.raises(BadInput, match="no method deploy"):
        check_mechanism(object())
