"""Who is alive: creators come into slots, whose random numbers and strategy set are theirs while they are there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecosystem.market.book import Sets, strategy_arrays
from ecosystem.market.trials import allowed, project
from ecosystem.strategy_sets import StrategySet
from ecosystem_agents.inputs.checks import point_of

ARRAYS, LISTS = ("numbers", "slots", "memory", "moved"), ("born", "gone", "rules", "births", "ends")


class Population:
    """All creators ever born, by number, and the living in rows, those born first before the others.

    Attributes
    ----------
    numbers, slots : (n,) int arrays
        Number and slot of the living. A newcomer takes the first slot that is free, or one more.
    homes : (n, d) array
        Where the living were born.
    memory : (n,) array
        What a turnover rule notes of each, 0 at birth.
    moved : (all,) int array
        How many moves led each elsewhere. By number.
    born, gone : list of int
        Step in which, or after which, each came, and left: -1 for the living. By number.
    rules : list of str
        The rule of each. By number.
    births, ends : list of (d,) array
        Where each was born and, once it is gone, where it stood last. By number.
    """

    def __init__(self, strategies: np.ndarray, sets: StrategySet | Sequence[StrategySet]) -> None:
        n, self.dim = strategies.shape
        self.n_first = n
        self.sets = list(sets) if isinstance(sets, Sequence) else [sets] * n
        self._by_slot = strategy_arrays(self.sets, self.dim)
        self.numbers, self.slots = np.arange(n), np.arange(n)
        self.homes, self.memory, self.moved = strategies.copy(), np.zeros(n), np.zeros(n, dtype=np.int64)
        self.born, self.gone = [0] * n, [-1] * n
        self.rules: list[str] = []
        self.births, self.ends = list(self.homes), list(self.homes)
        self.arrays = self._by_slot

    def __len__(self) -> int:
        return len(self.slots)

    @property
    def as_begun(self) -> bool:
        """Whether every creator is in the slot of its row, as at first."""
        return len(self) == self.n_first == len(self.born)

    @property
    def strategy_sets(self) -> list[StrategySet]:
        """The strategy set of each of the living."""
        return [self.sets[slot % self.n_first] for slot in self.slots]

    def free_slot(self) -> int:
        """Return the slot that a newcomer takes."""
        taken = np.zeros(len(self) + 1, dtype=np.bool_)
        taken[self.slots[self.slots <= len(self)]] = True
        return int(np.argmin(taken))

    def leave(self, row: int, last: np.ndarray, step: int) -> None:
        """Let the creator in a row go, in a step or after it, from where it stood last (d,)."""
        number, stays = self.numbers[row], np.arange(len(self)) != row
        self.gone[number], self.ends[number] = step, last
        for name in ("numbers", "slots", "homes", "memory"):
            setattr(self, name, getattr(self, name)[stays])
        self._file_sets()

    def enter(self, slot: int, home: np.ndarray, step: int) -> None:
        """Let a creator into a slot, in a step or after it, at the place of its birth (d,): it is in the last row."""
        self.slots = np.append(self.slots, slot)
        self.numbers, self.memory = np.append(self.numbers, len(self.born)), np.append(self.memory, 0.0)
        self.homes, self.moved = np.vstack([self.homes, home]), np.append(self.moved, 0)
        self.born.append(step)
        self.gone.append(-1)
        self.births.append(home)
        self.ends.append(home)
        self._file_sets()

    def project(self, slot: int, point: np.ndarray) -> np.ndarray:
        """Return the projection of `point` (d,) onto the strategy set of a slot."""
        landing = np.empty(self.dim)
        project(self._by_slot, slot % self.n_first, point_of("strategy", point, self.dim), landing)
        return landing

    def allows(self, slot: int, points: np.ndarray) -> np.ndarray:
        """Return which of `points` (k, d) are in the strategy set of a slot, but for rounding, (k,)."""
        within = np.empty(len(points), dtype=np.bool_)
        allowed(self._by_slot, slot % self.n_first, points, within)
        return within

    def state(self) -> dict[str, np.ndarray]:
        """Return all of it but the sets, as arrays."""
        return {name: np.array(getattr(self, name)) for name in (*ARRAYS, *LISTS)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put in place what `state` returned."""
        for name in ARRAYS:
            setattr(self, name, state[name].copy())
        for name in LISTS:
            setattr(self, name, state[name].tolist() if state[name].ndim == 1 else list(state[name]))
        self.homes = np.array([self.births[number] for number in self.numbers]).reshape(-1, self.dim)
        self._file_sets()

    def _file_sets(self) -> None:
        kind, radius, distance, begin, end, items = self._by_slot
        rows = self.slots % self.n_first
        self.arrays = Sets(kind[rows], radius[rows], distance[rows], begin[rows], end[rows], items)
