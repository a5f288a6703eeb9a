"""Designs of a sensitivity analysis: at which points of the parameters' ranges, and under which seeds, runs are made.

The seed is a factor like others. Whatever changes with it alone is noise, so its indices tell noise from effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.environments import environment_of
from ecosystem.extras import library
from ecosystem.sizes import MOST_RUNS
from ecosystem_agents.inputs.checks import BadInput, choice, parsed_toml, whole
from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.sensitivity.indices import MORRIS
from ecosystem_runs.sweeps.parameter_ranges import Range, Scalar, sobol_points
from ecosystem_runs.sweeps.plan import arms_of, parameters_of, table_in, varied_in

METHODS = ("sobol", "morris")
SEED = "seed"
KEYS = ("environment", "steps", "method", "points", "seeds", "first_seed", "draw", "parameters", "arms")
MORRIS_LEVELS = 4
"""Of each factor, between which Morris' trajectories step."""


@dataclass(frozen=True)
class Factor:
    """A parameter and what a number in [0, 1) stands for: a place of its range, or one of listed values."""

    name: str
    span: Range | list[Scalar]

    def values(self, unit: np.ndarray) -> list[Scalar]:
        """Return the values at numbers (p,) in [0, 1]."""
        if isinstance(self.span, Range):
            return self.span.spread(np.minimum(unit, np.nextafter(1.0, 0.0)))
        places = np.minimum((unit * len(self.span)).astype(int), len(self.span) - 1)
        return [self.span[place] for place in places]


@dataclass(frozen=True)
class Design:
    """What is run: factors, the last of them the seed, and points of the unit cube, (p, k), in the method's order."""

    environment: str
    steps: int
    method: str
    fixed: Mapping[str, Scalar]
    arms: Mapping[str, Mapping[str, Scalar]]  # the first is what effects are measured from
    factors: tuple[Factor, ...]
    points: np.ndarray

    @property
    def names(self) -> list[str]:
        """The factors' names."""
        return [factor.name for factor in self.factors]

    @property
    def listed(self) -> dict[str, list[Scalar]]:
        """What factors with listed values take, by name; the seed's are left out."""
        return {one.name: one.span for one in self.factors[:-1] if isinstance(one.span, list)}

    def settings(self) -> list[dict[str, Scalar]]:
        """Return what each point sets, the seed among it."""
        columns = [factor.values(self.points[:, k]) for k, factor in enumerate(self.factors)]
        return [dict(zip(self.names, values, strict=True)) for values in zip(*columns, strict=True)]

    def jobs(self) -> list[Job]:
        """Return all runs, point by point, each under every arm."""
        everywhere = {"environment": self.environment, "horizon": self.steps} | dict(self.fixed)
        found = []
        for point in self.settings():
            seed = int(point.pop(SEED))
            found += [Job(everywhere | point | dict(own), seed) for own in self.arms.values()]
        return found

    def description(self) -> dict[str, Any]:
        """Return the design as plain JSON: equal for equal designs."""
        spans = {
            one.name: vars(one.span) if isinstance(one.span, Range) else one.span for one in self.factors
        }
        own = {name: getattr(self, name) for name in ("environment", "steps", "method", "fixed", "arms")}
        own |= {"experiment": "sensitivity", "factors": spans, "points": self.points.tolist()}
        listed = [{name: value} for name, values in self.listed.items() for value in values]
        inputs = inputs_of({"environment": self.environment}, self.fixed, *listed, *self.arms.values())
        return own | ({"inputs": inputs} if inputs else {})


def read_design(path: Path) -> Design:
    """Read a plan of a sensitivity analysis; what cannot be used is one line that names the file, key and fix."""
    return parsed_toml("plan", path, parse_design)


def parse_design(raw: Mapping[str, Any]) -> Design:
    """Return the design that a TOML file's content says.

    Examples
    --------
    >>> span = {"low": 0.05, "high": 0.5}
    >>> found = parse_design({"environment": "figure1", "points": 4, "parameters": {"eta": span, "K": [1, 2]}})
    >>> found.names, len(found.points)  # 4 (k + 2) points
    (['eta', 'K', 'seed'], 20)
    """
    for key in raw:
        choice("a key", key, KEYS)
    if "environment" not in raw:
        raise BadInput('environment is missing; write, such as: environment = "niches"')
    environment = raw["environment"]
    spec = environment_of(environment)
    steps = whole("steps", raw.get("steps", spec.horizon), at_least=1)
    method = choice("method", raw.get("method", "sobol"), METHODS)
    count = whole("points", raw.get("points", 64), at_least=2, at_most=MOST_RUNS)
    seeds = whole("seeds", raw.get("seeds", 100), at_least=1, at_most=MOST_RUNS)
    first = whole("first_seed", raw.get("first_seed", 0), at_least=0, at_most=2**62)
    draw = whole("draw", raw.get("draw", 0), at_least=0)
    allowed = varied_in(spec)
    given = parameters_of(table_in(raw, "parameters"), allowed)
    arms = arms_of(table_in(raw, "arms"), allowed) or {"all": {}}
    factors = [
        *map(Factor, given.ranges, given.ranges.values()),
        *map(Factor, given.grid, given.grid.values()),
    ]
    if not factors:
        raise BadInput("[parameters] varies nothing; give a range or a list: eta = {low = 0.05, high = 0.5}")
    if twice := [name for own in arms.values() for name in own if name in {one.name for one in factors}]:
        raise BadInput(f"{twice[0]} is varied and set by an arm as well; keep it in one of them")
    factors.append(Factor(SEED, list(range(first, first + seeds))))
    points = _saltelli(len(factors), count, draw) if method == "sobol" else _morris(len(factors), count, draw)
    if len(points) * len(arms) > MOST_RUNS:
        raise BadInput(
            f"the plan has {len(points) * len(arms):,} runs; at most {MOST_RUNS:,} work: fewer points"
        )
    return Design(absolute(environment), steps, method, given.fixed, arms, tuple(factors), points)


def _saltelli(k: int, count: int, draw: int) -> np.ndarray:
    """Return A, B and for each factor A with that column of B, one below the other: (count (k + 2), k)."""
    both = sobol_points("points", count, 2 * k, np.random.default_rng(draw))
    A, B = both[:, :k], both[:, k:]
    return np.vstack([A, B, *(np.where(np.arange(k) == j, B, A) for j in range(k))])


def _morris(k: int, count: int, draw: int) -> np.ndarray:
    """Return Morris' trajectories, of k + 1 points each: (count (k + 1), k)."""
    problem = {"num_vars": k, "names": [str(j) for j in range(k)], "bounds": [[0.0, 1.0]] * k}
    sampler = library("SALib.sample.morris", *MORRIS)
    return np.asarray(sampler.sample(problem, count, num_levels=MORRIS_LEVELS, seed=draw))
