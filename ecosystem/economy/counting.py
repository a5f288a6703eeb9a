"""Who counts a model's steps: Mesa 3 does; the pre-release of Mesa 4 keeps the time alone, and then we do."""

from __future__ import annotations

import mesa

MESA_COUNTS = int(mesa.__version__.partition(".")[0]) < 4
"""Whether Mesa itself keeps ``model.steps``, adding 1 before each step."""


def begin_step(model: mesa.Model) -> None:
    """Count the step that begins, where Mesa does not; called first in every ``step``."""
    if not MESA_COUNTS:
        model.steps += 1
