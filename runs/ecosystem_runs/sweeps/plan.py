"""Plans of sweeps: a TOML file that says which runs there are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from ecosystem.batching import seed_list
from ecosystem.economy.collection import SERIES
from ecosystem.economy.parameters import DEFAULTS, NAMING
from ecosystem.environments import environment_of
from ecosystem.environments.environment import Environment
from ecosystem.sizes import MOST_RUNS
from ecosystem_agents.inputs.checks import BadInput, choice, parsed_toml, whole
from ecosystem_agents.inputs.lookup import absolute, short
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.parameters import NAMED
from ecosystem_runs.sweeps.parameter_ranges import Range, Scalar, range_of, sample

KEYS = ("environment", "steps", "seeds", "collect", "every", "parameters", "points", "sample", "arms")
COLLECTED = ("welfare", "welfare_default", "min_group_utility", "creator_gini")


@dataclass(frozen=True)
class Run:
    """A run of a plan: a pure function of its parameters and seed."""

    number: int
    point: int
    arm: str
    seed: int
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A sweep: every point under every arm, on the same seeds."""

    environment: str
    steps: int  # horizon of every run
    seeds: list[int]
    fixed: dict[str, Scalar]  # parameters with one value
    points: list[dict[str, Scalar]]  # settings of the varied parameters
    arms: dict[str, dict[str, Scalar]]  # what arms differ in; the first is the baseline of reports
    collect: list[str]  # series to keep the final mean and the last value of
    inputs: dict[str, str] = field(default_factory=dict)  # digests: with another file it is another sweep
    every: int = 0  # series are kept at each so many steps; 0 for none

    def __len__(self) -> int:
        return len(self.seeds) * len(self.points) * len(self.arms)

    def runs(self) -> Iterator[Run]:
        """Give all runs, seed by seed: an unfinished sweep then has whole seeds, with all their arms."""
        everywhere: dict[str, Any] = {"environment": self.environment, "horizon": self.steps} | self.fixed
        order = product(self.seeds, enumerate(self.points), self.arms.items())
        for number, (seed, (point, varied), (arm, own)) in enumerate(order):
            yield Run(number, point, arm, seed, everywhere | varied | own)

    def parameters(self) -> list[str]:
        """Return the names of all parameters that the plan names, in its order."""
        arms = [name for own in self.arms.values() for name in own]
        return list(dict.fromkeys([*self.fixed, *self.points[0], *arms]))

    def description(self) -> dict[str, Any]:
        """Return the fields as plain JSON data, samples drawn: equal for equal sweeps."""
        own = {name: getattr(self, name) for name in Plan.__annotations__}
        return {name: value for name, value in own.items() if value or name not in ("inputs", "every")}

    def revealing_runs(self) -> list[Run]:
        """Return few runs that between them have every extreme value: one shows a value out of range."""
        found: dict[tuple[str, Any], Run] = {}
        lowest: dict[str, float] = {}
        highest: dict[str, float] = {}
        for run in self.runs():
            if run.seed != self.seeds[0]:
                break
            for name, value in run.parameters.items():
                if isinstance(value, (bool, str)):
                    found.setdefault((name, value), run)
                    continue
                if value < lowest.get(name, math.inf):
                    lowest[name], found[name, "lowest"] = value, run
                if value > highest.get(name, -math.inf):
                    highest[name], found[name, "highest"] = value, run
        return list({run.number: run for run in found.values()}.values())


def read_plan(path: Path) -> Plan:
    """Read a plan file; what cannot be used is one line that names the file, the key and the fix."""
    return parsed_toml("plan", path, parse_plan)


def parse_plan(raw: Mapping[str, Any]) -> Plan:
    """Return the plan that a TOML file's content says, every key, name and value of it checked."""
    for key in raw:
        choice("a key", key, KEYS)
    if "environment" not in raw:
        raise BadInput('environment is missing; write, such as: environment = "figure1"')
    environment = raw["environment"]
    spec = environment_of(environment)
    steps = whole("steps", raw.get("steps", spec.horizon), at_least=1)
    seeds, collect = seed_list(raw.get("seeds", 1)), _collect(raw.get("collect", list(COLLECTED)))
    every = whole("every", raw["every"], at_least=1) if "every" in raw else 0
    tables = {key: table_in(raw, key) for key in ("parameters", "sample", "arms")}
    allowed = varied_in(spec)
    given = parameters_of(tables["parameters"], allowed)
    listed = _listed_points(raw.get("points", [{}]), allowed)
    arms = arms_of(tables["arms"], allowed) or _arms_of_mechanisms(given)
    _apart(given, listed[0], arms)
    sampled = sample(tables["sample"], given.ranges)
    count = len(seeds) * len(arms) * len(sampled) * len(listed) * math.prod(map(len, given.grid.values()))
    if count > MOST_RUNS:
        raise BadInput(
            f"the plan has {count:,} runs; at most {MOST_RUNS:,} make a sweep: sample, or split it"
        )
    points = [
        dict(zip(given.grid, levels, strict=True)) | drawn | joint
        for levels in product(*given.grid.values())
        for drawn in sampled
        for joint in listed
    ]
    inputs = inputs_of({"environment": environment}, given.fixed, *points, *arms.values())
    return Plan(absolute(environment), steps, seeds, given.fixed, points, arms, collect, inputs, every)


