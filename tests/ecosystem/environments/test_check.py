from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from piped_shards import by_pipes

from ecosystem import CreatorEconomy, embeddings, sizes
from ecosystem.environments import check
from ecosystem.environments.check import critical_steps, findings, reachable
from ecosystem.relevance import DistanceRelevance
from ecosystem.sharding import opening
from ecosystem.strategy_sets import Catalogue
from ecosystem_agents.inputs.checks import BadInput


def vectors(seed, k, d, length=1.0):
    found = np.random.default_rng(seed).standard_normal((k, d))
    return found * (length / np.sqrt(d))


def world(users, items=None, **options):
    """Return the setting of a world whose vectors are taken as they are."""
    spec = embeddings(users, items=items, **({"n_creators": 8, "max_norm": None} | options))
    return spec.build(np.random.default_rng(0))


def found(setting, about, **how):
    return [
        one for one in findings(setting, **({"beta": 0.1, "K": 3, "eta": 0.2} | how)) if one.about == about
    ]


def set_by(cure):
    name, value = cure.split("=")
    return {name: float(value)}


def test_the_shortest_step_that_leads_elsewhere_by_hand():
    items = np.array([[0.0], [1.0], [3.0], [1.0]])  # half-way to a neighbour; a repeat of 1 is no other item
    needed = critical_steps(items, items)
    for row, (back, on) in enumerate([(np.inf, 0.5), (0.5, 1.0), (1.0, np.inf), (0.5, 1.0)]):
        assert set(needed[row]) == {back, on}


def test_steps_a_little_longer_lead_elsewhere_and_a_little_shorter_do_not():
    items, d = vectors(1, 700, 6), 6
    catalogue, needed = Catalogue(items), critical_steps(items, items[:5])
    g = np.random.default_rng(0).standard_normal((d, check.DIRECTIONS))
    g /= np.linalg.norm(g, axis=0)
    assert np.isfinite(needed).mean() > 0.9
    for row, direction in np.argwhere(np.isfinite(needed)):
        s, eta = items[row], needed[row, direction]
        assert catalogue.nearest(s + 0.999 * eta * g[:, direction]) == row
        assert catalogue.nearest(s + 1.001 * eta * g[:, direction]) != row


@pytest.mark.parametrize("length", [0.03, 5.0, 4000.0])
def test_what_is_said_to_cure_does(length):
    users, items = vectors(2, 50, 8), vectors(3, 90, 8, length)
    sharp = found(world(users, items), "reach", eta=0.001 * length)[0]
    assert not sharp.harmless
    assert sharp.line == f"eta {0.001 * length:g} reaches no other item from 90 of 90 starts"
    eta, max_norm = map(set_by, sharp.cures)
    for setting, how in (
        (world(users, items), eta),
        (world(users, items, **max_norm), {"eta": 0.001 * length}),
    ):
        cured = found(setting, "reach", **how)[0]
        assert cured.harmless
        assert not cured.cures
        assert 0.45 <= float(cured.line.partition("in ")[2].partition("%")[0]) / 100 <= 0.7


def test_every_kind_of_finding_and_its_cure():
    users, items = vectors(4, 60, 5), vectors(5, 40, 5, 0.3)
    plain = world(users, items)
    assert [one.about for one in findings(plain, beta=0.1, K=3, eta=0.2) if not one.harmless] == []
    crowded = found(plain, "lists", K=8)[0]
    assert str(crowded) == "K 8 is no less than the 8 creators: everybody is on every list: use --set K=2"
    assert found(plain, "lists", K=int(set_by(*crowded.cures)["K"]))[0].harmless
    blurred = found(plain, "spread", beta=4.0)[0]
    assert found(plain, "spread", **set_by(*blurred.cures))[0].harmless
    near = world(users, items, relevance="distance", scale=0.3)
    low = found(near, "range")[0]
    assert "at its floor for " in low.line
    assert found(world(users, items, relevance="distance", **set_by(*low.cures)), "range")[0].harmless
    twice = found(world(users, np.concatenate([items, items[:7]])), "repeats")
    assert [one.harmless for one in twice] == [True, False]
    assert str(twice[1]) == "7 of 47 items looked at have the vector of another: leave them out"
    items[3] *= 100
    long = [one for one in found(world(users, items), "norms") if not one.harmless]
    assert len(long) == 1
    assert "vectors of items have lengths" in long[0].line
    assert long[0].line.endswith(": leave the 1 longest out")


def test_dimensions_that_tell_no_pair_from_another():
    users, items = vectors(6, 60, 6), vectors(7, 40, 6)
    users[:, 1], items[:, 3] = 0.0, 0.0  # nothing is added
    users[:, 4] = items[:, 4] = 2.0  # the same to all
    items[:, 5] = 1.0  # a bias of users', which says how each likes all
    dead = found(world(users, items), "dimensions")[0]
    assert str(dead) == "3 of 6 dimensions tell no pair of user and item from another: leave out 1, 3, 4"
    by_distance = found(world(users, items, relevance="distance"), "dimensions")[0]
    assert str(by_distance).endswith("another: leave out 4")


