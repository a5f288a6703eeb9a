"""Creators: one comparison by hand, rewards that teach, activity that follows reward."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem.shortvideo.contents import Contents
from ecosystem.shortvideo.creators import Creators
from ecosystem.shortvideo.settings import Settings
from ecosystem.shortvideo.synthetic_population import synthetic_population


def creators(n=2, **changes):
    population = synthetic_population(np.random.default_rng(0), 50, n)
    still = {"creators": np.zeros((n, 3)), "publishing": np.ones(n), "habit": np.zeros(n)}
    settings = Settings(**{"content_noise": 0.0, **changes})
    return Creators(replace(population, **still), np.arange(n), settings, np.random.default_rng(0))


def published(responses, rewards, trial, creator):
    contents = Contents(1, 3)
    k = len(rewards)
    round_ = responses.round[creator]
    contents.publish(np.zeros((k, 3)), np.array(creator), np.zeros(k), np.zeros(k), np.array(trial), round_)
    contents.items.reward[:k] = rewards
    return contents


def test_a_comparison_by_hand():
    """Creator 0 earned 5 on average at s and 6 by the trial; creator 1 made no trial item yet."""
    responses = creators()
    aim = responses.candidates()
    contents = published(responses, [4, 6, 6, 9], [False, False, True, False], [0, 0, 0, 1])
    assert responses.review(contents, 0, 4).tolist() == [True, False]
    assert responses.strategies[0] == pytest.approx(aim[0])
    assert (responses.strategies[1] == 0).all()
    assert responses.round.tolist() == [1, 0]
    assert responses.made.tolist() == [[0, 0], [1, 0]]
    # Items of the round that is over no longer count.
    assert not responses.review(contents, 0, 3)[0]
    assert (responses.made[0] == 0).all()


def test_a_tie_moves_and_a_loss_does_not():
    for reward, moves in ((5.0, True), (4.9, False)):
        responses = creators(1)
        contents = published(responses, [5.0, reward], [False, True], [0, 0])
        assert responses.review(contents, 0, 2)[0] == moves
        assert responses.round[0] == 1


def test_trials_stay_in_the_ball():
    responses = creators(50)
    responses.strategies = np.tile([1.0, 0, 0], (50, 1))
    assert (np.linalg.norm(responses.candidates(), axis=1) <= 1 + 1e-12).all()


def test_creators_climb_a_noisy_reward():
    """Rewards peak at a point; with noise in them creators still end much nearer to it than they began."""
    responses, rng = creators(200), np.random.default_rng(1)
    goal = np.array([0.6, 0.0, 0.0])
    for _ in range(80):
        vector, creator, trial = responses.make(np.ones(200, bool))
        rewards = 10 - 10 * np.linalg.norm(vector - goal, axis=1) + 0.5 * rng.standard_normal(len(vector))
        contents = published(responses, rewards, trial, creator)
        responses.review(contents, 0, len(rewards))
    assert np.linalg.norm(responses.strategies - goal, axis=1).mean() < 0.3


def test_activity_follows_recent_reward():
    responses = creators(3)
    for day in range(30):
        responses.remember(np.array([10.0, 10.0, 10.0]) * (np.array([2, 1, 0.2]) if day > 26 else 1))
    p = responses.activity()
    assert p[0] > p[1] == pytest.approx(0.5)
    assert p[2] < p[1]
    assert creators(3, attachment=0.0).activity() == pytest.approx(0.5)
