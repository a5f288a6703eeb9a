"""What a world of one's own vectors is like before it runs: one line a finding, with what would cure it worked out.

All of it is pure functions on arrays, on evenly spaced samples of them where they are large.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import numpy as np

from ecosystem.environments.environment import Setting
from ecosystem.relevance import DistanceRelevance, DotRelevance, Relevance

STARTS, DIRECTIONS, NEAREST = 100, 32, 512
"""Starts from which steps are tried, directions tried from each, and items that each is compared with."""
SAMPLE = 500
"""Users, and items, whose pairs are looked at."""
ROWS = 10_000
"""Users, and items, whose norms, repeats and dimensions are looked at."""
FAR, CUT = 10, 0.1
"""How many times as long as the middle one a vector is too long; which share of pairs is too many at an end."""


@dataclass(frozen=True)
class Finding:
    """Something about a world."""

    about: str
    line: str
    cures: tuple[str, ...] = ()  # settings, each of which cures it
    harmless: bool = True

    def __str__(self) -> str:
        """Return it as a line."""
        cures = ", or ".join(f"--set {cure}" for cure in self.cures)
        return f"{self.line}: use {cures}" if cures else self.line


def critical_steps(items: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return how long steps must be to lead elsewhere, (starts, `DIRECTIONS`), infinite where none does.

    A step of length eta along g from s lands on the nearest item. That is another one, at x, where it is nearer to
    it than to s: ``eta > r^2 / (2 g·(x - s))`` with ``r = |x - s|``.
    """
    d = items.shape[1]
    g = np.random.default_rng(0).standard_normal((d, DIRECTIONS))
    g /= np.linalg.norm(g, axis=0)
    lengths, found = np.square(items).sum(axis=1), np.full((len(starts), DIRECTIONS), np.inf)
    for row, s in enumerate(starts):
        # No matrix products: BLAS rounds otherwise from one number of threads to another.
        about = lengths - 2 * np.einsum("kd,d->k", items, s)  # less a constant, the squared distance
        near = items[np.argpartition(about, NEAREST)[:NEAREST]] if len(items) > NEAREST else items
        gaps = near[(near != s).any(axis=1)] - s
        ahead = np.einsum("kd,dg->kg", gaps, g)
        needed = np.divide(
            np.square(gaps).sum(axis=1)[:, None], 2 * ahead, out=np.full_like(ahead, np.inf), where=ahead > 0
        )
        found[row] = needed.min(axis=0, initial=np.inf)
    return found


def reachable(
    items: np.ndarray, eta: float, starts: np.ndarray | None = None
) -> tuple[Finding, float | None]:
    """Return from how many starts steps of length `eta` lead to another item, and a `max_norm` where most do not.

    Parameters
    ----------
    items : (k, d) array
        What creators can make.
    eta : float
        Length of a step.
    starts : (n, d) array, optional
        Where creators start, on items; by default on any.
    """
    starts = _some(items if starts is None else starts, STARTS)
    needed = critical_steps(items, starts)
    none, finite = int((needed >= eta).all(axis=1).sum()), needed[np.isfinite(needed)]
    share = float((needed < eta).mean())
    if 2 * none <= len(starts) or not len(finite):
        some = f"from {len(starts) - none} of {len(starts)} starts"
        line = f"eta {eta:g} leads to another item in {share:.0%} of steps, {some}"
        return Finding("reach", line, harmless=2 * none <= len(starts)), None
    wanted = _rounded(float(np.median(finite)), up=True)  # half of the steps lead elsewhere
    max_norm = _rounded(float(np.linalg.norm(items, axis=1).max()) * eta / wanted, up=False)
    line = f"eta {eta:g} reaches no other item from {none} of {len(starts)} starts"
    return Finding("reach", line, (f"eta={wanted:g}", f"max_norm={max_norm:g}"), harmless=False), max_norm


