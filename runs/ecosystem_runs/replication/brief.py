"""What readings of one's own change: a page with a column a reading, beside the report that has everything."""

from __future__ import annotations

from ecosystem_runs.replication.replicate import Replication
from ecosystem_runs.replication.verdicts import Judged, Verdict
from ecosystem_runs.replication.welfare_figures import FIGURES
from ecosystem_runs.report_parts import Heading, Part, Table


def parts_of(replication: Replication, size: str) -> list[Part]:
    """Return the page: what was asked and how large, the claims whose verdicts differ, and those that agree."""
    judged, number = replication.judged, FIGURES[replication.worlds.environment].number
    differ = [one for one in judged if len({by.says for by in one.verdicts.values()}) > 1]
    agree = [one for one in judged if one not in differ]

    def named(one: Judged) -> tuple[str, str]:
        return one.claim.text, one.claim.where.replace("Fig. 2", f"Fig. {number}")

    def means(one: Judged) -> list[str]:
        return [f"{end(by.mean for by in one.verdicts.values()):+.4f}" for end in (min, max)]

    return [
        Heading(f"What the readings change: {len(differ)} of {len(judged)} verdicts"),
        *replication.asked.note,
        size,
        Heading("Verdicts that differ"),
        "The mean beside each; † where Holm's correction takes it back.",
        Table(
            ("claim", "where", *replication.runs),
            [(*named(one), *map(_cell, one.verdicts.values())) for one in differ],
        ),
        Heading("Verdicts that agree"),
        Table(
            ("claim", "where", "verdict", "least mean", "largest mean"),
            [(*named(one), one.default.says, *means(one)) for one in agree],
        ),
    ]


def _cell(one: Verdict) -> str:
    return f"{one.says} {one.mean:+.4f}" + ("" if one.says == one.corrected else " †")
