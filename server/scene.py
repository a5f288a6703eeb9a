"""The canvas of the page: a widget that takes messages with arrays and reports what it painted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from server.game import Talking

PAGE = Path(__file__).parent / "page"


def module(*names: str) -> str:
    """Return scripts of the page, given in the order they build on each other, as one module."""
    return "\n".join((PAGE / name).read_text(encoding="utf-8") for name in names)


class Scene(Talking):
    """Draws one or two arms: the strategy space of each, figures beside it, charts below (``page/*.js``).

    Parameters
    ----------
    heard : callable
        Takes what the browser says: ready, painted, a key pressed.
    """

    _esm = module("palette.js", "charts.js", "canvas.js", "space.js", "scene.js")

    def publish(self, message: dict[str, Any], arrays: list[np.ndarray]) -> None:
        """Send a message and its arrays of 32-bit floats."""
        self.send(message, [array.tobytes() for array in arrays])
