"""The policies of an experiment: no intervention first, for all others are compared with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ecosystem.policies import BASE, POLICIES, Policy
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.parameters import try_out


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
        try_out({**shared, **policy.parameters()})
    return wanted
