"""What Section 4.1 claims about its five users and five creators, run many times over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecosystem.yardsticks.figure1 import Outcome
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.replication.figure1 import PANELS, play
from ecosystem_runs.replication.readings import FIGURE1
from ecosystem_runs.replication.verdicts import Verdict, verdict

STEPS = 2000
QUANTITIES = ("served", "at_centre", "welfare")
RUNS_A_SEED = 6
"""Runs of Figure 1 for each synthetic world: they are that much cheaper, and decide yes-or-no questions."""

Found = Mapping[str, np.ndarray]
"""Of each arm and quantity, such as "halved served", one number a seed."""


@dataclass(frozen=True)
class Claim:
    """A claim of Section 4.1; `number` gives one number a seed, above 0 where the claim holds."""

    name: str
    text: str
    number: Callable[[Found], np.ndarray]
    measured: str


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "someone is left out",
        "without intervention creators do not come to cover all five users",
        lambda found: (found["none served"] < 5) - 0.5,
        "share of seeds with fewer than five users served, less a half",
    ),
    Claim(
        "two crowd the centre",
        "without intervention at least two creators end at the central user",
        lambda found: (found["none at_centre"] >= 2) - 0.5,
        "share of seeds with two or more creators at the centre, less a half",
    ),
    Claim(
        "halving covers all",
        "with the central user's reward halved all five users get served",
        lambda found: (found["halved served"] == 5) - 0.5,
        "share of seeds with five users served, less a half",
    ),
    Claim(
        "halving serves more",
        "with the central user's reward halved more users are served",
        lambda found: found["halved served"] - found["none served"],
        "users served, halved less none",
    ),
    Claim(
        "halving raises welfare",
        "with the central user's reward halved users are better off",
        lambda found: found["halved welfare"] - found["none welfare"],
        "final welfare, halved less none",
    ),
)


def judge_figure1(seeds: int, folder: Path, engine: Engine, quiet: bool) -> dict[str, dict[str, Verdict]]:
    """Run what is missing of Figure 1 under each of its readings; return each claim's verdict under each.

    Runs, `RUNS_A_SEED` for each of the replication's `seeds`, are kept in ``figure1`` below `folder`.
    """
    count = seeds * RUNS_A_SEED
    cells = [(one, arm) for one in FIGURE1 for arm in PANELS]
    jobs = [
        Job(dict(one.settings) | {"mechanism": arm, "horizon": STEPS}, seed)
        for one, arm in cells
        for seed in range(count)
    ]
    readings = {one.name: dict(one.settings) for one in FIGURE1}
    description = {"experiment": "figure1", "seeds": count, "readings": readings}
    work = Work("figure1", description, jobs, play, Outcome)
    outcomes = run_kept(work, folder / "figure1", engine, quiet).results
    columns: dict[str, dict[str, np.ndarray]] = {name: {} for name in readings}
    for k, (one, arm) in enumerate(cells):
        own = outcomes[k * count : (k + 1) * count]
        for name in QUANTITIES:
            columns[one.name][f"{arm} {name}"] = np.array([getattr(found, name) for found in own])
    return {
        claim.name: {name: verdict(claim.number(found)) for name, found in columns.items()}
        for claim in CLAIMS
    }
