"""What the arena's page compares: worlds, seeds, steps and policies, their limits, and its address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from ecosystem import CreatorEconomy, rewards
from ecosystem.economy.parameters import CHOICES
from ecosystem.policies import BASE, POLICIES, Policy, policy_of
from ecosystem_agents import mechanisms
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput, choice, whole
from ecosystem_server.address import items_of, refuse_unknown, typed
from ecosystem_server.fields import FIELDS
from ecosystem_server.limits import Limits, refuse_more
from ecosystem_server.offered import ENVIRONMENTS, MECHANISMS, REWARDS, offered

PARTS = ("halved", "enrichment", "backward", "engagement")
"""Single parts that are policies too, and that no named policy has."""


def _offered() -> dict[str, Policy]:
    plugged = [*(set(MECHANISMS) - set(mechanisms.MECHANISMS)), *(set(REWARDS) - set(rewards.REWARDS))]
    found = {name: policy_of(name) for name in (*POLICIES, *PARTS, *sorted(plugged)) if name != BASE}
    packaged: dict[str, Any] = offered("policy", {})
    return {name: one for name, one in packaged.items() if isinstance(one, Policy)} | found


OFFERED = _offered()
"""What may be ticked, by name: the named policies, single parts, and plug-ins of this server."""
PLACES = tuple(name for name in ENVIRONMENTS if name != "embeddings")
"""Environments on offer: those that need no file of the visitor's."""
SIZED = ("n_creators", "n_users")
FIRST_TRIED: dict[str, dict[str, Any]] = {
    "figure1": {"seeds": 5, "steps": 1000},
    "synthetic": {"seeds": 3, "steps": 300, "n_creators": 50, "n_users": 500},
}
"""What an environment is first tried with: worlds that a lecture can wait for."""
AGAINST = {
    "worst_group": "worst group",
    "sd_groups": "SD over groups",
    "payout": "payout",
    "creator_gini": "creators' Gini",
    "welfare": "deployed welfare",
}
"""What the chart may show against default-terms welfare."""


