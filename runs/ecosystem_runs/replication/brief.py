"""What readings of one's own change: a page with a column a reading, beside the report that has everything."""

from __future__ import annotations

from ecosystem_runs.replication.replicate import Replication
from ecosystem_runs.replication.verdicts import FEWEST, NO_VERDICTS, Judged, Verdict
from ecosystem_runs.replication.welfare_figures import FIGURES
from ecosystem_runs.report_parts import Heading, Part, Table


def parts_of(replication: Replication, size: str) -> list[Part]:
    """Return the page: what was asked and how large, the claims whose verdicts differ, and those that agree.

    With too few seeds for verdicts it says so, and has the means alone.
    """
    seeds = replication.worlds.seeds
    judged, number = replication.judged, FIGURES[replication.worlds.environment].number
    differ = [one for one in judged if len({by.says for by in one.verdicts.values()}) > 1]
    agree = [one for one in judged if one not in differ]

    def named(one: Judged) -> tuple[str, str]:
        return one.claim.text, one.claim.where.replace("Fig. 2", f"Fig. {number}")

    def means(one: Judged) -> list[str]:
        return [f"{end(by.mean for by in one.verdicts.values()):+.4f}" for end in (min, max)]

    few = seeds < FEWEST
    found = NO_VERDICTS.format(seeds) if few else f"{len(differ)} of {len(judged)} verdicts"
    parts: list[Part] = [Heading(f"What the readings change: {found}"), *replication.asked.note, size]
    if differ:
        parts += [
            Heading("Verdicts that differ"),
            "The mean beside each; † where Holm's correction takes it back.",
            Table(
                ("claim", "where", *replication.runs),
                [(*named(one), *map(_cell, one.verdicts.values())) for one in differ],
            ),
        ]
    if agree:
        parts += [
            Heading("Means" if few else "Verdicts that agree"),
            Table(
                ("claim", "where", "verdict", "least mean", "largest mean"),
                [(*named(one), one.default.says, *means(one)) for one in agree],
            ),
        ]
    return parts


def _cell(one: Verdict) -> str:
    return f"{one.says} {one.mean:+.4f}" + ("" if one.says == one.corrected else " †")
