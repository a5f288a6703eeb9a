"""Arms by name: mechanisms as everywhere else, and HMT by percentiles of the cold pool (Table 1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ecosystem.shortvideo.days import PARTS
from ecosystem.testing import check_plugins
from ecosystem_agents.inputs.checks import choice
from ecosystem_agents.inputs.lookup import names_of, object_of, parse
from ecosystem_agents.mechanisms import HMT, MECHANISMS, Mechanism, RetrievedShare
from ecosystem_agents.mechanisms.mappings import steps_of

CONTROL = "none"
"""The arm on default terms."""


def percentiles(values: Any, edges: Any = ()) -> HMT:
    """Return HMT with a mapping of one's own: relevance percentiles in [0, 1] that a cold item must reach.

    `edges` are the increasing weights at which the percentile changes; a single one is the same for every group.
    """
    steps = steps_of("percentiles", "a percentile", edges, values, at_least=0, at_most=1)
    return HMT(RetrievedShare(PARTS, steps))


ARMS: dict[str, Callable[..., Mechanism]] = {
    # The one left out halves the weight of Figure 1's centre user, and nobody is that here.
    **{name: mechanism for name, mechanism in MECHANISMS.items() if name != "halved"},
    "hmt_table1": partial(HMT, "table_1"),
    "percentiles": percentiles,
}
"""Every arm by the name people type."""


def mechanism_of_arm(arm: str) -> Mechanism:
    """Return the mechanism of an arm: one of `ARMS`, arguments included, or a plug-in, which is checked."""
    name, _ = parse("arm", arm)
    if ".py:" not in name:
        choice("arm", name, names_of("mechanism", ARMS))
    if name not in ARMS:
        check_plugins({"mechanism": arm})
    return object_of("mechanism", arm, ARMS, "deploy")
