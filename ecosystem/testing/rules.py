"""The rules of a creator rule: it moves its own creator, inside its strategy set, the same way each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosystem.economy.economy import CreatorEconomy
from ecosystem.economy.streams import PURPOSES
from ecosystem.environments import Environment, Setting
from ecosystem.relevance import DistanceRelevance
from ecosystem.strategy_sets import Ball, Catalogue, FreeSpace, StrategySet
from ecosystem.testing.subject import Subject, close, name_of, same
from ecosystem_agents.creator import RULES, Creator, rule_of

STEPS = 5
SHARED = tuple(name for name in PURPOSES if name not in RULES)
OF_USERS = ("users", "user_mass", "groups", "expected_utilities", "user_utilities")


def check_rule(rule: str | type[Creator]) -> None:
    """Check that a creator rule keeps the rules; the name of the broken one comes first in the line raised.

    Raises
    ------
    BadInput
        "step": it has none of its own, and would follow LBR. "locality": a step moved another creator, or
        changed what another one remembers. "bounds": a creator left its strategy set. "finite": it compared or
        moved to something that is no point. "mutation": a step changed the model. "determinism": the same seed
        gave another run, or a step drew from a random stream that is not the rule's own.

    Examples
    --------
    >>> class Lazy(Creator):
    ...     pass
    >>> check_rule(Lazy)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ecosystem.testing.subject.BrokenRule: rules Lazy breaks a rule: step: ...
    """
    subject, found = Subject("rules", name_of(rule)), rule_of(rule)
    for strategy_set in (Ball(0.5), _catalogue(), FreeSpace()):
        for mixed in (False, True) if isinstance(strategy_set, Ball) else (False,):
            first, second = (_run(subject, found, strategy_set, mixed) for _ in range(2))
            own = f"; draw from self.model.stream_of({found.__name__!r})"
            what = "two runs from the same seed gave coordinates"
            subject.equal("determinism", what, first, second, own)


class _Watched(CreatorEconomy):
    """A small world that knows whose turn it is."""

    subject: Subject
    acting: int | None = None

    def compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        self._require_point("model.compare", candidate)
        return super().compare(i, candidate)

    def move(self, i: int, candidate: np.ndarray) -> None:
        other = f"a step of creator {self.acting} moved creator {i}"
        self.subject.require(self.acting in (None, i), "locality", other)
        self._require_point("model.move", candidate)
        super().move(i, candidate)

    def _require_point(self, what: str, point: np.ndarray) -> None:
        self.subject.array(f"the point given to {what}", point, (self.dim,))


def _run(subject: Subject, rule: type[Creator], strategy_set: StrategySet, mixed: bool) -> np.ndarray:
    """Return where creators are after each step, (STEPS, n, d), with every turn watched."""
    world = subject.call(
        "__init__",
        _Watched,
        environment=_world(strategy_set),
        rules=rule,
        horizon=STEPS,
        one_by_one=True,
        rng=7,
    )
    world.subject = subject
    does_as_lbr = (rule.step, rule.strategy) == (Creator.step, Creator.strategy)
    line = f"{rule.__name__} has no method step of its own and would do what lbr does; write one, or name lbr"
    subject.require(rule is Creator or not does_as_lbr, "step", line)
    if mixed:  # beside others: stock creators move in between
        world.creators[1::2] = [Creator(world, c.index) for c in world.creators[1::2]]
    for creator in world.creators:
        if type(creator) is rule:
            _watch(subject, world, creator)
    seen = []
    for _ in range(STEPS):
        world.step()
        seen.append(world.strategies)
    return np.array(seen)


def _watch(subject: Subject, world: _Watched, creator: Creator) -> None:
    step, i = creator.step, creator.index

    def watched() -> None:
        before = _state(world, i)
        world.acting = i
        subject.leaves_global_numbers_alone(f"a step of creator {i}", step)
        world.acting = None
        _compare(subject, i, before, _state(world, i))
        stands = world.strategies[i]
        own = world.strategy_sets[i].project(stands)
        where = f"creator {i} went to {stands}, outside its strategy set; use model.move"
        subject.require(close(stands, own), "bounds", where)

    creator.step = watched  # type: ignore[method-assign]


def _state(world: _Watched, i: int) -> dict[str, Any]:
    """Return what a step of creator i must leave alone, by the rule that says so."""
    own = ("model", "step", "unique_id")
    return {
        "others": {c.index: world.strategies[c.index] for c in world.creators if c.index != i},
        "memories": {
            (c.index, name): _plain(value)
            for c in world.creators
            if c.index != i
            for name, value in vars(c).items()
            if name not in own
        },
        "model": {name: _plain(value) for name, value in vars(world).items() if name != "acting"}
        | {name: getattr(world, name).copy() for name in OF_USERS},
        "platform": {name: _plain(value) for name, value in vars(world.platform).items()},
        "terms": {"beta": world.market.beta.copy(), "K": world.market.K.copy()},
        "streams": {name: world.stream_of(name).bit_generator.state for name in SHARED},
    }


def _compare(subject: Subject, i: int, before: dict[str, Any], after: dict[str, Any]) -> None:
    turn = f"a step of creator {i}"
    for k, strategy in before["others"].items():
        subject.require(same(strategy, after["others"][k]), "locality", f"{turn} moved creator {k}")
    for (k, name), value in before["memories"].items():
        kept = same(value, after["memories"].get((k, name)))
        subject.require(kept, "locality", f"{turn} changed creator {k}'s {name}")
    for part, owner in (("model", "the model's"), ("platform", "the platform's"), ("terms", "the deployed")):
        for name, value in before[part].items():
            subject.equal("mutation", f"{turn} changed {owner} {name},", value, after[part].get(name))
    for name, state in before["streams"].items():
        shared = f"{turn} drew from the stream {name!r}, which every arm shares; draw from one of its own"
        subject.require(same(state, after["streams"][name]), "determinism", shared)


def _plain(value: Any) -> Any:
    """Return a copy of numbers, texts, arrays, and lists of them; of anything else, which object it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return id(value)


def _catalogue() -> Catalogue:
    return Catalogue(np.random.default_rng(5).normal(size=(30, 2)))


def _world(strategy_set: StrategySet) -> Environment:
    def build(rng: np.random.Generator) -> Setting:
        start = rng.normal(size=(6, 2)) / 3
        return Setting(
            users=rng.normal(size=(24, 2)),
            strategies=np.array([strategy_set.project(s) for s in start]),
            relevance=DistanceRelevance(),
            strategy_sets=strategy_set,
            groups=np.arange(24) % 3,
        )

    return Environment(
        name="watched",
        summary="a small world",
        build=build,
        beta=0.1,
        K=3,
        eta=0.2,
        horizon=STEPS,
        n_groups=3,
    )
