"""Populations from users' files: what they hold is kept, what they lack is drawn, what is wrong gets one line."""

from __future__ import annotations

import numpy as np
import pytest

from ecosystem.relevance import DistanceRelevance
from ecosystem.shortvideo.population_file import read_population
from ecosystem_agents.inputs.checks import BadInput


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
    population = read_population(file, np.random.default_rng(1))
    assert (population.users == users).all()
    assert (population.creators == creators).all()
    assert (population.followers == 5e3).all()
    assert population.topics.shape == (30, 4)
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
