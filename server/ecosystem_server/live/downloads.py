"""What one can take home as a table: the series. Pictures are drawn by the board, as they are seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from ecosystem_server.live.arm import Arm


def series_csv(arms: Sequence[Arm]) -> bytes:
    """Return every step's figures of every arm: a row an arm and step, with the mechanism in force."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("arm", "step", "mechanism", *arms[0].series.names))
    for letter, arm in zip("AB", arms, strict=False):
        swapped = [step for step, _ in arm.swaps]
        # A swap after step t is in force from step t + 1 on.
        in_force = np.maximum(np.searchsorted(swapped, np.arange(len(arm.series)), side="left") - 1, 0)
        for step, (row, index) in enumerate(zip(arm.series.rows.tolist(), in_force.tolist(), strict=True)):
            table.writerow((letter, step, arm.swaps[index][1], *row))
    return text.getvalue().encode()
