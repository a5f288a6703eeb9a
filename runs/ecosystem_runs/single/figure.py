"""The figure of a single run: welfare over time, weights and utilities by group, and the strategy space."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecosystem.economy import CreatorEconomy
from ecosystem_runs.single.run_folder import series_table


def draw(model: CreatorEconomy, path: Path) -> None:
    """Draw a run in four panels and save them by the ending of `path`.

    Parameters
    ----------
    model : CreatorEconomy
        The model, where it got to.
    path : Path
        Where to save.
    """
    from matplotlib.figure import Figure

    series = series_table(model)
    sizes = np.bincount(model.groups, minlength=model.n_groups)
    order = np.argsort(-sizes, kind="stable")
    figure = Figure(figsize=(11, 7.5), layout="constrained")
    (time, space), (weights, utilities) = figure.subplots(2, 2)

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
    weights.axhline(1.0, color="0.4", lw=0.8)
    in_force = "" if model.platform.weights_matter else ", computed but not in force"
    weights.set(title=f"Group weights{in_force}", ylabel="weight")
    utilities.plot(
        places, model.group_utilities[order], "o", color="C0"
    )  # no bars: they would have to start at 0
    utilities.set(title="Group utilities", ylabel="mean utility")
    for axis in (weights, utilities):
        axis.set_xticks(places, [str(s) for s in sizes[order]], fontsize=7, rotation=90)
        axis.set_xlabel("users in the group, largest first")
    figure.savefig(path, dpi=130)


def flatten(model: CreatorEconomy) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, str]]:
    """Return users, start and present strategies in two dimensions, and what the axes are.

    More than two dimensions are shown in the first two principal components of the users.
    """
    if model.dim == 1:
        flat = [np.pad(rows, ((0, 0), (0, 1))) for rows in (model.users, model.start, model.strategies)]
        return flat[0], flat[1], flat[2], ("dimension 1", "")
    if model.dim == 2 or model.n_users < 2:
        cut = (slice(None), slice(2))
        return model.users[cut], model.start[cut], model.strategies[cut], ("dimension 1", "dimension 2")
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="full").fit(model.users)
    shares = [
        f"component {k + 1} ({share:.0%} of the users' variance)"
        for k, share in enumerate(pca.explained_variance_ratio_)
    ]
    return (
        pca.transform(model.users),
        pca.transform(model.start),
        pca.transform(model.strategies),
        (shares[0], shares[1]),
    )
