"""What one can take home: the series as a table, the run as a replay. Pictures are the board's, as they are seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import numpy as np

from ecosystem_server.limits import Limits, refuse_more
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.recording import record
from ecosystem_server.live.setting import Setting
from ecosystem_server.replay.story import page_of


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


def replay(setting: Setting, limits: Limits, report: Callable[[int], None]) -> bytes:
    """Return the page on which a run plays as far as its setting goes; it is played again meanwhile."""
    arms = [Arm(setting.model(index, limits)) for index in range(len(setting.arms))]
    creators = sum(arm.model.n_creators for arm in arms)
    refuse_more("creators times steps of a replay", creators * setting.step, limits.replay)
    recorded = record(arms, [setting.step] * len(arms), setting.changes, report)
    return page_of(recorded, f"{setting.environment}, seed {setting.seed}").encode()
