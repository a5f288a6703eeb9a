"""The claims report: one page, in Markdown and in HTML, from the same parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecosystem.metrics import tail_length
from ecosystem.yardsticks.intervals import BCA_FROM
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.replication import brief
from ecosystem_runs.replication.arms import ARMS
from ecosystem_runs.replication.claims import DEFAULT
from ecosystem_runs.replication.claims_figure1 import RUNS_A_SEED, STEPS
from ecosystem_runs.replication.figures import draw_all, figures_of
from ecosystem_runs.replication.reading_files import Asked
from ecosystem_runs.replication.readings import FIGURE1, Reading, papers
from ecosystem_runs.replication.replicate import ArmShare, Replication, UirSearch
from ecosystem_runs.replication.theorem_parts import theorem_parts
from ecosystem_runs.replication.verdicts import (
    FEWEST,
    HEADINGS,
    HOLDS,
    TOO_FEW,
    Judged,
    cells,
    changed,
    number,
    overall,
)
from ecosystem_runs.report_parts import Columns, Heading, Image, Part, Table, table_of, write_report

WORLDS = {
    "synthetic": "The synthetic world of Section 5.1.1",
    "movielens": "Users, movies and ratings of MovieLens-1M (Section 5.1.2)",
}
INTERVAL = f"Student's t, from {BCA_FROM} seeds on a BCa bootstrap"
FILES = ("path", "file")
"""Settings that name somebody's files, which a report does not repeat."""
LNE = (
    "Exploitability along the run is drawn above. Definition 1 asks for one open set in which nobody gains. "
    "Share of creators with a sampled gain within eta, eta/4, eta/16 and eta/64 at the end (default reading):"
)


@dataclass(frozen=True)
class Yardstick:
    """What there is to gain under a reading, in default-terms welfare: means over seeds."""

    reading: str
    none: float
    planner: float
    attainable: float
    apart: float  # of any world


def write(replication: Replication, folder: Path) -> list[Path]:
    """Write ``claims.md``, ``claims.html`` and their figures into a folder, and a brief; return the paths."""
    pages = write_report(parts_of(replication), folder, "claims")
    if not replication.asked.is_papers:
        size = _size(replication.asked, replication.worlds)
        pages += write_report(brief.parts_of(replication, size), folder, "brief")
    return [*pages, *draw_all(replication, folder)]


def parts_of(replication: Replication) -> list[Part]:
    """Return the report as a list of headings, paragraphs, tables and figures."""
    synthetic = bool(replication.figure1)
    return [
        Heading("Which of the paper's claims hold"),
        _size(replication.asked, replication.worlds),
        Heading("Section 5.1.4, in short"),
        table_of(replication.judged, SHORT),
        changed(replication.judged) + ".",
        *(Image(file, caption) for file, (caption, _) in figures_of(replication).items()),
        Heading("Does UIR beat no intervention under some reading?"),
        _uir_answer(replication),
        table_of(replication.uir_search, SEARCHED),
        *(_shares(replication) if replication.planned else ()),
        *((LNE, _lne_table(replication)) if replication.asked.is_papers else ()),
        *(_section_4_1_and_theorems(replication) if synthetic else ()),
        Heading("Every claim under every reading"),
        *_in_full(papers(replication.asked.readings), replication.judged),
        *([Heading("Figure 1, every claim under every reading")] if synthetic else ()),
        *(_in_full(FIGURE1, replication.figure1) if synthetic else ()),
    ]


def _shares(replication: Replication) -> list[Part]:
    return [
        Heading("How much of what can be had"),
        _planner_text(replication),
        table_of(_yardsticks(replication), YARDSTICKS),
        table_of(replication.shares, SHARES),
    ]


def _section_4_1_and_theorems(replication: Replication) -> list[Part]:
    return [
        Heading("Section 4.1"),
        table_of(replication.figure1, SHORT_FIGURE1),
        *theorem_parts(replication.checks),
    ]


def _in_full(readings: Sequence[Reading], judged: Iterable[Judged]) -> Iterator[Table]:
    yield Table(("reading", "what is read how"), [(one.name, one.says) for one in readings])
    for one in judged:
        rows = [(reading, *cells(by)) for reading, by in one.verdicts.items()]
        yield Table((f"{one.claim.text}: {one.claim.measured}", *HEADINGS), rows)


