"""The rules of a mechanism: weights in, sound terms out, the same each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosystem.market import Market
from ecosystem.relevance import DistanceRelevance
from ecosystem.sharding.shard import terms_at
from ecosystem.strategy_sets import Ball
from ecosystem.testing.agreement import check_agreement
from ecosystem.testing.subject import Subject, name_of
from ecosystem_agents.mechanisms import Mechanism, Terms, mechanism_of

M_USERS = 40
DEFAULTS = ((0.1, 4, 12), (0.1, 20, 12), (1e-3, 1, 12))
"""beta, K and how many creators there are; lists longer than that, too."""


def check_mechanism(mechanism: str | Mechanism) -> None:
    """Check that a mechanism keeps the rules; the name of the broken one comes first in the line raised.

    Raises
    ------
    BadInput
        "shape", "finite", "bounds": the terms are no `Terms`, or out of range. "mutation": `deploy` changed its
        input. "determinism": the same input gave other terms. "equal treatment": users with equal weights got
        unequal terms; a mechanism that means it says so by ``singles_out_users = True``. "weights": it says
        ``uses_weights = False``, and other weights made other terms. "user by user": it says ``user_by_user = True``,
        and without some users others got other terms. "agreement": creators'
        utilities kept up to date under these terms differ from those computed from scratch.

    Examples
    --------
    >>> check_mechanism("smt")  # keeps every rule
    >>> class Negative:
    ...     def deploy(self, weights, beta, K, n_creators):
    ...         return Terms(-weights, np.full(len(weights), beta), np.full(len(weights), K))
    >>> check_mechanism(Negative())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ecosystem.testing.subject.BrokenRule: mechanism Negative breaks a rule: bounds: ...
    """
    subject, made = Subject("mechanism", name_of(mechanism)), mechanism_of(mechanism)
    cases = [(w, *default) for w in _weights() for default in DEFAULTS]
    first = [_deployed(subject, made, *case) for case in cases]
    for case, terms in zip(reversed(cases), reversed(first), strict=True):
        again = _deployed(subject, made, *case)
        _same_terms(subject, "determinism", "deploy twice on the same weights", terms, again)
    if not getattr(made, "uses_weights", True):
        for terms, others in zip(first, first[len(DEFAULTS) :], strict=False):
            _same_terms(subject, "weights", "uses_weights is False, and other weights", terms, others)
    if not getattr(made, "singles_out_users", False):
        for (weights, *_), terms in zip(cases, first, strict=True):
            _equal_treatment(subject, weights, terms)
    if getattr(made, "user_by_user", False):
        some = slice(None, None, 3)
        for case, terms in zip(cases, first, strict=True):
            alone = _deployed(subject, made, case[0][some], *case[1:])
            line = "user_by_user is True, and without others users"
            _same_terms(subject, "user by user", line, terms_at(terms, some), alone)
    if hasattr(made, "static_items"):
        _static_items(subject, made)
    rng = np.random.default_rng(3)
    users, strategies = rng.normal(size=(M_USERS, 3)), rng.normal(size=(12, 3)) / 3
    market = Market(users, strategies, DistanceRelevance(), beta=0.1, K=4)
    for terms in first[-3:]:
        check_agreement(subject, market, Ball(), terms=terms)


def _weights() -> list[np.ndarray]:
    """Return weights as platforms have them, (m,) each: all 1, and a few values shared by groups."""
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 6, M_USERS)
    spread = np.array([0.2, 0.5, 1.0 + 2**-52, 1.0, 2.5, 5.0])
    return [np.ones(M_USERS), rng.uniform(0.2, 5.0, 6)[groups], spread[groups]]


def _deployed(
    subject: Subject, mechanism: Mechanism, weights: np.ndarray, beta: float, K: int, n: int
) -> Terms:
    given = weights.copy()
    terms = subject.leaves_global_numbers_alone("deploy", mechanism.deploy, given, beta, K, n)
    subject.unchanged("deploy", {"weights": weights}, {"weights": given})
    subject.kind_of("deploy returned", terms, Terms, "ecosystem_agents.mechanisms.Terms")
    shape = (len(weights),)
    subject.array("reward_weight", terms.reward_weight, shape)
    _bounds(subject, "reward_weight", terms.reward_weight, terms.reward_weight >= 0, "at least 0")
    for prefix in ("", "pay_"):
        temperatures, lengths = getattr(terms, f"{prefix}beta"), getattr(terms, f"{prefix}K")
        if temperatures is not None or not prefix:
            subject.array(f"{prefix}beta", temperatures, shape)
            _bounds(subject, f"{prefix}beta", temperatures, temperatures > 0, "above 0")
        if lengths is not None or not prefix:
            subject.array(f"{prefix}K", lengths, shape, "iu")
            inside = (lengths >= 1) & (lengths <= n)
            _bounds(subject, f"{prefix}K", lengths, inside, f"from 1 to the {n} creators there are")
    return terms


def _same_terms(subject: Subject, rule: str, what: str, terms: Terms, others: Terms) -> None:
    for name, value in vars(terms).items():
        subject.equal(rule, f"{what} gave {name}", value, getattr(others, name))


def _bounds(subject: Subject, name: str, values: np.ndarray, inside: np.ndarray, allowed: str) -> None:
    if not inside.all():
        subject.require(False, "bounds", f"{name} holds {values[~inside][0]}; it must be {allowed}")


def _equal_treatment(subject: Subject, weights: np.ndarray, terms: Terms) -> None:
    for weight in np.unique(weights):
        alike = np.flatnonzero(weights == weight)
        for name, values in vars(terms).items():
            if values is not None and (values[alike] != values[alike[0]]).any():
                other = alike[np.argmax(values[alike] != values[alike[0]])]
                seen = (
                    f"users {alike[0]} and {other} both have weight {weight:g} and got {name} {values[alike[0]]:g} "
                    f"and {values[other]:g}; if that is meant, set singles_out_users = True"
                )
                subject.require(False, "equal treatment", seen)


def _static_items(subject: Subject, mechanism: Any) -> None:
    rng = np.random.default_rng(4)
    given = {
        "users": rng.normal(size=(M_USERS, 3)),
        "groups": np.arange(M_USERS) % 5,
        "user_utilities": rng.random(M_USERS),
        "user_mass": np.full(M_USERS, 1 / M_USERS),
    }
    handed = {name: value.copy() for name, value in given.items()}
    items = [
        subject.leaves_global_numbers_alone("static_items", mechanism.static_items, *handed.values())
        for _ in range(2)
    ]
    subject.unchanged("static_items", given, handed)
    subject.require(
        isinstance(items[0], np.ndarray) and items[0].ndim == 2, "shape", "static_items must return (s, d)"
    )
    subject.array("static_items", items[0], (len(items[0]), 3))
    subject.equal("determinism", "static_items twice gave", *items)
