"""How a creator economy shows itself in a console or a notebook: a line, a table, the plane and its series."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ecosystem_agents.inputs.checks import BadInput, choice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 20_000
"""About so many users are drawn at most, evenly by their numbers."""

WELFARES = ("welfare", "welfare_default")
"""Of all series those that are shown unless others are asked for: on deployed and on default terms."""


class Shown(Protocol):
    """What is shown of a model."""

    environment: str
    start: np.ndarray  # (n, d)
    steps: int
    horizon: int
    dim: int
    n_creators: int
    n_users: int
    n_groups: int
    platform: Any
    datacollector: Any

    @property
    def users(self) -> np.ndarray:
        """Embeddings, (m, d)."""

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d)."""


def line(model: Shown) -> str:
    """Return the model in a line: where, under which mechanism, how large, how far."""
    if "datacollector" not in vars(model):
        return f"<{type(model).__name__}, not made yet>"
    facts = _facts(model)
    return f"<{type(model).__name__} {', '.join(f'{name} {facts[name]}' for name in facts)}>"


def table(model: Shown) -> str:
    """Return the model as a small table in HTML, its welfare in the last step included."""
    series = model.datacollector.model_vars
    facts = _facts(model) | {name: f"{series[name][-1]:.4f}" for name in WELFARES}
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts.items())
    return f"<table><caption>{escape(type(model).__name__)}</caption>{rows}</table>"


def plot(model: Shown, ax: Axes | None = None) -> Axes:
    """Draw users and creators, where these started and where they are; return the axes.

    More than two dimensions are shown in the first two principal components of the users.
    """
    users, start, now, names = _flat(model)
    ax = _axes(ax)
    ax.scatter(users[:, 0], users[:, 1], s=4, c="0.75", label="users")
    ax.scatter(
        start[:, 0], start[:, 1], s=14, facecolors="none", edgecolors="C2", label="creators at the start"
    )
    ax.scatter(now[:, 0], now[:, 1], s=12, c="C3", label="creators now")
    ax.set(title=f"step {model.steps}", xlabel=names[0], ylabel=names[1])
    ax.legend(frameon=False, fontsize=8)
    return ax


def plot_series(model: Shown, *names: str, ax: Axes | None = None) -> Axes:
    """Draw collected series over steps, by default welfare under deployed and default terms; return the axes.

    Raises
    ------
    BadInput
        If there is no such series, or it is not one of numbers.
    """
    series = model.datacollector.model_vars
    for name in names:
        choice("series", name, series)
        if not all(isinstance(value, (int, float, np.number)) for value in series[name]):
            raise BadInput(f"series {name!r} is not one of numbers; give one that is, or draw it yourself")
    ax = _axes(ax)
    for name in names or WELFARES:
        ax.plot(series[name], label=name)
    ax.set(xlabel="step")
    ax.legend(frameon=False, fontsize=8)
    return ax


def _facts(model: Shown) -> dict[str, str]:
    return {
        "environment": " ".join(model.environment.split()),
        "mechanism": type(model.platform.mechanism).__name__,
        "creators": str(model.n_creators),
        "users": str(model.n_users),
        "groups": str(model.n_groups),
        "dimensions": str(model.dim),
        "step": f"{model.steps} of {model.horizon}",
    }


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # a second of import, and a display where there is one

    return plt.subplots(layout="constrained")[1]


def _flat(model: Shown) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, str]]:
    """Return users, start and present strategies in two dimensions, and what the axes are."""
    users = model.users[:: max(model.n_users // SHOWN, 1)]
    points = users, model.start, model.strategies
    if model.dim == 1:
        users, start, now = (np.pad(rows, ((0, 0), (0, 1))) for rows in points)
        return users, start, now, ("dimension 1", "")
    if model.dim == 2 or model.n_users < 2:
        users, start, now = (rows[:, :2] for rows in points)
        return users, start, now, ("dimension 1", "dimension 2")
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="full").fit(users)
    users, start, now = (pca.transform(rows) for rows in points)
    first, second = (
        f"component {k} ({share:.0%} of the users' variance)"
        for k, share in enumerate(pca.explained_variance_ratio_, 1)
    )
    return users, start, now, (first, second)
