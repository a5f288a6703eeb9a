"""A whole economy whose creators and users come and go, slow and readable: what `test_populations.py` compares with.

Nothing is kept up to date here: whatever somebody earns is worked out afresh by the plain equations, from where
everybody stands. Of the product it takes those (`ecosystem.game`, `ecosystem.matching`, rewards, mechanisms) and the
random streams, none of the market or the economy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.economy.streams import Streams
from ecosystem.matching import matching_probabilities
from ecosystem.rewards import BackwardPay, ContributionPay, paid, reward_of
from ecosystem.rewards.contribution import utility_without
from ecosystem_agents.mechanisms import mechanism_of

DEFAULTS = {
    "mechanism": "none",
    "reward": "relevance",
    "pay_terms": "deployed",
    "weighting": "mechanism",
    "weights_from": "deployed",
    "matching": "expected",
    "lbr_evaluation": "printed",
    "accept": "no_worse",
    "moving_cost": 0.0,
    "home_cost": 0.0,
    "order": "random",
    "turnover": None,  # or ("patience", share, steps, outside), or ("least_paid", every, first, last, until)
    "arrivals": "one_for_one",
    "newcomer": "user",
    "retention": None,  # or (middle, width, back, smoothing)
    "epoch_length": 5,
    "alpha": 0.5,
    "late_alpha": 0.1,
    "w_min": 0.2,
    "w_max": 5.0,
    "requests_per_trial": 100,
    "directions_tried": 4,
    "kinds": ("lbr",),  # the rule of each slot, the last one for all later slots
}


class Undecided(Exception):
    """What a creator would gain is no more than rounding."""


@dataclass(eq=False)
class Somebody:
    """A creator: its number, slot, rule, where it was born and stands, and for how long its pay was too low."""

    number: int
    slot: int
    kind: str
    home: np.ndarray
    here: np.ndarray
    low: int = 0


class SlowEconomy:
    """What `CreatorEconomy` must come to, in a setting with declared groups of at most one tile of users."""

    def __init__(self, setting, seed, *, beta, K, eta, horizon, **given):
        assert not set(given) - set(DEFAULTS)
        vars(self).update(DEFAULTS | given)
        self.setting, self.beta, self.K, self.eta, self.horizon = setting, beta, K, eta, horizon
        self.streams = Streams(np.random.default_rng(seed))
        self.users, self.groups = setting.users, setting.groups
        self.m, self.dim = self.users.shape
        self.mass = np.ones(self.m) if setting.user_mass is None else setting.user_mass
        self.mass = self.mass / self.mass.sum()
        self.static = np.empty((0, self.dim)) if setting.static_items is None else setting.static_items
        self.reward, self.mechanism = reward_of(self.reward), mechanism_of(self.mechanism)
        self.n_first = len(setting.strategies)
        sets = setting.strategy_sets
        self.sets = sets if isinstance(sets, list) else [sets] * self.n_first
        self.living = [
            Somebody(i, i, self.kind_of(i), s.copy(), s.copy()) for i, s in enumerate(setting.strategies)
        ]
        self.born, self.steps, self.script = self.n_first, 0, {}
        self.weights = np.ones(self.groups.max() + 1)
        self.present, self.lost = np.ones(self.m, dtype=bool), 0
        self.smoothed = self.kept = None
        self.observed, self.seen = np.zeros(self.m), np.zeros(self.m)
        self.entered = self.left = 0
        self.accepted_share, self.moved = np.nan, 0
        self.deploy()
        self.match()
        self.record()

    # --- what happens ------------------------------------------------------------------------------------

    def step(self):
        pay = self.creator_utilities() if self.last_pay is None else self.last_pay
        self.steps += 1
        self.attend()
        if self.turnover or not isinstance(self.arrivals, str):
            self.turn_over(pay)
        self.move()
        self.match()
        got = self.user_utilities
        if self.weights_from == "default":
            got = self.utilities_on(self.beta, self.K)
            # What users would get on the terms they had anyway is what they got.
            got = self.user_utilities if self.matched_on_default else got
        self.observed, self.seen = self.observed + got * self.present, self.seen + self.present
        ends = self.steps % self.epoch_length == 0
        if ends:
            self.end_epoch()
        self.record()
        if ends:
            self.deploy()

    def remove(self, row):
        """Let the creator in that row go for good."""
        self.living.pop(row)
        self.left += 1
        self.recount()

    def add(self, strategy, kind):
        """Let a creator in; it takes the first slot that is free."""
        taken, slot = {one.slot for one in self.living}, 0
        while slot in taken:
            slot += 1
        home = self.project(slot, strategy)
        self.living.append(Somebody(self.born, slot, kind or self.kind_of(slot), home, home.copy()))
        self.born, self.entered = self.born + 1, self.entered + 1
        self.recount()

    def recount(self):
        self.last_pay = None
        self.deploy()

    def deploy(self):
        """Put into force what the mechanism makes of the present weights and of how many there are."""
        alive = max(1, len(self.living) + len(self.static))
        weights = self.weights[self.groups]
        self.terms = self.mechanism.deploy(weights, self.beta, self.K, alive)
        self.reward_weight = self.terms.reward_weight * (weights if self.weighting == "uir" else 1.0)

    def attend(self):
        self.lost = 0
        if self.retention is None:
            return
        middle, width, back, _ = self.retention
        self.kept = self.group_utilities()
        if self.smoothed is None:
            self.smoothed = self.user_utilities.copy()
        stays = 1 / (1 + np.exp((middle - self.smoothed) / width))
        chance = np.where(self.present, stays, back)
        there = self.streams["retention"].random(self.m) < chance
        self.lost = int((self.present & ~there).sum())
        self.present = there

    def turn_over(self, pay):
        leaving = [] if self.turnover is None or not self.living else self.who_leaves(pay)
        for one in leaving:
            self.remove(self.living.index(one))
        coming = len(leaving) if self.arrivals == "one_for_one" else 0
        if not isinstance(self.arrivals, str):
            coming = self.streams["arrivals"].poisson(self.arrivals)
        for _ in range(coming):
            self.add(self.birthplace(), None)

    def who_leaves(self, pay):
        kind, *options = self.turnover
        mean = pay.mean()
        if kind == "patience":
            share, steps, outside = options
            for one, earned in zip(self.living, pay, strict=True):
                one.low = one.low + 1 if earned < (share * mean if outside is None else outside) else 0
            return [one for one in self.living if one.low >= steps]
        every, first, last, until = options
        if self.steps % every or self.steps > until * self.horizon or mean <= 0:
            return []
        kappa = first * (last / first) ** (self.steps / (until * self.horizon))
        worst = int(np.argmin(pay))
        return [self.living[worst]] if pay[worst] < kappa * mean else []

    def birthplace(self):
        rng = self.streams["newcomers"]
        which, anywhere, noise = rng.random(), rng.random(self.dim), rng.standard_normal(self.dim)
        if self.newcomer == "random":
            low, high = self.users.min(axis=0), self.users.max(axis=0)
            return low + anywhere * (high - low)
        if self.newcomer == "incumbent" and self.living:
            near = self.living[int(which * len(self.living))].here
        else:
            near = self.users[self.drawn(which)]
        return near + 0.05 / np.sqrt(self.dim) * noise

    def drawn(self, uniforms):
        """Return whom uniform numbers draw by mass among those present."""
        ends = np.cumsum(self.mass * self.present)
        last = np.searchsorted(ends, ends[-1])
        return np.minimum(np.searchsorted(ends, uniforms * ends[-1], side="right"), last)

    def move(self):
        """Let all who are there try their moves, in the order of the draws of their slots."""
        rng, n0 = self.streams["moves"], self.n_first
        order, directions = rng.permutation(n0), normed(rng.standard_normal((n0, self.dim)))
        rank = {int(slot): place for place, slot in enumerate(order)}
        turns = []
        for one in self.living:
            if one.slot < n0:
                turns.append((rank[one.slot], one, directions[one.slot]))
            else:
                own = self.streams[f"moves of slot {one.slot}"]
                turns.append((n0 * own.random() - 0.5, one, normed(own.standard_normal((1, self.dim)))[0]))
        self.requests = {}
        if self.matching == "sampled":
            self.draw_requests()
        if self.order != "fixed":
            turns.sort(key=lambda turn: turn[0])
        before = {one: one.here.copy() for _, one, _ in turns}
        moved, self.landings = set(), [] if self.order == "simultaneous" else None
        for _, one, direction in turns:
            if one not in self.living:
                continue
            if one.kind == "meddler":
                self.meddle(one)
            if one in self.living and self.try_out(one, direction):
                moved.add(one)
        for one, landing in self.landings or []:
            if one in self.living:  # who was thrown out meanwhile lands nowhere
                one.here = landing
        self.accepted_share = len(moved) / len(turns) if turns else np.nan
        self.moved = sum(one.here.tolist() != here.tolist() for one, here in before.items())

    def draw_requests(self):
        shape = self.n_first, self.requests_per_trial
        rng = self.streams["requests"]
        users, now, then = rng.random(shape), rng.random(shape), rng.random(shape)
        for one in self.living:
            if one.slot < self.n_first:
                own = users[one.slot], now[one.slot], then[one.slot]
            else:
                stream = self.streams[f"requests of slot {one.slot}"]
                own = [stream.random((1, shape[1]))[0] for _ in range(3)]
            self.requests[one] = self.drawn(own[0]), own[1], own[2]

    def meddle(self, one):
        for what, given in self.script.get((self.steps, one.number), []):
            if what == "remove" and self.living:
                self.remove(given % len(self.living))
            elif what == "add":
                self.add(given, "meddler")

    def try_out(self, one, direction):
        if one.kind == "still":
            return False
        if one.kind != "explore":
            candidate = one.here + self.eta * direction
            now, then = self.compare(one, candidate)
            if then > now or (then == now and self.accept == "no_worse"):
                self.land(one, candidate)
                return True
            return False
        best, most = None, -np.inf
        for tried in normed(self.streams["explore"].standard_normal((self.directions_tried, self.dim))):
            candidate = one.here + self.eta * tried
            now, then = self.compare(one, candidate)
            better = then > now or (then == now and self.accept == "no_worse")
            if better and then > most:
                best, most = candidate, then
        if best is not None:
            self.land(one, best)
        return best is not None

    def land(self, one, candidate):
        landing = self.project(one.slot, candidate)
        if self.landings is None:
            one.here = landing
        else:
            self.landings.append((one, landing))

    def compare(self, one, candidate):
        point = candidate if self.lbr_evaluation == "printed" else self.project(one.slot, candidate)
        row, places = self.living.index(one), self.strategies()
        now = self.judged(one, row, places, 1)
        places[row] = point
        then = self.judged(one, row, places, 2)
        if then != now and abs(then - now) < 1e-13:
            raise Undecided
        then -= self.moving_cost * distance(point, one.here) + self.home_cost * distance(point, one.home)
        return now - self.home_cost * distance(one.here, one.home), then

    def match(self):
        self.matched_on_default = self.on_default()
        self.expected = self.utilities_on(self.terms.beta, self.terms.K)
        self.user_utilities = self.expected
        sigma, P = self.matched_on(self.terms.beta, self.terms.K) if self.items() else (None, None)
        self.breadth = 1 / (P**2).sum(axis=1) if self.items() else np.zeros(self.m)
        self.from_creators = np.zeros(self.m)
        if self.items():
            n = len(self.living)
            self.from_creators = (self.worth()[:, :n] * P[:, :n]).sum(axis=1)
        if self.matching == "sampled":
            self.user_utilities = self.sample_matches(sigma, P)
        self.last_pay = self.creator_utilities()
        if self.retention is not None and self.kept is not None:
            smoothing = self.retention[3]
            self.smoothed = self.smoothed + smoothing * self.present * (self.user_utilities - self.smoothed)
            means = self.group_means(self.expected)
            self.kept = np.where(np.isnan(means), self.kept, means)

    def sample_matches(self, sigma, P):
        uniforms, got = self.streams["requests"].random(self.m), np.zeros(self.m)
        for j in range(self.m if self.items() else 0):
            places = np.argsort(-sigma[j], kind="stable")  # down the list, where it is one
            K = min(self.terms.K[j], len(places))
            if len(places) > K and sigma[j, places[K - 1]] == sigma[j, places[K]]:
                places = np.arange(len(places))  # some share a place
            shown = places[P[j, places] > 0]
            ends = np.cumsum(P[j, shown])
            match = shown[min(np.searchsorted(ends, uniforms[j] * ends[-1], side="right"), len(shown) - 1)]
            got[j] = self.worth()[j, match]
        return got

    def end_epoch(self):
        by = self.mass * self.observed, self.mass * self.seen
        sums, mass = (np.bincount(self.groups, each, len(self.weights)) for each in by)
        kept = np.full(len(mass), np.nan) if self.kept is None else self.kept
        means = np.where(mass > 0, sums / np.where(mass > 0, mass, 1.0), kept)
        alpha = self.alpha if 2 * self.steps <= self.horizon else self.late_alpha
        raised = self.weights * np.exp(-alpha * means)
        self.weights = np.clip(len(raised) * raised / raised.sum(), self.w_min, self.w_max)
        self.observed, self.seen = np.zeros(self.m), np.zeros(self.m)

    # --- what is the case --------------------------------------------------------------------------------

    def strategies(self):
        return np.array([one.here for one in self.living]).reshape(-1, self.dim)

    def items(self):
        return len(self.living) + len(self.static)

    def project(self, slot, point):
        return self.sets[slot % self.n_first].project(point)

    def kind_of(self, slot):
        return self.kinds[min(slot, len(self.kinds) - 1)]

    def sigma_of(self, places):
        return self.setting.relevance(self.users, np.vstack([places, self.static]))

    def worth(self, places=None):
        """Return pi of every user and item, (m, N)."""
        items = np.vstack([self.strategies() if places is None else places, self.static])
        utility = self.setting.utility
        return self.setting.relevance(self.users, items) if utility is None else utility(self.users, items)

    def matched_on(self, beta, K):
        sigma = self.sigma_of(self.strategies())
        return sigma, matching_probabilities(sigma, beta, K)

    def utilities_on(self, beta, K):
        """Return what users get from today's content on some terms, (m,)."""
        if not self.items():
            return np.zeros(self.m)
        return (self.worth() * self.matched_on(beta, K)[1]).sum(axis=1)

    def on_default(self):
        N = max(1, self.items())
        same_K = np.minimum(self.terms.K, N) == min(self.K, N)
        return bool((same_K & (self.terms.beta == self.beta)).all())

    def pay_terms_in_force(self):
        """Return the temperature and the list length of each user that pay is computed on."""
        if self.pay_terms == "default":
            return np.full(self.m, self.beta), np.full(self.m, min(self.K, self.items()))
        return self.terms.beta, np.minimum(self.terms.K, self.items())

    def dues(self, places, row):
        """Return what each user pays the creator in that row for being there, and its chance of a match, (m,)."""
        beta, K = self.pay_terms_in_force()
        sigma = self.sigma_of(places)
        P = matching_probabilities(sigma, beta, K)
        if isinstance(self.reward, ContributionPay):
            value = self.worth(places)
            pays = (value * P).sum(axis=1) - utility_without(row, sigma, value, beta, K)
            pays[sigma[:, row] < -np.sort(-sigma, axis=1)[np.arange(self.m), K - 1]] = 0.0
        else:
            pays = paid(self.reward, sigma, P, beta, K)[:, row]
        return pays * self.reward_weight * self.present, P[:, row]

    def judged(self, one, row, places, when):
        pays, chance = self.dues(places, row)
        if self.matching == "expected":
            return self.mass @ pays
        users, uniforms = self.requests[one][0], self.requests[one][when]
        if isinstance(self.reward, BackwardPay):  # paid for a place, matched or not
            return pays[users].mean()
        price = np.divide(pays, chance, out=np.zeros(self.m), where=chance > 0)[users]
        return np.where(uniforms < chance[users], price, 0.0).mean()

    def creator_utilities(self):
        places = self.strategies()
        return np.array([self.mass @ self.dues(places, row)[0] for row in range(len(places))])

    def group_means(self, quantity):
        there = self.mass * self.present
        sums, mass = (np.bincount(self.groups, w, len(self.weights)) for w in (there * quantity, there))
        return np.where(mass > 0, sums / np.where(mass > 0, mass, 1.0), np.nan)

    def group_utilities(self):
        return self.group_means(self.expected) if self.kept is None else self.kept

    def record(self):
        """Take down the series of this step, by the names the model gives them."""
        there = self.mass * self.present
        total = there.sum()

        def mean(quantity):
            return there @ quantity / total if total else np.nan

        pay = self.creator_utilities()
        n, earned = len(pay), np.where(pay > 0, pay, 0)  # who owes earns nothing
        gaps = np.abs(earned[:, None] - earned[None]).sum()
        self.series = {
            "welfare": mean(self.expected),
            "welfare_default": mean(self.utilities_on(self.beta, self.K)),
            "sampled_welfare": mean(self.user_utilities),
            "accepted_share": self.accepted_share,
            "moved": self.moved,
            "welfare_creators": mean(self.from_creators),
            "effective_creators": mean(self.breadth),
            "creator_gini": gaps / (2 * n * earned.sum()) if earned.any() else 0.0,
            "min_group_utility": self.group_utilities().min(),
            "alive": n,
            "entered": self.entered,
            "left": self.left,
            "present": int(self.present.sum()),
            "users_lost": self.lost,
            "welfare_all": there @ self.expected,
        }
        self.entered = self.left = 0


def normed(points):
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def distance(one, other):
    return np.sqrt(np.sum((one - other) ** 2))
