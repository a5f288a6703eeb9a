"""Pictures that are the same bytes each time they are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: Figure, path: Path, ending: str, dpi: int) -> None:
    """Save a figure: an SVG without the date, and with ids that are not drawn at random.

    Parameters
    ----------
    figure : Figure
    path : Path
        Where to save, whatever its own ending.
    ending : {"png", "svg"}
    dpi : int
        Dots an inch of a PNG.
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "figure 2"}):
        figure.savefig(path, format=ending, dpi=dpi, metadata={"Date": None} if ending == "svg" else None)
