"""A replay as one HTML file: the page's own board and style, a recording, a caption; nothing is fetched by it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt

from ecosystem import CreatorEconomy
from ecosystem_server.board import PAGE, Json, script
from ecosystem_server.live.arm import Arm
from ecosystem_server.live.recording import record

HERE = Path(__file__).parent
GENERATOR = "Creator Ecosystem replay"
"""What a file says it was made by, so that it may be made again in its place."""


def replay_of(
    models: Sequence[CreatorEconomy],
    steps: Sequence[int],
    title: str,
    caption: str,
    report: Callable[[int], None],
) -> str:
    """Return the page on which models play, each so many steps; these are taken meanwhile, and `report` told."""
    return page_of(record([Arm(model) for model in models], steps, report=report), title, caption)


def page_of(recorded: tuple[Json, bytes], title: str, caption: str = "") -> str:
    """Return the page that plays what was recorded, with a caption in Markdown beside it."""
    about, data = recorded
    code = "\n" + script(HERE / "page.js")
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        generator=GENERATOR,
        digest=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
        title=html.escape(title),
        style=(PAGE / "style.css").read_text(encoding="utf-8")
        + (HERE / "page.css").read_text(encoding="utf-8"),
        caption=_html_of(caption),
        about=json.dumps(about, separators=(",", ":")).replace("<", "\\u003c"),
        data=base64.b64encode(data).decode(),
        script=code,
    )


def _html_of(markdown: str) -> str:
    """Return Markdown as HTML: no HTML of its own, no pictures, and links into the web alone."""
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    reader.validateLink = lambda url: re.match(r"https?://", url, re.IGNORECASE) is not None  # type: ignore[method-assign]
    return reader.render(markdown)
