"""What Section 4.1 claims about its five users and five creators, run many times over."""

from __future__ import annotations

from pathlib import Path

from ecosystem.yardsticks.figure1 import Outcome
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.replication.figure1 import PANELS, play
from ecosystem_runs.replication.readings import FIGURE1
from ecosystem_runs.replication.verdicts import ByArm, Claim, Judged, judge

STEPS = 2000
RUNS_A_SEED = 6
"""Runs of Figure 1 for each synthetic world: they are that much cheaper, and decide yes-or-no questions."""

CLAIMS: tuple[Claim[ByArm[Outcome]], ...] = (
    Claim(
        "someone is left out",
        "Section 4.1",
        "without intervention creators do not come to cover all five users",
        lambda ends: (ends.each("none", "served") < 5) - 0.5,
        "share of seeds with fewer than five users served, less a half",
    ),
    Claim(
        "two crowd the centre",
        "Section 4.1",
        "without intervention at least two creators end at the central user",
        lambda ends: (ends.each("none", "at_centre") >= 2) - 0.5,
        "share of seeds with two or more creators at the centre, less a half",
    ),
    Claim(
        "halving covers all",
        "Section 4.1",
        "with the central user's reward halved all five users get served",
        lambda ends: (ends.each("halved", "served") == 5) - 0.5,
        "share of seeds with five users served, less a half",
    ),
    Claim(
        "halving serves more",
        "Section 4.1",
        "with the central user's reward halved more users are served",
        lambda ends: ends.each("halved", "served") - ends.each("none", "served"),
        "users served, halved less none",
    ),
    Claim(
        "halving raises welfare",
        "Section 4.1",
        "with the central user's reward halved users are better off",
        lambda ends: ends.each("halved", "welfare") - ends.each("none", "welfare"),
        "final welfare, halved less none",
    ),
)


def judge_figure1(seeds: range, folder: Path, engine: Engine, quiet: bool) -> list[Judged]:
    """Run what is missing of Figure 1 under each of its readings, and judge each claim.

    Runs, `RUNS_A_SEED` for each of the replication's `seeds`, are kept in ``figure1`` below `folder`.
    """
    wanted = range(seeds.start * RUNS_A_SEED, seeds.stop * RUNS_A_SEED)
    jobs = [
        Job(dict(one.settings) | {"mechanism": arm, "horizon": STEPS}, seed)
        for one in FIGURE1
        for arm in PANELS
        for seed in wanted
    ]
    readings = {one.name: dict(one.settings) for one in FIGURE1}
    description = {"experiment": "figure1", "seeds": [wanted.start, wanted.stop], "readings": readings}
    work = Work("figure1", description, jobs, play, Outcome)
    left = iter(run_kept(work, folder / "figure1", engine, quiet).results)
    ends = {name: ByArm({arm: [next(left) for _ in wanted] for arm in PANELS}) for name in readings}
    return judge(CLAIMS, ends)
