"""What draws a page in the browser: a widget whose script is the page's own, and which hands on its messages."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

Json = dict[str, Any]
"""A message as the browser takes it, and sends it."""
PAGE = Path(__file__).parent / "page"
"""What all pages share: header, style, colours, charts, and the board that others build on."""

ENTRY = {"entry-field": (PAGE / "entry-field.vue").read_text(encoding="utf-8")}
"""Components of a template of controls: ``<entry-field :value :revision @given>``, with ``options`` or a ``type``; it
keeps what a visitor types, whatever the server answers meanwhile."""


IMPORT = re.compile(r'^import \{[^}]*\} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)


def finite(value: float) -> float | None:
    """Return a number as a message has it: None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def script(entry: Path) -> str:
    """Return a module of scripts and all it imports, each before what needs it, as one that imports nothing."""
    parts: dict[Path, str] = {}

    def add(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        for name in IMPORT.findall(text):
            if (imported := (path.parent / name).resolve()) not in parts:
                add(imported)
        parts[path] = EXPORT.sub("", IMPORT.sub("", text))

    add(entry.resolve())
    return "\n".join(parts.values())


class Board(anywidget.AnyWidget):
    """A widget that a script draws: it takes messages with buffers, and hands on those of the browser."""

    # Where its script lies on this server. By its short name it is found only once an extension of the notebook's has
    # been loaded, and until then looked for in the internet.
    _model_module = traitlets.Unicode("nbextensions/anywidget/index").tag(sync=True)
    _view_module = traitlets.Unicode("nbextensions/anywidget/index").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(self, drawn_by: str, heard: Callable[[Any], None]) -> None:
        super().__init__(_esm=drawn_by)
        self.on_msg(lambda _widget, content, _buffers: heard(content))

    def publish(self, message: Json, buffers: Sequence[Any] = ()) -> None:
        """Send a message, and bytes or arrays."""
        self.send(message, [memoryview(one).tobytes() for one in buffers])
