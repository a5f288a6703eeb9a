"""The catalogue itself, and the example of the document."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest

from ecosystem.market import Market
from ecosystem.relevance import DistanceRelevance
from ecosystem.rewards import REWARDS, BackwardPay, reward_of
from ecosystem_agents.inputs.checks import BadInput

DOCUMENT = Path(__file__).parents[3] / "docs" / "explanation" / "rewards.md"


@pytest.mark.parametrize("name", REWARDS)
def test_every_reward_says_what_it_is(name):
    reward = reward_of(name)
    assert reward.name == name
    assert reward.reference
    assert reward.needs
    assert f"| `{name}` |" in DOCUMENT.read_text()


@pytest.mark.parametrize("name", REWARDS)
def test_rewards_can_be_shared_since_nobody_can_change_them(name):
    with pytest.raises(FrozenInstanceError):
        reward_of(name).scale = 2


def test_names_carry_arguments():
    assert reward_of("backward(weights=(1, 0.5))") == BackwardPay((1.0, 0.5))
    assert reward_of(BackwardPay()) == BackwardPay()
    for wrong, named in (
        ("likes", "'likes'"),
        (3, "no method pay"),
        (BackwardPay, "give an instance, BackwardPay\\(\\)"),
    ):
        with pytest.raises(BadInput, match=named):
            reward_of(wrong)


def test_the_example_of_the_document_runs_both_ways():
    example: dict = {"__name__": "example"}
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    exec(next(block for block in blocks if "class Podium" in block), example)
    podium = example["Podium"]
    plain = type("Plain", (), {"pay": podium.pay})()
    rng = np.random.default_rng(0)
    users, start = (
        np.round(rng.standard_normal((20, 2)) * 2) / 2,
        np.round(rng.standard_normal((9, 2)) * 2) / 2,
    )
    for K in (1, 2, 4, 12):
        fast, slow = (
            Market(users, start, DistanceRelevance(), beta=0.1, K=K, reward=reward)
            for reward in (podium(), plain)
        )
        np.testing.assert_allclose(fast.creator_utilities(), slow.creator_utilities(), rtol=0, atol=1e-12)
        assert fast.creator_utilities().sum() == pytest.approx(sum((3, 2, 1)[:K]))
        for i in range(9):
            trial = users[i]
            np.testing.assert_allclose(fast.compare(i, trial), slow.compare(i, trial), rtol=0, atol=1e-12)
