"""How a creator economy shows itself in a console or a notebook: a line, a table, the plane and its series."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

import numpy as np
from mesa import DataCollector

from ecosystem.projection import projection_of, stage_of
from ecosystem_agents.inputs.checks import choice
from ecosystem_agents.platform import Platform
from ecosystem_agents.world import CreatorWorld, PlatformWorld, UserWorld

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ecosystem.environments import Setting

SHOWN = 20_000
"""About so many users are drawn at most, evenly by their numbers."""

WELFARES = ("welfare", "welfare_default")


class Shown(CreatorWorld, UserWorld, PlatformWorld, Protocol):
    """What is shown of a model."""

    environment: str
    setting: Setting
    start: np.ndarray
    n_creators: int
    n_users: int
    platform: Platform
    datacollector: DataCollector


def line(model: Shown) -> str:
    """Return the model in a line: where, under which mechanism, how large, how far."""
    made = "datacollector" in vars(model)
    said = ", ".join(f"{name} {fact}" for name, fact in _facts(model).items()) if made else "not made yet"
    return f"<{type(model).__name__} {said}>"


def table(model: Shown) -> str:
    """Return the model as a small table in HTML, its welfare in the last step included."""
    facts = _facts(model) | {name: f"{model.datacollector.model_vars[name][-1]:.4f}" for name in WELFARES}
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(fact)}</td></tr>" for name, fact in facts.items())
    return f"<table><caption>{escape(type(model).__name__)}</caption>{rows}</table>"


def plot(model: Shown, ax: Axes | None = None) -> Axes:
    """Draw users and creators, where these started and where they are; return the axes.

    More than two dimensions are shown in the first two principal components of the users, and creators as widely
    spread as these where all vectors were scaled and only their directions count.
    """
    users, ax = model.users[:: max(model.n_users // SHOWN, 1)], _axes(ax)
    plane, setting = projection_of(users), model.setting
    stage = stage_of(plane, users, setting.catalogue, setting.relevance) if setting.max_norm else plane
    (u, v), (a, b), (x, y) = plane(users).T, stage(model.start).T, stage(model.strategies).T
    ax.scatter(u, v, s=4, c="0.75", label="users")
    ax.scatter(a, b, s=14, facecolors="none", edgecolors="C2", label="creators at the start")
    ax.scatter(x, y, s=12, c="C3", label="creators now")
    ax.set_title(f"step {model.steps}")
    if model.dim > 2:
        factor = f"{float(f'{stage.scale:.2g}'):,g}"
        larger = f"\ncreators drawn {factor} times as large: their direction counts"
        shown = f"first two principal components ({plane.explained:.0%} of the users' variance)"
        ax.set_xlabel(shown + larger * (stage is not plane))
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_series(model: Shown, *names: str, ax: Axes | None = None) -> Axes:
    """Draw collected series over steps, by default welfare under deployed and default terms; return the axes.

    Raises
    ------
    BadInput
        If there is no such series.
    """
    series, ax = model.datacollector.model_vars, _axes(ax)
    for name in names or WELFARES:
        ax.plot(series[choice("series", name, series)], label=name)
    ax.set_xlabel("step")
    ax.legend(frameon=False, fontsize=8)
    return ax


def _facts(model: Shown) -> dict[str, str]:
    return {
        "environment": " ".join(model.environment.split()),
        "mechanism": type(model.platform.mechanism).__name__,
        **{kind: str(getattr(model, f"n_{kind}")) for kind in ("creators", "users", "groups")},
        "dimensions": str(model.dim),
        "step": f"{model.steps} of {model.horizon}",
    }


def _axes(ax: Axes | None) -> Axes:
    if ax is None:
        import matplotlib.pyplot as plt  # a second of import, and a display where there is one

        ax = plt.subplots(layout="constrained")[1]
    return ax
