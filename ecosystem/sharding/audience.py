"""The audience: all users of a world, wherever their shards are."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from ecosystem.environments import Setting
from ecosystem.market import Market, verdict
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
        """Return the mean of a quantity over users, by their mass."""
        return float(self.added("sums", quantity, *terms))

    def group_means(self, quantity: str, *terms: Any) -> np.ndarray:
        """Return each group's mean of a quantity, by mass, (L,) (Algorithm 1, line 6)."""
        return np.asarray(self.added("group_sums", quantity, *terms) / self.group_mass)

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

    def compare(self, i: int, candidate: np.ndarray, exact: bool) -> tuple[float, float]:
        """Return creator i's utility where it stands and at `candidate` (d,).

        Unless they are `exact`, they are right as to which is larger.
        """
        sums = self.by_tile("trial", i, candidate, exact)
        if not exact and verdict(sums) < 0:
            sums = self.by_tile("trial", i, candidate, True)
        now, then, _ = added(sums)
        return float(now), float(then)

    def sample_compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's mean pay over the requests of this step, where it stands and at `candidate` (d,)."""
        now, then = self.added("sample_trial", i, candidate)
        return float(now), float(then)

    def move(self, i: int, strategy: np.ndarray) -> None:
        """Move creator i to `strategy` (d,)."""
        for link in self.links:
            link.tell("move", i, strategy)
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
        self.ask("set_static_items", items)

    def draw_matches(self, rng: np.random.Generator) -> None:
        """Draw one match a user from a stream, as many numbers as there are users."""
        self.ask_each("draw_matches", [(deepcopy(rng),) for _ in self.links])
        skip(rng, self.n_users)
