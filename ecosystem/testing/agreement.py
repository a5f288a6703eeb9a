"""Utilities kept up to date move by move, against the same computed from scratch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ecosystem.game import creator_utilities, user_utilities
from ecosystem.market import Market
from ecosystem.matching import matching_probabilities
from ecosystem.strategy_sets import StrategySet
from ecosystem.testing.subject import Subject, close
from ecosystem_agents.mechanisms import Terms

MOVES = 12
LARGE = 50_000
"""Users times items from which a third of the moves must do."""


def check_agreement(
    subject: Subject,
    market: Market,
    sets: StrategySet | Sequence[StrategySet],
    *,
    terms: Terms | None = None,
    static_items: np.ndarray | None = None,
) -> None:
    """Move creators about at random and compare the market with an evaluation from scratch.

    The market was made with `static_items`; `terms` are deployed first. A difference is blamed on `subject`: it
    breaks the rule "agreement".
    """
    if terms is not None:
        subject.call("Market.set_terms", market.set_terms, terms)
    rng = np.random.default_rng(11)
    low, high = market.strategies.min(), market.strategies.max()
    moves = MOVES if len(market.users) * market.n_items < LARGE else MOVES // 3
    for move in range(moves):
        i = int(rng.integers(market.n_creators))
        where = rng.uniform(low - 0.3, high + 0.3, market.users.shape[1])
        if move % 4 == 3:  # two in one place, so that there are ties
            where = market.strategies[int(rng.integers(market.n_creators))]
        s = (sets[i] if isinstance(sets, Sequence) else sets).project(where)
        now, then = subject.call("Market.compare", market.compare, i, s)
        before = from_scratch(market, terms, static_items)
        subject.call("Market.move", market.move, i, s)
        after = from_scratch(market, terms, static_items)
        for what, kept, scratch in (
            (f"Market.compare of creator {i}, where it stands,", now, before[0][i]),
            (f"Market.compare of creator {i}, where it goes,", then, after[0][i]),
            ("Market.creator_utilities", market.creator_utilities(), after[0]),
            ("Market.user_utilities", market.user_utilities(), after[1]),
        ):
            own, other = np.atleast_1d(kept), np.atleast_1d(scratch)
            if not close(own, other):
                k = int(np.argmax(np.abs(own - other)))
                seen = f"{what} gives {own[k]:.12g} and the same from scratch {other[k]:.12g}"
                subject.require(False, "agreement", f"after {move + 1} moves {seen}")


def from_scratch(
    market: Market, terms: Terms | None, static_items: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return creators' (n,) and users' (m,) utilities in a market's state, by the definitions alone.

    `terms` are those deployed there, None for the market's own; `static_items` (s, d) those it was made with.
    """
    terms = Terms(np.ones(len(market.users)), market.beta, market.K) if terms is None else terms
    items = market.strategies if static_items is None else np.vstack([market.strategies, static_items])
    relevance = market.relevance(market.users, items)
    value = relevance if market.pi is None else market.pi(market.users, items)
    shown = matching_probabilities(relevance, market.beta, market.K)
    paid_beta = market.beta if terms.pay_beta is None else terms.pay_beta
    paid_K = market.K if terms.pay_K is None else terms.pay_K
    paid = creator_utilities(
        relevance,
        matching_probabilities(relevance, paid_beta, paid_K),
        market.reward,
        terms.reward_weight,
        market.mass,
        beta=paid_beta,
        K=paid_K,
        utility=None if market.pi is None else value,
    )
    return paid[: market.n_creators], user_utilities(value, shown)
