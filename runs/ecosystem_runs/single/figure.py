"""The figure of a single run: welfare over time, weights and utilities by group, and the strategy space."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem_runs.pictures import ZERO, panels, save
from ecosystem_runs.single.run_folder import series_table


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

    model.plot(space).set(title="Strategy space")

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
