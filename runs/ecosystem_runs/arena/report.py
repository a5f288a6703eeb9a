"""The arena's report: the table, intervals and Pareto plots, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ecosystem.metrics import tail_length
from ecosystem.policies import Policy
from ecosystem.yardsticks.intervals import PairedInterval
from ecosystem.yardsticks.power import seeds_needed
from ecosystem_runs.arena.contest import Arena
from ecosystem_runs.arena.figures import FIGURES, draw_all
from ecosystem_runs.arena.table import PolicyRow
from ecosystem_runs.plain import interval_text
from ecosystem_runs.report_parts import Columns, Heading, Image, Part, table_of, write_report

READING = (
    "*Default terms*: welfare of the content under the default beta and K, what it is worth once the policy is "
    "switched off. *Deployed*: welfare under the terms shown. *Share*: the part of the improvement from no "
    "intervention to the planner that the policy reaches, on default terms; *of attainable*: the same to what is "
    "left of the planner's profile when each creator is put a step beside it and all go on by small steps, paid by "
    "contribution: a run and no bound, shares above 1 are possible. *During*: welfare under the terms shown, over "
    "all steps. *Left*: creators who left. *Worst group* and *SD* over groups: "
    "mean utility of groups, on default terms; the last table has them under the terms shown. *Gini* of creators' "
    "pay, negative pay counted as 0; *negative pay*: the share of creators whose pay is below 0. *Payout*: the sum "
    "of creators' pay a step, in units of one user's utility; a constant factor on pay changes no creator's "
    "choice, so payouts compare levels and not budgets. *Exploitability*: the largest sampled gain of any creator "
    "within eta, over the mean pay. *Half headroom*: median steps until default-terms welfare is half-way from no "
    "intervention's final to the planner's, and in how many worlds it ever is; *> T* where half or more of the "
    "worlds never get there."
)

SHOWN = (
    "Seeds of which a paired t test tells the difference in default terms from 0, at 95 % and in four cases of "
    "five, if it is as large as here, or 1 % of no intervention's welfare, and spreads over worlds as here (*SD*)."
)

CONTROLS = (
    "Matched sharpness shows everybody the policy's mean beta or list length, epoch by epoch, and steers nobody. "
    "Where all users are shown the same other terms, the control pays by relevance under them and is the same else."
)


def write(arena: Arena, rows: Sequence[PolicyRow], folder: Path) -> list[Path]:
    """Write ``arena.md``, ``arena.html``, ``arena.json`` and figures into a folder; return the paths."""
    return write_report(parts_of(arena, rows), folder, "arena", rows) + draw_all(rows, folder)


def parts_of(arena: Arena, rows: Sequence[PolicyRow]) -> list[Part]:
    """Return the report as headings, paragraphs, tables and figures."""
    compared = [row for row in rows if row.less_none is not None]
    controlled = [row for row in rows if row.less_control is not None]
    base = rows[0]
    parts: list[Part] = [
        Heading(f"Policies on {arena.worlds.environment}"),
        _size(arena),
        _headroom(base),
        table_of(rows, COLUMNS),
        READING,
        *(Image(file, caption) for file, caption in FIGURES.items()),
        Heading("Less no intervention"),
        "Differences paired by seed, with 95 % intervals, and in how many seeds they are above 0.",
        table_of(compared, _differences(lambda row: row.less_none)),
    ]
    if base.seeds > 1:
        parts += [
            Heading("How many seeds would show it"),
            SHOWN,
            table_of(compared, needed_seeds(base.welfare_default)),
        ]
    if controlled:
        less_control = _differences(lambda row: row.less_control)
        parts += [
            Heading("Less the control"),
            CONTROLS,
            table_of(controlled, {"control": lambda row: str(row.control), **less_control}),
        ]
    return [
        *parts,
        Heading("What each policy is"),
        table_of(arena.policies, POLICIES),
        Heading("Groups under the terms shown"),
        table_of(rows, DEPLOYED),
    ]


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _until(row: PolicyRow) -> str:
    """Return the median of steps; where most worlds never get there, it is beyond the horizon."""
    if row.planned is None:
        return "-"
    beyond = "> T" if row.reached else "never"
    steps = beyond if row.half_headroom is None else f"{row.half_headroom:.0f}"
    return f"{steps} ({row.reached}/{row.seeds})"


COLUMNS: Columns[PolicyRow] = {
    "policy": lambda row: row.policy,
    "default terms": lambda row: _or_dash(row.welfare_default, ".4f"),
    "deployed": lambda row: _or_dash(row.welfare, ".4f"),
    "during": lambda row: _or_dash(row.welfare_during, ".4f"),
    "share": lambda row: interval_text(row.share_interval, "+.2f"),
    "of attainable": lambda row: interval_text(row.share_attainable_interval, "+.2f"),
    "left": lambda row: f"{row.turnovers:.0f}",
    "over groups": lambda row: f"{row.welfare_groups:.4f}",
    "worst group": lambda row: f"{row.worst_group:.3f}",
    "SD": lambda row: f"{row.sd_groups:.3f}",
    "Gini": lambda row: f"{row.creator_gini:.2f}",
    "negative pay": lambda row: f"{row.negative_pay:.0%}",
    "payout": lambda row: f"{row.payout:.4f}",
    "exploitability": lambda row: _or_dash(row.exploitability, ".2g"),
    "half headroom": _until,
}
"""The main table."""

POLICIES: Columns[Policy] = {
    "policy": lambda policy: policy.name,
    "mechanism": lambda policy: policy.mechanism,
    "reward": lambda policy: policy.reward,
    "pay on terms": lambda policy: policy.pay_terms,
    "users weighted by": lambda policy: policy.weighting,
    "besides": lambda policy: policy.others,
    "reference": lambda policy: policy.reference,
    "a platform must know": lambda policy: policy.needs,
}

DEPLOYED: Columns[PolicyRow] = {
    "policy": lambda row: row.policy,
    "mean over groups": lambda row: f"{row.welfare_groups_deployed:.4f}",
    "worst group": lambda row: f"{row.worst_group_deployed:.4f}",
    "SD over groups": lambda row: f"{row.sd_groups_deployed:.4f}",
}

COMPARED = {
    "default terms": "welfare_default",
    "deployed": "welfare",
    "over groups": "welfare_groups",
    "worst group": "worst_group",
    "SD over groups": "sd_groups",
    "payout": "payout",
}
"""Quantities that are compared, by heading."""


def _differences(less: Callable[[PolicyRow], Mapping[str, PairedInterval] | None]) -> Columns[PolicyRow]:
    def column(quantity: str) -> Callable[[PolicyRow], str]:
        return lambda row: difference((less(row) or {})[quantity], row.seeds)

    return {"policy": lambda row: row.policy} | {name: column(key) for name, key in COMPARED.items()}


def needed_seeds(welfare: float | None) -> Columns[PolicyRow]:
    """Return columns of how many seeds show the difference in default terms, and one of 1 % of `welfare`."""

    def seen(row: PolicyRow) -> PairedInterval:
        return (row.less_none or {})["welfare_default"]

    def needed(one: PairedInterval, effect: float | None) -> str:
        return "-" if one.sd is None or not effect else f"{seeds_needed(one.sd, effect):,}"

    return {
        "policy": lambda row: row.policy,
        "default terms": lambda row: difference(seen(row), row.seeds),
        "SD": lambda row: _or_dash(seen(row).sd, ".5f"),
        "seeds for this": lambda row: needed(seen(row), seen(row).mean),
        "seeds for 1 %": lambda row: needed(seen(row), welfare and welfare / 100),
    }


def difference(one: PairedInterval, seeds: int) -> str:
    """Return a difference with its interval and the seeds above 0, as text."""
    return interval_text(one) + ("" if one.low is None else f" {one.above}/{seeds}")


def _headroom(base: PolicyRow) -> str:
    if base.planned is None or base.attainable is None:
        return "There is no planner (`--no-planner`, or utility that is not relevance), and so no share."
    if base.welfare_default is None:
        return "No users are left at the end of a world: there is no welfare, and so no share."
    return (
        f"A planner who places all creators for users' sake reaches {base.planned:.5f} on default terms: "
        f"{base.planned - base.welfare_default:.5f} above no intervention. Small steps attain {base.attainable:.5f}: "
        f"{base.attainable - base.welfare_default:.5f} above it. Shares are parts of that headroom, "
        "and mean little where it is small."
    )


def _size(arena: Arena) -> str:
    worlds = arena.worlds
    return (
        f"{worlds.seeds} worlds, {worlds.span}, T = {worlds.steps}, "
        f"final means the last {tail_length(worlds.steps)} steps"
        f"{f'; settings: `{worlds.sets}`' if worlds.settings else ''}. "
        f"Creators compare at the {arena.evaluation} point (`lbr_evaluation={arena.evaluation}`). "
        "Every policy meets the same worlds, orders and directions."
    )
