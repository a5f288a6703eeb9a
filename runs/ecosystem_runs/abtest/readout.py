"""What is read out of an arm, user by user and creator by creator, and the metrics made of it (Section 5.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from io import BytesIO

import numpy as np

from ecosystem.shortvideo.days import ClosedLoop, Period
from ecosystem.shortvideo.kernels import COLD, FOLDS, FRESH, IMPRESSIONS, LIKES
from ecosystem.shortvideo.population import POPULAR, QUARTERS

WEEK = 7
Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class ArmReadout:
    """What one arm measured, in tables: columns by name.

    Users' and creators' are sums over the test, and under ``"pre " + name`` over the burn-in's last days. Names with
    ``@k`` count only users in quarter k of the traffic, from 0.
    """

    users: Table  # (m,) what each got
    creators: Table  # (n,) what the content of each added to it (see `Period.worth`), and how active each was
    folds: Table  # (FOLDS,) topics that an average user sees when a fold of creators is left out, and "pre topics"
    days: Table  # (days,) totals of each day, burn-in first; the test's first day is 1
    groups: Table  # (L,) quarter of the traffic, from 1, users in this arm, weight in force at the end
    topics: Table  # () how impressions and items made correlate: see `topic_correlations`


@dataclass(frozen=True)
class KeptReadout:
    """A readout as it is kept: the bytes of an ``.npz`` file."""

    arrays: bytes


def pack(readout: ArmReadout) -> KeptReadout:
    """Return a readout as it is kept."""
    tables: dict[str, Table] = vars(readout)
    arrays = {f"{table}/{name}": column for table in tables for name, column in tables[table].items()}
    file = BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return KeptReadout(file.getvalue())


def unpack(kept: KeptReadout) -> ArmReadout:
    """Return a readout that was packed, to the last bit."""
    tables: dict[str, Table] = {field.name: {} for field in fields(ArmReadout)}
    with np.load(BytesIO(kept.arrays)) as arrays:
        for path, column in arrays.items():
            table, _, name = path.partition("/")
            tables[table][name] = column
    return ArmReadout(**tables)


@dataclass(frozen=True)
class Metric:
    """A ratio of two sums."""

    key: str  # its name in JSON
    label: str  # its name for people
    over: tuple[str, str]  # numerator and denominator, by user; by creator for Creator DAU
    paper: float | None = None  # the paper's lift


def metrics(weeks: int, is_aa: bool = False) -> list[Metric]:
    """Return every metric that is compared between arms, in the paper's order, then Table 2's columns.

    Creator DAU is broken down by the complete `weeks` of the test. For an A/A test the paper has no lifts.
    """
    found = [
        Metric("ltr", "LTR", ("likes", "impressions"), 0.0113),
        Metric("cold", "cold-start impressions", ("cold", "one"), 0.0076),
        Metric("fresh", "impressions younger than two hours", ("fresh", "one"), 0.037),
        Metric("topics", "topics consumed per user", ("topics", "one"), 0.0071),
        Metric("dau_popular", "Creator DAU, popular creators", ("active popular", "popular"), 0.0017),
        Metric("dau_other", "Creator DAU, other creators", ("active other", "other"), 0.0006),
    ]
    by_week = {1: -0.002, 2: 0.0024, 3: 0.0048}
    for k in range(1, weeks + 1):
        label, over = f"Creator DAU, popular, week {k}", (f"active popular {k}", "popular")
        found.append(Metric(f"dau_popular_{k}", label, over, by_week.get(k)))
    for k, paper in enumerate((0.0043, 0.0140, 0.0075, 0.0136)):
        over = (f"likes@{k}", f"impressions@{k}")
        found.append(Metric(f"ltr_{k + 1}", f"LTR, quarter {k + 1}", over, paper))
    for k, paper in enumerate((0.0264, 0.0062, 0.0142, 0.0011)):
        label, over = f"cold-start impressions, quarter {k + 1}", (f"cold@{k}", "one")
        found.append(Metric(f"cold_{k + 1}", label, over, paper))
    return [replace(metric, paper=None) for metric in found] if is_aa else found


def read_out(loop: ClosedLoop, before: Period, during: Period) -> ArmReadout:
    """Reduce an arm to what is compared: what it did in the last days of the burn-in, and during the test."""
    users: Table = {"one": np.ones(len(loop.users))}
    popular = (loop.followers > POPULAR).astype(float)
    creators: Table = {"popular": popular, "other": 1.0 - popular}
    periods = {"pre ": before, "": during}
    for prefix, period in periods.items():
        for name, place in (("likes", LIKES), ("impressions", IMPRESSIONS), ("cold", COLD), ("fresh", FRESH)):
            users[prefix + name] = period.user[:, place].astype(float)
            creators[prefix + name] = period.worth[:, :, place].sum(axis=1)
            for k in range(QUARTERS):
                there = np.where(loop.quarters == k, period.user[:, place], 0)
                users[f"{prefix}{name}@{k}"] = there.astype(float)
                creators[f"{prefix}{name}@{k}"] = period.worth[:, k, place]
        users[prefix + "topics"] = np.count_nonzero(period.topics, axis=1).astype(float)
        for kind in ("popular", "other"):
            creators[f"{prefix}active {kind}"] = creators[kind] * np.mean(period.active, axis=0)
    for week in range(len(during.active) // WEEK):
        seven = during.active[WEEK * week : WEEK * (week + 1)]
        creators[f"active popular {week + 1}"] = popular * np.mean(seven, axis=0)
        creators[f"pre active popular {week + 1}"] = creators["pre active popular"]
    within, across = topic_correlations(np.array(during.delivered), np.array(during.created))
    kept = loop.groups >= 0
    quarters = np.ones(loop.n_groups, np.int64)
    quarters[loop.groups[kept]] = loop.quarters[kept] + 1
    sizes = np.bincount(loop.groups[kept], minlength=loop.n_groups)
    return ArmReadout(
        users,
        creators,
        {prefix + "topics": topics_without(p.topics, p.instead) for prefix, p in periods.items()},
        _days(before, during),
        {"quarter": quarters, "users": sizes, "weight": during.weights[-1]},
        {"within": np.array(within), "across": np.array(across)},
    )


def topics_without(topics: np.ndarray, instead: np.ndarray) -> np.ndarray:
    """Return the topics an average user would see were one fold of creators left out, (FOLDS,).

    The two (m, T) uint32 arrays have a bit for each fold that has shown this user that topic, and for each in whose
    place something of it would have been shown.
    """
    folds = (np.uint32(1) << np.arange(FOLDS, dtype=np.uint32)).astype(np.uint32)
    return np.array([np.count_nonzero((topics & ~fold) | (instead & fold)) / len(topics) for fold in folds])


def topic_correlations(delivered: np.ndarray, created: np.ndarray) -> tuple[float, float]:
    """Return how impressions and items made, (days, T), correlate: within topics over days; in total over topics."""
    d, c = delivered - delivered.mean(axis=0), created - created.mean(axis=0)
    size = np.sqrt((d * d).sum(axis=0) * (c * c).sum(axis=0))
    varies = size > 0
    within = float(((d * c).sum(axis=0)[varies] / size[varies]).mean()) if varies.any() else float("nan")
    totals = delivered.sum(axis=0).astype(float), created.sum(axis=0).astype(float)
    flat = min(t.std() for t in totals) == 0
    return within, float("nan") if flat else float(np.corrcoef(*totals)[0, 1])


def _days(before: Period, during: Period) -> Table:
    active, weights = before.active + during.active, before.weights + during.weights
    likes, impressions, cold, fresh = np.array(before.totals + during.totals).T
    return {
        "day": np.arange(len(active)) - len(before.active) + 1,
        "ltr": likes / np.maximum(impressions, 1),
        "impressions": impressions,
        "cold": cold,
        "fresh": fresh,
        "creator_dau": np.sum(active, axis=1),
        "items": np.sum(before.created + during.created, axis=1),
        "moved": np.array(before.moved + during.moved),
        "retrieved": np.array(before.retrieved + during.retrieved),
        "weight_sd": np.array([of_day.std() if len(of_day) else 0.0 for of_day in weights]),
    }
