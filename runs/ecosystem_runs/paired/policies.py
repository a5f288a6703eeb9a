"""The policies of an experiment: no intervention first, for all others are compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecosystem import CreatorEconomy
from ecosystem.policies import BASE, POLICIES, Policy
from ecosystem.testing import check_plugins
from ecosystem_agents.inputs.checks import BadInput


def base_first(policies: Sequence[Policy], shared: Mapping[str, Any]) -> list[Policy]:
    """Return no intervention and then the others, each checked and built once in a world of these parameters."""
    base = POLICIES[BASE]
    for policy in policies:
        if policy.name == BASE and policy.parameters() != base.parameters():
            raise BadInput(
                f"a policy is called {BASE!r} and {policy.summary}; {BASE!r} is no intervention, which "
                f"{base.summary} and always runs: call yours otherwise"
            )
    wanted = [base, *(policy for policy in policies if policy.name != BASE)]
    for policy in wanted:
        check_plugins(policy.parameters())
        CreatorEconomy(**{**shared, **policy.parameters()}, rng=0)
    return wanted
