"""The compiled day against a slow reading of the same rules, and its pieces against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecosystem.market.book import DISTANCE, DOT
from ecosystem.relevance import DistanceRelevance
from ecosystem.shortvideo import kernels
from ecosystem.shortvideo.kernels import COLD, FRESH, IMPRESSIONS, LIKES

finite = st.floats(-4, 4, width=32)


@given(arrays(np.float32, st.integers(1, 60), elements=finite), st.integers(0, 70), st.data())
def test_retrieve_takes_the_largest_first_of_ties_and_names_the_next(score, keep, data):
    out = data.draw(arrays(np.bool_, len(score)))
    score[out] = kernels.OUT
    chosen = np.empty(len(score) + 1, np.int64)
    n, following = kernels.retrieve(score, 0, len(score), keep, chosen)
    order = [i for i in np.argsort(-score, kind="stable") if not out[i]]
    assert sorted(chosen[:n]) == sorted(order[:keep])
    assert following == (order[keep] if keep < len(order) else -1)


class Day:
    """One day of a small platform, and what it must come to."""

    def __init__(
        self, seed: int, beta: float = 1e-12, slate: int = 3, established: int = 4, share: float = 0.3
    ):
        rng = np.random.default_rng(seed)
        self.m, self.n, self.T, self.hours = 12, 5, 6, 4
        before, new = 40, 20  # items of earlier days, and of this one
        self.start = 96
        old = np.sort(rng.integers(0, self.start, before))
        today = np.sort(rng.integers(0, self.hours, new))
        count = before + new
        self.items = kernels.Items(
            vector=rng.standard_normal((count, 2)).astype(np.float32) / 2,
            creator=rng.integers(self.n, size=count),
            topic=rng.integers(self.T, size=count),
            born=np.concatenate((old, self.start + today)),
            at_candidate=np.zeros(count, np.bool_),
            round=np.zeros(count, np.int64),
            impressions=rng.integers(0, 8, size=count) * (np.arange(count) < before),
            reward=np.zeros(count),
        )
        self.published = before + np.searchsorted(today, np.arange(self.hours), side="right")
        self.rules = kernels.Rules(DISTANCE, 1.0, 1 / 3, slate, established, 48, 6, 72, 2, 24)
        self.audience = kernels.Audience(
            vector=rng.standard_normal((self.m, 2)).astype(np.float32) / 2,
            share=np.full(self.m, share) + 0.1 * (np.arange(self.m) % 3),
            beta=np.full(self.m, beta),
            reward_weight=1.0 + (np.arange(self.m) % 2),
            quarter=np.arange(self.m) % 5,
        )
        self.requests = rng.integers(self.m, size=30)
        self.requested = np.array([7, 15, 22, 30])
        self.seen = np.zeros((self.m, 8), np.uint8)
        self.tallies = kernels.Tallies(
            user=np.zeros((self.m, 4), np.int64),
            worth=np.zeros((self.n, 5, 4)),
            reward=np.zeros(self.n),
            topics=np.zeros((self.m, self.T), np.uint32),
            instead=np.zeros((self.m, self.T), np.uint32),
            delivered=np.zeros(self.T, np.int64),
        )

    def serve(self, seed: int = 0) -> Day:
        kernels.serve_day(
            np.random.default_rng(seed),
            kernels.Platform(self.rules, self.items, self.audience, self.tallies, 0, self.seen),
            kernels.Day(self.start, self.published, self.requests, self.requested),
        )
        return self


@pytest.mark.parametrize("seed", range(8))
def test_a_day_at_temperature_zero_is_the_slow_reading_of_the_rules(seed):
    """With hardly any temperature a slate is the most relevant of what was retrieved and not yet seen."""
    day = Day(seed)
    impressions = day.items.impressions.copy()
    sigma = DistanceRelevance()(day.audience.vector, day.items.vector)
    user = np.zeros((day.m, 4), np.int64)
    shown_to: list[set[int]] = [set() for _ in range(day.m)]
    begin = 0
    for h, (published, end) in enumerate(zip(day.published, day.requested, strict=True)):
        now = day.start + h
        age = now - day.items.born[:published]
        cold = (age < 48) & (impressions[:published] < 6)
        pool = np.flatnonzero(cold), np.flatnonzero(~cold & (age < 72))
        for u in day.requests[begin:end]:
            best = [sorted(part, key=lambda i: -sigma[u, i]) for part in pool]
            kept = best[0][: int(np.ceil(day.audience.share[u] * len(best[0]) - 1e-9))]
            kept += [i for i in best[1] if i not in shown_to[u]][:4]
            slate = sorted((i for i in kept if i not in shown_to[u]), key=lambda i: -sigma[u, i])[:3]
            for i in slate:
                shown_to[u].add(i)
                impressions[i] += 1
                user[u, [IMPRESSIONS, COLD, FRESH]] += [1, cold[i], age[i] < 2]
        begin = end
    day.serve()
    assert (day.items.impressions == impressions).all()
    assert (day.tallies.user[:, 1:] == user[:, 1:]).all()
    seen = np.unpackbits(day.seen, axis=1, bitorder="little")
    assert [set(np.flatnonzero(row)) for row in seen] == shown_to
    topics = [set(day.items.topic[sorted(s)]) for s in shown_to]
    assert [set(np.flatnonzero(row)) for row in day.tallies.topics] == topics
    assert day.tallies.delivered.sum() == user[:, IMPRESSIONS].sum()


def test_likes_are_bernoulli_in_relevance_and_pay_by_weight():
    likes, expected, paid = [], [], []
    for seed in range(300):
        day = Day(seed).serve(seed)
        shown = np.unpackbits(day.seen, axis=1, bitorder="little")[:, : len(day.items.creator)].astype(bool)
        expected.append((DistanceRelevance()(day.audience.vector, day.items.vector) * shown).sum())
        likes.append(day.tallies.user[:, LIKES].sum())
        paid.append(day.tallies.reward.sum() - day.tallies.user[:, LIKES] @ day.audience.reward_weight)
    gap = np.array(likes) - np.array(expected)
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap))
    assert np.abs(paid).max() < 1e-9


def test_dot_relevance_of_one_is_always_liked_and_of_zero_never():
    for origin, rate in ((-100.0, 1.0), (100.0, 0.0)):
        day = Day(1)
        day.rules = day.rules._replace(kind=DOT, origin=origin, slope=1.0)
        day.serve()
        assert day.tallies.user[:, LIKES].sum() == rate * day.tallies.user[:, IMPRESSIONS].sum() > -1


def test_first_places_follow_the_softmax_of_eq_1():
    """Slates of one from established items only: frequencies against the probabilities."""
    day = Day(3, beta=0.1, slate=1, established=5)
    day.audience.share[:] = 0.0
    sigma = DistanceRelevance()(day.audience.vector[:1], day.items.vector)[0]
    age = day.start - day.items.born
    pool = np.flatnonzero((age >= 0) & (age < 72) & ~((age < 48) & (day.items.impressions < 6)))
    best = pool[np.argsort(-sigma[pool])[:5]]
    p = np.exp(sigma[best] / 0.1)
    p /= p.sum()
    impressions = day.items.impressions.copy()
    day.requests, day.requested = np.zeros(1, np.int64), np.array([1, 1, 1, 1])
    counts, n = np.zeros(len(sigma)), 2000
    for seed in range(n):
        day.seen[:] = 0
        day.items.impressions[:] = impressions
        day.serve(seed)
        counts[np.flatnonzero(np.unpackbits(day.seen[0], bitorder="little"))[0]] += 1
    assert counts[best].sum() == n
    assert (np.abs(counts[best] - n * p) < 4.5 * np.sqrt(n * p * (1 - p))).all()


def test_worth_is_what_is_lost_without_the_only_item():
    """A creator whose item nothing could replace is worth every impression; one fully replaced, none."""
    day = Day(5, slate=60, established=60, share=1.0)
    day.serve()
    user = day.tallies.user.sum(axis=0)
    worth = day.tallies.worth.sum(axis=(0, 1))
    assert worth[1:] == pytest.approx(
        user[1:]
    )  # everything there is is shown: a missing item is not made up for
    replaced = Day(5, slate=1, established=3, share=0.0)
    replaced.rules = replaced.rules._replace(cold_hours=0)
    replaced.serve()
    assert replaced.tallies.user[:, IMPRESSIONS].sum() == 30
    assert replaced.tallies.worth[:, :, IMPRESSIONS].sum() == pytest.approx(0.0, abs=1e-9)
    assert replaced.tallies.worth[:, :, LIKES].sum() > 0