@dataclass
class Varied:
    """What ``[parameters]`` says: one value each, levels that are crossed, and ranges to sample."""

    fixed: dict[str, Scalar] = field(default_factory=dict)
    grid: dict[str, list[Scalar]] = field(default_factory=dict)
    ranges: dict[str, Range] = field(default_factory=dict)


def varied_in(spec: Environment) -> list[str]:
    """Return the names of parameters that a plan may set: the model's, and an environment's options."""
    return [name for name in DEFAULTS if name not in NAMED or name == "mechanism"] + list(spec.options)


def parameters_of(table: Mapping[str, Any], allowed: Sequence[str], where: str = "parameters") -> Varied:
    """Return what a table of parameters says, each name one of those allowed."""
    found = Varied()
    for name, value in table.items():
        _check_name(where, name, allowed)
        if isinstance(value, list):
            found.grid[name] = [_scalar(name, level) for level in value]
            if not value or len(set(map(repr, value))) < len(value):
                raise BadInput(f"{name} is {value}; list at least one value, each once")
        elif not isinstance(value, dict):
            found.fixed[name] = _scalar(name, value)
        elif (span := range_of(name, value)).levels is None:
            found.ranges[name] = span
        else:
            found.grid[name] = span.spaced(span.levels)
    return found


def _arms_of_mechanisms(given: Varied) -> dict[str, dict[str, Scalar]]:
    """Return an arm a mechanism where several are listed, which then are no levels; else the one arm there is."""
    if "mechanism" not in given.grid:
        return {short(str(given.fixed.get("mechanism", "none"))): {}}
    named = [str(name) for name in given.grid.pop("mechanism")]
    labels = [short(name) for name in named]
    labels = labels if len(set(labels)) == len(labels) else named
    return {label: {"mechanism": name} for label, name in zip(labels, named, strict=True)}


def _collect(names: Any) -> list[str]:
    if not isinstance(names, list) or not names:
        raise BadInput(f"collect is {names!r}; it must be a list out of {', '.join(SERIES)}")
    return list(dict.fromkeys(choice("a name in collect", name, SERIES) for name in names))


def table_in(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a table of a plan; none where it has none."""
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise BadInput(f"{key} is {value!r}; it must be a table: [{key}]")
    return value


def _check_name(where: str, name: str, allowed: Sequence[str]) -> None:
    instead = {"horizon": "steps", "seed": "seeds", "rng": "seeds", "environment": "environment"}
    if name in instead:
        raise BadInput(
            f"{name} stands in [{where}]; write {instead[name]} = ... at the top of the plan instead"
        )
    choice(f"a name in [{where}]", name, allowed)


def _scalar(name: str, value: Any) -> Scalar:
    if isinstance(value, str):
        return absolute(value) if name in NAMING else value
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise BadInput(f"{name} has the value {value!r}; values are finite numbers, texts, true and false")


def _settings(where: str, table: Mapping[str, Any], allowed: list[str]) -> dict[str, Scalar]:
    """Return what a table sets that gives each parameter one value."""
    for name in table:
        _check_name(where, name, allowed)
    return {name: _scalar(name, value) for name, value in table.items()}


def _listed_points(points: Any, allowed: list[str]) -> list[dict[str, Scalar]]:
    if not isinstance(points, list) or not points or not all(isinstance(point, dict) for point in points):
        raise BadInput("points must be a list of tables, a setting each: [[points]]")
    found = [_settings("[points]", point, allowed) for point in points]
    first = found[0]
    for point in found:
        if set(point) != set(first):
            raise BadInput(
                f"one of [[points]] sets {sorted(point)}, another {sorted(first)}; set the same in all"
            )
    return [{name: point[name] for name in first} for point in found]


def arms_of(arms: dict[str, Any], allowed: list[str]) -> dict[str, dict[str, Scalar]]:
    """Return what each arm of a plan sets."""
    for arm, own in arms.items():
        if not isinstance(own, dict):
            raise BadInput(f"arm {arm} is {own!r}; it must be a table: [arms.{arm}]")
    return {arm: _settings(f"arms.{arm}", own, allowed) for arm, own in arms.items()}


def _apart(given: Varied, listed: Mapping[str, Any], arms: Mapping[str, Mapping[str, Any]]) -> None:
    """Check that no parameter is varied in two places; an arm or point may override a fixed value."""
    varied = {*given.grid, *given.ranges}
    for name in listed:
        if name in varied:
            raise BadInput(f"{name} is varied in [parameters] and in [[points]]; keep it in one of them")
    for arm, own in arms.items():
        for name in own:
            if name in varied or name in listed:
                raise BadInput(f"{name} is varied and set by arm {arm} as well; keep it in one of them")
