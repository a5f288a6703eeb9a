"""What the arena's page compares: worlds, seeds, steps and policies, their limits, and its address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from ecosystem import CreatorEconomy, rewards
from ecosystem.economy.parameters import CHOICES
from ecosystem.policies import BASE, POLICIES, Policy, policy_of
from ecosystem_agents import mechanisms
from ecosystem_agents.inputs import lookup
from ecosystem_agents.inputs.checks import BadInput, choice
from ecosystem_server.address import Item, PageSetting, typed
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


def _read_policies(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = lookup.split_names(value)
    names = value if isinstance(value, (set, list)) else [value]
    wanted = {choice("policy", policy, OFFERED) for policy in names if policy != ""}
    return tuple(name for name in OFFERED if name in wanted)


@dataclass(frozen=True)
class ArenaSetting(PageSetting):
    """Policies, and the worlds they run in."""

    VIEW = "arena"
    ITEMS: ClassVar = {
        "environment": Item.choice("environment", PLACES),
        "seeds": Item.whole("seeds", 1, 1_000_000, "arena_seeds"),
        "steps": Item.whole("steps", 1, 1_000_000, "arena_steps"),
        "lbr_evaluation": Item.choice("lbr_evaluation", CHOICES["lbr_evaluation"]),
        "n_creators": Item(typed, limit="arena_creators", title="n_creators"),
        "n_users": Item(typed, limit="arena_users", title="n_users"),
        "policies": Item(_read_policies, ",".join, "arena_policies", "the number of policies"),
        "against": Item.choice("against", AGAINST),
    }

    environment: str = "figure1"
    seeds: int = 5  # from 0 on
    steps: int = 1000  # the horizon of each run
    lbr_evaluation: str = "printed"
    n_creators: int | None = None  # None where the environment does not leave it open
    n_users: int | None = None
    # Which of `OFFERED`, in their order; no intervention is always run.
    policies: tuple[str, ...] = ("smt", "hmt", "relevance_sharp", "contribution", "contribution_sharp")
    against: str = "worst_group"  # which of `AGAINST` the chart shows

    @property
    def names(self) -> tuple[str, ...]:
        """Policies that run, no intervention first."""
        return BASE, *self.policies

    @property
    def world(self) -> ArenaSetting:
        """What results depend on: runs of the same world go into the same table."""
        return replace(self, seeds=0, policies=(), against="")

    @property
    def sizes(self) -> dict[str, int]:
        """Population, where the environment leaves it open."""
        return {name: getattr(self, name) for name in SIZED if getattr(self, name) is not None}

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the model that all policies share."""
        shared = {
            "environment": self.environment,
            "horizon": self.steps,
            "lbr_evaluation": self.lbr_evaluation,
        }
        return shared | self.sizes

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the setting with these values, and others as the environment is first tried."""
        environment = values.get("environment", cls.environment)
        own = FIRST_TRIED.get(environment, {"seeds": 3, "steps": 300})
        first = cls(environment, lbr_evaluation=ENVIRONMENTS[environment].lbr_evaluation, **own)
        return replace(first, **values)

    def __post_init__(self) -> None:
        for name, size in self.sizes.items():
            if not FIELDS[name].applies_to(self.environment):
                raise BadInput(f"{self.environment} has no {name}; choose another environment to set it")
            FIELDS[name].read(size)

    def model(self, policy: str, seed: int, limits: Limits) -> CreatorEconomy:
        """Return a policy in a world, at its start; refused where it does not fit, or the world is too large."""
        own = OFFERED[policy] if policy in OFFERED else policy_of(BASE)
        try:
            model = CreatorEconomy(**self.parameters, **own.parameters(), rng=seed)
        except BadInput as error:
            raise BadInput(f"{policy} in {self.environment}: {error}") from None
        refuse_more("n_creators", model.n_creators, limits.arena_creators)
        refuse_more("n_users", model.n_users, limits.arena_users)
        return model

    def with_value(self, name: str, value: Any) -> Self:
        """Return a setting with another value; another environment brings values of its own."""
        if name == "environment" and name in self.ITEMS:
            place = self.ITEMS[name].read(value)
            return self.of({name: place, "policies": self.policies, "against": self.against})
        return super().with_value(name, value)

    def with_policy(self, name: Any, wanted: bool) -> Self:
        """Return a setting with a policy ticked, or not."""
        name = choice("policy", name, OFFERED)
        kept = {*self.policies, name} if wanted else {*self.policies} - {name}
        return self.with_value("policies", kept)

    def title(self) -> str:
        """Return what the table is called."""
        sizes = [f"{count} {name.removeprefix('n_')}" for name, count in self.sizes.items()]
        worlds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        parts = [self.environment, *sizes, worlds, f"{self.steps} steps"]
        return " · ".join([*parts, f"LBR evaluation {self.lbr_evaluation}"])

    def command(self) -> str:
        """Return the command that runs the same worlds at full length: planner, controls and report included."""
        own = ENVIRONMENTS[self.environment].lbr_evaluation
        given = {"lbr_evaluation": self.lbr_evaluation} if self.lbr_evaluation != own else {}
        sets = "".join(f" --set {name}={value}" for name, value in {**given, **self.sizes}.items())
        listed = f" --policies {shlex.quote(','.join(self.policies or (BASE,)))}"
        place = shlex.quote(self.environment)
        return f"ecosystem arena {place}{listed} --seeds {self.seeds} --steps {self.steps}{sets}"


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
    return {"mechanism": mechanism, "reward": reward, "needs": policy.needs, "reference": policy.reference}
