"""Theorem 1 as a numerical check: what it assumes, what it promises, and where its proof has a gap.

Small games in plain NumPy with traffic pay (Eq. 6) and K = n, as in the proof. The relevance functions of
`ecosystem.relevance` will not do: the distance is not smooth, and the dot product is unclipped in the proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.heartbeat import beat
from ecosystem_agents.creator import unit_vectors


@dataclass(frozen=True)
class Uniqueness:
    """Theorem 1 in one game.

    Examples
    --------
    >>> found = Uniqueness(beta=1.0, eigenvalue=-0.5, apart=0.0, gain=0.0)
    >>> found.assumed, found.unique
    (True, True)
    """

    beta: float  # temperature
    eigenvalue: (
        float  # largest of Eq. (15)'s matrix over sampled strategies; at most 0 where the condition holds
    )
    apart: float  # largest distance between profiles that starts end in; 0 where one equilibrium is reached
    gain: float  # largest sampled, of a creator anywhere in its set at any of these ends, over its utility

    @property
    def assumed(self) -> bool:
        """Whether Eq. (15) holds."""
        return self.eigenvalue <= 1e-12

    @property
    def unique(self) -> bool:
        """Whether all starts ended in one profile that nobody gains by leaving."""
        return self.apart < 1e-3 and self.gain < 1e-6


def uniqueness(
    users: np.ndarray,
    n_creators: int,
    beta: float,
    rng: np.random.Generator,
    starts: int = 6,
    steps: int = 4000,
) -> Uniqueness:
    """Test Theorem 1 in the unit ball with the concave relevance ``sigma = 1 - |s - x|^2 / 2``.

    Creators climb their own utilities together, a projected gradient step each, from several random starts.
    Eq. (15) is printed for temperature 1; at any other, sigma / beta takes sigma's place.

    `users` are (m, d), `beta` above 0; `rng` is the source of starts and sampled deviations, `steps` gradient steps
    are taken from each of `starts`.

    Examples
    --------
    >>> users = np.zeros((1, 2))  # in the centre: the eigenvalue is |s|^2 / 4 - 1 / 2
    >>> found = uniqueness(users, 2, beta=2.0, rng=np.random.default_rng(0), starts=2, steps=50)
    >>> found.assumed, round(found.eigenvalue, 6), found.unique
    (True, -0.25, True)
    """
    ends = []
    for _ in range(starts):
        s = anywhere(rng, n_creators, users.shape[1])
        for _ in range(steps):
            beat()
            s = in_ball(s + beta * n_creators * _traffic_gradient(s, users, beta))
        ends.append(s)
    apart = max(float(np.abs(a - b).max()) for a in ends for b in ends)
    eigenvalue = _condition_15(users, beta, rng)
    return Uniqueness(beta, eigenvalue, apart, max(_best_deviation(s, users, beta, rng) for s in ends))


def _condition_15(users: np.ndarray, beta: float, rng: np.random.Generator) -> float:
    d = users.shape[1]
    points = np.vstack([unit_vectors(rng, (2000, d)), np.zeros((1, d))])
    worst = -np.inf
    for s in points:
        slopes = (users - s) / beta
        worst = max(worst, float(np.linalg.eigvalsh(slopes.T @ slopes / len(users) - np.eye(d) / beta)[-1]))
    return worst


def _traffic(s: np.ndarray, users: np.ndarray, beta: float) -> np.ndarray:
    """Return P_i(x_j), (m, n)."""
    squared = ((users[:, None] - s[None]) ** 2).sum(axis=2)
    logits = -squared / (2 * beta)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _traffic_gradient(s: np.ndarray, users: np.ndarray, beta: float) -> np.ndarray:
    p = _traffic(s, users, beta)
    pull = p * (1 - p) / (beta * len(users))
    return np.asarray(pull.T @ users - pull.sum(axis=0)[:, None] * s)


def _best_deviation(s: np.ndarray, users: np.ndarray, beta: float, rng: np.random.Generator) -> float:
    """Return the largest relative gain of any creator at sampled points, anywhere in the ball and nearby."""
    d, worst = users.shape[1], 0.0
    far = anywhere(rng, 200, d)
    for i in range(len(s)):
        beat()
        near = in_ball(s[i] + 0.05 * rng.standard_normal((100, d)))
        now = _traffic(s, users, beta)[:, i].mean()
        for point in (*far, *near):
            moved = s.copy()
            moved[i] = point
            worst = max(worst, float(_traffic(moved, users, beta)[:, i].mean() / now - 1))
    return worst


@dataclass(frozen=True)
class Gap:
    """Where the proof of Theorem 1 does not follow, in one game.

    Eq. (17) is what the proof needs, Eq. (18) what it says suffices: the same matrix without A_i / M, and without the
    weights A_i (M - A_i) / M^2. These differ from user to user, so a mean that is right without them need not be with
    them. Where Eq. (17) fails at a profile, the theorem may hold all the same, and does in every game tried.

    Examples
    --------
    >>> Gap(printed=-0.5, needed=0.25, apart=0.0).opens  # Eq. (15) holds and Eq. (17) does not
    True
    """

    printed: float  # largest eigenvalue of Eq. (15), the printed condition, over sampled strategies
    needed: float  # the same of Eq. (17), in units of its weights' mean, over sampled profiles
    apart: float  # largest distance between profiles that starts end in

    @property
    def opens(self) -> bool:
        """Whether the printed condition holds and what the proof needs does not."""
        return self.printed <= 1e-12 < self.needed


def gap(users: np.ndarray, n_creators: int, beta: float, rng: np.random.Generator) -> Gap:
    """Look for a profile at which Eq. (18) holds and Eq. (17) does not; for the game and arguments see `uniqueness`.

    All creators but one are sampled close together, for then one can be most of what distant users are matched with
    while it shares the others: the distant weigh more in Eq. (17) than in Eq. (18).

    Examples
    --------
    >>> gap(np.zeros((1, 2)), 2, beta=1.0, rng=np.random.default_rng(0)).opens
    False
    """
    found, needed, d = uniqueness(users, n_creators, beta, rng, starts=4, steps=1500), -np.inf, users.shape[1]
    for _ in range(300):
        one, others = anywhere(rng, 2, d)
        s = in_ball(others + 0.1 * rng.standard_normal((n_creators, d)))
        s[0] = one
        needed = max(needed, _condition_17(s, users, beta))
    return Gap(found.eigenvalue, needed, found.apart)


def narrow() -> np.ndarray:
    """Return users (100, 2) of a game in which that gap opens: most at the centre of the disc, eight ten radii away.

    Examples
    --------
    >>> narrow()[[0, 7, 8, 99]].tolist()
    [[10.0, 0.0], [10.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    users = np.zeros((100, 2))
    users[:8, 0] = 10.0
    return users


def _condition_17(s: np.ndarray, users: np.ndarray, beta: float) -> float:
    """Return the largest eigenvalue of the first creator's matrix, its sign turned: above 0 where it fails."""
    p = _traffic(s, users, beta)[:, 0]
    weights = p * (1 - p)
    slopes = (users - s[0]) / beta
    curved = np.einsum("j,ja,jb->ab", weights * (1 - p), slopes, slopes) / weights.sum()
    return float(np.linalg.eigvalsh(curved - np.eye(s.shape[1]) / beta)[-1])


def anywhere(rng: np.random.Generator, k: int, d: int) -> np.ndarray:
    """Draw points of the unit ball, (k, d).

    Examples
    --------
    >>> points = anywhere(np.random.default_rng(0), k=100, d=2)
    >>> points.shape, bool((np.linalg.norm(points, axis=1) <= 1).all())
    ((100, 2), True)
    """
    return unit_vectors(rng, (k, d)) * rng.random((k, 1)) ** (1 / d)


def in_ball(s: np.ndarray) -> np.ndarray:
    """Return each of `s` (k, d), brought into the unit ball.

    Examples
    --------
    >>> in_ball(np.array([[3.0, 4.0], [0.25, 0.0]])).tolist()
    [[0.6, 0.8], [0.25, 0.0]]
    """
    return np.asarray(s / np.maximum(np.linalg.norm(s, axis=1, keepdims=True), 1.0))
