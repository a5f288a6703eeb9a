"""What draws a page in the browser: a widget whose script is the page's own, and which hands on what it hears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget

PAGE = Path(__file__).parent / "page"
"""What all pages share: header, style, colours, charts, and the board that others build on."""


def script(folder: Path, *names: str) -> str:
    """Return what all boards share and a page's own scripts, in the order they build on each other, as one module."""
    paths = [PAGE / name for name in ("elements.js", "palette.js", "charts.js", "board.js")] + [
        folder / name for name in names
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


class Board(anywidget.AnyWidget):
    """A widget that takes messages with buffers, and hands on what the browser says.

    Parameters
    ----------
    heard : callable
        Takes each message of the browser.
    """

    def __init__(self, heard: Callable[[Any], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_msg(lambda _widget, content, _buffers: heard(content))

    def publish(self, message: dict[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Send a message and its buffers."""
        self.send(message, list(buffers))
