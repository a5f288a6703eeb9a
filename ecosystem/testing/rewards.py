"""The rules of a reward: pay that is finite, fair between equals, and for those on a user's list alone."""

from __future__ import annotations

import numpy as np

from ecosystem.market import Market
from ecosystem.matching import kth_relevance, matching_probabilities, terms_of
from ecosystem.relevance import DistanceRelevance
from ecosystem.rewards import Reward, reward_of
from ecosystem.strategy_sets import Ball
from ecosystem.testing.agreement import check_agreement
from ecosystem.testing.subject import Subject, close, differs, name_of

Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def check_reward(reward: str | Reward) -> None:
    """Check that a reward keeps the rules; the name of the broken one comes first in the line raised.

    Raises
    ------
    BadInput
        "shape", "finite": `pay` returned no (m, n) finite numbers. "mutation": it changed its input.
        "determinism": the same input gave other pay. "equal treatment": creators of equal relevance got unequal
        pay, or pay did not follow them into another order. "locality": a creator outside a user's list was paid by
        it, or a user's pay depended on another user. "agreement": utilities kept up to date differ from those
        computed from scratch.

    Examples
    --------
    >>> check_reward("lift")  # keeps every rule
    """
    subject, made = Subject("reward", name_of(reward)), reward_of(reward)
    for name in ("name", "reference", "needs"):
        text = getattr(made, name, None)
        subject.require(isinstance(text, str), "shape", f"{name} is {text!r}; it must be a text")
    cases = _cases()
    first = [_paid(subject, made, case) for case in cases]
    for case, pays in zip(reversed(cases), reversed(first), strict=True):
        again = _paid(subject, made, case)
        subject.equal("determinism", "pay twice on the same input gave", pays, again)
        _equal_treatment(subject, made, case, pays)
        _locality(subject, made, case, pays)
    rng = np.random.default_rng(3)
    for beta, K in ((0.1, 3), (0.02, 1), (0.3, 9)):
        market = subject.call(
            "a market with this reward",
            Market,
            rng.normal(size=(12, 2)),
            rng.normal(size=(7, 2)) / 3,
            DistanceRelevance(),
            beta=beta,
            K=K,
            reward=made,
        )
        check_agreement(subject, market, Ball())


def _cases() -> list[Case]:
    """Return relevances, probabilities and terms: scattered, with ties at and around the K-th place, of all sizes."""
    rng = np.random.default_rng(2)
    cases = []
    for m, n, K in ((6, 8, 3), (5, 4, 4), (4, 1, 1), (6, 8, 1), (7, 9, 20)):
        for tied in (False, True):
            relevance = rng.random((m, n))
            if tied:
                relevance = np.round(relevance * 3) / 3
            temperatures, lengths = rng.uniform(0.05, 0.5, m), np.clip(rng.integers(1, K + 1, m), 1, n)
            beta, lengths = terms_of(temperatures, lengths, m, n)
            cases.append((relevance, matching_probabilities(relevance, beta, lengths), beta, lengths))
    return cases


def _paid(subject: Subject, reward: Reward, case: Case) -> np.ndarray:
    names = ("relevance", "probabilities", "beta", "K")
    handed = [value.copy() for value in case]
    pays = subject.leaves_global_numbers_alone("pay", reward.pay, *handed)
    subject.unchanged("pay", dict(zip(names, case, strict=True)), dict(zip(names, handed, strict=True)))
    return subject.array("pay", pays, case[0].shape)


def _equal_treatment(subject: Subject, reward: Reward, case: Case, pays: np.ndarray) -> None:
    relevance, probabilities, beta, K = case
    for j, (sigma, pay) in enumerate(zip(relevance, pays, strict=True)):
        for value in np.unique(sigma):
            alike = np.flatnonzero(sigma == value)
            worst = alike[np.argmax(np.abs(pay[alike] - pay[alike[0]]))]
            subject.require(
                close(pay[alike], pay[alike[:1]]),
                "equal treatment",
                f"creators {alike[0]} and {worst} both have relevance {value:g} for user {j} and are paid "
                f"{pay[alike[0]]:g} and {pay[worst]:g}",
            )
    order = np.random.default_rng(4).permutation(relevance.shape[1])
    sigma, chances = (np.ascontiguousarray(value[:, order]) for value in (relevance, probabilities))
    turned = _paid(subject, reward, (sigma, chances, beta, K))
    if not close(turned, pays[:, order]):
        wrong = np.abs(turned - pays[:, order])
        j, k = (int(at) for at in np.argwhere(wrong == wrong.max())[0])
        paid = (
            f"user {j} pays creator {order[k]} {pays[j, order[k]]:g}, but in another order {turned[j, k]:g}"
        )
        subject.require(False, "equal treatment", paid)


def _locality(subject: Subject, reward: Reward, case: Case, pays: np.ndarray) -> None:
    relevance, _, _, K = case
    for j, i in np.argwhere((relevance < kth_relevance(relevance, K)) & (np.abs(pays) > 1e-9)):
        seen = f"creator {i} is not on user {j}'s list and is paid {pays[j, i]:g} by it; pay it 0"
        subject.require(False, "locality", seen)
    for j, pay in enumerate(pays):
        sigma, chances, beta, length = (np.ascontiguousarray(value[j : j + 1]) for value in case)
        alone = _paid(subject, reward, (sigma, chances, beta, length))[0]
        if not close(alone, pay):
            seen = f"user {j} pays {differs(pay, alone)} with the other users and without them"
            subject.require(False, "locality", seen)
