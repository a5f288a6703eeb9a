"""The plane on which the verdicts turn: a figure of claims over list length, temperature and number of creators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecosystem_runs.pictures import panels, save
from ecosystem_runs.replication.readings import Reading
from ecosystem_runs.replication.replicate import Replication
from ecosystem_runs.replication.verdicts import FAILS, FEWEST, HOLDS, NO_VERDICTS, Verdict

AXES = ("n_creators", "K", "beta")
"""Parameters that span a plane, where readings have them all and differ in no other: a column of panels, x and y."""
ROWS = {
    "uir beats none, deployed terms": "UIR less none",
    "smt beats none, default terms": "SMT less none, default terms",
    "hmt beats none, default terms": "HMT less none, default terms",
    "hmt, smt, uir, none": "HMT > SMT > UIR > none: least gap",
}
"""Claims that are drawn, a row of panels each: what they are called there."""
OVER_GROUPS = {
    "uir beats none, deployed terms, over groups": "UIR less none, over groups",
    "smt beats none, default terms, over groups": "SMT less none, default terms, over groups",
    "hmt beats none, default terms, over groups": "HMT less none, default terms, over groups",
    "hmt, smt, uir, none, over groups": "HMT > SMT > UIR > none, over groups: least gap",
}
"""The same for means over groups."""
COLOURS = {HOLDS: "#9ecae1", FAILS: "#fdae6b"}  # of equal weight in grey; the sign stands in the cell


def is_plane(readings: Sequence[Reading]) -> bool:
    """Whether readings are the cells of a plane."""
    others = [{key: value for key, value in one.settings.items() if key not in AXES} for one in readings]
    placed = all(set(AXES) <= set(one.settings) for one in readings)
    return len(readings) > 1 and placed and all(one == others[0] for one in others)


def draw(replication: Replication, path: Path, rows: dict[str, str] = ROWS) -> None:
    """Draw the mean of each claim in each cell, in colour where it holds or fails after Holm's correction."""
    readings = replication.asked.readings
    verdicts = {one.claim.name: one.verdicts for one in replication.judged}
    sizes = sorted({one.settings["n_creators"] for one in readings})
    figure, axes = panels((11, 2.1 * len(rows)), len(rows), len(sizes))
    for across, (name, title) in zip(axes, rows.items(), strict=True):
        for axis, n in zip(across, sizes, strict=True):
            cells = [one for one in readings if one.settings["n_creators"] == n]
            K, betas = (sorted({one.settings[key] for one in cells}) for key in ("K", "beta"))
            for cell in cells:
                _cell(
                    axis,
                    K.index(cell.settings["K"]),
                    betas.index(cell.settings["beta"]),
                    verdicts[name][cell.name],
                )
            axis.set_xticks(range(len(K)), [f"{k} ({k / n:.0%})" for k in K], fontsize=8)
            axis.set_yticks(range(len(betas)), [f"{beta:g}" for beta in betas], fontsize=8)
            axis.set(xlim=(-0.5, len(K) - 0.5), ylim=(-0.5, len(betas) - 0.5), ylabel="beta")
            axis.set_title(f"{title}, n = {n}", fontsize=9)
            axis.tick_params(length=0)
    for axis in axes[-1]:
        axis.set_xlabel("K (K / n)")
    if replication.worlds.seeds < FEWEST:
        figure.suptitle(NO_VERDICTS.format(replication.worlds.seeds))
    save(figure, path, dpi=110)


def _cell(axis: Any, x: int, y: int, one: Verdict) -> None:
    axis.bar(x, 1, width=1, bottom=y - 0.5, color=COLOURS.get(one.corrected, "white"), edgecolor="0.8")
    taken = "" if one.says == one.corrected else "*"
    axis.text(x, y, f"{one.mean:+.4f}{taken}\n{one.above}/{one.seeds}", ha="center", va="center", fontsize=8)