@dataclass(frozen=True)
class ArenaSetting:
    """Policies, and the worlds they run in.

    Attributes
    ----------
    environment : str
    seeds, steps : int
        Worlds, seeds 0 to `seeds` - 1, and the horizon of each run.
    lbr_evaluation : {"printed", "projected"}
        How creators compare.
    n_creators, n_users : int, optional
        Population, where the environment leaves it open.
    policies : tuple of str
        Which of `OFFERED`, in their order; no intervention is always run.
    against : str
        Which of `AGAINST` the chart shows.
    """

    environment: str = "figure1"
    seeds: int = 5
    steps: int = 1000
    lbr_evaluation: str = "printed"
    n_creators: int | None = None
    n_users: int | None = None
    policies: tuple[str, ...] = ("smt", "hmt", "relevance_sharp", "contribution", "contribution_sharp")
    against: str = "worst_group"

    @property
    def names(self) -> tuple[str, ...]:
        """Policies that run, no intervention first."""
        return BASE, *self.policies

    @property
    def world(self) -> ArenaSetting:
        """Return what results depend on: runs of the same world go into the same table."""
        return replace(self, seeds=0, policies=(), against="")

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the model that all policies share."""
        sizes = {name: getattr(self, name) for name in SIZED if getattr(self, name) is not None}
        return {
            "environment": self.environment,
            "horizon": self.steps,
            "lbr_evaluation": self.lbr_evaluation,
        } | sizes

    def model(self, policy: str, seed: int, limits: Limits) -> CreatorEconomy:
        """Return a policy in a world, at its start.

        Raises
        ------
        BadInput
            If the policy does not fit the world, which is named, or the world is larger than this server allows.
        """
        own = OFFERED[policy] if policy in OFFERED else policy_of(BASE)
        try:
            model = CreatorEconomy(**self.parameters, **own.parameters(), rng=seed)
        except BadInput as error:
            raise BadInput(f"{policy} in {self.environment}: {error}") from None
        refuse_more("n_creators", model.n_creators, limits.arena_creators)
        refuse_more("n_users", model.n_users, limits.arena_users)
        return model

    def checked(self, limits: Limits) -> ArenaSetting:
        """Return the setting itself.

        Raises
        ------
        BadInput
            If it is more than this server allows.
        """
        refuse_more("seeds", self.seeds, limits.arena_seeds)
        refuse_more("steps", self.steps, limits.arena_steps)
        refuse_more("the number of policies", len(self.policies), limits.arena_policies)
        refuse_more("n_creators", self.n_creators or 0, limits.arena_creators)
        refuse_more("n_users", self.n_users or 0, limits.arena_users)
        return self

    def with_value(self, name: str, value: Any) -> ArenaSetting:
        """Return a setting with another value; another environment brings values of its own.

        Raises
        ------
        BadInput
            If it is none of the parameters, or the value is outside its range.
        """
        choice("parameter", name, [f.name for f in fields(self)])
        if name == "environment":
            place = choice(name, value, PLACES)
            return replace(started(place), policies=self.policies, against=self.against)
        return replace(self, **{name: self._read(name, value)})

    def with_policy(self, name: Any, wanted: Any) -> ArenaSetting:
        """Return a setting with a policy ticked, or not."""
        name = choice("policy", name, OFFERED)
        kept = {*self.policies, name} if wanted else {*self.policies} - {name}
        return replace(self, policies=tuple(name for name in OFFERED if name in kept))

    def command(self) -> str:
        """Return the command that runs the same worlds at full length: planner, controls and report included."""
        own = ENVIRONMENTS[self.environment].lbr_evaluation
        given = {"lbr_evaluation": self.lbr_evaluation} if self.lbr_evaluation != own else {}
        sizes = {name: getattr(self, name) for name in SIZED if getattr(self, name) is not None}
        sets = "".join(f" --set {name}={value}" for name, value in {**given, **sizes}.items())
        listed = f" --policies {shlex.quote(','.join(self.policies or (BASE,)))}"
        place = shlex.quote(self.environment)
        return f"ecosystem arena {place}{listed} --seeds {self.seeds} --steps {self.steps}{sets}"

    def _read(self, name: str, value: Any) -> Any:
        if name == "lbr_evaluation":
            return choice(name, value, CHOICES["lbr_evaluation"])
        if name == "against":
            return choice(name, value, AGAINST)
        if name == "policies":
            names = value.split(",") if isinstance(value, str) else value
            wanted = {choice("policy", policy, OFFERED) for policy in names if policy}
            return tuple(name for name in OFFERED if name in wanted)
        if name in SIZED:
            if not FIELDS[name].applies_to(self.environment):
                raise BadInput(f"{self.environment} has no {name}; choose another environment to set it")
            return whole(name, typed(value), at_least=int(FIELDS[name].low), at_most=int(FIELDS[name].high))
        return whole(name, typed(value), at_least=1, at_most=1_000_000)


def started(environment: str) -> ArenaSetting:
    """Return what an environment is first tried with."""
    own = FIRST_TRIED.get(environment, {"seeds": 3, "steps": 300})
    return ArenaSetting(
        environment=environment, lbr_evaluation=ENVIRONMENTS[environment].lbr_evaluation, **own
    )


def about(name: str) -> Mapping[str, str]:
    """Return what a policy is, in words: mechanism, reward, needs, reference."""
    policy = OFFERED[name] if name in OFFERED else policy_of(name)
    mechanism = {
        "none": "default terms",
        "smt": "SMT: a temperature a user (Eq. 9)",
        "hmt": "HMT: a list length a user (Eq. 10)",
        "uniform(K=4)": "K = 4 for all",
        "uniform(beta=0.02)": "β = 0.02 for all",
    }.get(policy.mechanism, lookup.short(policy.mechanism))
    reward = lookup.short(policy.reward) + (", on default terms" if policy.pay_terms == "default" else "")
    if policy.weighting == "uir":
        reward += ", times Algorithm 1's weights"
    return {
        "mechanism": mechanism,
        "reward": reward,
        "needs": policy.needs,
        "reference": policy.reference,
    }


def to_query(setting: ArenaSetting) -> str:
    """Return the part of the address that describes a setting."""
    items: list[tuple[str, Any]] = [("view", "arena")]
    items += [(name, getattr(setting, name)) for name in ("environment", "seeds", "steps", "lbr_evaluation")]
    items += [(name, getattr(setting, name)) for name in SIZED if getattr(setting, name) is not None]
    items += [("policies", ",".join(setting.policies)), ("against", setting.against)]
    return urlencode(items, safe=",")


def from_query(query: str | None) -> ArenaSetting:
    """Return the setting an address describes.

    Raises
    ------
    BadInput
        If a part of it is unknown or outside its range.
    """
    items = items_of(query)
    refuse_unknown(items, [f.name for f in fields(ArenaSetting)])
    setting = started(choice("environment", items.pop("environment", "figure1"), PLACES))
    for name in (f.name for f in fields(setting)):
        if name in items:
            setting = setting.with_value(name, items[name])
    return setting
