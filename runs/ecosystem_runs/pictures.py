"""What pictures share: panels, marks and lines, and files that are the same bytes each time they are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = "os^Dv*PX<>phHd"
"""Marks that tell things apart, whatever their colour."""

ZERO = {"color": "0.4", "lw": 0.8}
"""The line at nothing."""


def panels(size: tuple[float, float], rows: int = 1, columns: int = 1, **shared: Any) -> tuple[Figure, Any]:
    """Return a figure of that size in inches and its axes, (rows, columns); nothing global, no display."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def save(figure: Figure, path: Path, ending: str = "png", *, dpi: int) -> Path:
    """Save a figure as ``ending``, whatever the path's own: an SVG without the date and without random ids."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "figure 2"}):
        figure.savefig(path, format=ending, dpi=dpi, metadata={"Date": None} if ending == "svg" else None)
    return path
