"""Numerical checks of what the paper proves: the equilibrium of Section 4.1, Theorems 1 and 2, and Definition 1."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from ecosystem import CreatorEconomy
from ecosystem.yardsticks.equilibrium import Settled, settled
from ecosystem.yardsticks.planner import plan_world
from ecosystem.yardsticks.theorem_1 import Gap, Uniqueness, gap, narrow, uniqueness
from ecosystem.yardsticks.theorem_2 import Improvement, ProofTerms, improvement, proof_terms
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


def each_at_its_user(beta: float) -> EachAtItsUser:
    """Check Section 4.1's equilibrium statement at one temperature."""
    model = CreatorEconomy(environment="figure1", beta=beta, rng=0)
    for i, user in enumerate(model.users):
        model.market.move(i, user)
    side = np.linspace(-2, 2, 161)
    gains = []
    for i in range(model.n_creators):
        now = model.market.utility(i)
        gains.append(max(model.market.utility_at(i, np.array([x, y])) - now for x in side for y in side))
    planned = plan_world(model, 0, starts=5).welfare
    return EachAtItsUser(beta, model.market.welfare(), planned, float(max(gains)))


Finding = TypeVar("Finding")


@dataclass(frozen=True)
class Check:
    """One numerical check: its kind, and of its game what that needs."""

    kind: str
    n: int = 5
    beta: float = 0.1
    dim: int = 2
    world: str = "wide"  # of Theorem 1, users all over the disc, or "narrow"; or an environment


CHECKS: list[Check] = [
    *(Check("at-users", beta=beta) for beta in (0.1, 10.0)),
    *(Check("theorem-1", beta=beta) for beta in (4.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)),
    *(
        Check("theorem-1-gap", n, beta, world=world)
        for world, n, beta in (("wide", 5, 2.0), ("narrow", 20, 12.0))
    ),
    *(Check("theorem-2-proof", n, beta, dim) for dim in (4, 16) for beta in (1.0, 0.1) for n in (5, 50, 500)),
    *(Check("theorem-2", n, beta, 4) for n in (5, 20, 100) for beta in (1.0, 0.5, 0.3, 0.1)),
    *(Check("lne", world=world) for world in ("figure1", "niches_few")),
]
"""Every numerical check."""
LNE_STEPS, LNE_SEEDS = 2000, 10
"""T, and over how many seeds local equilibria are looked for."""


@dataclass(frozen=True)
class Settling:
    """Means over seeds of `Settled`."""

    environment: str
    steps: str
    largest: float
    gaining: float
    welfare: float


@dataclass(frozen=True)
class Checks:
    """What the checks found, by kind."""

    each_at_its_user: list[EachAtItsUser] = field(default_factory=list)
    theorem_1: list[Uniqueness] = field(default_factory=list)
    theorem_1_gap: list[Gap] = field(default_factory=list)
    theorem_2_proof: list[ProofTerms] = field(default_factory=list)
    theorem_2: list[Improvement] = field(default_factory=list)
    lne: list[Settling] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """What a check found, as JSON: a list of rows."""

    row: str


def run_checks(folder: Path, engine: Engine, quiet: bool, kind: str | None = None) -> Checks:
    """Run the checks that are missing in ``checks`` below `folder`, all or those of a kind."""
    checks = [one for one in CHECKS if kind in (None, one.kind)]
    description = {"experiment": "checks", "checks": [asdict(one) for one in checks]}
    work = Work("checks", description, checks, run_check, Checked)
    rows = [json.loads(one.row) for one in run_kept(work, folder / "checks", engine, quiet).results]

    def found(kind: str, row: Callable[..., Finding]) -> list[Finding]:
        some = [own for one, own in zip(checks, rows, strict=True) if one.kind == kind]
        return [row(**one) for own in some for one in own]

    return Checks(
        found("at-users", EachAtItsUser),
        found("theorem-1", Uniqueness),
        found("theorem-1-gap", Gap),
        found("theorem-2-proof", ProofTerms),
        found("theorem-2", Improvement),
        found("lne", Settling),
    )


def run_check(job: Check) -> Checked:
    """Run one numerical check, always on the same games."""
    n, beta, rng = job.n, job.beta, np.random.default_rng(1)
    wide = np.random.default_rng(0).uniform(-0.7, 0.7, (40, 2))
    found: dict[str, Callable[[], Sequence[object]]] = {
        "at-users": lambda: [each_at_its_user(beta)],
        "theorem-1": lambda: [uniqueness(wide, n, beta, rng)],
        "theorem-1-gap": lambda: [gap(narrow() if job.world == "narrow" else wide, n, beta, rng)],
        "theorem-2-proof": lambda: [proof_terms(n, beta, rng, job.dim)],
        "theorem-2": lambda: [improvement(n, beta, rng, job.dim, trials=6)],
        "lne": lambda: settling(job.world, LNE_STEPS, range(LNE_SEEDS)),
    }
    return Checked(json.dumps([vars(one) for one in found[job.kind]()]))


def settling(environment: str, steps: int, seeds: range) -> list[Settling]:
    """Return how near runs are to a local equilibrium, by the lengths of their steps: means over seeds."""
    by_steps = zip(*(settled(environment, seed, steps) for seed in seeds), strict=True)

    def mean(ends: Sequence[Settled], name: str) -> float:
        return float(np.mean([getattr(one, name) for one in ends]))

    return [
        Settling(
            environment, ends[0].steps, mean(ends, "largest"), mean(ends, "gaining"), mean(ends, "welfare")
        )
        for ends in by_steps
    ]