def _size(asked: Asked, worlds: Worlds) -> str:
    environment, seeds, steps = worlds.environment, worlds.seeds, worlds.steps
    settings = "".join(
        f" --set {name}={value}" for name, value in worlds.settings.items() if name not in FILES
    )
    figure1 = ""
    if asked.is_papers and environment == "synthetic":
        figure1 = f"Figure 1 with {seeds * RUNS_A_SEED} seeds, T = {STEPS}. "
    return (
        f"Command: `ecosystem claims {asked.name} {worlds.options}{settings}`. "
        f"{WORLDS[environment]}, {seeds} seeds, T = {steps} (the paper has 10 and 3000); final means the last "
        f"{tail_length(steps)} steps. {figure1}Every number is a mean over seeds of a difference "
        f"taken seed by seed, with its 95 % interval ({INTERVAL}); above 0 it speaks for the claim. A claim *holds* "
        "where the interval is above 0, *fails* where it is below, and is *undecided* between"
        + (f"; fewer than {FEWEST} seeds are *{TOO_FEW}* for any of these. " if seeds < FEWEST else ". ")
        + "*After Holm*: the same where the two-sided t test, corrected for the claims judged together under one "
        "reading, is below 0.05 as well, else undecided."
    )


def _uir_answer(replication: Replication) -> str:
    names = {one.name for one in papers(replication.asked.readings)}
    rows = [row for row in replication.uir_search if row.reading in names]
    wins = [row.reading for row in rows if row.gain.says == HOLDS]
    ahead = [row.reading for row in rows if row.best_lead > 0]
    found = f"yes, under: {'; '.join(wins)}" if wins else "no reading searched gives it"
    if any(row.gain.says == TOO_FEW for row in rows):
        found = f"{TOO_FEW} to say"
    lead = f". At some moment of the run it leads on average under: {'; '.join(ahead)}" if ahead else ""
    return f"In default-terms welfare at the end, over {len(rows)} readings, before Holm's correction: {found}{lead}."


def _planner_text(replication: Replication) -> str:
    below = all(row.below_planner for row in replication.shares)
    above = "no arm is above it on any seed" if below else "SOME ARM IS ABOVE IT on a seed"
    return (
        "*Planner*: the default-terms welfare that a planner who places all creators freely reaches, a lower bound "
        f"of the best; {above}. *Attainable*: what contribution-paid creators keep of the "
        "planner's profile when each starts a step beside it: a run and no bound, so that shares above 1 are "
        "possible. *Share*: the part of the improvement from no intervention to either that an arm reaches, in "
        "default-terms welfare, from no intervention under the same comparison rule; - where a world has no such "
        "improvement."
    )


def _yardsticks(replication: Replication) -> list[Yardstick]:
    return [
        Yardstick(
            name,
            float(replication.runs[name].final("none", DEFAULT).mean()),
            float(np.mean([one.welfare for one in own])),
            float(np.mean([one.attainable for one in own])),
            max(float(np.ptp(one.restarts)) for one in own),
        )
        for name, own in replication.planned.items()
    ]


def _lne_table(replication: Replication) -> Table:
    runs = replication.runs[replication.default]
    rows = [
        (ARMS[arm].label, *(f"{share:.1%}" for share in runs.each(arm, "gaining").mean(axis=0)))
        for arm in runs.arms
    ]
    return Table(("arm", "eta", "eta/4", "eta/16", "eta/64"), rows)


YARDSTICKS: Columns[Yardstick] = {
    "reading": lambda row: row.reading,
    "no intervention": lambda row: f"{row.none:.5f}",
    "planner": lambda row: f"{row.planner:.5f}",
    "attainable": lambda row: f"{row.attainable:.5f}",
    "the planner's starts end within": lambda row: f"{row.apart:.1e}",
}

ANSWER: Columns[Judged] = {
    "verdict": lambda one: one.default.says,
    "after Holm": lambda one: one.default.corrected,
    "over readings, before Holm": lambda one: overall(one.verdicts),
}

SHORT: Columns[Judged] = {
    "claim": lambda one: one.claim.text,
    "where": lambda one: one.claim.where,
    "number, first reading": lambda one: number(one.default),
    **ANSWER,
}

SHORT_FIGURE1: Columns[Judged] = {
    "claim": lambda one: one.claim.text,
    "number": lambda one: one.claim.measured,
    "default reading": lambda one: number(one.default),
    **ANSWER,
}

SEARCHED: Columns[UirSearch] = {
    "reading": lambda row: row.reading,
    "UIR less none at the end": lambda row: number(row.gain),
    "verdict, before Holm": lambda row: row.gain.says,
    "best moment (mean of 25 steps)": lambda row: f"{row.best_lead:+.5f} at step {row.best_step}",
}

SHARES: Columns[ArmShare] = {
    "reading": lambda row: row.reading,
    "arm": lambda row: ARMS[row.arm].label,
    "deployed terms": lambda row: f"{row.welfare:.4f}",
    "default terms": lambda row: f"{row.welfare_default:.4f}",
    "over groups": lambda row: f"{row.welfare_groups:.4f}",
    "over groups, default terms": lambda row: f"{row.welfare_groups_default:.4f}",
    "share of the planner": lambda row: number(row.share),
    "share of the attainable": lambda row: number(row.share_attainable),
}
