"""Lifts, intervals and power: what a difference between two arms is worth.

An arm's figures vary because other users and other creators might have been drawn into it. Users are resampled with
what they got. Creators are resampled with what their content added: an arm that had drawn one creator more would show
that content in place of the next best, so a creator counts for the difference between the two, not for all of its
likes. The two variances add up. What an arm measured before the test takes out what was different already.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ecosystem.shortvideo.kernels import FOLDS
from ecosystem.yardsticks.intervals import mean_interval, p_value
from ecosystem_runs.abtest.readout import ArmReadout, Metric, Table

LEVEL = 0.95
POWER = 0.8
LEVEL_OF_TESTS = 0.05
MEANS = ("control", "test", "users_low", "users_high", "raw")  # over worlds


@dataclass(frozen=True)
class Lift:
    """Test over control, relative: 0.01 is one per cent."""

    metric: Metric
    control: float  # levels
    test: float
    lift: float  # estimate, 95 % interval and two-sided p of no effect
    low: float
    high: float
    p: float
    users_low: float  # what resampling users alone gives: what a test that ignores creators would report
    users_high: float
    raw: float  # without the adjustment by the time before the test
    detectable: float  # the smallest that a test of this size finds with probability 0.8 at level 0.05
    rejected: float  # share of worlds whose own test rejects, and whose test that resamples users alone does
    users_rejected: float


class Resampled:
    """An arm's sums by name, and what they would be with its users, or its creators, drawn again."""

    def __init__(self, readout: ArmReadout, rng: np.random.Generator, resamples: int = 500) -> None:
        # Users say what an arm has; creators, where both have a column, what their content added to it.
        self.sums = {name: column.sum() for name, column in (readout.creators | readout.users).items()}
        self._over_users = self._resampled(readout.users, rng, resamples)
        self._over_creators = self._resampled(readout.creators, rng, resamples)
        self._folds = readout.folds

    def level(self, metric: Metric, prefix: str = "") -> float:
        """Return a metric's value; NaN where nothing was counted."""
        above, below = (self.sums[self._named(name, prefix)] for name in metric.over)
        return float(above / below) if below > 0 else float("nan")

    def covariance_over_users(self, metric: Metric) -> np.ndarray:
        """Return what resampling users gives (see `_covariance`); nothing for metrics of creators."""
        return self._covariance(metric, self._over_users)

    def covariance_over_creators(self, metric: Metric) -> np.ndarray:
        """Return what resampling creators gives; for topics, what leaving out folds of creators gives."""
        if metric.key == "topics":
            post, pre = (np.log(np.maximum(self._folds[name], 1e-300)) for name in ("topics", "pre topics"))
            return _covariance(post, pre, (FOLDS - 1) ** 2 / FOLDS)
        return self._covariance(metric, self._over_creators)

    def _resampled(self, table: Table, rng: np.random.Generator, resamples: int) -> Table:
        """Return every sum with other units of a table drawn, (B,)."""
        rows = np.array(list(table.values()))
        batch = max(1, int(2e7 / rows.size))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            means = stats.bootstrap(
                (rows,), np.mean, axis=-1, n_resamples=resamples, batch=batch, method="percentile", rng=rng
            ).bootstrap_distribution
        # How far the resampled units' sum is from that of those there are, on top of what there is.
        return {
            name: self.sums[name] + len(column) * mean - column.sum()
            for (name, column), mean in zip(table.items(), means, strict=True)
        }

    def _covariance(self, metric: Metric, drawn: Table) -> np.ndarray:
        if not drawn.keys() & metric.over:
            return np.zeros((2, 2))
        logs = []
        for prefix in ("", "pre "):
            names = [self._named(name, prefix) for name in metric.over]
            with np.errstate(divide="ignore", invalid="ignore"):
                above, below = (np.log(drawn.get(name, self.sums[name])) for name in names)
                logs.append(above - below)
        return _covariance(logs[0], logs[1])

    def _named(self, name: str, prefix: str) -> str:
        # "one" and the kinds of creators have no time.
        return prefix + name if prefix + name in self.sums else name


