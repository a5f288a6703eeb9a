"""Lifts, intervals and power: what a difference between two arms is worth.

An arm's figures vary because other users and other creators might have been drawn into it. Users are resampled with
what they got. Creators are resampled with what their content added: an arm that had drawn one creator more would show
that content in place of the next best, so a creator counts for the difference between the two, not for all of its
likes. The two variances add up. What an arm measured before the test takes out what was different already.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ecosystem_runs.abtest.readout import ArmReadout, Metric, Table

LEVEL = 0.95
PREFIXES = ("", "pre ")
POWER = 0.8
LEVEL_OF_TESTS = 0.05
MEANS = ("control", "test", "users_low", "users_high", "raw")  # over worlds
BCA_WORLDS = 10  # from this many worlds on, a bootstrap interval over worlds is worth having


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


@dataclass(frozen=True)
class _Spread:
    """Variances and covariance of the logarithms of a ratio during and before the test."""

    post: float = 0.0
    pre: float = 0.0
    both: float = 0.0

    def __add__(self, other: _Spread) -> _Spread:
        return _Spread(self.post + other.post, self.pre + other.pre, self.both + other.both)

    def of_adjusted(self, theta: float) -> float:
        return max(self.post - 2 * theta * self.both + theta**2 * self.pre, 0.0)


class Resampled:
    """An arm and its bootstrap: means of every sum over resampled users and over resampled creators."""

    def __init__(self, readout: ArmReadout, rng: np.random.Generator, resamples: int = 500) -> None:
        self.readout = readout
        self._users = _bootstrap_means(readout.users, rng, resamples)
        self._creators = _bootstrap_means(readout.creators, rng, resamples)

    def level(self, metric: Metric, prefix: str = "") -> float:
        """Return a metric's value; NaN where nothing was counted."""
        table = self.readout.users if metric.over[0] in self.readout.users else self.readout.creators
        above, below = (table[_named(table, name, prefix)].sum() for name in metric.over)
        return float(above / below) if below > 0 else float("nan")

    def spread_over_users(self, metric: Metric) -> _Spread:
        """Return what resampling users gives; nothing for metrics of creators."""
        if metric.over[0] not in self.readout.users:
            return _Spread()
        return _spread(self._logs(metric, prefix, self._users) for prefix in PREFIXES)

    def spread_over_creators(self, metric: Metric) -> _Spread:
        """Return what resampling creators gives; for topics, what leaving out folds of creators gives."""
        if metric.key == "topics":
            without = np.array([self.readout.topics_without, self.readout.pre_topics_without])
            return _spread(
                np.log(np.maximum(without, 1e-300)), scale=(without.shape[1] - 1) ** 2 / without.shape[1]
            )
        return _spread(self._logs(metric, prefix, self._creators) for prefix in PREFIXES)

    def _logs(self, metric: Metric, prefix: str, drawn: Table) -> np.ndarray:
        """Return the logarithm of the ratio in every resample, (B,)."""
        table = self.readout.users if metric.over[0] in self.readout.users else self.readout.creators
        resampled = self.readout.users if drawn is self._users else self.readout.creators
        sums = []
        for name in metric.over:
            named = _named(table, name, prefix)
            total = table[named].sum()
            # How far the resampled units' sum is from that of those there are, on top of what there is.
            if named in drawn:
                total = total + len(resampled[named]) * drawn[named] - resampled[named].sum()
            sums.append(total)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(sums[0]) - np.log(sums[1]))


def compare(control: Resampled, test: Resampled, metric: Metric) -> Lift:
    """Return a metric's lift in one world.

    The logarithm of test over control, less theta times the same before the test, with the theta that makes the
    variance least (control variates).
    """
    levels = control.level(metric), test.level(metric)
    before = control.level(metric, "pre "), test.level(metric, "pre ")
    with np.errstate(divide="ignore", invalid="ignore"):
        post, pre = (float(np.log(b) - np.log(a)) for a, b in (levels, before))
    users = control.spread_over_users(metric) + test.spread_over_users(metric)
    creators = control.spread_over_creators(metric) + test.spread_over_creators(metric)
    both = users + creators
    theta = both.both / both.pre if both.pre > 0 and np.isfinite(pre) else 0.0
    estimate = post - theta * pre if theta else post
    error = float(np.sqrt(both.of_adjusted(theta)))
    z = float(stats.norm.ppf(0.5 + LEVEL / 2))
    by_users = z * float(np.sqrt(users.of_adjusted(theta)))
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


def combine(worlds: Sequence[Lift], rng: np.random.Generator) -> Lift:
    """Return the mean lift over at least two independent worlds, its interval from how much they differ.

    The interval is a BCa bootstrap over worlds from ten worlds on and Student's t below; p is Student's t.
    """
    logs = np.log1p([w.lift for w in worlds])
    logs = logs[np.isfinite(logs)]
    k = len(logs) - 1
    low = high = p = detectable = float("nan")
    if k > 0 and np.ptp(logs) > 0:
        t_test = stats.ttest_1samp(logs, 0.0)
        interval, p = t_test.confidence_interval(LEVEL), float(t_test.pvalue)
        if len(logs) >= BCA_WORLDS:
            interval = stats.bootstrap((logs,), np.mean, confidence_level=LEVEL, rng=rng).confidence_interval
        low, high = _relative(float(interval.low)), _relative(float(interval.high))
        error = float(logs.std(ddof=1) / np.sqrt(len(logs)))
        detectable = _relative(float(stats.t.ppf(0.5 + LEVEL / 2, k) + stats.t.ppf(POWER, k)) * error)
    lift = _relative(float(logs.mean())) if len(logs) else float("nan")
    means = {name: float(np.mean([getattr(world, name) for world in worlds])) for name in MEANS}
    for name in ("rejected", "users_rejected"):
        tested = np.array([getattr(world, name) for world in worlds])
        means[name] = float(tested[np.isfinite(tested)].mean()) if np.isfinite(tested).any() else float("nan")
    metric = worlds[0].metric
    return Lift(metric, lift=lift, low=low, high=high, p=p, detectable=detectable, **means)


def _bootstrap_means(table: Table, rng: np.random.Generator, resamples: int) -> Table:
    names = list(table)
    rows = np.array([table[name] for name in names])
    batch = max(1, int(2e7 / rows.size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        drawn = stats.bootstrap(
            (rows,), _mean, axis=-1, n_resamples=resamples, batch=batch, method="percentile", rng=rng
        ).bootstrap_distribution
    return dict(zip(names, drawn, strict=True))


def _mean(rows: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(rows.mean(axis=axis))


def _spread(logs: Iterable[np.ndarray], scale: float = 1.0) -> _Spread:
    """Return variances and covariance, times `scale`, of what was resampled during and before the test."""
    post, pre = logs
    usable = np.isfinite(post)
    if usable.sum() < 2:
        return _Spread(float("nan"))
    if not np.isfinite(pre[usable]).all():  # nothing before the test to adjust by
        return _Spread(scale * float(np.var(post[usable], ddof=1)))
    c = scale * np.cov(post[usable], pre[usable])
    return _Spread(float(c[0, 0]), float(c[1, 1]), float(c[0, 1]))


def _named(table: Table, name: str, prefix: str) -> str:
    return prefix + name if prefix + name in table else name  # "one" and the kinds of creators have no time


def _relative(log: float) -> float:
    return float(np.expm1(log))
