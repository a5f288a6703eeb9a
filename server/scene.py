"""The canvas of the page: a widget that takes messages with arrays and reports what it painted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import numpy as np

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("palette.js", "space.js", "charts.js", "scene.js")
"""Parts of the canvas, in the order they build on each other; sent to the browser as one module."""


class Scene(anywidget.AnyWidget):
    """Draws one or two arms: the strategy space of each, figures beside it, charts below (``page/*.js``).

    Parameters
    ----------
    heard : callable
        Takes what the browser says: ready, painted, a key pressed.
    """

    _esm = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS)

    def __init__(self, heard: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if heard is not None:
            self.on_msg(lambda _widget, content, _buffers: heard(content))

    def publish(self, message: dict[str, Any], arrays: list[np.ndarray]) -> None:
        """Send a message and its arrays of 32-bit floats."""
        self.send(message, [array.tobytes() for array in arrays])
