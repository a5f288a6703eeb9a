"""Whole economies whose creators and users come and go come to what a slow and readable one does, step by step."""

from __future__ import annotations

import contextlib
import pickle
from collections import Counter

import numpy as np
import pytest
from adversarial_games import InNumPy
from population_games import SlowEconomy, Undecided

from ecosystem import CreatorEconomy
from ecosystem.economy.checkpoints import restore, state_of
from ecosystem.environments import Environment, Setting
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.retention import Returning
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace
from ecosystem.turnover import LeastPaid, Patience
from ecosystem_agents.creator import Creator

EXACT = {"rtol": 1e-12, "atol": 1e-12}


def liking(users, strategies):
    """What users get from items, where that is not relevance."""
    return np.exp(-np.sum((users[:, None] - strategies[None]) ** 2, axis=2))


class Meddler(Creator):
    """Throws others out, leaves, and calls others in, as it is told; then moves as LBR has it."""

    def step(self):
        for what, given in self.model.script.get((self.model.steps, self.creator_id), []):
            if what == "remove" and self.model.creators:
                self.model.creators[given % len(self.model.creators)].remove()
            elif what == "add":
                self.model.add_creator(given, Meddler)
        if self.is_there:
            super().step()


def picked(rng, *options):
    return options[rng.integers(len(options))]


def drawn_setting(rng):
    m, n, d = int(rng.integers(3, 25)), int(rng.integers(1, 7)), int(rng.integers(1, 4))
    users = rng.standard_normal((m, d))
    items = rng.standard_normal((30, d))
    sets = [picked(rng, FreeSpace(), Ball(1.5), Catalogue(items)) for _ in range(n)]
    sets = sets if rng.random() < 0.6 else Ball(2.0)
    each = sets if isinstance(sets, list) else [sets] * n
    start = np.array([one.project(s) for one, s in zip(each, rng.standard_normal((n, d)), strict=True)])
    return Setting(
        users=users,
        strategies=start,
        relevance=picked(rng, DistanceRelevance(8, 1), DistanceRelevance(1, 3), DotRelevance(-9, 9)),
        strategy_sets=sets,
        groups=np.append(np.arange(min(m, 3)), rng.integers(0, min(m, 3), m - min(m, 3))),
        user_mass=rng.uniform(0.1, 2.0, m) if rng.random() < 0.5 else None,
        static_items=rng.standard_normal((2, d)) if rng.random() < 0.3 else None,
        utility=liking if rng.random() < 0.2 else None,
    )


