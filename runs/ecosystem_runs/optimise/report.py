"""What a search for policies found: tables, a picture, a report, and the policies themselves as a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.metrics import tail_length
from ecosystem.policies import BASE, Policy
from ecosystem.yardsticks.intervals import PairedInterval, holm, p_value, paired_interval
from ecosystem_runs.arena.report import difference
from ecosystem_runs.folders import write_text, write_whole
from ecosystem_runs.optimise.plan import SEARCHED, Search
from ecosystem_runs.optimise.study import Study, Trial
from ecosystem_runs.pictures import ZERO, draw_last, panels, save
from ecosystem_runs.report_parts import Columns, Heading, Image, Part, table_of, write_report
from ecosystem_runs.sweeps.parameter_ranges import one_type_a_column

READING = (
    "Means over the held-out seeds. *Less none*: the first objective less no intervention's in the same worlds. "
    "*Best found less it*: that of the policy that was best in the search, less the row's. Both have 95 % intervals, "
    "and in how many worlds they are above 0. *p*: of the second, by a paired t test with Holm's correction over the "
    "named policies. Nothing was chosen on these seeds."
)


@dataclass(frozen=True)
class HeldOut:
    """What a policy comes to on held-out seeds; the best of those found was chosen on the seeds of the search."""

    policy: str
    found: bool
    means: dict[str, float]  # by objective and constraint
    feasible: bool  # whether it keeps to the constraints there
    less_none: PairedInterval  # these three of the first objective
    best_less: PairedInterval | None  # None of the best itself
    p_holm: float | None  # None of those found


def rows_of(search: Search, study: Study) -> list[HeldOut]:
    """Return a row a policy: those found, then the named ones, the best of the first objective first."""
    runs, (first, way) = study.held_out, next(iter(search.objectives.items()))
    if not runs:
        return []
    shown = dict.fromkeys([*search.objectives, *search.constraints])
    found = [one.policy.name for one in study.front]
    base, best = runs[BASE], runs[found[0]]
    named = [name for name in runs if name not in found]
    p = dict(zip(named, holm([p_value(best[first] - runs[name][first]) for name in named]), strict=True))
    rows = []
    for name, own in runs.items():
        means = {one: float(own[one].mean()) for one in shown}
        idle = {one: float(base[one].mean()) for one in shown}
        kept = all(bound.excess(means[one], idle[one]) <= 0 for one, bound in search.constraints.items())
        less = None if name == found[0] else paired_interval(best[first] - own[first])
        none = paired_interval(own[first] - base[first])
        rows.append(HeldOut(name, name in found, means, kept, none, less, p.get(name)))
    sign = 1 if way == "maximise" else -1
    return sorted(rows, key=lambda row: (not row.found, -sign * row.means[first]))


def best_named(search: Search, rows: Sequence[HeldOut]) -> HeldOut | None:
    """Return the best named policy in the first objective, of those that keep to the constraints."""
    return next((row for row in rows if not row.found and row.feasible), None)


def columns_of(search: Search, seeds: int) -> Columns[HeldOut]:
    """Return the columns of the table of held-out seeds."""

    def mean_of(name: str) -> Any:
        return lambda row: f"{row.means[name]:.4f}"

    names = dict.fromkeys([*search.objectives, *search.constraints])
    kept = {"constraints": lambda row: "kept" if row.feasible else "broken"} if search.constraints else {}
    return {
        "policy": lambda row: row.policy,
        **{name: mean_of(name) for name in names},
        **kept,
        "less none": lambda row: difference(row.less_none, seeds),
        "best found less it": lambda row: difference(row.best_less, seeds) if row.best_less else "",
        "p": lambda row: "" if row.p_holm is None else f"{row.p_holm:.2g}",
    }


def write(search: Search, study: Study, rows: Sequence[HeldOut], folder: Path) -> list[Path]:
    """Write ``trials.parquet``, the report, what was found as ``policies.toml`` and a picture; return the paths."""
    front = {one.number for one in study.front}
    table = pd.DataFrame(
        [
            {"trial": one.number, "feasible": one.feasible, "front": one.number in front}
            | {name: one.chosen.get(name) for name in search.spans}
            | dict(one.means)
            for one in study.trials
        ]
    )
    table = one_type_a_column(
        table, {name: span for name, span in search.spans.items() if isinstance(span, list)}
    )
    trials, policies, picture = (
        folder / name for name in ("trials.parquet", "policies.toml", "optimise.png")
    )
    write_whole(trials, partial(table.to_parquet, index=False))
    files = [trials, *write_report(parts_of(search, study, rows), folder, "optimise", rows)]
    if study.front:
        write_text(policies, "\n".join(_toml(one) for one in study.front))
        files.append(policies)
    return [*files, *([picture] if draw_last(picture, partial(draw, search, study, rows)) else [])]


def why_none(search: Search, study: Study) -> str:
    """Return a line on why no trial is confirmed: what is wanted is no number, or none keeps to the constraints."""
    count, told = len(study.trials), [one for one in study.trials if one.is_told(search)]
    if not told:
        wanted = " and ".join(dict.fromkeys([*search.objectives, *search.constraints]))
        return (
            f"in none of {count} trials {wanted} came to a number, as where no user is left; change [search] or "
            "[parameters] so that users stay"
        )
    near = min(told, key=lambda one: max(one.excess.values()))
    name, gap = max(near.excess.items(), key=lambda item: item[1])
    return (
        f"none of {count} trials keeps to [constraints]; nearest is {near.number}, whose {name} is "
        f"{near.means[name]:.4g}, {gap:.2g} out of bounds: loosen it, or give more trials"
    )


def settings_of(policy: Policy) -> dict[str, Any]:
    """Return what a policy says that is not as usual."""
    own = {key: getattr(policy, key) for key in SEARCHED}
    return {key: value for key, value in own.items() if value != getattr(Policy, key)}


def in_words(policy: Policy) -> str:
    """Return what a policy says as a line."""
    return ", ".join(f"{key} {value}" for key, value in settings_of(policy).items()) or "no intervention"


def _toml(one: Trial) -> str:
    own = settings_of(one.policy) | {"reference": one.policy.reference}
    # A JSON text is a TOML one, and so is a number.
    return "\n".join(
        [f"[{one.policy.name}]", *(f"{key} = {json.dumps(value)}" for key, value in own.items()), ""]
    )


def parts_of(search: Search, study: Study, rows: Sequence[HeldOut]) -> list[Part]:
    """Return the report."""
    worlds, wanted = search.searched_in, ", ".join(f"{way} {name}" for name, way in search.objectives.items())
    kept = sum(one.feasible for one in study.trials)
    bounds = ", ".join(f"{name} {bound}" for name, bound in search.constraints.items()) or "there are none"
    found: Columns[Trial] = {
        "policy": lambda one: one.policy.name,
        "what it is": lambda one: in_words(one.policy),
        **{name: partial(lambda name, one: f"{one.means[name]:.4f}", name) for name in search.objectives},
    }
    size = (
        f"{wanted}: {len(study.trials)} trials of {search.sampler.upper()}, {kept} of which keep to the constraints "
        f"({bounds}), each on {worlds.span}, T = {worlds.steps}, final means the last {tail_length(worlds.steps)} "
        f"steps{f'; settings: `{worlds.sets}`' if worlds.settings else ''}."
    )
    goes_on = f"Fairness, cost and a planner, in worlds not seen yet: `{search.arena('policies.toml')}`."
    parts: list[Part] = [
        Heading(f"Which policy is best on {worlds.environment}"),
        size,
        table_of(study.front, found),
        *([goes_on] if study.front else []),
    ]
    if rows:
        parts += [
            Heading(f"On held-out {search.held_out.span}"),
            table_of(rows, columns_of(search, search.held_out.seeds)),
        ]
        parts += [READING]
    return [*parts, Image("optimise.png", "What was tried, and what held-out seeds say.")]


def draw(search: Search, study: Study, rows: Sequence[HeldOut], path: Path) -> None:
    """Draw the course of the first objective, the others against it, and policies less none on held-out seeds."""
    first, *others = search.objectives
    height = max(3.6, 0.24 * len(rows) + 1)
    figure, (axes,) = panels((4.6 * (1 + len(others) + bool(rows)), height), 1, 1 + len(others) + bool(rows))
    _course(axes[0], search, study, first)
    for axis, other in zip(axes[1:], others, strict=False):
        _against(axis, search, study, (first, other))
    if rows:
        _ladder(axes[-1], rows, first)
    save(figure, path, dpi=110)


def _course(axis: Any, search: Search, study: Study, first: str) -> None:
    values = np.array([one.means[first] for one in study.trials])
    numbers, kept = np.arange(len(values)), np.array([one.feasible for one in study.trials])
    extreme, worst = (np.maximum, -np.inf) if search.objectives[first] == "maximise" else (np.minimum, np.inf)
    best = extreme.accumulate(np.where(kept, values, worst))
    axis.plot(numbers[kept], values[kept], "o", color="#56B4E9", ms=4, label="trial")
    if not kept.all():
        axis.plot(numbers[~kept], values[~kept], "x", color="0.6", ms=4, label="breaks a constraint")
    seen = np.isfinite(best)
    axis.step(numbers[seen], best[seen], where="post", color="#D55E00", lw=1.5, label="best so far")
    axis.axhline(study.idle[first], color="0.4", lw=1, ls="--", label="no intervention")
    axis.set(xlabel="trial", ylabel=f"{first}, seeds of the search")
    _legend(axis)


def _against(axis: Any, search: Search, study: Study, names: tuple[str, str]) -> None:
    for kept, mark, colour in ((False, "x", "0.6"), (True, "o", "#56B4E9")):
        points = [[one.means[name] for name in names] for one in study.trials if one.feasible == kept]
        if points:
            axis.plot(*np.transpose(points), mark, color=colour, ms=4)
    front = np.array([[one.means[name] for name in names] for one in study.front]).reshape(-1, 2)
    axis.plot(
        *front.T,
        "o-" if len(search.objectives) == 2 else "o",
        color="#D55E00",
        ms=5,
        label="the front, confirmed",
    )
    axis.plot(*(study.idle[name] for name in names), "s", color="black", ms=6, label="no intervention")
    axis.set(xlabel=names[0], ylabel=names[1])
    _legend(axis)


def _legend(axis: Any) -> None:
    axis.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _ladder(axis: Any, rows: Sequence[HeldOut], first: str) -> None:
    rows = [row for row in rows if row.policy != BASE]
    for k, row in enumerate(rows):
        one = row.less_none
        mean, *ends = (np.nan if number is None else number for number in (one.mean, one.low, one.high))
        reach = [[abs(end - mean)] for end in ends]
        axis.errorbar(
            mean, k, xerr=reach, fmt="o", ms=4, lw=1, capsize=2, color="#D55E00" if row.found else "0.3"
        )
    axis.set_yticks(range(len(rows)), [row.policy for row in rows], fontsize=8)
    axis.invert_yaxis()
    axis.axvline(0, **ZERO)
    axis.set_xlabel(f"{first} less none, held-out seeds")
