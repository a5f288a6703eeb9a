"""Every built-in creator rule keeps the rules; each broken one is told which it breaks, by name."""

from __future__ import annotations

import random

import numpy as np
import pytest

from ecosystem.testing import check_rule
from ecosystem_agents.creator import RULES, Creator
from ecosystem_agents.inputs.checks import BadInput


class MovesANeighbour(Creator):
    def step(self):
        self.model.move((self.index + 1) % self.model.n_creators, self.strategy)


class MovesANeighbourBehindTheModel(Creator):
    def step(self):
        self.model.market.move((self.index + 1) % self.model.n_creators, self.strategy)


class TalksToANeighbour(Creator):
    heard = 0

    def step(self):
        self.model.creators[self.index - 1].heard += 1


class Misnamed(Creator):
    def stpe(self):
        self.model.move(self.index, self.strategy)


class LeavesItsSet(Creator):
    def step(self):
        self.model.market.move(self.index, self.strategy + 1.0)


class GoesNowhere(Creator):
    def step(self):
        self.model.move(self.index, self.strategy * np.nan)


class ComparesAPair(Creator):
    def step(self):
        self.model.compare(self.index, np.array([self.strategy, self.strategy]))


class SlowsEverybody(Creator):
    def step(self):
        self.model.eta *= 0.5


class BribesThePlatform(Creator):
    def step(self):
        self.model.platform.weights[0] *= 2


class PullsUsers(Creator):
    def step(self):
        self.model.users[0] += 0.1


class RollsGlobally(Creator):
    def step(self):
        self.model.move(self.index, self.strategy + random.random() / 10)


class RollsAfresh(Creator):
    def step(self):
        self.model.move(self.index, self.strategy + np.random.default_rng().normal(size=self.model.dim) / 10)


class DrawsEverybodysNumbers(Creator):
    def step(self):
        self.model.stream_of("moves").random()


class RemembersAcrossRuns(Creator):
    seen = 0

    def step(self):
        type(self).seen += 1
        self.model.move(self.index, self.strategy + 0.001 * self.seen)


class Fails(Creator):
    def step(self):
        return self.nothing


class CannotStart(Creator):
    def __init__(self, model, index):
        raise RuntimeError("not today")


@pytest.mark.parametrize("name", RULES)
def test_built_in_rules_keep_the_rules(name):
    check_rule(name)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (MovesANeighbour, r"locality: a step of creator (\d) moved creator \d"),
        (MovesANeighbourBehindTheModel, r"locality: a step of creator \d moved creator \d"),
        (TalksToANeighbour, r"locality: a step of creator \d changed creator \d's heard"),
        (LeavesItsSet, r"bounds: creator \d went to .* outside its strategy set"),
        (GoesNowhere, "finite: the point given to model.move holds nan"),
        (ComparesAPair, r"shape: the point given to model.compare has shape \(2, 2\)"),
        (SlowsEverybody, "mutation: a step of creator . changed the model's eta, 0.2 and 0.1"),
        (BribesThePlatform, "mutation: a step of creator . changed the platform's weights, 1.0 and 2.0 at 0"),
        (PullsUsers, "mutation: a step of creator . changed the model's users"),
        (RollsGlobally, "determinism: a step of creator . drew from global random numbers"),
        (RollsAfresh, r"determinism: two runs from the same seed gave .*; draw from self.model.stream_of"),
        (DrawsEverybodysNumbers, "determinism: a step of creator . drew from the stream 'moves'"),
        (RemembersAcrossRuns, "determinism: two runs from the same seed"),
        (Fails, r"no error: a step of creator . raised AttributeError: .*nothing"),
        (Misnamed, "step: Misnamed has no method step of its own and would do what lbr does"),
        (CannotStart, r"no error: __init__ raised RuntimeError: not today"),
    ],
)
def test_a_broken_rule_is_told_which_rule(broken, rule):
    with pytest.raises(BadInput, match=f"^rules {broken.__name__} breaks a rule: {rule}") as error:
        check_rule(broken)
    assert "\n" not in str(error.value)


def test_what_is_no_creator_is_no_rule():
    with pytest.raises(BadInput, match="no subclass of"):
        check_rule(dict)
