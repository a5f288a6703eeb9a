"""A search for the weights under which creators end where users are best off: Eqs. (11) and (12).

The constraint, Eq. (12), is read as the paper reads it: s*(w) is where LBR leads under weights w that stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import differential_evolution

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.rewards import RelevancePay
from ecosystem.yardsticks.attainable import share_of
from ecosystem.yardsticks.intervals import PairedInterval, paired_interval
from ecosystem.yardsticks.weight_gradient import weight_gradient
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.jobs.engines import Engine, staying
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.run_kept import Work, run_kept
from ecosystem_runs.paired.arms import check_shared
from ecosystem_runs.paired.planned import planned_worlds
from ecosystem_runs.paired.worlds import Worlds

CANDIDATES = 24
"""Weights that are tried together: a generation of the search."""
MOST_GROUPS = 50
SEARCH_SEED = 0
"""Of differential evolution's own chances."""


@dataclass(frozen=True)
class Welfare:
    """Final default-terms welfare of a run."""

    welfare_default: float


@dataclass(frozen=True)
class End(Welfare):
    """That, and what Eq. (22) is at the run's end; NaN and no gradient where pay is not Eq. (5), relevance."""

    slope: float
    kinks: float
    gradient: list[float]


Ended = TypeVar("Ended", bound=Welfare)


@dataclass(frozen=True)
class Search:
    """Worlds to search in and worlds to confirm in, with other seeds; weights are groups' under UIR, Eq. (8)."""

    found_in: Worlds
    confirmed_in: Worlds
    generations: int

    def parameters(self, mechanism: str) -> dict[str, Any]:
        """Return the parameters of all runs under a mechanism."""
        return self.found_in.parameters | {"horizon": self.found_in.steps, "mechanism": mechanism}

    def description(self, experiment: str) -> dict[str, Any]:
        """Return what the search is, as plain JSON."""
        worlds = {"found in": self.found_in, "confirmed in": self.confirmed_in}
        own = {name: one.description(experiment) for name, one in worlds.items()}
        return {"experiment": experiment, "environment": self.found_in.environment} | own


@dataclass(frozen=True)
class Reached:
    """What an arm reaches over the worlds of the confirmation, in default-terms welfare."""

    arm: str
    welfare: float
    less_none: PairedInterval
    less_best: PairedInterval
    of_best: float | None  # mean gain over that of the best weights; None where that is none
    of_planner: float | None
    of_attainable: float | None


@dataclass(frozen=True)
class Found:
    """The best weights of a search, and what they and Algorithm 1 come to in worlds it did not see."""

    weights: list[float]  # (L,), by group, mean 1
    searched: float  # mean welfare in the worlds of the search
    evaluations: int  # how many weights were tried
    ends: list[End]  # of the best weights, one a world of the confirmation
    rows: list[Reached]

    @property
    def gradients(self) -> int:
        """At how many of these ends Eq. (22) has a gradient."""
        return sum(bool(one.gradient) for one in self.ends)


def search_of(found_in: Worlds, confirmed_in: Worlds, generations: int) -> Search:
    """Return a search; what cannot be is said before it runs."""
    found_in, confirmed_in = (
        replace(one, environment=absolute(one.environment)) for one in (found_in, confirmed_in)
    )
    check_shared(found_in.settings)
    model = CreatorEconomy(**found_in.parameters, mechanism="uir", horizon=found_in.steps, rng=0)
    if model.n_groups > MOST_GROUPS:
        raise BadInput(
            f"{found_in.environment} has {model.n_groups} groups; a search for weights is for worlds of at most "
            f"{MOST_GROUPS}: set n_groups to less"
        )
    if set(found_in.numbers) & set(confirmed_in.numbers):
        raise BadInput(
            f"--search-first-seed gives {found_in.span}, and the confirmation {confirmed_in.span}; searched and "
            "confirmed on the same seeds is not confirmed: keep them apart"
        )
    return Search(found_in, confirmed_in, generations)


