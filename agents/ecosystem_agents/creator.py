"""Creators and the rules by which they change what they make.

To add a rule, write a subclass with a ``step`` method here and name it in `RULES`. A creator sees the world only
through its model: `ecosystem_agents.world.CreatorWorld` is all that it may ask.
"""

from __future__ import annotations

import numpy as np
from mesa import Agent

from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput, spelt_whole, whole
from ecosystem_agents.place import place_of
from ecosystem_agents.world import CreatorWorld


class Creator(Agent):
    """A creator that follows Local Better Response, Algorithm 2: one random direction a step.

    Parameters
    ----------
    model : CreatorWorld
        The world.
    index : int
        Row of this creator in the model's arrays, as they are now.

    Attributes
    ----------
    creator_id : int
        Its number, for life: 0 to n - 1 for the first, and never used again.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> class Bold(Creator):
    ...     def step(self):
    ...         self.model.move(self.index, self.strategy + self.model.direction_of(self.index))
    >>> model = CreatorEconomy(environment="figure1", rules=Bold, rng=0)
    >>> model.run(1)
    >>> model.moved, bool(np.allclose(np.linalg.norm(model.strategies - model.start, axis=1), 1))
    (5, True)
    """

    model: CreatorWorld
    pos = place_of("strategy")

    def __init__(self, model: CreatorWorld, index: int) -> None:
        super().__init__(model)
        self._index: int | None = index
        self.creator_id = model.number_of(index)

    @property
    def index(self) -> int:
        """Row of this creator in the model's arrays today.

        Raises
        ------
        BadInput
            Once it has left.
        """
        if self._index is None:
            raise BadInput(f"creator {self.creator_id} has left, for good; ask model.creators who is there")
        return self._index

    @index.setter
    def index(self, row: int) -> None:
        self._index = row

    @property
    def is_there(self) -> bool:
        """Whether it has not left."""
        return self._index is not None

    def remove(self) -> None:
        """Leave for good, at once: it earns nothing, is shown to nobody and counts nowhere any more."""
        if self._index is not None:
            self.model.leave(self._index)
            self.leave_agents()

    def leave_agents(self) -> None:
        """Be no agent any more, of a world that it has left."""
        self._index = None
        super().remove()

    @property
    def strategy(self) -> np.ndarray:
        """Embedding of what this creator makes, (d,)."""
        return np.asarray(self.model.strategies[self.index])

    @property
    def utility(self) -> float:
        """What this creator is paid where everybody stands now, under the terms in force, Eqs. (4) to (10)."""
        return float(self.model.creator_utilities[self.index])

    def step(self) -> None:
        """Try one direction; keep it if it pays no less (Algorithm 2), or more where ties are refused."""
        candidate = self.strategy + self.model.eta * self.model.direction_of(self.index)
        now, then = self.model.compare(self.index, candidate)
        if then > now or (then == now and not self.model.strict):
            self.model.move(self.index, candidate)


class StillCreator(Creator):
    """A creator that never changes what it makes: a back catalogue, a brand.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> model = CreatorEconomy(environment="figure1", rules="still", rng=0)
    >>> model.run(3)
    >>> model.moved
    0
    """

    def step(self) -> None:
        """Do nothing."""


class ExploringCreator(Creator):
    """A creator that tries several directions a step and takes the one that pays most, if it pays no less.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> model = CreatorEconomy(environment="figure1", rules="explore=2,still", directions_tried=8, rng=0)
    >>> model.run(3)
    >>> (model.strategies != model.start).any(axis=1).tolist()
    [True, True, False, False, False]
    """

    def step(self) -> None:
        """Try the model's ``directions_tried`` directions, each from the present strategy."""
        size = (self.model.directions_tried, self.model.dim)
        best, most = None, -np.inf
        for direction in unit_vectors(self.model.stream_of("explore"), size):
            candidate = self.strategy + self.model.eta * direction
            now, then = self.model.compare(self.index, candidate)
            if then >= now and then > most and not (then == now and self.model.strict):
                best, most = candidate, then
        if best is not None:
            self.model.move(self.index, best)


RULES: dict[str, type[Creator]] = {"lbr": Creator, "still": StillCreator, "explore": ExploringCreator}
"""Every creator rule by the name people type; new ones go last, since random streams are numbered in this order."""


def unit_vectors(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw directions uniformly from the unit sphere (Algorithm 2, line 2): (how many, in how many dimensions).

    Examples
    --------
    >>> np.linalg.norm(unit_vectors(np.random.default_rng(0), (3, 2)), axis=1).round(9).tolist()
    [1.0, 1.0, 1.0]
    """
    g = rng.standard_normal(size)
    return np.asarray(g / np.linalg.norm(g, axis=1, keepdims=True))


def rules_of(rules: str | type[Creator], n_creators: int) -> list[type[Creator]]:
    """Return one rule a creator.

    `rules` is a rule for all (``"lbr"``), or counts, first creators first (``"still=20,explore=5"``); who is left
    follows LBR, or the last rule if it has no count (``"mine.py:Bold=20,explore"``).
    """
    if not isinstance(rules, str):
        return [rule_of(rules)] * n_creators
    found: list[type[Creator]] = []
    rest: type[Creator] = Creator
    for name, count in named_rules(rules):
        if count is None:
            rest = rule_of(name)
        elif len(found) + count > n_creators:
            raise BadInput(
                f"rules names {len(found) + count} creators and there are {n_creators}; name at most as many"
            )
        else:
            found += [rule_of(name)] * count
    return found + [rest] * (n_creators - len(found))


def named_rules(rules: str) -> list[tuple[str, int | None]]:
    """Return the rules that a text names, each with its count; the last may have none, for all who are left."""
    parts = lookup.split_names(rules) or [rules]
    named: list[tuple[str, int | None]] = []
    for part in parts:
        name, equals, count = part.rpartition("=")
        if not equals and part is parts[-1]:
            named.append((part, None))
        elif name.strip() and (number := spelt_whole(count)) is not None:
            named.append((name.strip(), whole("rules", number, at_least=0)))
        else:
            raise BadInput(f"rules has {part[:200]!r}; write a rule and a whole number, such as still=20")
    return named


def rule_name(rule: type[Creator]) -> str:
    """Return the name people type for a rule; a rule that is not built in goes by its class."""
    return next((name for name, listed in RULES.items() if listed is rule), rule.__name__)


def rule_of(rule: str | type[Creator]) -> type[Creator]:
    """Return the rule of that name (see `lookup`), or the class itself if it is one: a subclass of `Creator`."""
    found = lookup.find("rules", rule, RULES) if isinstance(rule, str) else rule
    if not (isinstance(found, type) and issubclass(found, Creator)):
        raise BadInput(
            f"rules has {rule!r}, which is no subclass of ecosystem_agents.creator.Creator; give one that is"
        )
    return found
