"""What the platform has in force: terms for every user, and a mechanism's items beside the creators' content."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosystem.sharding.audience import Audience
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.platform import Platform

Quantity = tuple[Any, ...]
"""A quantity of users as the audience is asked for it: its name, and terms if it needs any."""


class Deployment:
    """Puts into force what the platform decides, and knows what users would get without it.

    The environment's own static items (s, d) are there whatever the mechanism.
    """

    def __init__(self, audience: Audience, static_items: np.ndarray | None) -> None:
        self.audience, self.static_items = audience, static_items
        self.is_default = True  # every user is at the default beta and K
        self._enriching: Any = None

    @property
    def is_enriched(self) -> bool:
        """Whether the mechanism shows items of its own."""
        return self._enriching is not None

    def deploy(self, platform: Platform, beta: float, K: int) -> None:
        """Put the platform's mechanism into force, from the next matching on, where `beta` and `K` are default."""
        self._enrich(platform.mechanism, beta, K, platform.model.steps)
        terms, n = platform.terms(by_group=platform.deploys_by_group), self.audience.n_items
        self.audience.set_terms(terms, platform.deploys_by_group)
        is_default = np.equal(terms.beta, beta) & (np.minimum(terms.K, n) == min(K, n))
        self.is_default = bool(is_default.all())

    def take_over(self, mechanism: Any) -> None:
        """Take the mechanism's items to be in place already, as they are in a run that goes on."""
        self._enriching = mechanism if hasattr(mechanism, "static_items") else None

    def default_utilities(self, beta: float, K: int) -> Quantity:
        """Return the name of what users would get on the default terms, the mechanism's items gone."""
        if self.is_enriched:
            return "utilities_beside", beta, K, self.static_items
        return "utilities_on", beta, K

    def _enrich(self, mechanism: Any, beta: float, K: int, step: int) -> None:
        """Put the mechanism's items beside the creators' content, once, and take another mechanism's away."""
        before = self._enriching
        self.take_over(mechanism)
        if (enriching := self._enriching) is before:
            return
        items = [] if self.static_items is None else [self.static_items]
        if enriching is not None:
            quantities = ("users",), ("groups",), ("utilities_beside", beta, K, self.static_items), ("mass",)
            given = [self.audience.of_users(*quantity) for quantity in quantities]
            items.append(call("mechanism", enriching, step, enriching.static_items, *given))
        self.audience.set_static_items(np.vstack(items) if items else None)
