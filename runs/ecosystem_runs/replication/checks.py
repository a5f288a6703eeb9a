"""Numerical checks of what the paper proves: the equilibrium of Section 4.1 and Theorems 1 and 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.yardsticks.planner import plan_world
from ecosystem.yardsticks.theorems import (
    Improvement,
    ProofStep,
    Uniqueness,
    improvement,
    proof_step,
    uniqueness,
)
from ecosystem_runs.jobs.engines import Engine
from ecosystem_runs.jobs.run_kept import Work, run_kept


@dataclass(frozen=True)
class EachAtItsUser:
    """The statement that s_i = x_i maximises welfare and is a pure Nash equilibrium."""

    beta: float
    welfare: float  # at s_i = x_i
    planned: float  # the best the planner found
    gain: float  # the largest of a creator over a 161 x 161 grid of [-2, 2]^2

    @property
    def holds(self) -> bool:
        """Whether nothing better was found and nobody gains on the grid."""
        return self.planned <= self.welfare + 1e-9 and self.gain <= 1e-9


def each_at_its_user(beta: float, grid: int = 161) -> EachAtItsUser:
    """Check Section 4.1's equilibrium statement at one temperature."""
    model = CreatorEconomy(environment="figure1", beta=beta, rng=0)
    for i, user in enumerate(model.users):
        model.market.move(i, user)
    side = np.linspace(-2, 2, grid)
    gains = []
    for i in range(model.n_creators):
        now = model.market.utility(i)
        gains.append(max(model.market.utility_at(i, np.array([x, y])) - now for x in side for y in side))
    planned = plan_world(model, 0, starts=5).welfare
    return EachAtItsUser(beta, model.market.welfare(), planned, float(max(gains)))


Finding = TypeVar("Finding")
Check = tuple[str, int, float]
CHECKS: list[Check] = [
    *(("at users", 5, beta) for beta in (0.1, 10.0)),
    *(("theorem 1", 5, beta) for beta in (4.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)),
    *(("theorem 2, proof", n, beta) for n in (5, 20, 60) for beta in (1.0, 0.1)),
    *(("theorem 2", n, beta) for n in (5, 20, 100) for beta in (1.0, 0.5, 0.3, 0.1)),
]
"""Every numerical check: its kind, number of creators and temperature."""


@dataclass(frozen=True)
class Checks:
    """What the checks found, by kind."""

    each_at_its_user: list[EachAtItsUser] = field(default_factory=list)
    theorem_1: list[Uniqueness] = field(default_factory=list)
    theorem_2_proof: list[ProofStep] = field(default_factory=list)
    theorem_2: list[Improvement] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """What a check found, as JSON."""

    row: str


def run_checks(folder: Path, engine: Engine, quiet: bool) -> Checks:
    """Run the checks that are missing in ``checks`` below `folder`."""
    work = Work("checks", {"experiment": "checks", "checks": CHECKS}, CHECKS, run_check, Checked)
    rows = [json.loads(one.row) for one in run_kept(work, folder / "checks", engine, quiet).results]

    def found(kind: str, row: Callable[..., Finding]) -> list[Finding]:
        return [row(**own) for (one, *_), own in zip(CHECKS, rows, strict=True) if one == kind]

    return Checks(
        found("at users", EachAtItsUser),
        found("theorem 1", Uniqueness),
        found("theorem 2, proof", ProofStep),
        found("theorem 2", Improvement),
    )


def run_check(job: Check) -> Checked:
    """Run one numerical check, always on the same games."""
    kind, n, beta = job
    rng = np.random.default_rng(1)
    users = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2))
    found: dict[str, Callable[[], EachAtItsUser | Uniqueness | ProofStep | Improvement]] = {
        "at users": lambda: each_at_its_user(beta),
        "theorem 1": lambda: uniqueness(users, n, beta, rng),
        "theorem 2, proof": lambda: proof_step(n, beta, rng),
        "theorem 2": lambda: improvement(n, beta, rng, trials=6),
    }
    return Checked(json.dumps(asdict(found[kind]())))
