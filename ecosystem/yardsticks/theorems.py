"""Theorems 1 and 2 as numerical checks: what they assume, what they promise, and where it holds.

Small games in plain NumPy with traffic pay (Eq. 6) and K = n, as in both proofs. The relevance functions of
`ecosystem.relevance` will not do: the distance is not smooth, and the dot product is unclipped in the proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.heartbeat import beat
from ecosystem_agents.creator import unit_vectors

# --- Theorem 1 -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uniqueness:
    """Theorem 1 in one game."""

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
    """
    ends = []
    for _ in range(starts):
        s = _anywhere(rng, n_creators, users.shape[1])
        for _ in range(steps):
            beat()
            s = _in_ball(s + beta * n_creators * _traffic_gradient(s, users, beta))
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
    anywhere = _anywhere(rng, 200, d)
    for i in range(len(s)):
        beat()
        near = _in_ball(s[i] + 0.05 * rng.standard_normal((100, d)))
        now = _traffic(s, users, beta)[:, i].mean()
        for point in (*anywhere, *near):
            moved = s.copy()
            moved[i] = point
            worst = max(worst, float(_traffic(moved, users, beta)[:, i].mean() / now - 1))
    return worst


def _anywhere(rng: np.random.Generator, k: int, d: int) -> np.ndarray:
    """Draw points of the unit ball, (k, d)."""
    return unit_vectors(rng, (k, d)) * rng.random((k, 1)) ** (1 / d)


def _in_ball(s: np.ndarray) -> np.ndarray:
    return np.asarray(s / np.maximum(np.linalg.norm(s, axis=1, keepdims=True), 1.0))


# --- Theorem 2 -------------------------------------------------------------------------------------------

DIM = 4
"""Dimensions and users, d = m: users are the unit vectors."""
STEP = 0.2
"""eta of Eq. (13)."""
HALF_DIFFERENCE = 0.02


@dataclass(frozen=True)
class ProofStep:
    """The proof of Theorem 2 at one profile.

    Eq. (21) asks for F = 0, which is above 0 everywhere; Eq. (22) inverts dF/ds.
    """

    n_creators: int
    beta: float
    slope: float  # smallest entry of F, Eq. (26), over its largest
    singular: float  # smallest singular value of dF/ds over the largest, by finite differences
    off_diagonal: float  # norm of dF/ds's blocks off the diagonal, which the proof drops, over those on it


@dataclass(frozen=True)
class Improvement:
    """Theorem 2's promise, tried: one step of Eq. (13) between equilibria reached in the unit ball.

    `cosine` is the mean one between the step, ``-pi_bar`` less its mean, and the gradient of W in log weights by
    finite differences of equilibria; NaN where that gradient is 0 in all trials.
    """

    n_creators: int
    beta: float
    cosine: float
    improved: float  # share of trials in which the step raises W by more than 1e-9
    unchanged: float  # share of those in which it changes W by no more than that
    change: float  # mean change of W relative to W


def proof_step(n_creators: int, beta: float, rng: np.random.Generator) -> ProofStep:
    """Look at the matrices of Eq. (22) by finite differences, at a random profile and random user weights.

    There are `DIM` users; `beta` is above 0.
    """
    s = _in_ball(np.abs(rng.standard_normal((n_creators, DIM))))
    w = np.exp(0.5 * rng.standard_normal(DIM))
    f = _first_order(s, w, beta)
    size, h = s.size, 1e-5
    jacobian = np.empty((size, size))
    for k in range(size):
        up, down = s.copy(), s.copy()
        up.flat[k] += h
        down.flat[k] -= h
        jacobian[:, k] = (_first_order(up, w, beta) - _first_order(down, w, beta)).ravel() / (2 * h)
    values = np.linalg.svd(jacobian, compute_uv=False)
    own = np.kron(np.eye(n_creators), np.ones((DIM, DIM))) > 0
    off = np.linalg.norm(jacobian[~own]) / np.linalg.norm(jacobian[own])
    return ProofStep(n_creators, beta, float(f.min() / f.max()), float(values[-1] / values[0]), float(off))


def improvement(
    n_creators: int,
    beta: float,
    rng: np.random.Generator,
    dim: int = DIM,
    trials: int = 10,
) -> Improvement:
    """Step by Eq. (13) from random user weights, let creators settle again, and see what welfare does.

    Users are the `dim` unit vectors, `beta` is above 0, and `trials` weights are tried. Creators climb their own
    utilities in the unit ball until they settle, before and after the step, and for each finite difference (log
    weights up and down by `HALF_DIFFERENCE`).
    """
    cosines, changes = [], []
    for _ in range(trials):
        log_w = 0.5 * rng.standard_normal(dim)
        s = _settle(_in_ball(np.abs(rng.standard_normal((n_creators, dim)))), np.exp(log_w), beta, 3000)
        welfare, pi_bar = _welfare_of(s, beta)
        gradient = np.empty(dim)
        for j, e_j in enumerate(np.eye(dim)):
            up, down = (
                _welfare_of(_settle(s, np.exp(log_w + h * e_j), beta), beta)[0]
                for h in (HALF_DIFFERENCE, -HALF_DIFFERENCE)
            )
            gradient[j] = (up - down) / (2 * HALF_DIFFERENCE)
        moved = _welfare_of(_settle(s, np.exp(log_w - STEP * pi_bar), beta), beta)[0]
        changes.append((moved - welfare) / welfare)
        # W does not change when all weights do, so only the part that changes their ratios counts.
        direction = pi_bar.mean() - pi_bar
        norms = np.linalg.norm(direction) * np.linalg.norm(gradient)
        if np.linalg.norm(gradient) > 1e-5 and norms > 0:
            cosines.append(float(direction @ gradient / norms))
    change = np.array(changes)
    return Improvement(
        n_creators,
        beta,
        float(np.mean(cosines)) if cosines else float("nan"),
        float((change > 1e-9).mean()),
        float((np.abs(change) <= 1e-9).mean()),
        float(change.mean()),
    )


def _shares(s: np.ndarray, beta: float) -> np.ndarray:
    """Return P_i(x_j), (n, d), where user j is the j-th unit vector and relevance the dot product."""
    e = np.exp((s - s.max(axis=0)) / beta)
    return np.asarray(e / e.sum(axis=0))


def _first_order(s: np.ndarray, w: np.ndarray, beta: float) -> np.ndarray:
    """Return F, the gradient of every creator's utility in its own strategy (n, d): Eqs. (20) and (26)."""
    p = _shares(s, beta)
    return np.asarray(w * p * (1 - p) / (beta * s.shape[1]))


def _welfare_of(s: np.ndarray, beta: float) -> tuple[float, np.ndarray]:
    """Return W, Eq. (23), and each user's expected utility."""
    pi_bar = (s * _shares(s, beta)).sum(axis=0)
    return float(pi_bar.mean()), pi_bar


def _settle(s: np.ndarray, w: np.ndarray, beta: float, steps: int = 800) -> np.ndarray:
    """Let all creators climb together by projected gradient steps of a length that suits each."""
    for _ in range(steps):
        beat()
        slopes = _first_order(s, w, beta)
        s = _in_ball(s + 0.1 * min(beta, 1.0) * slopes / np.linalg.norm(slopes, axis=1, keepdims=True))
    return s
