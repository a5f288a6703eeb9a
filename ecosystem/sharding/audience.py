"""The audience: all users of a world, wherever their shards are."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from ecosystem.environments import Setting
from ecosystem.market import Market, verdict
from ecosystem.requests import place_requests
from ecosystem.retention import Retention
from ecosystem.rewards import Reward
from ecosystem.sharding.links import Here, Link
from ecosystem.sharding.shard import skip, terms_at
from ecosystem.tiles import added
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Terms


class Audience:
    """All users of a world: asks their shards, and puts together what they answer.

    Quantities of users are named as `ecosystem.sharding.shard.Shard` names them. What is as long as there are users
    comes here only when `of_users` asks for it.

    Parameters
    ----------
    links : sequence of Link
        One a shard, in the order of users.
    setting : Setting
        Where creators start, and beside which static items.
    """

    def __init__(self, links: Sequence[Link], setting: Setting) -> None:
        self.links, self._strategies = links, setting.strategies.copy()
        self.static_items = setting.static_items
        self._welfare: float | None = None  # of all users, where it is known
        sizes = self.ask("of_users", "n_users")
        self.n_users = int(sum(sizes))
        self.slices = [
            slice(int(end - size), int(end)) for end, size in zip(np.cumsum(sizes), sizes, strict=True)
        ]
        first = links[0]
        self.here = first.shard if len(links) == 1 and isinstance(first, Here) else None

    def open_markets(self, beta: float, K: int, reward: str | Reward) -> None:
        """Let shards open their markets under default terms."""
        total = float(self.added("mass_sums"))
        self.ask("open_market", total, beta, K, reward)
        self.tile_masses = self.by_tile("tile_masses")

    def number_groups(self, numbers: np.ndarray) -> None:
        """Give the groups that users are in the numbers that they keep, (L,)."""
        self.ask("number_groups", numbers)
        self.n_groups = int(numbers.max()) + 1
        self.group_mass, self.group_sizes = self.added("group_sums", None), self.added("group_sizes")
        self.present_mass, self.group_present, self.all_there = 1.0, self.group_mass, True

    # --- asking ------------------------------------------------------------------------------------------

    def ask(self, name: str, *arguments: Any) -> list[Any]:
        """Ask all shards the same; return their answers."""
        return self.ask_each(name, [arguments] * len(self.links))

    def ask_each(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Ask every shard with arguments of its own; return their answers."""
        for link, own in zip(self.links, arguments, strict=True):
            link.ask(name, *own)
        return [link.answer() for link in self.links]

    def by_tile(self, name: str, *arguments: Any) -> np.ndarray:
        """Return what shards answer by tile, (tiles, ...)."""
        answers = self.ask(name, *arguments)
        return np.asarray(answers[0] if len(answers) == 1 else np.concatenate(answers))

    def added(self, name: str, *arguments: Any) -> np.ndarray:
        """Return the sum of what shards answer by tile."""
        return added(self.by_tile(name, *arguments))

    def of_users(self, quantity: str, *terms: Any) -> np.ndarray:
        """Return a quantity of all users, (m, ...)."""
        return self.by_tile("of_users", quantity, *terms)

    def mean(self, quantity: str, *terms: Any) -> float:
        """Return the mean of a quantity over users who are there, by their mass; NaN where nobody is."""
        return self.total(quantity, *terms) / self.present_mass if self.present_mass else float("nan")

    def total(self, quantity: str, *terms: Any) -> float:
        """Return the mean of a quantity over all users, by their mass, where it is 0 for those who are away."""
        if quantity != "expected_utilities":
            return float(self.added("sums", quantity, *terms))
        if self._welfare is None:  # asked for again and again
            self._welfare = float(self.added("sums", quantity))
        return self._welfare

    def group_means(self, quantity: str, *terms: Any) -> np.ndarray:
        """Return each group's mean of a quantity over users who are there, by mass, (L,); NaN where nobody is."""
        sums = self.added("group_sums", quantity, *terms)
        return np.asarray(sums / self.group_present) if self.all_there else _ratio(sums, self.group_present)

    def epoch_means(self, *, all_there: bool) -> np.ndarray:
        """Return each group's mean over the epoch (Algorithm 1, line 6), (L,), by mass and steps present."""
        if all_there:
            return self.group_means("epoch_means")
        return _ratio(*self.added("epoch_sums"))

    def match(self) -> None:
        """Let every user be matched, in expectation."""
        self.ask("match")
        self.forget()

    def forget(self) -> None:
        """Work welfare out afresh when it is asked for next: what users got has changed."""
        self._welfare = None

    # --- users who come and go ---------------------------------------------------------------------------

    def attend(self, rule: Retention, step: int, rng: np.random.Generator) -> tuple[int, int]:
        """Let users stay, go or come back; return how many are there and how many went.

        A stream gives as many numbers as there are users.
        """
        answers = self.ask_each("attend", [(rule, step, deepcopy(rng)) for _ in self.links])
        skip(rng, self.n_users)
        self.count_present()
        there, went = np.concatenate(answers).sum(axis=0)
        return int(there), int(went)

    def count_present(self) -> None:
        """Take note of the mass of those who are there."""
        self.tile_masses, self.group_present = self.by_tile("tile_masses"), self.added("group_sums", None)
        self.present_mass, self.all_there, self._welfare = float(added(self.tile_masses)), False, None

    def drawn_user(self, uniform: float) -> np.ndarray:
        """Return where a user is whom a uniform number draws by mass among those who are there, (d,)."""
        drawn = place_requests(self.tile_masses, np.array([uniform * self.present_mass]))
        found = self.ask("drawn_user", int(drawn[0][0]), float(drawn[1][0]))
        return np.asarray(next(point for point in found if point is not None))

    def span(self) -> np.ndarray:
        """Return the least and the largest coordinates of users, (2, d)."""
        low, high = zip(*self.ask("span"), strict=True)
        return np.array([np.min(low, axis=0), np.max(high, axis=0)])

    # --- the market --------------------------------------------------------------------------------------

    @property
    def market(self) -> Market:
        """The market of all users, where they are one shard of this process."""
        if self.here is None:
            raise BadInput(
                f"users are in {len(self.links)} shards, which have a market each; ask the model, or make it without "
                "shards"
            )
        return self.here.market

    @property
    def n_items(self) -> int:
        """How many items compete: creators' and static ones."""
        return len(self._strategies) + (0 if self.static_items is None else len(self.static_items))

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d); a copy."""
        return self._strategies.copy() if self.here is None else self.here.market.strategies

    def compare(
        self, i: int, candidate: np.ndarray, exact: bool, cost: tuple[float, float] = (0.0, 0.0)
    ) -> tuple[float, float]:
        """Return creator i's utility where it stands and at `candidate` (d,), less what each costs.

        Unless they are `exact`, they are right as to which is larger, and whether one is.
        """
        sums = self.by_tile("market.trial", i, candidate, exact)
        if not exact and verdict(sums, cost) < 0:
            sums = self.by_tile("market.trial", i, candidate, True)
        now, then, _ = added(sums)
        return float(now) - cost[0], float(then) - cost[1]

    def sample_compare(self, i: int, turn: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's mean pay over a turn's requests, where it stands and at `candidate` (d,)."""
        now, then = self.added("sample_trial", i, turn, candidate)
        return float(now), float(then)

    def remove(self, i: int) -> None:
        """Strike creator i off every list."""
        self.ask("market.remove", i)
        self._strategies = self._strategies[np.arange(len(self._strategies)) != i]

    def add(self, strategy: np.ndarray) -> None:
        """Let a creator in at `strategy` (d,), after all others."""
        self.ask("market.add", strategy)
        self._strategies = np.vstack([self._strategies, strategy])

    def populate(self, strategies: np.ndarray) -> None:
        """Put other creators, at `strategies` (n, d), in the place of all."""
        self.ask("market.populate", strategies)
        self._strategies = strategies.copy()

    def move(self, i: int, strategy: np.ndarray) -> None:
        """Move creator i to `strategy` (d,)."""
        for link in self.links:
            link.tell("market.move", i, strategy)
        self._strategies[i] = strategy

    def set_terms(self, terms: Terms, by_group: bool) -> None:
        """Deploy terms, one a user or one a group."""
        self.terms = terms, by_group
        one = by_group or len(self.links) == 1
        own = [terms if one else terms_at(terms, part) for part in self.slices]
        self.ask_each("set_terms", [(part, by_group) for part in own])

    def set_static_items(self, items: np.ndarray | None) -> None:
        """Put other static items (s, d) beside the creators, or none."""
        self.static_items = items
        self.ask("market.set_static_items", items)

    def draw_matches(self, rng: np.random.Generator) -> None:
        """Draw one match a user from a stream, as many numbers as there are users."""
        self.ask_each("draw_matches", [(deepcopy(rng),) for _ in self.links])
        skip(rng, self.n_users)


def _ratio(sums: np.ndarray, mass: np.ndarray) -> np.ndarray:
    return np.divide(sums, mass, out=np.full(len(mass), np.nan), where=mass > 0)