def compare(control: Resampled, test: Resampled, metric: Metric) -> Lift:
    """Return a metric's lift in one world.

    The logarithm of test over control, less theta times the same before the test, with the theta that makes the
    variance least (control variates).
    """
    levels = control.level(metric), test.level(metric)
    before = control.level(metric, "pre "), test.level(metric, "pre ")
    with np.errstate(divide="ignore", invalid="ignore"):
        post, pre = (float(np.log(b) - np.log(a)) for a, b in (levels, before))
    users = control.covariance_over_users(metric) + test.covariance_over_users(metric)
    creators = control.covariance_over_creators(metric) + test.covariance_over_creators(metric)
    both = users + creators
    theta = float(both[0, 1] / both[1, 1]) if both[1, 1] > 0 and np.isfinite(pre) else 0.0
    estimate = post - theta * pre if theta else post
    error = _error(both, theta)
    z = float(stats.norm.ppf(0.5 + LEVEL / 2))
    by_users = z * _error(users, theta)
    p = float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else float("nan")
    users_low, users_high = _relative(estimate - by_users), _relative(estimate + by_users)
    return Lift(
        metric=metric,
        control=levels[0],
        test=levels[1],
        lift=_relative(estimate),
        low=_relative(estimate - z * error),
        high=_relative(estimate + z * error),
        p=p,
        users_low=users_low,
        users_high=users_high,
        raw=_relative(post),
        detectable=_relative((z + float(stats.norm.ppf(POWER))) * error),
        rejected=float(p < LEVEL_OF_TESTS) if np.isfinite(p) else float("nan"),
        users_rejected=float(not users_low < 0 < users_high) if users_low < users_high else float("nan"),
    )


def combine(worlds: Sequence[Lift]) -> Lift:
    """Return the mean lift over at least two independent worlds, its interval from how much they differ.

    The interval is `mean_interval`'s of the logarithms; p is Student's t.
    """
    logs = np.log1p([w.lift for w in worlds])
    logs = logs[np.isfinite(logs)]
    low = high = p = detectable = float("nan")
    if len(logs) > 1 and np.ptp(logs) > 0:
        low, high = (_relative(end) for end in mean_interval(logs, LEVEL))
        p, error, k = p_value(logs), float(stats.sem(logs)), len(logs) - 1
        detectable = _relative(float(stats.t.ppf(0.5 + LEVEL / 2, k) + stats.t.ppf(POWER, k)) * error)
    lift = _relative(float(logs.mean())) if len(logs) else float("nan")
    means = {name: float(np.mean([getattr(world, name) for world in worlds])) for name in MEANS}
    for name in ("rejected", "users_rejected"):
        tested = np.array([getattr(world, name) for world in worlds])
        means[name] = float(tested[np.isfinite(tested)].mean()) if np.isfinite(tested).any() else float("nan")
    metric = worlds[0].metric
    return Lift(metric, lift=lift, low=low, high=high, p=p, detectable=detectable, **means)


def _covariance(post: np.ndarray, pre: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Return the covariance, times `scale`, of logarithms of a ratio during and before the test, (2, 2)."""
    usable = np.isfinite(post)
    if usable.sum() < 2:
        return np.array([[np.nan, 0.0], [0.0, 0.0]])
    if not np.isfinite(pre[usable]).all():  # nothing before the test to adjust by
        return scale * np.array([[np.var(post[usable], ddof=1), 0.0], [0.0, 0.0]])
    return np.asarray(scale * np.cov(post[usable], pre[usable]))


def _error(covariance: np.ndarray, theta: float) -> float:
    """Return the standard error of the logarithm during the test less `theta` times that before."""
    (post, both), (_, pre) = covariance.tolist()
    return float(np.sqrt(max(post - 2 * theta * both + theta**2 * pre, 0.0)))


def _relative(log: float) -> float:
    return float(np.expm1(log))
