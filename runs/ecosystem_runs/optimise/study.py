"""The trials of a search, one after the other: Optuna says what to try next, from what the others came to.

Everything follows from the plan. A trial's sampler is seeded by the study's draw and the trial's number, and what it
suggests depends on the trials before, so a study that was killed is told again from the runs that were kept, trial by
trial, and then goes on as it would have. Its journal, which Optuna's own tools read, is written anew meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ecosystem.extras import library
from ecosystem.policies import BASE, POLICIES, Policy
from ecosystem.yardsticks.final import Recorded
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.arena.table import MEASURES
from ecosystem_runs.digests.hashes import digest_of
from ecosystem_runs.jobs.engines import Engine, staying
from ecosystem_runs.jobs.job import Job
from ecosystem_runs.jobs.kept import Kept, open_folder
from ecosystem_runs.jobs.queue import Done
from ecosystem_runs.jobs.run_kept import Work, fix_of, keep, run_kept
from ecosystem_runs.optimise.plan import Search, Span
from ecosystem_runs.progress import progress
from ecosystem_runs.sweeps.parameter_ranges import Range, Scalar

JOURNAL = "journal.log"
POPULATION = 20
"""Trials of a generation of NSGA-II."""
MOST_CONFIRMED = 8
"""Of a front, spread along its first objective."""

Measured: Any = make_dataclass("Measured", [("played", str), *((name, float) for name in MEASURES)])
"""What is kept of a run: a digest of the parameters that were played, and every measure of its last steps."""
Measured.__module__ = __name__  # where workers find it

Means = Mapping[str, float]


@dataclass(frozen=True)
class Trial:
    """A policy that was tried, and what it came to on the seeds of the search."""

    number: int
    policy: Policy
    chosen: Mapping[str, Scalar]  # of what is searched
    means: Means  # by measure
    excess: Means  # by constraint: how far out of bounds it is, above 0

    @property
    def feasible(self) -> bool:
        """Whether it keeps to all constraints."""
        return all(value <= 0 for value in self.excess.values())

    def is_told(self, search: Search) -> bool:
        """Whether all that is wanted of it is a number: without users there is no welfare."""
        wanted = [*(self.means[name] for name in search.objectives), *self.excess.values()]
        return not np.isnan(wanted).any()


@dataclass(frozen=True)
class Study:
    """All trials, those of the front that were confirmed, and what policies came to on held-out seeds."""

    idle: Means  # no intervention, on the seeds of the search
    trials: list[Trial]
    front: list[
        Trial
    ]  # none beats them in all objectives, the best of the first one first; one of one objective
    held_out: dict[str, dict[str, np.ndarray]]  # by policy and measure, one number a seed


def run(search: Search, folder: Path, engine: Engine, quiet: bool = False) -> Study:
    """Run what is missing of a search, kept in `folder`; what is found runs beside all named policies at the end."""
    with staying(engine) as started, _Runs.opened(search, folder, started) as runs:
        idle = runs.means(0, POLICIES[BASE])
        trials, best = _tried(search, runs, idle, folder / JOURNAL, quiet)
        places = np.linspace(0, len(best) - 1, min(len(best), MOST_CONFIRMED)).tolist() if best else []
        front = [best[round(k)] for k in places]
        held_out = _held_out(search, [one.policy for one in front], folder, started, quiet) if front else {}
    return Study(idle, trials, front, held_out)


def _tried(
    search: Search, runs: _Runs, idle: Means, journal: Path, quiet: bool
) -> tuple[list[Trial], list[Trial]]:
    """Return all trials, and those that no other beats, of equal ones the first."""
    optuna, storages = (
        library(name, "ecosystem optimise", "analysis") for name in ("optuna", "optuna.storages.journal")
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for path in journal.parent.glob(f"{journal.name}*"):
        path.unlink()
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(storages.JournalFileBackend(str(journal))),
        directions=[way.replace("ise", "ize") for way in search.objectives.values()],  # as Optuna spells it
        study_name=journal.parent.name,
    )
    first = next(iter(search.objectives))
    sign = 1 if search.objectives[first] == "maximise" else -1
    trials: list[Trial] = []
    with progress("optimise", search.trials, quiet) as report:
        for number in range(search.trials):
            study.sampler = _sampler(optuna.samplers, search, number)
            asked = study.ask()
            chosen = search.chosen(_suggestions(asked))
            name = f"found_{number}"
            policy = search.policy(
                chosen, name, f"trial {number} of a search on {search.searched_in.environment}"
            )
            means = runs.means(number + 1, policy)
            excess = {one: bound.excess(means[one], idle[one]) for one, bound in search.constraints.items()}
            trial = Trial(number, policy, {k: chosen[k] for k in search.spans if k in chosen}, means, excess)
            trials.append(trial)
            if trial.is_told(search):
                for one, value in excess.items():
                    asked.set_constraint(one, value)
                study.tell(asked, [means[one] for one in search.objectives])
            else:
                study.tell(asked, state=optuna.trial.TrialState.FAIL)
            values = [one.means[first] for one in trials if one.feasible and one.is_told(search)]
            report(number + 1, f"best {first} {sign * max(sign * v for v in values):.5f}" if values else "")
    best = [trials[one.number] for one in study.best_trials]
    best.sort(key=lambda one: (-sign * one.means[first], one.number))
    apart = {tuple(one.means[name] for name in search.objectives): one for one in reversed(best)}
    front = [one for one in best if one in apart.values()]
    return trials, front[:1] if len(search.objectives) == 1 else front


def _sampler(samplers: Any, search: Search, number: int) -> Any:
    seed = seed_of(search.draw, number)
    if search.sampler == "tpe":
        return samplers.TPESampler(seed=seed)
    return samplers.NSGAIISampler(seed=seed, population_size=POPULATION)


def seed_of(draw: int, number: int) -> int:
    """Return the seed of a trial's sampler; of draw 0 its number, as published searches have it.

    Examples
    --------
    >>> seed_of(0, 3), seed_of(1, 2) == seed_of(2, 1)  # neighbouring draws share nothing
    (3, False)
    """
    return int(np.random.SeedSequence([draw, number]).generate_state(1)[0]) if draw else number


def _suggestions(asked: Any) -> Callable[[str, Span], Scalar]:
    def choose(name: str, span: Span) -> Scalar:
        if not isinstance(span, Range):
            return asked.suggest_categorical(name, span)
        if span.whole:
            return asked.suggest_int(name, int(span.low), int(span.high), log=span.log)
        return asked.suggest_float(name, span.low, span.high, log=span.log)

    return choose


@dataclass(frozen=True)
class _Runs:
    """Runs on the seeds of the search: those that are kept, and others as they are asked for."""

    search: Search
    kept: Kept
    engine: Engine
    work: Work[Any]
    done: dict[int, Done]
    seen: dict[str, Means]  # of policies that were tried already

    @classmethod
    @contextmanager
    def opened(cls, search: Search, folder: Path, engine: Engine) -> Iterator[_Runs]:
        """Hold a folder while the context lasts."""
        work: Work[Any] = Work("optimise", search.description(), [], measure, Measured)
        with open_folder(folder, work.description, work.columns) as kept:
            done = {
                job: Done(
                    job, Measured(**{name: row[name] for name in work.columns}), row["error"], row["seconds"]
                )
                for job, row in kept.rows().items()
                if job not in kept.unlucky
            }
            yield cls(search, kept, engine, work, done, {})
            kept.merge()

    def means(self, lot: int, policy: Policy) -> Means:
        """Return what a policy comes to, in the mean over seeds; its jobs are those of that number."""
        jobs = jobs_of(self.search, [policy], self.search.searched_in.numbers)
        played = digest_of(dict(jobs[0].parameters))
        if played not in self.seen:
            numbered = {lot * len(jobs) + k: job for k, job in enumerate(jobs)}
            if missing := numbered.keys() - self.done.keys():
                with self.engine:
                    keep(self.work, numbered, self.kept, self.engine, self._note, missing)
            found = [self.done[number] for number in numbered]
            for job, one in zip(jobs, found, strict=True):
                if one.error:
                    fix = fix_of(one.error, "change [search]")
                    raise BadInput(f"{policy.name}, seed {job.seed} failed: {one.error}; {fix}")
            if any(one.value.played != played for one in found):
                raise BadInput(
                    f"{str(self.kept.folder)!r} holds a search in which {policy.name} was another policy, as other "
                    "versions of libraries may draw it: give another --out to start over"
                )
            measured = measures_of([one.value for one in found])
            self.seen[played] = {name: float(values.mean()) for name, values in measured.items()}
        return self.seen[played]

    def _note(self, finished: Sequence[Done]) -> None:
        self.done.update({one.index: one for one in finished})


def jobs_of(search: Search, policies: Sequence[Policy], seeds: range) -> list[Job]:
    """Return the runs of policies, seed by seed of each."""
    return [Job(search.shared | one.parameters(), seed) for one in policies for seed in seeds]


def measure(job: Job) -> Any:
    """Run a policy in a world."""
    recorded = Recorded(job.model())
    recorded.play()
    final = recorded.final()
    own = {name: float(getattr(final, name)) for name in MEASURES}
    return Measured(played=digest_of(dict(job.parameters)), **own)


def measures_of(runs: Sequence[Any]) -> dict[str, np.ndarray]:
    """Return every measure of some runs, a number a run."""
    return {name: np.array([getattr(one, name) for one in runs]) for name in MEASURES}


def _held_out(
    search: Search, found: Sequence[Policy], folder: Path, engine: Engine, quiet: bool
) -> dict[str, dict[str, np.ndarray]]:
    """Return what every named policy and those found come to on the held-out seeds."""
    policies, seeds = [*POLICIES.values(), *found], search.held_out.numbers
    played = {one.name: one.parameters() for one in policies}
    about = {"environment": search.held_out.environment, "policies": played}
    about |= search.held_out.description("held out", *played.values())
    work: Work[Any] = Work("held out", about, jobs_of(search, policies, seeds), measure, Measured)
    runs = run_kept(work, folder / f"held-out-{search.trials}", engine, quiet).results
    n = len(seeds)
    return {one.name: measures_of(runs[k * n : (k + 1) * n]) for k, one in enumerate(policies)}
