"""Who is on the platform: groups, arms, and files from users."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.checks import BadInput
from ecosystem.relevance import DistanceRelevance
from ecosystem.shortvideo.population import draw_shares, keep_groups, read_population, synthetic_population


def test_groups_by_size_and_quarters_of_traffic_by_hand():
    labels = np.repeat([7, 2, 5, 0], [4, 6, 1, 3])
    requests = np.where(labels == 2, 1.0, 2.0)
    groups, columns = keep_groups(labels, requests, 2)
    # By size: label 2 (6 users, traffic 6), 7 (4, 8), 0 (3, 6); label 5 is too small. Traffic 20: cuts at 5, 10, 15.
    assert (groups == np.repeat([1, 0, -1, 2], [4, 6, 1, 3])).all()
    assert (columns == np.repeat([1, 0, 4, 2], [4, 6, 1, 3])).all()


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 40), st.integers(1, 5))
def test_nobody_is_in_two_arms(seed, n_arms, users, creators):
    population = synthetic_population(np.random.default_rng(seed), n_arms * users + 3, n_arms * creators + 1)
    shares = draw_shares(np.random.default_rng(seed + 1), population, n_arms, users, creators)
    for part, each in (("users", users), ("creators", creators)):
        drawn = np.concatenate([getattr(share, part) for share in shares])
        assert len(set(drawn.tolist())) == len(drawn) == n_arms * each


def test_too_few_people_for_the_arms_say_how_many_would_do():
    population = synthetic_population(np.random.default_rng(0), 100, 10)
    with pytest.raises(BadInput, match="at most 50 an arm"):
        draw_shares(np.random.default_rng(0), population, 2, 51, 5)


def test_the_synthetic_population_has_a_heavy_tail_and_tastes_that_follow_features():
    population = synthetic_population(np.random.default_rng(0), 20_000, 2000).with_groups_of(20)
    sizes = np.bincount(population.groups[population.groups >= 0])
    assert 100 < len(sizes) < 1000
    assert (np.diff(sizes) <= 0).all()
    assert sizes.min() >= 20
    assert sizes[0] > 20 * np.median(sizes)
    biggest = population.users[population.groups == 0]
    assert biggest.std(axis=0).mean() < 0.8 * population.users.std(axis=0).mean()
    assert 0.05 < (population.followers > 1000).mean() < 0.15
    assert (np.linalg.norm(population.creators, axis=1) <= 1 + 1e-9).all()


def test_a_file_keeps_its_own_arrays_and_lends_the_rest(tmp_path):
    rng = np.random.default_rng(0)
    users, creators = rng.standard_normal((30, 4)), rng.standard_normal((6, 4))
    names = np.array(["a", "b", "c"])[rng.integers(3, size=30)]
    file = tmp_path / "mine.npz"
    np.savez(
        file,
        users=users,
        creators=creators,
        groups=names,
        requests=np.arange(1.0, 31),
        followers=np.full(6, 5e3),
    )
    population = read_population(file, np.random.default_rng(1), n_topics=7)
    assert (population.users == users).all()
    assert (population.creators == creators).all()
    assert (population.followers == 5e3).all()
    assert population.topics.shape == (7, 4)
    assert len(population.publishing) == len(population.habit) == 6
    by_group = [set(names[population.groups == g]) for g in range(population.n_groups)]
    assert [len(s) for s in by_group] == [1, 1, 1]
    sigma = population.relevance(users, creators)
    assert sigma.min() == pytest.approx(0, abs=1e-12)
    assert sigma.max() == pytest.approx(1)
    apart = read_population(file, np.random.default_rng(1), relevance="distance").relevance
    assert isinstance(apart, DistanceRelevance)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"user": np.ones((3, 2))}, "known arrays"),
        ({"groups": np.ones(3)}, "no array 'users'"),
        ({"users": np.ones((3, 2)), "groups": np.ones(2)}, "one label for each of 3 users"),
        ({"users": np.ones((3, 2)), "requests": -np.ones(3)}, "at least 0"),
        ({"users": np.ones((3, 2)), "creators": np.ones((3, 5))}, "same"),
        ({"users": np.array([[1.0, np.nan]])}, "finite"),
        (
            {"users": np.ones((3, 2)), "creators": np.array([[1.0, 0], [2, 1]]), "habit": np.ones(3)},
            "one each",
        ),
        ({"users": np.ones((3, 2))}, "dot products"),
        ({"users": np.array([{}], dtype=object)}, "cannot be read"),
    ],
)
def test_hostile_files_get_one_line(tmp_path, arrays, text):
    file = tmp_path / "bad.npz"
    np.savez(file, **arrays)
    with pytest.raises(BadInput, match=text) as caught:
        read_population(file, np.random.default_rng(0))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_gets_one_line(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    for file in (tmp_path / "text.npz", tmp_path / "absent.npz", tmp_path):
        with pytest.raises(BadInput):
            read_population(file, np.random.default_rng(0))
