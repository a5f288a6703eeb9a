"""The whole setting of a page: what to start, what was changed when, and how far it went; as a link, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from ecosystem import CreatorEconomy
from ecosystem.environments.embeddings import sizes_in
from ecosystem_agents.inputs.checks import BadInput, whole
from ecosystem_server.address import LARGEST_SEED, Item, PageSetting, typed, unless_zero
from ecosystem_server.fields import FIELDS, check_arrivals, check_population, title_of
from ecosystem_server.limits import Limits
from ecosystem_server.live.hands import HANDS, hand_of
from ecosystem_server.offered import ENVIRONMENTS

ArmT = TypeVar("ArmT")

ARMS = ("a", "b")
EVERYWHERE = "all"
FORK = "fork"
MOST_CHANGES = 500
LAST_STOP = 10
"""Of the tour."""
TELLING = 3
"""A seed of figure1 on which the paper's picture comes out: what a first visitor sees."""
IN_ARMS = {name: one for name, one in FIELDS.items() if one.where == "arm"}
"""Parameters that may differ between the arms."""


@dataclass(frozen=True)
class Change:
    """Something changed between two steps: a parameter of an arm or of all, a fork of A into B, or by hand."""

    step: int  # steps completed when it happened
    arm: str  # "a", "b" or "all"
    name: str  # parameter, "fork", or one of `HANDS`
    value: Any = None  # None for a fork, a `Hand`

    def __str__(self) -> str:
        """Return it as it stands in a link, such as ``120.b.mechanism:hmt``."""
        return (
            f"{self.step}.{FORK}" if self.name == FORK else f"{self.step}.{self.arm}.{self.name}:{self.value}"
        )

    def among(self, arms: Sequence[ArmT]) -> Sequence[ArmT]:
        """Return those of one or two arms that it concerns; none where its arm is not there."""
        return arms if self.arm == EVERYWHERE else arms[ARMS.index(self.arm) :][:1]

    def follows(self, before: Change) -> bool:
        """Whether it takes the place of the change before: a slider on its way."""
        slides = self.name in FIELDS and FIELDS[self.name].slides is not None
        return slides and (self.step, self.arm, self.name) == (before.step, before.arm, before.name)

    def sentence(self) -> str:
        """Return it as it stands below the board, such as ``t=120  B: → HMT``."""
        if self.name == FORK:
            return f"t={self.step}  fork A → B"
        who = "A, B" if self.arm == EVERYWHERE else self.arm.upper()
        if self.name in HANDS:
            return f"t={self.step}  {who}: {self.value.sentence()}"
        if self.name == "mechanism":
            return f"t={self.step}  {who}: → {title_of(self.value)}"
        return f"t={self.step}  {who}: {FIELDS[self.name].label} = {self.value}"


def _read_change(part: str) -> Change:
    step, _, rest = part.partition(".")
    arm, _, named = rest.partition(".")
    name, _, value = named.partition(":")
    at = _step_of_change.read(step)
    if rest == FORK:
        return Change(at, "b", FORK)
    if arm in (*ARMS, EVERYWHERE) and name in HANDS:
        return Change(at, arm, name, hand_of(name, value))
    if arm in (*ARMS, EVERYWHERE) and name in FIELDS and FIELDS[name].live:
        return Change(at, arm, name, FIELDS[name].read(value))
    raise BadInput(f"the link has the change {part!r}; write step.arm.parameter:value or step.{FORK}")


_step_of_change = Item.whole("step of a change", 0, 10**9)


