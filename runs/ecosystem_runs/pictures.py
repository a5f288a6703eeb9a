"""What pictures share: when they are drawn, panels, marks and lines, and files that are the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosystem.own_look import own_look
from ecosystem_runs.folders import write_whole
from ecosystem_runs.progress import tell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = "os^Dv*PX<>phHd"
"""Marks that tell things apart, whatever their colour."""

ZERO = {"color": "0.4", "lw": 0.8}
"""The line at nothing."""

UNDRAWN: list[Path] = []
"""Pictures of this command that could not be drawn; its exit code says so."""


def draw_last(path: Path, draw: Callable[[Path], object]) -> bool:
    """Draw a picture into its file, whole or not at all, once everything else of a command is written.

    Where that fails, for a font, a name or a disk, a line says so, and False is returned; the command goes on, and
    ends with exit code 1.
    """
    try:
        with own_look():
            write_whole(path, draw)
    except Exception as error:
        UNDRAWN.append(path)
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        tell(f"{path.name} could not be drawn ({why}); all other results are kept")
        return False
    return True


def draw_each(folder: Path, drawings: Mapping[str, Callable[[Path], object]]) -> list[Path]:
    """Draw pictures, by the names of their files, into a folder; return the files of those that could be drawn."""
    return [folder / name for name, draw in drawings.items() if draw_last(folder / name, draw)]


def panels(size: tuple[float, float], rows: int = 1, columns: int = 1, **shared: Any) -> tuple[Figure, Any]:
    """Return a figure of that size in inches and its axes, (rows, columns); nothing global, no display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def save(figure: Figure, path: Path, ending: str = "png", *, dpi: int) -> Path:
    """Save a figure as ``ending``, whatever the path's own: an SVG without the date and without random ids."""
    from matplotlib.ticker import LogFormatter, LogFormatterSciNotation

    class Plain(LogFormatterSciNotation):
        """Labels what it would, as plain text: its own is mathematics, which is not parsed here."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            return f"{x:g}" if super().__call__(x, pos) else ""

    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if axis.get_scale() == "log" and isinstance(axis.get_major_formatter(), LogFormatter):
            axis.set_major_formatter(Plain())
            axis.set_minor_formatter(Plain())
    figure.savefig(path, format=ending, dpi=dpi, metadata={"Date": None} if ending == "svg" else None)
    return path
