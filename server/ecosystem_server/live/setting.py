"""The whole setting of a page: what to start, what was changed when, and how far it went; as a link, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from ecosystem import CreatorEconomy
from ecosystem_agents.inputs.checks import BadInput, choice, whole
from ecosystem_server.address import items_of, refuse_unknown, typed
from ecosystem_server.fields import FIELDS, check_population, title_of
from ecosystem_server.limits import Limits
from ecosystem_server.offered import ENVIRONMENTS

ARMS = ("a", "b")
EVERYWHERE = "all"
FORK = "fork"
MOST_CHANGES = 500
KNOWN = (
    *("environment", "seed", "arms", "changes", "step"),
    *(name for name, field in FIELDS.items() if field.where != "arm"),
    *(f"{arm}.{name}" for arm in ARMS for name, field in FIELDS.items() if field.where == "arm"),
)
"""What the items of a link may be called."""


@dataclass(frozen=True)
class Change:
    """Something changed between two steps: a parameter of an arm or of all, or a fork of A into B.

    Attributes
    ----------
    step : int
        Steps completed when it happened.
    arm : str
        "a", "b" or "all".
    name : str
        Parameter, or "fork".
    value : Any
        Its new value; None for a fork.
    """

    step: int
    arm: str
    name: str
    value: Any = None

    def __str__(self) -> str:
        """Return it as it stands in a link, such as ``120.b.mechanism:hmt``."""
        return (
            f"{self.step}.{FORK}" if self.name == FORK else f"{self.step}.{self.arm}.{self.name}:{self.value}"
        )

    def told(self) -> str:
        """Return it as it stands below the board, such as ``t=120  B: → HMT``."""
        if self.name == FORK:
            return f"t={self.step}  fork A → B"
        who = "A, B" if self.arm == EVERYWHERE else self.arm.upper()
        if self.name == "mechanism":
            return f"t={self.step}  {who}: → {title_of(self.value)}"
        return f"t={self.step}  {who}: {FIELDS[self.name].label} = {self.value}"


@dataclass(frozen=True)
class Setting:
    """Where a run starts, what was changed on the way, and how far it went.

    Attributes
    ----------
    environment : str
        Name of the environment.
    seed : int
        Seed of both arms, which share all random numbers.
    shared : mapping
        Parameters of both arms that differ from the environment's own.
    arms : tuple of mappings
        Parameters of each arm that differ from the environment's own; one or two.
    file : str, optional
        Uploaded arrays, for environment "embeddings"; not part of a link.
    changes : tuple of Change
        In the order they happened.
    step : int
        Steps to play before the page is shown.
    """

    environment: str = "figure1"
    seed: int = 0
    shared: Mapping[str, Any] = field(default_factory=dict)
    arms: tuple[Mapping[str, Any], ...] = ({}, {"mechanism": "halved"})
    file: str | None = None
    changes: tuple[Change, ...] = ()
    step: int = 0

    def value(self, arm: str, name: str) -> Any:
        """Return a parameter's value, the environment's own if it was not set."""
        values = self.shared if arm == EVERYWHERE else self.arms[ARMS.index(arm)]
        return values.get(name, FIELDS[name].default_in(self.environment))

    def with_value(self, arm: str, name: str, value: Any) -> Setting:
        """Return the setting with another value of a parameter."""
        if arm == EVERYWHERE:
            return replace(self, shared={**self.shared, name: value})
        arms = list(self.arms)
        arms[ARMS.index(arm)] = {**arms[ARMS.index(arm)], name: value}
        return replace(self, arms=tuple(arms))

    def restarted(self) -> Setting:
        """Return the setting without its history."""
        return replace(self, changes=(), step=0)

    def model(self, index: int, limits: Limits) -> CreatorEconomy:
        """Return a new model of an arm.

        Raises
        ------
        BadInput
            If a parameter does not fit, or the world is larger than the server allows.
        """
        options = dict(ENVIRONMENTS[self.environment].options)
        parameters = {**self.shared, **self.arms[index]}
        asked = {name: parameters.get(name, options.get(name)) or 0 for name in ("n_creators", "n_users")}
        check_population(asked["n_creators"], asked["n_users"], limits)
        if self.environment == "embeddings":
            if self.file is None:
                raise BadInput("environment embeddings needs your own arrays: choose a file with 'Upload'")
            parameters["file"] = self.file
        model = CreatorEconomy(environment=self.environment, rng=self.seed, **parameters)
        check_population(model.n_creators, model.n_users, limits)
        return model


def to_query(setting: Setting, view: str = "") -> str:
    """Return the setting as the query of a link, with the tab that is open, unless it is the first."""
    items: list[tuple[str, Any]] = [("environment", setting.environment), ("seed", setting.seed)]
    items += [(name, value) for name, value in setting.shared.items()]
    items.append(("arms", len(setting.arms)))
    for arm, values in zip(ARMS, setting.arms, strict=False):
        items += [(f"{arm}.{name}", value) for name, value in values.items()]
    if setting.changes:
        items.append(("changes", "~".join(map(str, setting.changes))))
    if setting.step:
        items.append(("step", setting.step))
    if view:
        items.append(("view", view))
    return urlencode(items, safe=":~")


def from_query(query: str | None, limits: Limits) -> Setting:
    """Return the setting a link describes; the default one if it describes none.

    Raises
    ------
    BadInput
        If a part of it is unknown or outside its range.
    """
    items = items_of(query)
    items.pop("view", None)
    refuse_unknown(items, KNOWN)
    if not items:
        return Setting()
    environment = choice("environment", items.get("environment", "figure1"), ENVIRONMENTS)
    shared: dict[str, Any] = {}
    arms: list[dict[str, Any]] = [{}, {}]
    for key, text in items.items():
        arm, dot, name = key.rpartition(".")
        if not dot and name in FIELDS and FIELDS[name].where != "arm":
            shared[name] = _parse(name, text)
        elif dot and arm in ARMS and name in FIELDS and FIELDS[name].where == "arm":
            arms[ARMS.index(arm)][name] = _parse(name, text)
    return Setting(
        environment=environment,
        seed=_number("seed", items.get("seed", "0"), 2**53),
        shared=shared,
        arms=tuple(arms[: max(1, _number("arms", items.get("arms", "2"), 2))]),
        changes=_changes(items.get("changes", "")),
        step=_number("step", items.get("step", "0"), limits.steps),
    )


def _changes(text: str) -> tuple[Change, ...]:
    changes = []
    for part in filter(None, text.split("~")):
        step, _, rest = part.partition(".")
        arm, _, named = rest.partition(".")
        name, _, value = named.partition(":")
        at = _number("step of a change", step, 10**9)
        if rest == FORK:
            changes.append(Change(at, "b", FORK))
        elif name in FIELDS and FIELDS[name].live and arm in (*ARMS, EVERYWHERE):
            changes.append(Change(at, arm, name, _parse(name, value)))
        else:
            raise BadInput(f"the link has the change {part!r}; write step.arm.parameter:value or step.{FORK}")
    if len(changes) > MOST_CHANGES:
        raise BadInput(f"the link has {len(changes)} changes; at most {MOST_CHANGES} are replayed")
    return tuple(sorted(changes, key=lambda change: change.step))


def _parse(name: str, text: str) -> Any:
    known = FIELDS[name]
    if known.options is not None:
        return known.check(text)
    if known.is_whole:
        return known.check(typed(text))
    try:
        return known.check(float(text))
    except ValueError as error:
        if isinstance(error, BadInput):
            raise
        return known.check(text)  # which says what it must be


def _number(name: str, text: str, at_most: int) -> int:
    return whole(name, typed(text), at_least=0, at_most=at_most)
