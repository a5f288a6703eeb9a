"""The online experiment: arms drawn from one population, run as closed loops, read out alike (Section 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache, partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any

import numpy as np

from ecosystem.shortvideo.days import ClosedLoop, without_static_items
from ecosystem.shortvideo.population import Population, Share, draw_shares
from ecosystem.shortvideo.population_file import read_population
from ecosystem.shortvideo.settings import Settings
from ecosystem.shortvideo.synthetic_population import synthetic_population
from ecosystem_agents.inputs.checks import BadInput, real, whole
from ecosystem_agents.inputs.lookup import absolute, short
from ecosystem_agents.inputs.room import check_room
from ecosystem_agents.mechanisms import Mechanism
from ecosystem_runs.abtest.arms import CONTROL, mechanism_of_arm
from ecosystem_runs.abtest.readout import ArmReadout, KeptReadout, pack, read_out, unpack
from ecosystem_runs.digests.inputs import inputs_of
from ecosystem_runs.jobs.engines import InThreads
from ecosystem_runs.jobs.run_kept import Found, Work, run_kept

PRE_DAYS = 7  # of the burn-in, at most, that lifts are adjusted by
PER_CREATOR = 10  # users to a creator
MOST = 100_000  # days, worlds or resamples
SHARE = 0.03  # of a platform's users that an arm takes
PLAIN = ("days", "burn_in", "users", "replicates", "seed", "min_group", "relevance", "resamples")
"""What an experiment is described by as it stands."""


@dataclass(frozen=True)
class Experiment:
    """What to run.

    Attributes
    ----------
    arms : tuple of str
        Arms by name (see `ecosystem_runs.abtest.arms`); the first is the control.
    days, burn_in : int
        Length of the test, at least 1, and of the time before it, in which every arm is on default terms.
    users : int, optional
        Users an arm; by default 20,000, or 3 % of a population from a file. A tenth as many creators.
    replicates : int
        Independent worlds, at least 1.
    seed : int
        Seed of everything random.
    min_group : float
        Users a group must have in an arm, on average, to be kept.
    population : Path, optional
        A ``.npz`` file to draw users and creators from (see `read_population`).
    relevance : {"dot", "distance"}
        Relevance for such a file.
    settings : Settings
    resamples : int
        Of the bootstrap in each world, at least 2.
    mechanisms : dict, optional
        Mechanism objects by arm name, for arms that have no name of their own.
    """

    arms: tuple[str, ...] = (CONTROL, "hmt_table1")
    days: int = 21
    burn_in: int = 14
    users: int | None = None
    replicates: int = 1
    seed: int = 0
    min_group: float = 20
    population: Path | None = None
    relevance: str = "dot"
    settings: Settings = field(default_factory=Settings)
    resamples: int = 500
    mechanisms: dict[str, Mechanism] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.arms) < 2:
            raise BadInput(f"arms names {len(self.arms)} arm; give at least two, such as none,hmt_table1")
        for name in ("days", "burn_in", "replicates"):
            whole(name, getattr(self, name), at_least=1, at_most=MOST)
        whole("seed", self.seed, at_least=0)
        whole("resamples", self.resamples, at_least=2, at_most=MOST)
        real("min_group", self.min_group, at_least=1)
        if self.users is not None:
            whole("users", self.users, at_least=2 * PER_CREATOR)
        for arm in self.arms:
            without_static_items(self.mechanism(arm))

    def mechanism(self, arm: str) -> Mechanism:
        """Return the mechanism an arm deploys."""
        return self.mechanisms[arm] if arm in self.mechanisms else mechanism_of_arm(arm)

    def description(self) -> dict[str, Any]:
        """Return what the experiment is, as plain JSON."""
        own = self.mechanisms
        named = [arm for arm in self.arms if arm not in own]
        file = self.population
        return {
            "experiment": "abtest",
            "arms": [repr(own[arm]) if arm in own else absolute(arm) for arm in self.arms],
            **{name: getattr(self, name) for name in PLAIN},
            "population": None if file is None else str(file.absolute()),
            "settings": asdict(self.settings),
            "inputs": inputs_of(*({"mechanism": arm} for arm in named), files=[] if file is None else [file]),
        }

    @property
    def is_aa(self) -> bool:
        """Whether all arms are the same: then every lift is noise, and the paper has none to compare."""
        return len(set(self.arms)) == 1

    @property
    def labels(self) -> list[str]:
        """Arm names made distinct: ``none, none-2``."""
        names = [short(arm) for arm in self.arms]
        earlier = [names[:a].count(name) for a, name in enumerate(names)]
        return [f"{name}-{n + 1}" if n else name for name, n in zip(names, earlier, strict=True)]


@dataclass(frozen=True)
class World:
    """One replicate, and what each arm read out in it."""

    experiment: Experiment
    replicate: int
    readouts: list[ArmReadout]

    @cached_property
    def population(self) -> Population:
        """Everybody in it, drawn again when first asked for: only the first world is."""
        return prepare_world(self.experiment, self.replicate)[0]


def run_experiment(experiment: Experiment, *, threads: int = 2) -> list[World]:
    """Run all worlds of an experiment; nothing of it is kept on disk.

    Arms run on threads, each from a random stream of its own: results do not depend on how many there are.

    Parameters
    ----------
    experiment : Experiment
    threads : int
        At least 1.

    Raises
    ------
    BadInput
        If the population cannot be read or is too small, or an arm failed.
    """
    with TemporaryDirectory() as scratch:
        return resume_experiment(experiment, Path(scratch), threads, quiet=True).results


def resume_experiment(experiment: Experiment, folder: Path, threads: int, quiet: bool) -> Found[World]:
    """Run what is missing of an experiment, each arm kept in `folder` as it finishes.

    Return all worlds, and how many of their arms were there from earlier.

    Raises
    ------
    BadInput
        As `run_experiment` does, or if the folder cannot be used.
    """
    places = list(product(range(experiment.replicates), range(len(experiment.arms))))
    world_of = lru_cache(maxsize=2)(partial(prepare_world, experiment))  # its arms run at about the same time
    world_of(0)  # says what is wrong with the population before anything is kept
    stop, preparing, pre_days = Event(), Lock(), min(PRE_DAYS, experiment.burn_in)

    def run(place: tuple[int, int]) -> KeptReadout:
        replicate, a = place
        with preparing:  # else arms that start together each draw the same world
            population, shares, streams = world_of(replicate)
        loop = ClosedLoop(population, shares[a], experiment.settings, streams[a], stop)
        loop.run(experiment.burn_in - pre_days)
        before = loop.run(pre_days)
        loop.start(experiment.mechanism(experiment.arms[a]))
        return pack(read_out(loop, before, loop.run(experiment.days)))

    def named(index: int) -> str:
        replicate, a = places[index]
        return f"world {replicate + 1}, {experiment.labels[a]}"

    work = Work("arms", experiment.description(), places, run, KeptReadout, named)
    found = run_kept(work, folder, InThreads(threads, stop.set), quiet)
    readouts = map(unpack, found.results)
    worlds = [
        World(experiment, replicate, [next(readouts) for _ in experiment.arms])
        for replicate in range(experiment.replicates)
    ]
    return Found(worlds, found.resumed)


def prepare_world(
    experiment: Experiment, replicate: int
) -> tuple[Population, list[Share], Sequence[np.random.SeedSequence]]:
    """Return a replicate's population, who is in which arm, and a random stream an arm.

    A population from a file is the same in every replicate; who is drawn from it is not.
    """
    n_arms = len(experiment.arms)
    seed = np.random.SeedSequence(experiment.seed, spawn_key=(replicate,))
    people, drawing, arms = seed.spawn(3)
    rng = np.random.default_rng(people)
    if experiment.population is None:
        users = experiment.users or 20_000
        _check_room(users, experiment)
        population = synthetic_population(rng, users * n_arms, users // PER_CREATOR * n_arms)
    else:
        population = read_population(experiment.population, rng, relevance=experiment.relevance)
        users = experiment.users or max(int(SHARE * len(population.users)), 2 * PER_CREATOR)
        _check_room(users, experiment)
    population = population.with_groups_of(experiment.min_group * len(population.users) / users)
    creators = users // PER_CREATOR
    shares = draw_shares(np.random.default_rng(drawing), population, n_arms, users, creators)
    return population, shares, arms.spawn(n_arms)


def _check_room(users: int, experiment: Experiment) -> None:
    """Refuse arms for which there is not the memory: who has seen which item grows with the square of the users."""
    live_items = users // PER_CREATOR * experiment.settings.life_days  # each creator makes about one a day
    needed = users * (4000 + 1000 * len(experiment.arms) + live_items // 8)
    check_room(f"an experiment of {users:,} users an arm", needed, "give fewer (--users)")
