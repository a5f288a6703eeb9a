"""The creators of a model as agents, who come and go: by hand, or as the turnover rule and the arrivals have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ecosystem.economy.newcomers import Newcomers
from ecosystem.economy.population import Population
from ecosystem.sharding.audience import Audience
from ecosystem.turnover import Turnover
from ecosystem_agents.creator import Creator, rule_name, rule_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.world import CreatorWorld


class Creators:
    """The living, as agents.

    Parameters
    ----------
    world : CreatorWorld
        What they act in.
    audience : Audience
        Before whom.
    population : Population
        Their numbers, slots and homes.
    kinds : sequence of subclasses of Creator
        The rule of each slot; the last goes for all later slots too.
    recount : callable
        Called whenever their number has changed.

    Attributes
    ----------
    all_stock : bool
        Whether they all follow LBR (Algorithm 2) as it is, so that one compiled call moves them.
    """

    def __init__(
        self,
        world: CreatorWorld,
        audience: Audience,
        population: Population,
        kinds: Sequence[type[Creator]],
        recount: Callable[[], None],
    ) -> None:
        self.world, self.audience, self.population = world, audience, population
        self.kinds, self._recount, self._waits = kinds, recount, False
        self.agents = [kind(world, i) for i, kind in enumerate(kinds[: len(population)])]
        population.rules = [rule_name(type(creator)) for creator in self.agents]
        self.entered = self.left = 0
        self.all_stock = _all_stock(self.agents)
        self.first_id = 1  # less than the least of Mesa's that a newcomer may have, less its number

    def enter(self, point: np.ndarray, kind: type[Creator] | None, step: int) -> Creator:
        """Let one in at the projection of `point` (d,) onto the set of its slot, by default with its slot's rule."""
        population, slot = self.population, self.population.free_slot()
        home = population.project(slot, point)
        self.audience.add(home)
        population.enter(slot, home, step)
        creator = self._make(kind or self._kind_of(slot), len(self.agents))
        population.rules.append(rule_name(type(creator)))
        self.entered += 1
        self._count()
        return creator

    def leave(self, i: int, step: int) -> None:
        """Strike the one in row i from the world."""
        self.population.leave(i, self.audience.strategies[i], step)
        self.audience.remove(i)
        del self.agents[i]
        for row in range(i, len(self.agents)):
            self.agents[row].index = row
        self.left += 1
        self._count()

    def turn_over(
        self, rule: Turnover, newcomers: Newcomers, step: int, horizon: int, pay: np.ndarray
    ) -> None:
        """Let some go, by what each was paid (n,), and others come."""
        population, leaving = self.population, np.zeros(0, dtype=np.bool_)
        if len(pay):
            leaving = np.asarray(
                call("turnover", rule, step, rule.exits, step, horizon, pay, population.memory)
            )
        if leaving.shape != (len(pay),) or leaving.dtype != np.bool_:
            raise BadInput(
                f"exits of turnover {type(rule).__name__} returned {leaving.dtype} of shape {leaving.shape}; it "
                f"must return one bool for each of {len(pay)} creators"
            )
        before, self._waits = self.entered + self.left, True
        for creator in [self.agents[i] for i in np.flatnonzero(leaving)]:
            creator.remove()
        for _ in range(newcomers.count(int(leaving.sum()))):
            self.enter(newcomers.point(self.audience, population), None, step)
        self._waits = False
        if self.entered + self.left > before:
            self._count()

    def counts(self) -> tuple[int, int]:
        """Return how many entered and left since this was asked last."""
        counts, self.entered, self.left = (self.entered, self.left), 0, 0
        return counts

    def state(self) -> dict[str, np.ndarray]:
        """Return who there was and is, as arrays."""
        return self.population.state() | {"counts": np.array([self.entered, self.left])}

    def restore(self, state: dict[str, np.ndarray], strategies: np.ndarray) -> None:
        """Put in place what `state` returned, all standing at `strategies` (n, d)."""
        self.entered, self.left = state.pop("counts").tolist()
        self.population.restore(state)
        self.audience.populate(strategies)
        before, self.agents = {creator.creator_id: creator for creator in self.agents}, []
        for row, (number, slot) in enumerate(
            zip(self.population.numbers, self.population.slots, strict=True)
        ):
            if int(number) in before:
                self.agents.append(before.pop(int(number)))
                self.agents[row].index = row
            else:
                own, name = self._kind_of(int(slot)), self.population.rules[number]
                self._make(own if rule_name(own) == name else rule_of(name), row)
        for gone in before.values():
            gone.leave_agents()
        self.all_stock = _all_stock(self.agents)

    def _kind_of(self, slot: int) -> type[Creator]:
        return self.kinds[min(slot, len(self.kinds) - 1)]

    def _make(self, kind: type[Creator], row: int) -> Creator:
        creator = kind(self.world, row)
        creator.unique_id = self.first_id + creator.creator_id
        self.agents.append(creator)
        return creator

    def _count(self) -> None:
        if not self._waits:
            self.all_stock = _all_stock(self.agents)
            self._recount()


def _all_stock(agents: Sequence[Creator]) -> bool:
    """Whether they all follow LBR (Algorithm 2) as it is."""
    return all(type(creator) is Creator for creator in agents)
