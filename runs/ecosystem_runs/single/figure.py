"""The figure of a single run: welfare over time, weights and utilities by group, and the strategy space."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem_runs.pictures import ZERO, panels, save
from ecosystem_runs.single.run_folder import series_table

SHOWN = 20_000
"""About so many users are drawn at most, evenly by their numbers."""


def draw(model: CreatorEconomy, path: Path) -> None:
    """Draw a run, as far as it got, in four panels, as PNG."""
    series = series_table(model)
    sizes = np.bincount(model.groups, minlength=model.n_groups)
    order = np.argsort(-sizes, kind="stable")
    figure, ((time, space), (weights, utilities)) = panels((11, 7.5), 2, 2)

    time.plot(series["step"], series["welfare"], color="C0", label="deployed terms")
    time.plot(series["step"], series["welfare_default"], color="C1", ls="--", label="default terms")
    time.set(xlabel="step", ylabel="welfare", title="User welfare")
    time.legend(frameon=False)

    users, start, now, axes = flatten(model)
    space.scatter(*users.T, s=4, c="0.75", label="users")
    space.scatter(*start.T, s=14, facecolors="none", edgecolors="C2", label="creators at the start")
    space.scatter(*now.T, s=12, c="C3", label="creators now")
    space.set(title="Strategy space", xlabel=axes[0], ylabel=axes[1])
    space.legend(frameon=False, fontsize=8)

    places = np.arange(model.n_groups)
    weights.bar(places, model.weights[order], color="C0")
    weights.axhline(1.0, **ZERO)
    in_force = "" if model.platform.weights_matter else ", computed but not in force"
    weights.set(title=f"Group weights{in_force}", ylabel="weight")
    # No bars: they would have to start at 0.
    utilities.plot(places, model.group_utilities[order], "o", color="C0")
    utilities.set(title="Group utilities", ylabel="mean utility")
    for axis in (weights, utilities):
        axis.set_xticks(places, [str(s) for s in sizes[order]], fontsize=7, rotation=90)
        axis.set_xlabel("users in the group, largest first")
    save(figure, path, dpi=130)


def flatten(model: CreatorEconomy) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, str]]:
    """Return users, start and present strategies in two dimensions, and what the axes are.

    More than two dimensions are shown in the first two principal components of the users.
    """
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
