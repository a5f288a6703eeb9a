"""Lifts, intervals and power: what a difference between two arms is worth.

An arm's figures vary because other users and other creators might have been drawn into it. Users share the creators'
content and creators share the users' attention, so impressions are not independent in either; the variance is the
sum of what resampling users and what resampling creators gives (two-way clustering, which errs on the wide side by
the variance both count). What an arm measured before the test is used to take out what was different already.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from runs.abtest_readout import ArmReadout, Metric, Table

LEVEL = 0.95
POWER = 0.8
BCA_WORLDS = 10  # from this many worlds on, a bootstrap interval over worlds is worth having


@dataclass(frozen=True)
class Lift:
    """Test over control, relative: 0.01 is one per cent.

    Attributes
    ----------
    metric : Metric
    control, test : float
        Levels.
    lift, low, high, p : float
        Estimate, 95 % interval and two-sided p of no effect.
    users_low, users_high : float
        The interval that resampling users alone gives: what a test that ignores creators would report.
    raw : float
        Lift without the adjustment by the time before the test.
    detectable : float
        Smallest lift that a test of this size finds with probability 0.8 at level 0.05.
    """

    metric: Metric
    control: float
    test: float
    lift: float
    low: float
    high: float
    p: float
    users_low: float
    users_high: float
    raw: float
    detectable: float


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
    """An arm and its bootstrap: means of every sum over resampled users and over resampled creators.

    Parameters
    ----------
    readout : ArmReadout
    rng : Generator
        Source of the resamples.
    resamples : int
        At least 2.
    """

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
        return _spread(self._users, metric.over) if metric.over[0] in self._users else _Spread()

    def spread_over_creators(self, metric: Metric) -> _Spread:
        """Return what resampling creators gives; for topics, what leaving out folds of creators gives."""
        if metric.by_creator is not None:
            return _spread(self._creators, metric.by_creator)
        folds = len(self.readout.topics_without)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log([self.readout.topics_without, self.readout.pre_topics_without])
        c = np.cov(logs) * (folds - 1) ** 2 / folds  # the jackknife's scale
        return _Spread(c[0, 0], c[1, 1], c[0, 1])


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
    return Lift(
        metric=metric,
        control=levels[0],
        test=levels[1],
        lift=_relative(estimate),
        low=_relative(estimate - z * error),
        high=_relative(estimate + z * error),
        p=float(2 * stats.norm.sf(abs(estimate) / error)) if error > 0 else float("nan"),
        users_low=_relative(estimate - by_users),
        users_high=_relative(estimate + by_users),
        raw=_relative(post),
        detectable=_relative((z + float(stats.norm.ppf(POWER))) * error),
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

    def mean(side: str) -> float:
        return float(np.mean([getattr(w, side) for w in worlds]))

    return Lift(
        metric=worlds[0].metric,
        control=mean("control"),
        test=mean("test"),
        lift=_relative(float(logs.mean())) if len(logs) else float("nan"),
        low=low,
        high=high,
        p=p,
        users_low=mean("users_low"),
        users_high=mean("users_high"),
        raw=mean("raw"),
        detectable=detectable,
    )


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


def _spread(means: Table, over: tuple[str, str]) -> _Spread:
    logs = []
    for prefix in ("", "pre "):
        above, below = (means[_named(means, name, prefix)] for name in over)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs.append(np.log(above) - np.log(below))
    usable = np.isfinite(logs[0])
    if usable.sum() < 2:
        return _Spread(float("nan"))
    if not np.isfinite(logs[1][usable]).all():
        return _Spread(float(np.var(logs[0][usable], ddof=1)))
    c = np.cov(np.array(logs)[:, usable])
    return _Spread(float(c[0, 0]), float(c[1, 1]), float(c[0, 1]))


def _named(table: Table, name: str, prefix: str) -> str:
    return prefix + name if prefix + name in table else name  # "one" and the kinds of creators have no time


def _relative(log: float) -> float:
    return float(np.expm1(log))
