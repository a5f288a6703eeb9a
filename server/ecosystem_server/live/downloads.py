"""What one can take home: the series as CSV, and the picture of the paper's Figure 1 for the present worlds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecosystem.own_look import own_look
from ecosystem_server.fields import title_of
from ecosystem_server.live.arm import Arm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f00")


def series_csv(arms: Sequence[Arm]) -> bytes:
    """Return every step's figures of every arm: a row an arm and step, with the mechanism in force."""
    lines = [",".join(("arm", "step", "mechanism", *arms[0].series.names))]
    for letter, arm in zip("AB", arms, strict=False):
        swapped = [step for step, _ in arm.swaps]
        # A swap after step t is in force from step t + 1 on.
        in_force = np.maximum(np.searchsorted(swapped, np.arange(len(arm.series)), side="left") - 1, 0)
        for step, (row, index) in enumerate(zip(arm.series.rows.tolist(), in_force.tolist(), strict=True)):
            lines.append(",".join((letter, str(step), arm.swaps[index][1], *map(repr, row))))
    return ("\n".join(lines) + "\n").encode()


@own_look()
def figure_one(arms: Sequence[Arm], kind: str) -> bytes:
    """Return the strategy spaces side by side as in Figure 1: arrows from where creators started to where they are.

    `kind` is the file format, "png" or "svg".
    """
    from matplotlib.figure import Figure  # a second of import that the server's start need not wait for

    figure = Figure(figsize=(5.2 * len(arms), 5.2), layout="constrained")
    panels = figure.subplots(1, len(arms), squeeze=False, sharex=True, sharey=True)[0]
    for axes, letter, arm in zip(panels, "AB", arms, strict=False):
        _draw(axes, arm)
        title = title_of(arm.swaps[-1][1])
        axes.set_title(
            f"{letter}: {title}, step {arm.step_count}, welfare {arm.series.rows[-1][0]:.3f}", fontsize=10
        )
    out = io.BytesIO()
    figure.savefig(out, format=kind, dpi=160)
    return out.getvalue()


def _draw(axes: Axes, arm: Arm) -> None:
    (x, y), few = arm.plane(arm.model.users).T, arm.model.n_creators <= 40
    weight = arm.model.weights[arm.model.groups]
    size = (90 if arm.model.n_users <= 200 else 6) * np.clip(weight, 0.2, 5)
    utilities = arm.model.user_utilities
    axes.scatter(x, y, size, utilities, marker="D", cmap="viridis", alpha=0.7, linewidths=0)
    if arm.model.catalogue is not None:
        x, y = arm.stage(arm.model.catalogue.items).T
        axes.scatter(x, y, 2, "0.7", linewidths=0, zorder=0)
    path = arm.trail.since(0)
    for slot, number, birth, home in zip(arm.population.slots, *arm.living().values(), strict=True):
        colour, own = COLOURS[number % len(COLOURS)], path[birth - arm.step_count - 1 :, slot]
        now = own[-1]
        axes.plot(*own.T, color=colour, alpha=0.4, linewidth=0.8 if few else 0.4)
        axes.plot(*now, "o", color=colour, markersize=6 if few else 2.5)
        if few:
            arrow = {"arrowstyle": "->", "color": colour, "lw": 1.6}
            axes.annotate("", xy=tuple(now), xytext=tuple(home), arrowprops=arrow)
    axes.set_aspect("equal")
    if arm.model.dim > 2:
        axes.set_xlabel(f"first two principal components ({arm.plane.explained:.0%} of the users' variance)")
