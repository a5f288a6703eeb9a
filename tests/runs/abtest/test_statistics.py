"""Lifts and their intervals: known answers, planted effects, and false alarms counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_runs.abtest.experiment import Experiment, run_experiment
from ecosystem_runs.abtest.findings import Findings
from ecosystem_runs.abtest.readout import ArmReadout, Metric, metrics, topic_correlations, topics_without
from ecosystem_runs.abtest.statistics import Lift, Resampled, combine, compare

RATIO = Metric("ltr", "LTR", ("likes", "impressions"))


def made_up(rng, m=4000, lift=0.0, level=0.0, noise_of_users=0.1):
    """An arm whose users like with a persistent taste, and whose creators add nothing of their own."""
    taste = 0.5 * np.exp(level + noise_of_users * rng.standard_normal(m))
    users = {"one": np.ones(m), "impressions": np.full(m, 100.0), "pre impressions": np.full(m, 100.0)}
    users["pre likes"] = 100 * taste * np.exp(0.02 * rng.standard_normal(m))
    users["likes"] = 100 * taste * np.exp(0.02 * rng.standard_normal(m)) * (1 + lift)
    nothing = {name: np.zeros(50) for name in ("likes", "impressions", "pre likes", "pre impressions")}
    flat = np.ones(32)
    return ArmReadout(users, nothing, {"topics": flat, "pre topics": flat}, {}, {}, {})


def arms(seed, m=4000, **test):
    rng = np.random.default_rng(seed)
    return [Resampled(made_up(rng, m=m, **kw), rng, 200) for kw in ({}, test)]


def test_a_planted_lift_is_found_and_adjustment_narrows_the_interval():
    control, test = arms(0, lift=0.01, level=0.003)
    lift = compare(control, test, RATIO)
    assert lift.low < 0.01 < lift.high
    assert lift.p < 0.001
    width = np.log1p(lift.high) - np.log1p(lift.low)
    raw_error = np.sqrt(2) * 0.1 / np.sqrt(4000)  # what the tastes alone would give
    assert width < 0.5 * 2 * 1.96 * raw_error
    assert abs(lift.lift - 0.01) < abs(lift.raw - 0.01)
    # The smallest detectable effect is 2.8 standard errors.
    assert np.log1p(lift.detectable) == pytest.approx(width / 2 * (1.959964 + 0.841621) / 1.959964)


def test_intervals_cover_nineteen_times_in_twenty():
    hits = [compare(*arms(seed, m=300), RATIO) for seed in range(100)]
    missed = sum(not lift.low < 0 < lift.high for lift in hits)
    assert stats.binomtest(missed, 100, 0.05).pvalue > 0.001
    # Neither half nor twice as wide as they should be: the root mean square is known to a fourteenth.
    logs, low, high = (np.log1p([getattr(lift, name) for lift in hits]) for name in ("lift", "low", "high"))
    assert 0.75 < np.sqrt(np.mean((logs / (high - low) * 2 * 1.959964) ** 2)) < 1.33


def test_nothing_counted_is_nan_and_raises_nothing():
    rng = np.random.default_rng(0)
    arm = made_up(rng, m=20)
    arm.users["likes"][:] = 0
    lift = compare(Resampled(arm, rng, 20), Resampled(arm, rng, 20), RATIO)
    assert np.isnan(lift.p)


def test_worlds_are_combined_by_students_t_and_bca():
    def world(log):
        return Lift(RATIO, 0.5, 0.5, np.expm1(log), 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    rng = np.random.default_rng(0)
    logs = rng.normal(0.01, 0.02, 5)
    few = combine([world(x) for x in logs])
    expected = stats.ttest_1samp(logs, 0)
    assert few.lift == pytest.approx(np.expm1(logs.mean()))
    assert few.p == pytest.approx(expected.pvalue)
    assert few.low == pytest.approx(np.expm1(expected.confidence_interval().low))
    logs = rng.normal(0.01, 0.02, 40)
    many = combine([world(x) for x in logs])
    assert np.log1p([many.low, many.high]) == pytest.approx(mean_interval(logs))
    assert 0 < many.low < many.lift < many.high < 0.02


def test_topics_without_a_fold_by_hand():
    bits = np.array([[0b01, 0b11, 0], [0b10, 0b10, 0b01]], dtype=np.uint32)
    # Five topics seen by two users; fold 0 alone showed two of them, fold 1 alone two.
    assert topics_without(bits, 0 * bits)[:3] == pytest.approx([1.5, 1.5, 2.5])
    # Without fold 0 the first user would have seen the first topic all the same, and the third as well.
    instead = np.array([[0b01, 0, 0b01], [0, 0, 0]], dtype=np.uint32)
    assert topics_without(bits, instead)[:3] == pytest.approx([2.5, 1.5, 2.5])


def test_topic_correlations_by_hand():
    delivered = np.array([[1, 5, 3], [2, 4, 3], [3, 3, 3]])
    created = np.array([[1, 1, 0], [2, 2, 1], [3, 3, 2]])
    within, across = topic_correlations(delivered, created)
    assert within == pytest.approx(0.0)  # 1 and -1; the third topic does not vary in delivery
    assert across == pytest.approx(np.corrcoef([6, 12, 9], [6, 6, 3])[0, 1])


def test_metrics_are_the_papers():
    by_key = {m.key: m for m in metrics(3)}
    assert len(by_key) == 17
    assert [by_key[f"ltr_{k}"].paper for k in range(1, 5)] == [0.0043, 0.0140, 0.0075, 0.0136]
    assert [by_key[f"dau_popular_{k}"].paper for k in range(1, 4)] == [-0.002, 0.0024, 0.0048]
    assert {m.key for m in metrics(4)} - set(by_key) == {"dau_popular_4"}


HEADLINES = ("ltr", "cold", "fresh", "topics", "dau_popular", "dau_other")


def false_alarms(users, days, worlds, seed):
    """Return how often a 5 % test on two arms on default terms rejects, by metric, in single worlds."""
    experiment = Experiment(
        arms=("none", "none"), users=users, days=days, burn_in=14, replicates=worlds, seed=seed, resamples=200
    )
    (arm,) = Findings(experiment, run_experiment(experiment)).arms
    return {lift.metric.key: (lift.rejected, lift) for lift in arm.lifts}


def test_few_false_alarms_in_a_few_small_worlds():
    found = false_alarms(users=300, days=7, worlds=6, seed=2)
    alarms = sum(found[key][0] for key in HEADLINES) / len(HEADLINES)
    assert alarms < 0.2
    assert sum(found[key][1].p < 0.05 for key in HEADLINES) <= 2  # over worlds


@pytest.mark.slow
def test_false_alarms_over_two_hundred_small_worlds():
    """A 5 % test raises a false alarm in 2 to 9 % of worlds; that of LTR errs on the wide side (see the how-to)."""
    found = false_alarms(users=1000, days=7, worlds=200, seed=0)
    alarms = {key: found[key][0] for key in HEADLINES}
    assert alarms.pop("ltr") <= 0.09
    assert all(0.02 <= share <= 0.09 for share in alarms.values()), alarms
