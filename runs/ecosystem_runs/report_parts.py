"""Reports from parts: headings, paragraphs, tables and figures, as Markdown and as one HTML page."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from ecosystem_runs.folders import CONFIG, write_text
from ecosystem_runs.jobs.kept import read_config
from ecosystem_runs.jobs.made_by import mixed_line
from ecosystem_runs.plain import plain

Row = TypeVar("Row")
Columns = Mapping[str, Callable[[Row], str]]
"""Columns of a table: each heading, and what makes a cell of a row."""


@dataclass(frozen=True)
class Heading:
    """A section begins."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of text under headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def table_of(rows: Iterable[Row], columns: Columns[Row]) -> Table:
    """Return a table of these rows, each cell made by its column."""
    return Table(tuple(columns), [[cell(row) for cell in columns.values()] for row in rows])


@dataclass(frozen=True)
class Image:
    """A figure, by its file beside the report."""

    file: str
    caption: str


Part = Heading | Table | Image | str


def write_report(parts: Sequence[Part], folder: Path, name: str, rows: Sequence[Any] = ()) -> list[Path]:
    """Write a report as ``<name>.md`` and ``<name>.html`` into a folder of results; return the paths.

    `rows`, dataclasses of what it tells, are kept beside it as ``<name>.json``.
    """
    if (folder / CONFIG).exists() and (line := mixed_line(read_config(folder))):
        parts = [*parts, line]
    texts = {folder / f"{name}.md": markdown(parts), folder / f"{name}.html": as_html(parts)}
    if rows:
        texts[folder / f"{name}.json"] = json.dumps(plain([asdict(row) for row in rows]), indent=1) + "\n"
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)


def markdown(parts: Sequence[Part]) -> str:
    """Return the report as Markdown."""
    lines: list[str] = []
    for k, part in enumerate(parts):
        match part:
            case Heading(text):
                lines.append(f"{'#' if k == 0 else '##'} {text}")
            case Table(headings, rows):
                cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
                table = [headings, ["---"] * len(headings), *cells]
                lines.append("\n".join(f"| {' | '.join(row)} |" for row in table))
            case Image(file, caption):
                lines.append(f"![{caption}]({file})\n\n{caption}")
            case str():
                lines.append(part)
    return "\n\n".join(lines) + "\n"


def as_html(parts: Sequence[Part]) -> str:
    """Return the report as one HTML page: its Markdown, in which HTML is text."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown(parts))
    style = (
        "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #bbb;padding:.2rem .6rem;"
        "text-align:left;font-size:14px}img{max-width:100%}"
    )
    title = next(part.text for part in parts if isinstance(part, Heading))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{style}</style></head><body>\n{body}</body></html>\n"
    )