class Pair:
    """A model and the slow economy that it must be equal to."""

    def __init__(self, number):
        self.rng = rng = np.random.default_rng([9, number])
        self.setting, self.seed = drawn_setting(rng), int(rng.integers(1000))
        shared = {
            "beta": float(10 ** rng.uniform(-1.3, 0.3)),
            "K": int(rng.integers(1, 8)),
            "eta": float(rng.uniform(0.1, 0.9)),
            "horizon": 30,
            "mechanism": picked(rng, "none", "uir", "smt", "hmt", "hmt"),
            "reward": self.drawn_reward(),
            "pay_terms": picked(rng, "deployed", "deployed", "default"),
            "weighting": "mechanism",
            "weights_from": picked(rng, "deployed", "default"),
            "matching": picked(rng, "expected", "expected", "sampled"),
            "lbr_evaluation": picked(rng, "printed", "projected"),
            "accept": picked(rng, "no_worse", "better"),
            "order": picked(rng, "random", "random", "fixed", "simultaneous"),
            "moving_cost": picked(rng, 0.0, 0.0, 0.01, 0.1),
            "home_cost": picked(rng, 0.0, 0.0, 0.01, 0.1),
            "arrivals": picked(rng, "one_for_one", "none", 0.7),
            "newcomer": picked(rng, "user", "incumbent", "random"),
            "epoch_length": int(rng.integers(1, 5)),
            "alpha": 2.0,
            "requests_per_trial": 7,
        }
        if shared["mechanism"] != "uir" and rng.random() < 0.3:
            shared["weighting"] = "uir"
        if shared["matching"] == "sampled":
            # Means of equal payments tie or do not by rounding; nor is contribution to pi ever sampled.
            shared["reward"] = picked(rng, "relevance", "engagement", "backward", InNumPy())
        turnover = self.drawn_turnover()
        retention = (float(rng.uniform(0.0, 1.0)), 0.3, 0.4, 0.5) if rng.random() < 0.5 else None
        n = len(self.setting.strategies)
        rules, kinds = picked(
            rng,
            ("lbr", ["lbr"] * n + ["lbr"]),
            ("lbr", ["lbr"] * n + ["lbr"]),
            (f"still={n // 2},explore", ["still"] * (n // 2) + ["explore"] * (n - n // 2 + 1)),
            (Meddler, ["meddler"]),
        )
        self.slow = SlowEconomy(
            self.setting, self.seed, **shared, turnover=turnover[1], retention=retention, kinds=kinds
        )
        self.given = shared | {
            "environment": Environment(
                "made", "made for a test", lambda rng: self.setting, 0.1, 1, 0.1, 30, n_groups=1
            ),
            "rng": self.seed,
            "rules": rules,
            "turnover": turnover[0],
            "retention": "none" if retention is None else Returning(*retention),
            "one_by_one": bool(rng.random() < 0.4),
            "user_agents": bool(rng.random() < 0.2),
        }
        self.model, self.script = self.made(), {}
        self.compare()

    def made(self):
        model = CreatorEconomy(**self.given)
        model.script = {}
        return model

    def drawn_reward(self):
        return picked(
            self.rng, "relevance", "traffic", "lift", "contribution", "backward", "engagement", InNumPy()
        )

    def drawn_turnover(self):
        rng, kind = self.rng, self.rng.integers(4)
        if kind == 0:
            return "none", None
        if kind == 1:
            steps, share = int(rng.integers(1, 4)), float(rng.uniform(0.3, 0.9))
            outside = float(rng.uniform(0.0, 0.3)) if rng.random() < 0.3 else None
            return Patience(share, steps, outside), ("patience", share, steps, outside)
        every = int(rng.integers(1, 5))
        return LeastPaid(every, 1.0, 0.1, 0.8), ("least_paid", every, 1.0, 0.1, 0.8)

    def event(self):
        rng, model, slow, n = self.rng, self.model, self.slow, len(self.slow.living)
        kind = rng.choice(8, p=[0.4, 0.15, 0.15, 0.1, 0.08, 0.04, 0.04, 0.04])
        if kind == 0:
            self.step()
        elif kind == 1 and n:
            row = int(rng.integers(n))
            model.creators[row].remove()
            slow.remove(row)
        elif kind == 2:
            point, rule = rng.standard_normal(model.dim), picked(rng, "lbr", "still", "explore")
            model.add_creator(point, rule)
            slow.add(point, rule)
        elif kind == 3:
            model.K = slow.K = int(rng.integers(1, 9))
            model.beta = slow.beta = float(10 ** rng.uniform(-1, 0.3))
            model.deploy()
            slow.deploy()
        elif kind == 4:
            name = picked(rng, "none", "smt", "hmt")
            model.switch_mechanism(name)
            slow.mechanism = type(model.platform.mechanism)()
            slow.deploy()
        elif kind == 5:
            self.model = pickle.loads(pickle.dumps(model))
        elif kind == 6:
            self.resume()
        elif kind == 7:  # down to nobody
            while model.creators:
                model.creators[-1].remove()
                slow.remove(-1)
        self.compare()
        if kind == 0:
            self.compare_series()

    def step(self):
        """Take a step, in which those who meddle do."""
        rng, step = self.rng, self.slow.steps + 1
        for one in self.slow.living:
            told = []
            if one.kind == "meddler" and rng.random() < 0.3:
                told.append(("remove", int(rng.integers(100))))
            if one.kind == "meddler" and rng.random() < 0.2:
                told.append(("add", rng.standard_normal(self.model.dim)))
            self.model.script[step, one.number] = self.slow.script[step, one.number] = told
        self.model.step()
        self.slow.step()

    def resume(self):
        """Go on from a checkpoint in another model."""
        other, state = self.made(), state_of(self.model)
        if not isinstance(self.model.platform.mechanism, type(other.platform.mechanism)):
            other.switch_mechanism(self.model.platform.mechanism)
        other.K, other.beta, other.script = self.model.K, self.model.beta, self.model.script
        restore(other, state)
        self.model = other

    def compare(self):
        model, slow = self.model, self.slow
        assert model.n_creators == model.alive == len(model.creators) == len(slow.living)
        assert model.n_items == slow.items()
        assert [creator.creator_id for creator in model.creators] == [one.number for one in slow.living]
        assert [creator.index for creator in model.creators] == list(range(len(slow.living)))
        assert sum(isinstance(agent, Creator) for agent in model.agents) == len(slow.living)
        strategies = slow.strategies()
        np.testing.assert_allclose(model.strategies, strategies, **EXACT)
        assert model.creator_utilities.shape == (len(strategies),)
        np.testing.assert_allclose(model.creator_utilities, slow.creator_utilities(), **EXACT)
        market = model.market
        np.testing.assert_array_equal(market.K, np.minimum(slow.terms.K, max(slow.items(), 1)))
        np.testing.assert_allclose(market.beta, slow.terms.beta, **EXACT)
        shown = slow.utilities_on(slow.terms.beta, slow.terms.K)
        np.testing.assert_allclose(market.user_utilities(), shown, **EXACT)
        default = slow.utilities_on(slow.beta, slow.K)
        np.testing.assert_allclose(market.user_utilities(slow.beta, slow.K), default, **EXACT)
        np.testing.assert_allclose(model.weights, slow.weights, **EXACT)

    def compare_series(self):
        for name, value in self.slow.series.items():
            own = self.model.datacollector.model_vars[name][-1]
            np.testing.assert_allclose(own, value, err_msg=name, **EXACT)
        np.testing.assert_allclose(self.model.user_utilities, self.slow.user_utilities, **EXACT)
        np.testing.assert_allclose(self.model.group_utilities, self.slow.group_utilities(), **EXACT)


def play(numbers, events=20):
    """Play economies; return how many events there were, up to where rounding decided, and who came and went."""
    seen = Counter()
    for number in numbers:
        pair = Pair(number)
        with contextlib.suppress(Undecided):
            for _ in range(events):
                pair.event()
                seen["events"] += 1
        for name in ("entered", "left", "users_lost"):
            seen[name] += sum(pair.model.datacollector.model_vars[name])
    return seen


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.slow) for first in range(5, 25, 5))]
)
def test_an_economy_comes_to_what_the_slow_one_does(first):
    seen = play(range(first, first + 5))
    assert seen["events"] == 100
    assert min(seen["entered"], seen["left"]) > 5
    assert seen["users_lost"] > 0


def test_economies_in_which_one_is_thrown_out_where_all_move_at_once():
    assert play([102, 387])["left"] > 2


@pytest.mark.slow
def test_an_economy_comes_to_what_the_slow_one_does_after_ten_thousand_events():
    assert play(range(100, 605))["events"] >= 10_000
