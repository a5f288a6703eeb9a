"""Figure 1: five creators, five users, with and without the centre user's weight halved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ecosystem.economy import CreatorEconomy
from ecosystem.metrics import at_centre, tail_mean, users_served
from ecosystem_runs.pictures import save
from ecosystem_runs.progress import progress

PANELS = {"none": "no intervention", "halved": "centre user's weight halved"}
COLUMNS: dict[str, pa.DataType] = {"served": pa.int64(), "at_centre": pa.int64(), "welfare": pa.float64()}
"""What is kept of a run over seeds; welfare is the mean over the last min(250, T / 10) steps."""


def draw(models: dict[str, CreatorEconomy], path: Path) -> None:
    """Draw one panel a model, as in Figure 1, and save them by the ending of `path`.

    Each panel has the users sized by their reward weight, and every creator's start, path, end and an arrow
    from start to end.

    Parameters
    ----------
    models : dict of str to CreatorEconomy
        By mechanism; each must have kept its trajectory.
    path : Path
        Where to save.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(models), 4.4), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(models), sharex=True, sharey=True))
    for axis, (mechanism, model) in zip(axes, models.items(), strict=True):
        terms = model.platform.terms()
        axis.scatter(
            *model.users.T, s=150 * terms.reward_weight, marker="s", c="0.8", edgecolors="0.3", zorder=1
        )
        path_table = model.datacollector.get_table_dataframe("strategies")
        for i in range(model.n_creators):
            track = path_table.loc[path_table["creator"] == i, ["s0", "s1"]].to_numpy()
            colour = f"C{i}"
            axis.plot(*track.T, color=colour, lw=0.6, alpha=0.45, zorder=2)
            axis.plot(*track[0], "o", mfc="white", mec=colour, ms=5, zorder=3)
            axis.plot(*track[-1], "o", color=colour, ms=6, zorder=4)
            arrow = {"arrowstyle": "->", "color": colour, "lw": 1.6}
            axis.annotate("", xy=track[-1], xytext=track[0], arrowprops=arrow, zorder=5)
        count = users_served(model.users, model.strategies)
        axis.set_title(
            f"{PANELS.get(mechanism, mechanism)}: {count} of {model.n_users} users served", fontsize=10
        )
        axis.set_aspect("equal")
        axis.set_xlim(-1.4, 1.4)
        axis.set_ylim(-1.4, 1.4)
    save(figure, path, path.suffix[1:], dpi=150)


def run_once(job: tuple[dict[str, Any], int]) -> dict[str, Any]:
    """Run the five creators once: a pure function of (parameters, seed) that returns `COLUMNS`."""
    parameters, seed = job
    model = CreatorEconomy(environment="figure1", **parameters, rng=seed)
    model.run()
    ends = model.users, model.strategies
    welfare = tail_mean(model.datacollector.model_vars["welfare"], model.horizon)
    return {"served": users_served(*ends), "at_centre": at_centre(*ends), "welfare": welfare}


def over_seeds(seeds: int, steps: int, settings: dict[str, Any], quiet: bool = False) -> pd.DataFrame:
    """Run both panels for seeds 0 to `seeds` - 1 and return one row a run.

    Columns: arm, seed and `COLUMNS`.
    """
    rows = []
    with progress("figure 1", 2 * seeds, quiet) as report:
        for seed in range(seeds):
            for arm in PANELS:
                found = run_once((settings | {"mechanism": arm, "horizon": steps}, seed))
                rows.append({"arm": arm, "seed": seed} | found)
                report(len(rows))
    return pd.DataFrame(rows)


def distribution(runs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return per arm how often how many users were served, and how often two creators share the centre.

    Shares are of seeds; ``welfare_se`` is the standard error of the mean.
    """
    rows: dict[str, dict[str, Any]] = {}
    for arm, group in runs.groupby("arm", sort=False):
        counts = group["served"].value_counts(normalize=True)
        rows[str(arm)] = {
            "seeds": len(group),
            "served": {str(k): float(counts.get(k, 0.0)) for k in range(6)},
            "all_served": float((group["served"] == 5).mean()),
            "two_at_centre": float((group["at_centre"] >= 2).mean()),
            "welfare": float(group["welfare"].mean()),
            "welfare_se": float(group["welfare"].std(ddof=1) / np.sqrt(len(group)))
            if len(group) > 1
            else None,
        }
    return rows