def findings(setting: Setting, *, beta: float, K: int, eta: float) -> list[Finding]:
    """Return what a world is like under these parameters."""
    n, catalogue = len(setting.strategies), setting.catalogue
    made = setting.strategies if catalogue is None else catalogue.items
    parts = {"users": _some(setting.users, ROWS), "items": _some(made, ROWS)}
    found = [] if catalogue is None else [reachable(made, eta)[0]]
    crowded = f"K {K} is no less than the {n} creators: everybody is on every list"
    on_lists = Finding("lists", f"lists show K {K} of {n} creators")
    found.append(on_lists if n > K else Finding("lists", crowded, (f"K={max(n // 4, 1)}",), n == 1))
    found += _pairs(setting, _some(setting.users, SAMPLE), _some(made, SAMPLE), beta)
    for name, vectors in parts.items() if catalogue is not None else [("users", parts["users"])]:
        norms = np.linalg.norm(vectors, axis=1)
        middle, longest = float(np.median(norms)), float(norms.max())
        far = int((norms > FAR * middle).sum())
        scaled = "" if setting.max_norm is None else ", as scaled,"
        span = f"{norms.min():.3g} to {longest:.3g}, in the middle {middle:.3g}"
        line = f"vectors of {name}{scaled} have lengths {span}"
        found.append(
            Finding("norms", line + (f": leave the {far} longest out" if far else ""), harmless=not far)
        )
        again = len(vectors) - len(np.unique(vectors, axis=0))
        line = f"{again} of {len(vectors):,} {name} looked at have the vector of another"
        found.append(Finding("repeats", line + (": leave them out" if again else ""), harmless=not again))
    dead = np.flatnonzero(_dead(parts["users"], parts["items"], setting.relevance))
    line = f"{len(dead)} of {setting.users.shape[1]} dimensions tell no pair of user and item from another"
    said = f": leave out {', '.join(map(str, dead[:8]))}" if len(dead) else ""
    return [*found, Finding("dimensions", line + said, harmless=not len(dead))]


def _pairs(setting: Setting, users: np.ndarray, made: np.ndarray, beta: float) -> list[Finding]:
    """Return how relevance spreads over pairs."""
    sigma = setting.relevance(users, made)
    scale: tuple[str, ...] = ()
    ceiling = getattr(setting.relevance, "ceiling", 1.0)
    floor, top = float((sigma <= 0).mean()), float((sigma >= ceiling).mean())
    if isinstance(setting.relevance, DistanceRelevance):
        squared = np.square(users).sum(axis=1)[:, None] + np.square(made).sum(axis=1) - 2 * users @ made.T
        scale = (f"scale={_rounded(float(np.sqrt(squared.max())) / ceiling, up=True):g}",)
    line = f"relevance is at its floor for {floor:.1%} of pairs and at its ceiling for {top:.1%}"
    spread = float(sigma.std(axis=1).mean())
    said = f"to a user relevance differs by {spread:.2g} from item to item, and beta is {beta:g}"
    hardly = 0 < spread < beta / 4
    return [
        Finding("range", line, scale if floor > CUT else (), max(floor, top) <= CUT),
        Finding(
            "spread", said, (f"beta={_rounded(spread, up=False):g}",) if hardly else (), harmless=not hardly
        ),
    ]


def _dead(users: np.ndarray, items: np.ndarray, relevance: Relevance) -> np.ndarray:
    """Return which dimensions add the same to the relevance of every pair, (d,) bool."""
    same = [(vectors == vectors[0]).all(axis=0) for vectors in (users, items)]
    zero = [~vectors.any(axis=0) for vectors in (users, items)]
    return np.asarray((same[0] & same[1]) | isinstance(relevance, DotRelevance) & (zero[0] | zero[1]))


def _some(vectors: np.ndarray, most: int) -> np.ndarray:
    """Return so many rows at most, evenly spaced."""
    return vectors[np.linspace(0, len(vectors) - 1, most).astype(int)] if len(vectors) > most else vectors


def _rounded(value: float, *, up: bool) -> float:
    """Return a number above 0 with two digits that count, no smaller, or no larger."""
    unit = 10.0 ** (floor(log10(value)) - 1)
    return float(
        f"{(np.ceil if up else np.floor)(value / unit * (1 - 1e-12 if up else 1 + 1e-12)) * unit:.2g}"
    )
