"""Every built-in reward keeps the rules; each broken one is told which it breaks, by name."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem.rewards import REWARDS
from ecosystem.testing import check_reward
from ecosystem_agents.inputs.checks import BadInput


class Pays:
    """Relevance pay, for others to spoil."""

    reference = needs = "a test"

    @property
    def name(self):
        return type(self).__name__

    def pay(self, relevance, probabilities, beta, K):
        return relevance * probabilities


class Summed(Pays):
    def pay(self, relevance, probabilities, beta, K):
        return (relevance * probabilities).sum(axis=0)


class Divides(Pays):
    def pay(self, relevance, probabilities, beta, K):
        with np.errstate(all="ignore"):
            return relevance * probabilities / (relevance - relevance.max(axis=1, keepdims=True))


class Mutates(Pays):
    def pay(self, relevance, probabilities, beta, K):
        probabilities *= relevance
        return probabilities


class Rolls(Pays):
    def pay(self, relevance, probabilities, beta, K):
        return relevance * probabilities * np.random.default_rng().random()


class Counts(Pays):
    calls = 0

    def pay(self, relevance, probabilities, beta, K):
        self.calls += 1
        return relevance * probabilities * self.calls


class FirstCreator(Pays):
    def pay(self, relevance, probabilities, beta, K):
        pays = relevance * probabilities
        pays[:, 0] *= 2
        return pays


class ByIndex(Pays):
    def pay(self, relevance, probabilities, beta, K):
        return relevance * probabilities * (1 + np.argmax(relevance, axis=1)[:, None])


class Everybody(Pays):
    def pay(self, relevance, probabilities, beta, K):
        return relevance


class Budget(Pays):
    def pay(self, relevance, probabilities, beta, K):
        pays = relevance * probabilities
        return pays / pays.sum()


class LooksFurther(Pays):
    """Compiled, it cannot see what the NumPy form does."""

    @staticmethod
    def listed(relevance, probability, left_out, beta):
        return probability * relevance * 1.01


class Nameless(Pays):
    name = None


class Fails(Pays):
    def pay(self, relevance, probabilities, beta, K):
        raise ArithmeticError("no money")


@pytest.mark.parametrize("name", [*REWARDS, "backward(weights=(1, 0.5, 0.25))"])
def test_built_in_rewards_keep_the_rules(name):
    check_reward(name)


def test_a_plain_reward_keeps_the_rules():
    check_reward(Pays())


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (Summed, r"shape: pay has shape \(8,\); it must have \(6, 8\)"),
        (Nameless, "shape: name is None"),
        (Divides, "finite: pay holds -?(inf|nan)"),
        (Mutates, "mutation: pay changed probabilities"),
        (Rolls, "determinism: pay twice on the same input gave"),
        (Counts, "determinism: pay twice"),
        (FirstCreator, "equal treatment: creators 0 and"),
        (ByIndex, "equal treatment: user . pays creator"),
        (Everybody, "locality: creator . is not on user .'s list and is paid"),
        (Budget, "locality: user 0 pays .* with the other users and without them"),
        (LooksFurther, "agreement: after 1 moves Market.compare"),
        (Fails, r"no error: pay raised ArithmeticError: no money \(line \d+ of test_testing_rewards.py\)"),
    ],
)
def test_a_broken_reward_is_told_which_rule(broken, rule):
    with pytest.raises(BadInput, match=f"^reward {broken.__name__} breaks a rule: {rule}") as error:
        check_reward(broken())
    assert "\n" not in str(error.value)
