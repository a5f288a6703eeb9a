"""Theorem 2 as a numerical check: its proof term by term, and whether its step raises welfare.

Small games in plain NumPy with traffic pay (Eq. 6) and K = n, users at unit vectors, and the dot product unclipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ecosystem.heartbeat import beat
from ecosystem.yardsticks.theorem_1 import in_ball

DIM = 4
"""Dimensions and users, d = m: users are the unit vectors."""
STEP = 0.2
"""eta of Eq. (13)."""
HALF_DIFFERENCE = 0.02


@dataclass(frozen=True)
class ProofTerms:
    """The proof of Theorem 2, term by term, at one profile: how far what is printed as equal is off, relatively.

    Examples
    --------
    >>> proof_terms(3, beta=0.5, rng=np.random.default_rng(0), dim=2).dim
    2
    """

    n_creators: int
    dim: int
    beta: float
    slope: float  # Eq. (21) asks for F = 0: its smallest entry over its largest
    welfare: float  # Eq. (25), dW/ds
    first_order: float  # Eq. (26), F; and (27), dF/dw, which is the same
    diagonal: float  # Eq. (28), the blocks of dF/ds on its diagonal
    coupling: float  # those beside it, which are said to be 0, over those on it
    singular: float  # least singular value of dF/ds over the largest: Eq. (22) inverts it
    last: float  # Eq. (29), of which the last step drops beta
    cosine: float  # of Eq. (30) with Eq. (22), exactly, by the pseudo-inverse; each less its mean


@dataclass(frozen=True)
class Improvement:
    """Theorem 2's promise, tried: one step of Eq. (13) between equilibria reached in the unit ball.

    `cosine` is the mean one between the step, ``-pi_bar`` less its mean, and the gradient of W in log weights by
    finite differences of equilibria; NaN where that gradient is 0 in all trials.

    Examples
    --------
    >>> Improvement(n_creators=2, beta=0.5, cosine=0.9, improved=1.0, unchanged=0.0, change=0.01).improved
    1.0
    """

    n_creators: int
    beta: float
    cosine: float
    improved: float  # share of trials in which the step raises W by more than 1e-9
    unchanged: float  # share of those in which it changes W by no more than that
    change: float  # mean change of W relative to W


def proof_terms(n_creators: int, beta: float, rng: np.random.Generator, dim: int = DIM) -> ProofTerms:
    """Work out Eqs. (20) to (30) exactly, and as printed, at a random profile of the unit ball and random weights.

    Users are the `dim` unit vectors and relevance is the dot product, so that a creator's k-th coordinate matters to
    user k alone: F and its derivatives fall apart into one matrix (n, n) a user. `beta` is above 0.

    Examples
    --------
    >>> found = proof_terms(3, beta=0.5, rng=np.random.default_rng(0))
    >>> found.coupling > 0.1  # what is printed as 0 is not
    True
    """
    s = in_ball(np.abs(rng.standard_normal((n_creators, dim))))
    w = np.exp(0.5 * rng.standard_normal(dim))
    p, m = _shares(s, beta), dim
    pi_bar = (s * p).sum(axis=0)
    welfare = p * (1 + (s - pi_bar) / beta) / m  # Eq. (25), whose last line drops pi_bar
    first_order = _first_order(s, w, beta)  # Eq. (26); and (27), for w_j stands for e^w_j
    jacobian = jacobians(p, w, beta)
    own = np.diagonal(jacobian, axis1=1, axis2=2).T  # Eq. (28)
    printed = {
        "welfare": (p * (1 + s / beta) / m, welfare),
        "first_order": (w * p / (beta * m), first_order),
        "diagonal": (w * p / (beta**2 * m), own),
    }
    off = {name: float(np.linalg.norm(a - b) / np.linalg.norm(b)) for name, (a, b) in printed.items()}
    beside = np.sqrt(max((jacobian**2).sum() - (own**2).sum(), 0.0))
    values = np.linalg.svd(jacobian, compute_uv=False)
    # Eq. (22), a user at a time: dW/dw_j = -(dW/ds_j) (dF_j/ds_j)^+ (dF_j/dw_j)
    exact = np.array(
        [-welfare[:, j] @ np.linalg.pinv(jacobian[j], rcond=1e-9) @ first_order[:, j] for j in range(dim)]
    )
    claimed, before = -pi_bar / m, -(beta + pi_bar) / m
    return ProofTerms(
        n_creators,
        dim,
        beta,
        slope=float(first_order.min() / first_order.max()),
        **off,
        coupling=float(beside / np.linalg.norm(own)),
        singular=float((values[:, -1] / values[:, 0]).max()),
        last=float(np.linalg.norm(claimed - before) / np.linalg.norm(before)),
        cosine=_cosine(claimed - claimed.mean(), exact - exact.mean()),
    )


def jacobians(p: np.ndarray, w: np.ndarray, beta: float) -> np.ndarray:
    """Return dF/ds, (d, n, n): how each creator's F for user j answers every creator's j-th coordinate.

    `p` are the shares (n, d), `w` users' weights (d,), both of Theorem 2's game. On the diagonal stands Eq. (28); the
    others, which the proof has as 0, are -w p_i p_k (1 - 2 p_i) / (beta^2 m).

    Examples
    --------
    >>> shares = np.array([[0.25], [0.75]])  # of one user; rows sum to 0, since moving alike changes nothing
    >>> jacobians(shares, np.ones(1), beta=1.0).tolist()
    [[[0.09375, -0.09375], [0.09375, -0.09375]]]
    """
    found = -np.einsum("ij,kj->jik", p * (1 - 2 * p), p)
    n = np.arange(len(p))
    found[:, n, n] += (p * (1 - 2 * p)).T
    return np.asarray(found * w[:, None, None] / (beta**2 * len(w)))


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


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

    Examples
    --------
    >>> found = improvement(2, beta=1.0, rng=np.random.default_rng(0), dim=2, trials=1)
    >>> found.cosine > 0.99, found.improved  # welfare rises in the one trial
    (True, 1.0)
    """
    cosines, changes = [], []
    for _ in range(trials):
        log_w = 0.5 * rng.standard_normal(dim)
        s = _settle(in_ball(np.abs(rng.standard_normal((n_creators, dim)))), np.exp(log_w), beta, 3000)
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
        if np.linalg.norm(gradient) > 1e-5 and np.linalg.norm(direction) > 0:
            cosines.append(_cosine(direction, gradient))
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
        s = in_ball(s + 0.1 * min(beta, 1.0) * slopes / np.linalg.norm(slopes, axis=1, keepdims=True))
    return s