@dataclass(frozen=True)
class Setting(PageSetting):
    """Where a run starts, what was changed on the way, and how far it went.

    Of the parameters it holds those that differ from the environment's own: of both arms in `shared`, and each arm's.
    """

    ITEMS: ClassVar = {
        "stop": Item.whole("stop", 1, LAST_STOP, write=unless_zero),
        "environment": Item.choice("environment", ENVIRONMENTS),
        "seed": Item.whole("seed", 0, LARGEST_SEED),
        **{name: Item(one.read) for name, one in FIELDS.items() if name not in IN_ARMS},
        "arms": Item.whole("arms", 0, len(ARMS)),
        **{f"{arm}.{name}": Item(one.read) for arm in ARMS for name, one in IN_ARMS.items()},
        "changes": Item.changes(_read_change, MOST_CHANGES),
        "step": Item(typed, unless_zero),
    }

    environment: str = "figure1"
    seed: int = 0  # of both arms, which share all random numbers
    shared: Mapping[str, Any] = field(default_factory=dict)
    arms: tuple[Mapping[str, Any], ...] = ({}, {"mechanism": "halved"})
    file: str | None = None  # uploaded arrays, for environment "embeddings"; not part of a link
    changes: tuple[Change, ...] = ()  # in the order they happened
    step: int = 0  # how many to play before the page is shown
    stop: int = field(default=0, compare=False)  # of the tour beside the worlds, from 1; 0 without it

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the setting in which items have these values; the usual one if there are none."""
        if not values:
            return cls(seed=TELLING)
        arms = [{name: values[key] for name in IN_ARMS if (key := f"{arm}.{name}") in values} for arm in ARMS]
        return cls(
            **{name: values[name] for name in ("environment", "seed", "changes", "step") if name in values},
            stop=values.get("stop", 0),
            shared={name: value for name, value in values.items() if name in FIELDS},
            arms=tuple(arms[: max(1, values.get("arms", len(ARMS)))]),
        )

    def values(self) -> dict[str, Any]:
        """Return the values of the items: parameters that were set, those of an arm under its letter."""
        start = {"environment": self.environment, "seed": self.seed, **self.shared, "arms": len(self.arms)}
        for arm, own in zip(ARMS, self.arms, strict=False):
            start |= {f"{arm}.{name}": value for name, value in own.items()}
        return {"stop": self.stop} | start | {"changes": self.changes, "step": self.step}

    def checked(self, limits: Limits) -> Self:
        """Return the setting itself, if this server plays as many steps."""
        whole("step", self.step, at_least=0, at_most=limits.steps)
        return self

    def value(self, arm: str, name: str) -> Any:
        """Return a parameter's value, the environment's own if it was not set."""
        values = self.shared if arm == EVERYWHERE else self.arms[ARMS.index(arm)]
        return values.get(name, FIELDS[name].default_in(self.environment))

    def with_parameter(self, arm: str, name: str, value: Any) -> Setting:
        """Return the setting with another value of a parameter."""
        if arm == EVERYWHERE:
            return replace(self, shared={**self.shared, name: value})
        arms = list(self.arms)
        arms[ARMS.index(arm)] = {**arms[ARMS.index(arm)], name: value}
        return replace(self, arms=tuple(arms))

    def after(self, changes: Iterable[Change]) -> Setting:
        """Return the setting in which these changes have happened, as far as a reset keeps them."""
        setting = self
        for change in changes:
            if change.name == FORK:
                setting = setting.with_arms(2)
            elif change.name in FIELDS:
                setting = setting.with_parameter(change.arm, change.name, change.value)
        return setting

    def back_to(self, running: Setting, changes: Iterable[Change]) -> Setting:
        """Return the setting with what was running where these changes change it; after a fork, all of that."""
        setting = self
        for one in changes:
            if one.name == FORK:
                return running
            if one.name in FIELDS:
                setting = setting.with_parameter(one.arm, one.name, running.value(one.arm, one.name))
        return setting

    def with_arms(self, count: int) -> Setting:
        """Return the setting with arm A alone, or with arm A twice."""
        return replace(self, arms=self.arms[:1] * count)

    def model(self, index: int, limits: Limits) -> CreatorEconomy:
        """Return a new model of an arm, if its parameters fit and this server allows a world of its size."""
        spec = ENVIRONMENTS[self.environment]
        parameters = {**self.shared, **self.arms[index]}
        sizes = {**spec.options, **parameters}
        if self.environment == "embeddings":
            if self.file is None:
                raise BadInput("environment embeddings needs your own arrays: choose a file with 'Upload'")
            parameters["file"] = self.file
            sizes |= sizes_in(Path(self.file))
        check_arrivals(parameters.get("arrivals", 0), limits)
        n, m, d = (sizes.get(name) or 1 for name in ("n_creators", "n_users", "dim"))
        check_population(n, m, limits, d, parameters.get("K", spec.K))
        model = CreatorEconomy(environment=self.environment, rng=self.seed, **parameters)
        check_population(model.n_creators, model.n_users, limits)
        return model
