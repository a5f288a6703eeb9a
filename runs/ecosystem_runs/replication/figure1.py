"""Figure 1: five creators, five users, with and without the centre user's weight halved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from ecosystem import CreatorEconomy
from ecosystem.metrics import users_served
from ecosystem.yardsticks.figure1 import Outcome, outcome
from ecosystem.yardsticks.intervals import standard_error
from ecosystem_runs.folders import write_config, write_whole
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.kept import read_config
from ecosystem_runs.jobs.run_kept import Found, Work, run_kept
from ecosystem_runs.paired.arms import check_shared
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.parameters import in_force
from ecosystem_runs.pictures import draw_last, panels, save
from ecosystem_runs.replication.verdicts import ByArm

PANELS = {"none": "no intervention", "halved": "centre user's weight halved"}


@dataclass(frozen=True)
class Distribution:
    """How the runs of an arm ended: means and shares of seeds, `served` by number of users; None with one seed."""

    seeds: int
    served: dict[str, float]
    all_served: float
    two_at_centre: float
    welfare: float
    welfare_se: float | None


def draw(models: Mapping[str, CreatorEconomy], path: Path, ending: str) -> None:
    """Draw one panel a model, by mechanism each with its trajectory kept, as in Figure 1.

    Each panel has the users sized by their reward weight, and every creator's start, path, end and an arrow
    from start to end.
    """
    size = (4.2 * len(models), 4.4)
    figure, (axes,) = panels(size, columns=len(models), sharex=True, sharey=True)
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
        title = f"{PANELS.get(mechanism, mechanism)}: {count} of {model.n_users} users served"
        axis.set_title(title, fontsize=10)
        axis.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
    save(figure, path, ending, dpi=150)


def play(job: Job) -> Outcome:
    """Run the five creators once."""
    return outcome(job.seed, **job.parameters)


def over_seeds(worlds: Worlds, folder: Path, quiet: bool = False) -> Found[Outcome]:
    """Run what is missing of both panels, kept in `folder`: seed after seed, each under both arms."""
    check_shared(worlds.settings)
    shared = dict(worlds.settings) | {"horizon": worlds.steps}
    CreatorEconomy(environment="figure1", rng=0, **shared)  # says what is wrong before anything is kept
    jobs = [Job(shared | {"mechanism": arm}, seed) for seed in worlds.numbers for arm in PANELS]
    work = Work("figure 1", worlds.description("figure 1"), jobs, play, Outcome)
    return run_kept(work, folder, InProcess(), quiet)


def distribution(outcomes: Sequence[Outcome]) -> dict[str, Distribution]:
    """Return by arm how the runs of `over_seeds` ended."""
    ends = ByArm({arm: outcomes[k :: len(PANELS)] for k, arm in enumerate(PANELS)})
    found = {}
    for arm in PANELS:
        served, welfare = ends.each(arm, "served"), ends.each(arm, "welfare")
        found[arm] = Distribution(
            seeds=len(served),
            served={str(k): float((served == k).mean()) for k in range(6)},
            all_served=float((served == 5).mean()),
            two_at_centre=float((ends.each(arm, "at_centre") >= 2).mean()),
            welfare=float(welfare.mean()),
            welfare_se=standard_error(welfare),
        )
    return found


def write(outcomes: Sequence[Outcome], worlds: Worlds, folder: Path) -> None:
    """Write a table of the runs and the picture of the first seed into a folder: the same bytes each time."""
    places = [{"arm": arm, "seed": seed} for seed in worlds.numbers for arm in PANELS]
    table = pd.DataFrame(place | asdict(one) for place, one in zip(places, outcomes, strict=True))
    shared = worlds.parameters | {"horizon": worlds.steps}
    models = {
        arm: CreatorEconomy(**shared, mechanism=arm, trajectory=True, rng=worlds.first_seed) for arm in PANELS
    }
    config = read_config(folder) | {"figure": 1} | worlds.size
    config |= {"settings": dict(worlds.settings), "in_force": in_force(models["none"])}
    for model in models.values():
        model.run()
    write_whole(folder / "runs.parquet", partial(table.to_parquet, index=False))
    write_config(folder, config)
    for ending in ("png", "svg"):
        draw_last(folder / f"figure1.{ending}", partial(draw, models, ending=ending))
