"""Pictures of a sweep: a quantity over another, by colour and panel, and heat maps of two parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_agents.inputs.checks import BadInput, choice
from ecosystem_agents.inputs.lookup import short
from ecosystem_runs.pictures import MARKS, panels, save

DPI = 130
STEP = "step"
MOST_LEVELS = 12
"""Of a number, above which its values are cut into groups."""
MOST_STEPS = 80


@dataclass(frozen=True)
class Picture:
    """What is drawn over what: columns of the table, ``arm`` and ``step`` among them."""

    x: str
    y: str
    colour: str | None = None
    panel: str | None = None

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"plot_{'_'.join(filter(None, (self.x, self.y, self.colour, self.panel)))}.png"


def picture_of(text: str, settings: Iterable[str], measures: Iterable[str], series: Iterable[str]) -> Picture:
    """Return the picture that ``x=beta,y=welfare,colour=arm,panel=K`` says.

    Parameters
    ----------
    text : str
        What people type.
    settings, measures, series : iterable of str
        What may be x, colour and panel; what may be y; and what may be y over steps, if anything.

    Raises
    ------
    BadInput
        If a key or name is none of those, or series were not kept.
    """
    pairs = [part.partition("=")[::2] for part in text.split(",")]
    given: dict[str, str] = {}
    for key, name in pairs:
        key = choice("a key of --plot", key.strip(), Picture.__annotations__)
        if key in given:
            raise BadInput(f"--plot is {text!r}, which gives {key} twice; give each key once")
        given[key] = name.strip()
    if missing := [key for key in ("x", "y") if key not in given]:
        raise BadInput(
            f"--plot is {text!r}, without {missing[0]}; write, such as: x=beta,y=welfare,colour=arm"
        )
    if given["x"] == STEP and not series:
        raise BadInput(
            "--plot has x=step, and this sweep kept the ends of runs alone; add, such as, every = 10 to the plan, "
            "which keeps series as well, and run it"
        )
    for key, name in given.items():
        ways = (series if given["x"] == STEP else measures) if key == "y" else settings
        choice(f"{key} of --plot", name, [*ways, *([STEP] if key == "x" else [])])
    return Picture(**given)


@dataclass(frozen=True)
class Levels:
    """The values of a column: which level each row has, what levels are called, and where they stand."""

    of: np.ndarray  # by row, from 0
    texts: list[str]
    places: np.ndarray
    is_number: bool


def scale_of(values: np.ndarray) -> str:
    """Return the scale that numbers are spaced by: logarithmic where their median is nearer to the middle on it.

    Examples
    --------
    >>> [scale_of(np.array(one)) for one in ([0.01, 0.1, 1.0], [1, 2, 5, 10], [1, 2, 3], [0.1, 0.5])]
    ['log', 'log', 'linear', 'linear']
    """
    if len(values) < 3 or np.min(values) <= 0 or np.ptp(values) == 0:
        return "linear"
    off = [
        abs(np.median(one) - (one.min() + one.max()) / 2) / np.ptp(one) for one in (values, np.log(values))
    ]
    return "log" if off[1] < off[0] - 0.05 else "linear"


def levels_of(values: pd.Series[Any], groups: int = 4) -> Levels:
    """Return the levels of a column: numbers in order, names as they come; many numbers in groups of equally many."""
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and values.nunique() > MOST_LEVELS:
        cut = pd.qcut(values, groups, duplicates="drop")
        ends = cut.cat.categories
        texts = [f"{end.left:.3g} to {end.right:.3g}" for end in ends]
        return Levels(
            cut.cat.codes.to_numpy(), texts, values.groupby(cut, observed=False).mean().to_numpy(), True
        )
    codes, unique = pd.factorize(values, sort=is_number)
    texts = [short(one) if isinstance(one, str) and ".py:" in one else level_text(one) for one in unique]
    return Levels(codes, texts, np.array(unique, float) if is_number else np.arange(len(unique)), is_number)


def draw(table: pd.DataFrame, picture: Picture, unit: str, confidence: float, path: Path) -> Path:
    """Draw means with intervals over `unit`, seed or point: bands along numbers, and marks with bars at names.

    Parameters
    ----------
    table : DataFrame
        A row a finished run, or a run and step.
    picture : Picture
        Columns of it.
    unit : str
        The column of independent draws; rows of one are meant first.
    confidence : float
        Of the intervals.
    path : Path
        The file.
    """
    over = _steps(table[STEP]) if picture.x == STEP else levels_of(table[picture.x], groups=8)
    none = Levels(np.zeros(len(table), dtype=int), [""], np.zeros(1), False)
    colours, cells = (levels_of(table[name]) if name else none for name in (picture.colour, picture.panel))
    columns = min(len(cells.texts), 4 if len(cells.texts) > 6 else 3)
    rows = -(-len(cells.texts) // columns)
    wide = 5.6 if columns == 1 else 3.4
    figure, axes = panels(
        (1.6 + wide * columns, 0.6 + wide * 0.72 * rows), rows, columns, sharex=True, sharey=True
    )
    drawn: dict[str, Any] = {}
    for k, axis in enumerate(axes.flat):
        if k >= len(cells.texts):
            axis.remove()
            continue
        for c, text in enumerate(colours.texts):
            here = (cells.of == k) & (colours.of == c) & (over.of >= 0)
            if here.any():
                spread = (c - (len(colours.texts) - 1) / 2) * 0.8 / max(len(colours.texts), 4)
                frame = pd.DataFrame(
                    {"at": over.of[here], "y": table.loc[here, picture.y], "unit": table.loc[here, unit]}
                )
                drawn[text] = _line(axis, frame, over, (c, spread), confidence)
        if picture.panel:
            axis.set_title(f"{picture.panel} {cells.texts[k]}", fontsize=9)
        _x_axis(axis, over)
        axis.tick_params(labelbottom=k + columns >= len(cells.texts))  # the lowest of each column
    figure.supxlabel(picture.x, fontsize="medium")
    figure.supylabel(picture.y, fontsize="medium")
    if picture.colour:
        figure.legend(
            list(drawn.values()), list(drawn), title=picture.colour, loc="outside right upper", frameon=False
        )
    return save(figure, path, dpi=DPI)


def _line(axis: Any, frame: pd.DataFrame, over: Levels, which: tuple[int, float], confidence: float) -> Any:
    """Draw one colour of one panel; return what stands for it in the legend."""
    c, spread = which
    means = frame.groupby(["at", "unit"])["y"].mean().dropna().groupby(level="at")
    at = np.array([*means.groups], dtype=int)
    mean = means.mean().to_numpy()
    low, high = np.array([mean_interval(one.to_numpy(), confidence) for _, one in means]).T
    look: dict[str, Any] = {"color": f"C{c % 10}", "marker": MARKS[c % len(MARKS)], "ms": 5}
    if not over.is_number:
        reach = np.nan_to_num([mean - low, high - mean])
        return axis.errorbar(over.places[at] + spread, mean, yerr=reach, ls="none", capsize=3, **look)
    if len(at) > 2 * MOST_LEVELS:
        look["marker"] = None
    axis.fill_between(over.places[at], low, high, color=look["color"], alpha=0.2, lw=0)
    return axis.plot(over.places[at], mean, lw=1.5, **look)[0]


def _x_axis(axis: Any, over: Levels) -> None:
    if not over.is_number:
        many = sum(map(len, over.texts)) > 24
        axis.set_xticks(over.places, over.texts, rotation=30 if many else 0, ha="right" if many else "center")
        axis.set_xlim(-0.5, len(over.texts) - 0.5)
    elif scale_of(over.places) == "log":
        axis.set_xscale("log")
        if len(over.places) <= 6 and sum(map(len, over.texts)) < 30:
            axis.set_xticks(over.places, over.texts)
            axis.set_xticks([], minor=True)


def _steps(steps: pd.Series[Any]) -> Levels:
    """Return steps as levels, some of them where there are many; the others are level -1."""
    codes, unique = pd.factorize(steps, sort=True)
    kept = np.unique(np.linspace(0, len(unique) - 1, min(len(unique), MOST_STEPS)).round().astype(int))
    place = np.full(len(unique), -1)
    place[kept] = np.arange(len(kept))
    return Levels(place[codes], [str(step) for step in unique[kept]], np.array(unique[kept], float), True)


def heat_map(done: pd.DataFrame, arms: Iterable[str], parameters: list[str], metric: str, path: Path) -> Path:
    """Draw the metric's mean over two numbers, a panel an arm: cells of a grid, dots of a sample."""
    across, up = parameters
    found = {arm: part for arm in arms if len(part := done[done["arm"] == arm])}
    means = {arm: part.groupby([across, up], as_index=False)[metric].mean() for arm, part in found.items()}
    values = pd.concat([table[metric] for table in means.values()])
    colours: dict[str, Any] = {"vmin": values.min(), "vmax": values.max(), "cmap": "viridis"}
    figure, axes = panels((1.2 + 3.4 * len(means), 3.4), columns=len(means), sharex=True, sharey=True)
    for axis, (arm, table) in zip(axes[0], means.items(), strict=True):
        if table[across].nunique() * table[up].nunique() <= 2 * len(table):
            grid = table.pivot(index=up, columns=across, values=metric)
            drawn: Any = axis.imshow(grid.to_numpy(), origin="lower", aspect="auto", **colours)
            axis.set_xticks(range(grid.shape[1]), [level_text(level) for level in grid.columns], rotation=45)
            axis.set_yticks(range(grid.shape[0]), [level_text(level) for level in grid.index])
        else:
            drawn = axis.scatter(table[across], table[up], c=table[metric], **colours)
            axis.set(xscale=scale_of(table[across].to_numpy()), yscale=scale_of(table[up].to_numpy()))
        axis.set(title=arm, xlabel=across)
    axes[0, 0].set_ylabel(up)
    figure.colorbar(drawn, ax=list(axes[0]), label=metric)
    return save(figure, path, dpi=DPI)


def level_text(level: Any) -> str:
    """Return a level as text: three digits of a number that is not whole."""
    return f"{level:.3g}" if isinstance(level, float) else str(level)
