"""The phase diagram's report: figures, tallies and a table a rule for ties, in Markdown and in HTML, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ecosystem.metrics import tail_length
from ecosystem_runs.phase.figures import draw_all, file_of
from ecosystem_runs.phase.grid import TIES, Phase
from ecosystem_runs.phase.table import GAIN, TINY, CellRow, written
from ecosystem_runs.plain import interval_text
from ecosystem_runs.report_parts import Columns, Heading, Image, Part, Table, table_of, write_report

READING = (
    "Ten clusters of users, each sqrt(2) from every other; all creators start at the largest. *n/C*: creators per "
    "cluster. *Scale*: the distance at which relevance is 0; below sqrt(2), a creator at one cluster earns nothing "
    "at the next. *Zipf*: the k-th cluster's size goes as k^-zipf. *None*: welfare without intervention, default "
    "terms, final. All gains are on default terms, differences to none paired by seed, in % of its mean, with 95 % "
    "intervals. *Planner* (its gain is the headroom): creators placed for users' sake. *Attainable*: "
    "creators from there, displaced by a step of length eta and paid by contribution, until T: a run and no bound, "
    "so that shares of it above 1 are possible. Behind a policy's gain stand its *shares*: its mean gain over the "
    f'planner\'s, and over the attainable one; "-" where that is below {TINY} %, and a share means nothing.'
)
BRACKETS = "In brackets: a best policy whose gain has an interval that is not above 0."
TALLY = (
    "In how many cells each policy is best (of all, no intervention among them), in how many the interval of its "
    "gain is above 0, and below 0; and the median of its shares over the cells that have one."
)


def write(phase: Phase, rows: Sequence[CellRow], folder: Path) -> list[Path]:
    """Write ``phase.md``, ``phase.html``, ``phase.json`` and figures into a folder; return the paths."""
    return write_report(parts_of(phase, rows), folder, "phase", rows) + draw_all(rows, folder)


def parts_of(phase: Phase, rows: Sequence[CellRow]) -> list[Part]:
    """Return the report as headings, paragraphs, tables and figures."""
    worlds = phase.worlds
    settings = "".join(f", {name} = {value}" for name, value in worlds.settings.items())
    size = (
        f"Environment {worlds.environment}, {len(phase.cells)} cells, {worlds.span} in each, "
        f"T = {worlds.steps}{settings}; final: mean of the last {tail_length(worlds.steps)} steps."
    )
    parts: list[Part] = [Heading("Where competition hurts: a phase diagram"), size, READING]
    for accept, ties in ((accept, TIES[accept]) for accept in phase.accepts):
        own = [row for row in rows if row.accept == accept]
        parts += [
            Heading(f"Ties {ties}"),
            f'accept = "{accept}": a step that makes no difference to its creator is {ties}.',
            Image(
                file_of(accept), f"Ties {ties}: darker is more, colours of gains by their root. {BRACKETS}"
            ),
            TALLY,
            tally_of(own),
            table_of(own, columns_of(own)),
        ]
    return parts


def tally_of(rows: Sequence[CellRow]) -> Table:
    """Return what each policy does over all cells of one rule for ties."""
    lines = []
    for name in rows[0].policies:
        own = [row.policies[name] for row in rows]
        counts = (
            sum(row.best == name for row in rows),
            sum((one.gain.low or 0.0) > 0 for one in own),
            sum((one.gain.high or 0.0) < 0 for one in own),
        )
        shares = ([getattr(one, of) for one in own] for of in ("share", "share_attainable"))
        known = ([share for share in some if share is not None] for some in shares)
        medians = (written(float(np.median(some)) if some else None, "z.2f") for some in known)
        lines.append((name, *(f"{count}/{len(rows)}" for count in counts), *medians))
    return Table(("policy", "best", "gains", "loses", "share of planner", "of attainable"), lines)


def columns_of(rows: Sequence[CellRow]) -> Columns[CellRow]:
    """Return the columns of the table of cells, one a policy."""
    return {
        "n/C": lambda row: f"{row.ratio:g}",
        "n": lambda row: str(row.n_creators),
        "scale": lambda row: f"{row.scale:g}",
        "zipf": lambda row: f"{row.zipf:g}",
        "none": lambda row: f"{row.none:.4f}",
        "planner": lambda row: interval_text(row.headroom, GAIN),
        "attainable": lambda row: interval_text(row.attainable, GAIN),
        "best": lambda row: row.best,
        **{name: partial(_policy, name) for name in rows[0].policies},
    }


def _policy(name: str, row: CellRow) -> str:
    own = row.policies[name]
    shares = f"{written(own.share, 'z.2f')}, {written(own.share_attainable, 'z.2f')}"
    return f"{interval_text(own.gain, GAIN)}; {shares}"
