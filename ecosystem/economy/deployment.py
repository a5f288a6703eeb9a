"""What the platform has in force: terms for every user, and a mechanism's items beside the creators' content."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosystem.market import Market
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.platform import Platform


class Deployment:
    """Puts into force what the platform decides, and knows what users would get without it.

    The environment's own static items (s, d) are there whatever the mechanism.
    """

    def __init__(self, market: Market, groups: np.ndarray, static_items: np.ndarray | None) -> None:
        self.market, self.groups, self.static_items = market, groups, static_items
        self.is_default = True  # every user is at the default beta and K
        self._enriching: Any = None

    @property
    def is_enriched(self) -> bool:
        """Whether the mechanism shows items of its own."""
        return self._enriching is not None

    def deploy(self, platform: Platform, beta: float, K: int) -> None:
        """Put the platform's mechanism into force, from the next matching on, where `beta` and `K` are default."""
        self._enrich(platform.mechanism, beta, K, platform.model.steps)
        self.market.set_terms(platform.terms())
        default_K = min(K, self.market.n_items)
        self.is_default = bool(np.all(self.market.beta == beta) and np.all(default_K == self.market.K))

    def default_utilities(self, beta: float, K: int) -> np.ndarray:
        """Return what users would get on the default terms, the mechanism's items gone, (m,)."""
        if self.is_enriched:
            return self.market.under(beta, K, self.static_items).user_utilities()
        return self.market.user_utilities(beta, K)

    def _enrich(self, mechanism: Any, beta: float, K: int, step: int) -> None:
        """Put the mechanism's items beside the creators' content, once, and take another mechanism's away."""
        enriching = mechanism if hasattr(mechanism, "static_items") else None
        if enriching is self._enriching:
            return
        self._enriching = enriching
        items = [] if self.static_items is None else [self.static_items]
        if enriching is not None:
            without = self.market.under(beta, K, self.static_items)
            utilities = without.user_utilities()
            given = self.market.users, self.groups, utilities, self.market.mass
            items.append(call("mechanism", enriching, step, enriching.static_items, *given))
        self.market.set_static_items(np.vstack(items) if items else None)
