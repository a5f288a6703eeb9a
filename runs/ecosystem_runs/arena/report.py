"""The arena's report: the table, intervals and Pareto plots, in Markdown and in HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ecosystem.yardsticks.intervals import PairedInterval
from ecosystem_runs.arena.contest import Arena, PolicyRow
from ecosystem_runs.arena.figures import FIGURES, draw_all
from ecosystem_runs.folders import write_whole
from ecosystem_runs.report_parts import Heading, Image, Part, Table, write_report

HEADINGS = (
    "policy",
    "default terms",
    "deployed",
    "share",
    "worst group",
    "SD",
    "Gini",
    "negative pay",
    "payout",
    "exploitability",
    "half headroom",
)

READING = (
    "*Default terms*: welfare of the content under the default beta and K, what it is worth once the policy is "
    "switched off. *Deployed*: welfare under the terms shown. *Share*: the part of the improvement from no "
    "intervention to the planner that the policy reaches, on default terms. *Worst group* and *SD* over groups: "
    "mean utility of groups, on default terms; the last table has them under the terms shown. *Gini* of creators' "
    "pay, negative pay counted as 0; *negative pay*: the share of creators whose pay is below 0. *Payout*: the sum "
    "of creators' pay a step, in units of one user's utility; a constant factor on pay changes no creator's "
    "choice, so payouts compare levels and not budgets. *Exploitability*: the largest sampled gain of any creator "
    "within eta, over the mean pay. *Half headroom*: median steps until default-terms welfare is half-way from no "
    "intervention's final to the planner's, and in how many worlds it ever is; *> T* where half or more of the "
    "worlds never get there."
)

CONTROLS = (
    "Matched sharpness shows everybody the policy's mean beta or list length, epoch by epoch, and steers nobody. "
    "Where all users are shown the same other terms, the control pays by relevance under them."
)


def write(arena: Arena, rows: Sequence[PolicyRow], folder: Path) -> list[Path]:
    """Write ``arena.md``, ``arena.html``, ``arena.json`` and figures into a folder; return the paths."""
    draw_all(rows, folder)
    text = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    write_whole(folder / "arena.json", lambda path: path.write_text(text))
    reports = write_report(parts_of(arena, rows), folder, "arena")
    return [*reports, folder / "arena.json", *(folder / name for name in FIGURES)]


def parts_of(arena: Arena, rows: Sequence[PolicyRow]) -> list[Part]:
    """Return the report as headings, paragraphs, tables and figures."""
    controlled = [
        (row.control, *_compared(row, row.less_control))
        for row in rows
        if row.control is not None and row.less_control is not None
    ]
    parts: list[Part] = [
        Heading(f"Policies on {arena.environment}"),
        _size(arena),
        _headroom(rows[0]),
        Table(HEADINGS, [cells(row) for row in rows]),
        READING,
        *(Image(file, caption) for file, caption in FIGURES.items()),
        Heading("Less no intervention"),
        "Differences paired by seed, with 95 % bootstrap intervals, and in how many seeds they are above 0.",
        Table(_COMPARED, [_compared(row, row.less_none) for row in rows if row.less_none is not None]),
    ]
    if controlled:
        parts += [
            Heading("Less the control"),
            CONTROLS,
            Table(("control", *_COMPARED), controlled),
        ]
    return [
        *parts,
        Heading("What each policy is"),
        Table(
            (
                "policy",
                "mechanism",
                "reward",
                "pay on terms",
                "users weighted by",
                "reference",
                "a platform must know",
            ),
            [
                (p.name, p.mechanism, p.reward, p.pay_terms, p.weighting, p.reference, p.needs)
                for p in arena.policies
            ],
        ),
        Heading("Groups under the terms shown"),
        Table(
            ("policy", "worst group", "SD over groups"),
            [
                (row.policy, f"{row.worst_group_deployed:.4f}", f"{row.sd_groups_deployed:.4f}")
                for row in rows
            ],
        ),
    ]


def cells(row: PolicyRow) -> tuple[str, ...]:
    """Return a row of the table as text, in the order of `HEADINGS`."""
    return (
        row.policy,
        f"{row.welfare_default:.4f}",
        f"{row.welfare:.4f}",
        "-" if row.share is None else f"{row.share:+.2f}",
        f"{row.worst_group:.3f}",
        f"{row.sd_groups:.3f}",
        "-" if row.creator_gini is None else f"{row.creator_gini:.2f}",
        f"{row.negative_pay:.0%}",
        f"{row.payout:.4f}",
        "-" if row.exploitability is None else f"{row.exploitability:.2g}",
        _until(row),
    )


def _until(row: PolicyRow) -> str:
    """Return the median of steps; where most worlds never get there, it is beyond the horizon."""
    beyond = "> T" if row.reached else "never"
    steps = beyond if row.half_headroom is None else f"{row.half_headroom:.0f}"
    return f"{steps} ({row.reached}/{row.seeds})"


_COMPARED = ("policy", "default terms", "deployed", "worst group", "SD over groups", "payout")


def _compared(row: PolicyRow, less: Mapping[str, PairedInterval]) -> tuple[str, ...]:
    order = ("welfare_default", "welfare", "worst_group", "sd_groups", "payout")
    return (row.policy, *(difference(less[quantity], row.seeds) for quantity in order))


def difference(one: PairedInterval, seeds: int) -> str:
    """Return a difference with its interval and the seeds above 0, as text."""
    if one.low is None:
        return f"{one.mean:+.4f}"
    return f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}] {one.above}/{seeds}"


def _headroom(base: PolicyRow) -> str:
    if base.planned is None:
        return "Utility is not relevance here, so that there is no planner and no share."
    return (
        f"A planner who places all creators for users' sake reaches {base.planned:.5f} on default terms: "
        f"{base.planned - base.welfare_default:.5f} above no intervention. Shares are parts of that headroom, "
        "and mean little where it is small."
    )


def _size(arena: Arena) -> str:
    settings = "".join(f" --set {name}={value}" for name, value in arena.settings.items())
    tail = max(1, min(250, arena.steps // 10))
    return (
        f"{arena.seeds} worlds, T = {arena.steps}, final means the last {tail} steps"
        f"{f'; settings:`{settings}`' if settings else ''}. Creators compare at the {arena.evaluation} point "
        f"(`lbr_evaluation={arena.evaluation}`). Every policy meets the same worlds, orders and directions."
    )