def run(search: Search, folder: Path, engine: Engine, quiet: bool = False) -> Found:
    """Run what is missing of a search and its confirmation, generation by generation, kept in `folder`.

    1. Candidates are vectors of log weights within [log w_min, log w_max]; each is worth the mean, over the worlds of
       the search, of the default-terms welfare that LBR ends with under it, kept from the first step to the last.
    2. Differential evolution (SciPy's, seeded), from equal weights and others drawn evenly.
    3. The best of all, Algorithm 1 and no intervention run in the worlds of the confirmation, beside both yardsticks.
    """
    model = CreatorEconomy(**search.parameters("uir"), rng=0)
    L, low, high = model.n_groups, np.log(max(model.w_min, 1e-6)), np.log(model.w_max)
    seeds, done = search.found_in.numbers, 0
    rng = np.random.default_rng(SEARCH_SEED)
    first = np.vstack([np.zeros(L), rng.uniform(low, high, (CANDIDATES - 1, L))])

    def losses(logs: np.ndarray) -> np.ndarray:
        nonlocal done
        done += 1
        candidates = [np.exp(one).tolist() for one in np.atleast_2d(logs.T)]
        found = _runs(
            search, candidates, seeds, folder / f"generation-{done:03d}", started, quiet, run_job, Welfare
        )
        return -np.mean([[one.welfare_default for one in own] for own in found], axis=1)

    with staying(engine) as started:
        try:
            best = differential_evolution(
                losses,
                [(low, high)] * L,
                init=first,
                maxiter=search.generations - 1,
                polish=False,
                updating="deferred",
                vectorized=True,
                tol=0.0,
                rng=rng,
            )
        except RuntimeError as error:  # SciPy says this of every ValueError, and so of our lines
            if isinstance(error.__cause__, BadInput):
                raise error.__cause__ from None
            raise
        weights = np.exp(best.x)
        confirmed = _confirmed(search, weights, folder, started, quiet)
    return Found((weights / weights.mean()).tolist(), float(-best.fun), CANDIDATES * done, *confirmed)


def _runs(
    search: Search,
    candidates: Sequence[Sequence[float] | None],
    seeds: range,
    folder: Path,
    engine: Engine,
    quiet: bool,
    function: Callable[[Job], Ended],
    result: type[Ended],
) -> list[list[Ended]]:
    """Return what runs under each candidate's weights end with, seed by seed; None is Algorithm 1."""
    jobs = [
        Job(search.parameters("uir"), seed, None if one is None else [list(one)])
        for one in candidates
        for seed in seeds
    ]
    description = search.description("weights") | {"candidates": [*map(str, candidates)]}
    work = Work(folder.name, description, jobs, function, result)
    found = run_kept(work, folder, engine, quiet).results
    return [found[k : k + len(seeds)] for k in range(0, len(found), len(seeds))]


def run_job(job: Job) -> Welfare:
    """Run an economy to its horizon."""
    return Welfare(_final(_played(job)))


def run_to_its_end(job: Job) -> End:
    """Run an economy to its horizon, and look there for Eq. (22), which is of relevance pay."""
    model = _played(job)
    if not isinstance(model.reward, RelevancePay):
        return End(_final(model), np.nan, np.nan, [])
    found = weight_gradient(model, np.array(model.weights))
    return End(_final(model), found.slope, found.kinks, found.gradient)


def _played(job: Job) -> CreatorEconomy:
    model = job.model()
    model.run()
    return model


def _final(model: CreatorEconomy) -> float:
    return tail_mean(model.datacollector.model_vars["welfare_default"], model.horizon)


def _confirmed(
    search: Search, best: np.ndarray, folder: Path, engine: Engine, quiet: bool
) -> tuple[list[End], list[Reached]]:
    seeds = search.confirmed_in.numbers
    equal = np.ones(len(best)).tolist()
    (ends,) = _runs(
        search, [best.tolist()], seeds, folder / "confirmation-best", engine, quiet, run_to_its_end, End
    )
    idle, paper = _runs(
        search, [equal, None], seeds, folder / "confirmation", engine, quiet, run_job, Welfare
    )
    arms: dict[str, Sequence[Welfare]]
    arms = {"no intervention": idle, "the best weights found": ends, "Algorithm 1 (UIR)": paper}
    welfare = {name: np.array([one.welfare_default for one in own]) for name, own in arms.items()}
    none, top = welfare["no intervention"], welfare["the best weights found"]
    (planned,) = planned_worlds([search.parameters("none")], seeds, folder, engine, quiet)
    planner, attainable = (
        np.array([getattr(one, name) for one in planned]) for name in ("welfare", "attainable")
    )
    rows = {**welfare, "attainable by small steps": attainable, "planner": planner}

    def share(own: np.ndarray, of: np.ndarray) -> float | None:
        found = share_of(own.mean(), none.mean(), of.mean())
        return found if np.isfinite(found) else None

    return ends, [
        Reached(
            name,
            float(own.mean()),
            paired_interval(own - none),
            paired_interval(own - top),
            *(share(own, of) for of in (top, planner, attainable)),
        )
        for name, own in rows.items()
    ]
