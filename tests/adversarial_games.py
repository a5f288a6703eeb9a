"""Games in which decisions hang on the last digits, by family: what `test_adversarial.py` plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.market.book import PRINTED, PROJECTED
from ecosystem.relevance import DistanceRelevance, DotRelevance
from ecosystem.rewards import LiftPay, reward_of
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace
from ecosystem_agents.mechanisms import Terms


class InNumPy:
    """Lift pay that has no compiled form."""

    def pay(self, relevance, probabilities, beta, K):
        return LiftPay().pay(relevance, probabilities, beta, K)


CODED = ("relevance", "traffic", "lift", "contribution")
PLUGGED_IN = ("backward", "engagement", InNumPy())


def near(rng, size=None):
    """Return relative distances, of which float32 sees some, float64 most."""
    return 10.0 ** -rng.uniform(3, rng.choice([8, 12, 16]), size)


def unit(rng, shape):
    points = rng.standard_normal(shape)
    return points / np.linalg.norm(points, axis=-1, keepdims=True)


def length_and_direction(step):
    length = np.linalg.norm(step)
    return length, step / (length or 1.0)


@dataclass
class Game:
    """A start, terms and what creators try; families change what they are about."""

    rng: np.random.Generator
    users: np.ndarray
    start: np.ndarray
    relevance: object
    spread: float = 1.0
    reward: object = None
    sets: list = None
    static: np.ndarray = None
    mass: np.ndarray = None
    betas: tuple = (-2.0, 0.0)
    one_beta: float = 0.5
    longest: int = None
    shortest: int = 1
    weighed: tuple = (0.3, 1.0, 3.0)
    paid_apart: float = 0.3
    # How often: a step hardly any; a usual one; none; to a rival; to a user.
    tried: tuple = (0.55, 0.1, 0.05, 0.25, 0.05)
    cells: float = 4e4  # user-item pairs worked out in a sweep, about
    sweeps: int = 3

    def __post_init__(self):
        rng, (self.n, self.d) = self.rng, self.start.shape
        self.m = len(self.users)
        self.reward = reward_of(CODED[rng.integers(4)] if self.reward is None else self.reward)
        self.sets = self.sets or [FreeSpace()] * self.n
        self.static = np.empty((0, self.d)) if self.static is None else self.static
        self.mass = np.ones(self.m) if self.mass is None else self.mass
        self.mass = self.mass / self.mass.sum()
        self.evaluation = [PRINTED, PROJECTED][rng.integers(2)]
        self.longest = self.longest or self.n + 2

    def terms(self):
        weights = self.rng.choice(self.weighed, self.m)
        apart = self.rng.random() < self.paid_apart
        shown, other = [(self.beta(), self.K()) for _ in range(2)]
        return Terms(weights, *shown, *(other if apart else (None, None)))

    def beta(self):
        size = None if self.rng.random() < self.one_beta else self.m
        return np.broadcast_to(10.0 ** self.rng.uniform(*self.betas, size), self.m).copy()

    def K(self):
        size = None if self.rng.random() < 0.5 else self.m
        return np.broadcast_to(self.rng.integers(self.shortest, self.longest + 1, size), self.m).copy()

    def proposals(self, strategies):
        """Return who tries what: an order, step lengths (n,) and unit directions (n, d)."""
        rng, n, d = self.rng, self.n, self.d
        most = int(np.clip(self.cells / (self.m * (n + len(self.static))), 2, 30))
        order = rng.permutation(n)[:most]
        directions, eta = unit(rng, (n, d)), self.spread * near(rng, n)
        kind = rng.choice(5, n, p=self.tried)
        eta[kind == 1] = self.spread * rng.random((kind == 1).sum())
        eta[kind == 2] = 0.0
        items = np.vstack([strategies, self.static])
        for i in np.flatnonzero(kind >= 3):
            there = items if kind[i] == 3 else self.users
            beside = rng.choice([0, 1]) * self.spread * near(rng) * directions[i]
            step = there[rng.integers(len(there))] + beside - strategies[i]
            eta[i], directions[i] = length_and_direction(step)
        return order, eta, directions


def sizes(rng, users=(1, 2, 5, 15, 16, 17, 33, 70, 200, 257), most=40, dims=(1, 2, 3, 5, 8)):
    return int(rng.choice(users)), int(np.ceil(most ** rng.random())), int(rng.choice(dims))


def distance(rng):
    return DistanceRelevance(*[(1, 3), (2, 1), (1, 8)][rng.integers(3)])


def dot(rng, users, strategies, low=0.02, high=0.98):
    dots = np.sort((users @ strategies.T).ravel())
    ends = dots[[int(low * (len(dots) - 1)), int(high * (len(dots) - 1))]]
    return DotRelevance(ends[0], ends[1] if ends[1] > ends[0] else ends[0] + 1.0)


def either(rng, users, strategies):
    return distance(rng) if rng.random() < 0.6 else dot(rng, users, strategies)


def plain(rng, *size, **changes):
    """A usual world, whatever its size, in which most steps are hardly any."""
    m, n, d = size or sizes(rng)
    users, start = rng.standard_normal((m, d)), 0.7 * rng.standard_normal((n, d))
    if "sets" not in changes and rng.random() < 0.4:
        changes["sets"] = [Ball(1.0) if k else FreeSpace() for k in rng.integers(2, size=n)]
        start = np.array([one.project(s) for one, s in zip(changes["sets"], start, strict=True)])
    return Game(rng, users, start, changes.pop("relevance", None) or either(rng, users, start), **changes)


def twins(rng):
    """Creators, and where they would go, within a hair of each other and of users' bars."""
    m, n, d = sizes(rng, users=(1, 2, 3, 4, 8, 16, 20))
    users, few = rng.standard_normal((m, d)), rng.standard_normal((1 + n // 4, d))
    start = few[rng.integers(len(few), size=n)]
    start = start + near(rng, (n, 1)) * unit(rng, (n, d)) * rng.integers(2, size=(n, 1))
    tried = (0.3, 0.05, 0.05, 0.6, 0.0)
    return Game(rng, users, start, either(rng, users, start), tried=tried, betas=(-3.0, 1.0))


def niches(rng):
    """Nearly everybody sees nothing of nearly all, or everything alike: bars are 0, or 1."""
    m, n, d = sizes(rng, dims=(1, 2, 3))
    users, start = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    kinds = [
        lambda: DistanceRelevance(1, 10 ** rng.uniform(-3, -0.5)),
        lambda: dot(rng, users, start, *np.sort(rng.uniform(0.6, 1.0, 2))),
        lambda: dot(rng, users, start, *np.sort(rng.uniform(0.0, 0.3, 2))),
    ]
    return Game(rng, users, start, kinds[rng.integers(3)](), tried=(0.2, 0.3, 0.05, 0.25, 0.2))


def far(rng):
    """All live far from the origin, where float32 has no digits left for what separates them."""
    m, n, d = sizes(rng, dims=(1, 2, 3, 5))
    centre = rng.choice([1e3, 1e6]) * unit(rng, d)
    users, start = (centre + 0.1 * rng.standard_normal((k, d)) for k in (m, n))
    relevance = DistanceRelevance(1, 0.7) if rng.random() < 0.6 else dot(rng, users, start)
    return Game(rng, users, start, relevance, spread=0.1)


def met(rng):
    """Creators stand where users do, and land there."""
    game = plain(rng)
    game.start[:] = game.users[rng.integers(game.m, size=game.n)]
    game.sets, game.tried = [FreeSpace()] * game.n, (0.3, 0.1, 0.05, 0.15, 0.4)
    return game


def extremes(rng):
    """One creator, one user, lists of one or of everybody, many dimensions."""
    m, n, d = sizes(rng, users=(1, 2, 40), dims=(1, 32))
    n = [1, 2, n][rng.integers(3)]
    shortest, longest = [(1, 1), (n, n + 5)][rng.integers(2)]
    return plain(rng, m, n, d, shortest=shortest, longest=longest, betas=(-3.0, 1.0))


def static(rng):
    """Items that nobody moves stand where creators do, and elsewhere."""
    game = plain(rng)
    game.static = beside(rng, game.start)
    return game


def beside(rng, strategies):
    there = strategies[rng.integers(len(strategies), size=rng.integers(1, 6))]
    return there + rng.choice([0.0, 1e-9, 1e-6, 0.3], (len(there), 1)) * unit(rng, there.shape)


def catalogue(rng):
    """Creators choose among items of which some are the same, or nearly."""
    m, n, d = sizes(rng)
    items = 0.7 * rng.standard_normal((rng.integers(1, 12), d))
    items = np.vstack([items, items[: len(items) // 2 + 1], beside(rng, items)])
    sets = [Catalogue(items), Catalogue(items[::-1][: len(items) // 2 + 1])]
    sets = [sets[k] for k in rng.integers(2, size=n)]
    users = rng.standard_normal((m, d))
    start = np.array([one.items[rng.integers(len(one.items))] for one in sets])
    return Game(rng, users, start, either(rng, users, items), sets=sets, tried=(0.1, 0.5, 0.1, 0.3, 0.0))


class Rings(Game):
    """Creators try to be a hair nearer to some user than the last on its list, or farther away, or just as far."""

    def terms(self):
        drawn = super().terms()
        self.last = np.minimum(drawn.K if drawn.pay_K is None else drawn.pay_K, self.n) - 1
        return drawn

    def proposals(self, strategies):
        order, eta, directions = super().proposals(strategies)
        for i in order:
            j = self.rng.integers(self.m)
            rest = np.sort(np.linalg.norm(np.delete(strategies, i, axis=0) - self.users[j], axis=1))
            radius = rest[min(self.last[j], self.n - 2)] * (1 + self.rng.choice([-1, 0, 1]) * near(self.rng))
            step = self.users[j] + radius * unit(self.rng, self.d) - strategies[i]
            eta[i], directions[i] = length_and_direction(step)
        return order[:3], eta, directions  # the lists change as they move


def rings(rng):
    """Who is on a list hangs on a hair, and with it whether all is earned from a user or nothing."""
    m, n, d = int(rng.choice([2, 3, 5, 17])), int(rng.integers(2, 12)), int(rng.choice([1, 2, 3, 8]))
    users = rng.uniform(0.2, 1.0) * rng.standard_normal((m, d))
    start = users[rng.integers(m, size=n)] + rng.uniform(0.2, 0.8) * unit(rng, (n, d))
    return Rings(rng, users, start, distance(rng), longest=n - 1, betas=(-1.5, 1.0), sweeps=8)


class Mirror(Game):
    """Every creator tries its mirror image, or nearly, on the other side of a plane."""

    def proposals(self, strategies):
        order, eta, directions = super().proposals(strategies)
        some = self.rng.random(self.n) < 0.7
        directions[some] = -np.sign(strategies[some, :1]) * np.eye(self.d)[0]
        eta[some] = (
            2 * abs(strategies[some, 0]) * (1 + self.rng.choice([0, 0, 1e-7, -1e-7, -1e-10], some.sum()))
        )
        return order, eta, directions


def mirror(rng):
    """Users live on the plane, where an image is worth the same to the bit, or are each other's images."""
    m, n, d = sizes(rng)
    users, start = np.round(8 * rng.standard_normal((m, d))) / 8, rng.standard_normal((n, d))
    start[:, 0] = rng.choice([-0.5, 0.25, 0.75], n)
    users[:, 0] = 0.0
    if rng.random() < 0.4:
        users[:, 0] = rng.integers(1, 9, m) / 8
        users = np.vstack([users, users * np.where(np.arange(d), 1, -1)])
    return Mirror(rng, users, start, either(rng, users, start))


class Balanced(Game):
    """One creator tries its image; what it loses at heavy users their images pay, and hardly any user decides."""

    def terms(self):
        drawn, pairs = super().terms(), self.m // 4
        fields = [drawn.reward_weight, drawn.beta, drawn.K, drawn.pay_beta, drawn.pay_K]
        for field in filter(lambda field: field is not None, fields):
            field[pairs : 2 * pairs] = field[:pairs]
        heavy, light = self.rng.choice([1.0, 1e6]), 10.0 ** -self.rng.integers(0, 7)
        drawn.reward_weight[:] = np.where(np.arange(self.m) < 2 * pairs, heavy, light)
        return drawn

    def proposals(self, strategies):
        order, eta, directions = super().proposals(strategies)
        directions[:, 0] = 0.0  # the others stay on the plane
        directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-300)
        directions[0] = -np.sign(strategies[0, 0]) * np.eye(self.d)[0]
        eta[0] = 2 * abs(strategies[0, 0])
        return np.unique(np.append(order[:5], 0)), eta, directions


def balanced(rng):
    m, n, d = 4 * int(rng.integers(1, 20)), int(rng.integers(1, 12)), int(rng.choice([2, 3, 5]))
    users, start = rng.standard_normal((m, d)), 0.5 * rng.standard_normal((n, d))
    users[m // 4 : m // 2] = users[: m // 4] * np.where(np.arange(d), 1, -1)
    start[1:, 0], start[0, 0] = 0.0, rng.choice([-0.5, 0.25])
    return Balanced(rng, users, start, distance(rng), sweeps=8)


def large(rng):
    """More users than a tile, or just as many, or hardly fewer: few try little, and pay may come from a few users."""
    m = int(rng.choice([1000, 4095, 4096, 4097, 5000]))
    some = rng.random(m) < rng.choice([1.0, 3 / m])
    some[-1] = True
    n, d = int(rng.integers(2, 8)), int(rng.choice([2, 5]))
    return plain(rng, m, n, d, mass=some.astype(float), cells=6e4, sweeps=2)


def many(rng):
    """More creators than any list holds, and a tie that reaches beyond it."""
    m, n, d = int(rng.integers(1, 40)), int(rng.integers(100, 301)), int(rng.choice([1, 3, 5]))
    game = plain(rng, m, n, d, longest=int(rng.integers(1, 40)))
    if rng.random() < 0.4:
        game.start[: n // 2] = game.start[0]
    return game


def masses(rng):
    m, n, d = sizes(rng)
    return plain(rng, m, n, d, mass=10 ** -rng.uniform(0, 12, m))


FAMILIES = {
    "plain": plain,
    "twins": twins,
    "temperatures": lambda rng: plain(rng, betas=(-3.0, 1.0), one_beta=0.2),
    "weights": lambda rng: plain(rng, weighed=(0.0, 1e-3, 1.0, 1e6), paid_apart=0.6),
    "masses": masses,
    "niches": niches,
    "far": far,
    "met": met,
    "extremes": extremes,
    "static": static,
    "catalogue": catalogue,
    "rings": rings,
    "mirror": mirror,
    "balanced": balanced,
    "large": large,
    "many": many,
    "plug-ins": lambda rng: plain(rng, reward=PLUGGED_IN[rng.integers(3)], betas=(-3.0, 1.0)),
}
