"""The phase diagram's figure: small multiples of heat maps, a row a size of clusters and a column a quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem_runs.phase.table import CellRow, written
from ecosystem_runs.pictures import draw_each, panels, save

SHARES = {"contribution": "contribution", "contribution_turnover": "contribution with turnover"}
"""Policies whose share of the planner has panels of its own, and what they are called there."""

Look = Callable[[CellRow], tuple[float | None, str]]
"""How dark a cell is, from 0 to 1, and what is written in it."""


def file_of(accept: str) -> str:
    """Return the name of the figure of a rule for ties."""
    return f"phase-{accept}.png"


def draw_all(rows: Sequence[CellRow], folder: Path) -> list[Path]:
    """Draw a figure a rule for ties into a folder; return the files."""
    by_rule: dict[str, list[CellRow]] = {}
    for row in rows:
        by_rule.setdefault(row.accept, []).append(row)
    return draw_each(folder, {file_of(accept): partial(draw, own) for accept, own in by_rule.items()})


def draw(rows: Sequence[CellRow], path: Path) -> None:
    """Draw rows of one rule for ties: darker is more, in grey too, and every cell has its number."""
    zipfs, scales, ratios = (
        sorted({getattr(row, axis) for row in rows}) for axis in ("zipf", "scale", "ratio")
    )
    looks = looks_of(rows)
    size = (1 + len(looks) * (0.7 + 0.85 * len(scales)), 0.9 + len(zipfs) * (0.6 + 0.55 * len(ratios)))
    figure, axes = panels(size, len(zipfs), len(looks))
    for line, zipf in zip(axes, zipfs, strict=True):
        for axis, (title, look) in zip(line, looks.items(), strict=True):
            levels = np.zeros((len(ratios), len(scales)))
            for row in (row for row in rows if row.zipf == zipf):
                y, x = ratios.index(row.ratio), scales.index(row.scale)
                level, text = look(row)
                levels[y, x] = max(level or 0.0, 0.0)
                middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
                axis.text(x, y, text, color="white" if levels[y, x] > 0.6 else "black", **middle)
            axis.imshow(levels, cmap="Blues", origin="lower", aspect="auto", vmin=0, vmax=1)
            axis.set_xticks(range(len(scales)), [f"{scale:g}" for scale in scales])
            axis.set_yticks(range(len(ratios)), [f"{ratio:g}" for ratio in ratios])
            axis.tick_params(length=0)
            axis.set_title(title if zipf == zipfs[0] else "", fontsize=10)
            axis.set_xlabel("scale" if zipf == zipfs[-1] else "")
        line[0].set_ylabel(f"zipf {zipf:g}\ncreators per cluster")
    save(figure, path, dpi=100)


def looks_of(rows: Sequence[CellRow]) -> dict[str, Look]:
    """Return the panels of a line by their titles; gains, which differ a hundredfold, are coloured by their root."""
    most = max(1.0, *(row.headroom.mean or 0.0 for row in rows))

    def headroom(row: CellRow) -> tuple[float, str]:
        gain = row.headroom.mean or 0.0
        return np.sqrt(max(gain, 0.0) / most), f"{gain:.1f}"

    def best(row: CellRow) -> tuple[float, str]:
        is_sure = row.best in row.policies and (row.policies[row.best].gain.low or 0.0) > 0
        name = row.best.replace("_", "\n") if is_sure else f"({row.best})".replace("_", "\n")
        return np.sqrt(max(row.best_gain, 0.0) / most), f"{name}\n{written(row.best_gain)} %"

    def share(policy: str, row: CellRow) -> tuple[float | None, str]:
        found = row.policies[policy].share
        return found, written(found, "z.2f")

    shares = {words: name for name, words in SHARES.items() if name in rows[0].policies}
    return {
        "headroom: the planner's gain, %": headroom,
        "best policy and its gain, %": best,
        **{f"share of the planner's gain:\n{words}": partial(share, name) for words, name in shares.items()},
    }