def test_large_worlds_are_sampled():
    items = vectors(8, 30, 3)
    setting = world(vectors(9, 40, 3), items)
    many = np.broadcast_to(np.array([1.0, 0.0, 0.0]), (10**8, 3))  # 2.4 GB, were it copied
    assert "10,000 users looked at" in str(found(replace(setting, users=many), "repeats")[0])


# --- scaling by itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("relevance", "scale"), [("dot", None), ("distance", None), ("distance", 30.0)])
def test_far_items_are_scaled_so_that_creators_move_and_relevance_stays(relevance, scale):
    users, items = vectors(10, 80, 6, 3.0), vectors(11, 50, 6, 40.0)
    given = {"relevance": relevance, "n_creators": 10, "K": 3, "n_groups": 2, "rng": 0, "scale": scale}
    as_is = CreatorEconomy(environment=embeddings(users, items=items, max_norm=None), **given)
    scaled = CreatorEconomy(environment=embeddings(users, items=items), **given)
    longest = np.linalg.norm(scaled.catalogue.items, axis=1).max()
    assert longest == pytest.approx(scaled.setting.max_norm, rel=1e-12)
    assert as_is.setting.max_norm is None
    assert "max_norm" not in as_is.setting.taken
    assert scaled.setting.taken["max_norm"].startswith(
        f"scaled for you to max_norm {scaled.setting.max_norm:g}, since eta 0.2 reaches no other item from 50 of 50 "
    )
    np.testing.assert_allclose(scaled.user_utilities, as_is.user_utilities, rtol=0, atol=1e-9)
    as_is.run(20)
    scaled.run(20)
    assert not as_is.population.moved.any()
    assert as_is.accepted_share == 1.0
    assert (scaled.population.moved > 0).mean() > 0.5
    # A longer step does as well as shorter vectors.
    long = CreatorEconomy(environment=embeddings(users, items=items), eta=60.0, **given)
    assert long.setting.max_norm is None
    assert (long.start == as_is.start).all()
    assert (long.users == users).all()


def test_a_length_that_is_told_overrides():
    users, items = vectors(12, 30, 4), vectors(13, 20, 4, 40.0)
    start = np.concatenate([items[:2], items[:1] + 0.1])
    told = world(users, items, max_norm=2.0, initial=start)
    assert told.max_norm == 2.0
    assert "max_norm" not in told.taken
    factor = 2.0 / np.linalg.norm(items, axis=1).max()
    np.testing.assert_allclose(told.catalogue.items, items * factor)
    np.testing.assert_allclose(told.strategies, items[[0, 1, 0]] * factor)
    np.testing.assert_allclose(told.users, users / factor)
    for options, named in (
        ({"items": items, "max_norm": 0}, "max_norm is 0; it must be a number above 0"),
        ({"items": items, "max_norm": "large"}, "max_norm is 'large'"),
        ({"items": 0 * items, "max_norm": 1.0, "relevance": "distance"}, "all items are 0"),
        ({"max_norm": 1.0}, "creators choose among no items; leave it out"),
        ({"items": items, "strategy_set": "ball", "max_norm": 1.0}, "choose among no items"),
    ):
        with pytest.raises(BadInput, match=named):
            world(users, **options)
    assert world(users).max_norm is None


def test_shards_scale_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(sizes, "TILE", 64)
    monkeypatch.setattr(opening, "in_processes", by_pipes)
    np.save(tmp_path / "users.npy", vectors(14, 300, 4))
    np.save(tmp_path / "items.npy", vectors(15, 30, 4, 50.0))
    given = {
        "file": str(tmp_path / "users.npy"),
        "items": str(tmp_path / "items.npy"),
        "K": 3,
        "n_groups": 2,
        "rng": 0,
    }
    whole, parts = (
        CreatorEconomy(environment="embeddings", n_creators=6, **given, **how) for how in ({}, {"shards": 2})
    )
    whole.run(3)
    parts.run(3)
    assert whole.setting.max_norm == parts.setting.max_norm < 1
    assert (whole.strategies == parts.strategies).all()
    assert whole.welfare == parts.welfare


def test_items_that_are_all_one_reach_nothing():
    same, max_norm = reachable(np.ones((4, 3)), 0.2)
    assert (same.harmless, same.cures, max_norm) == (False, (), None)
    assert isinstance(
        world(vectors(0, 5, 3), vectors(1, 6, 3), relevance="distance").relevance, DistanceRelevance
    )
