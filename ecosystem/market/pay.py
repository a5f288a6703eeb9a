"""How a market works out what creators are paid: three ways, by what the reward offers.

`CodedPay` for the rewards the kernels know by heart, `ListedPay` for those with a ``listed`` function, `ArrayPay` for
those with nothing but ``pay``. All three look only at users whose list the creator is on or would be on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

import ecosystem.market.kernels as kernels
import ecosystem.market.reward_kernels as reward_kernels
import ecosystem.market.sampling_kernels as sampling_kernels
from ecosystem.market.book import CONTRIBUTION, LIFT, PRINTED, RELEVANCE, TRAFFIC, Book, Sets
from ecosystem.matching import matching_probabilities
from ecosystem.rewards import ContributionPay, LiftPay, RelevancePay, Reward, TrafficPay, paid
from ecosystem.rewards.reward import label
from ecosystem_agents.inputs.checks import BadInput

CODES = {RelevancePay: RELEVANCE, TrafficPay: TRAFFIC, LiftPay: LIFT, ContributionPay: CONTRIBUTION}
"""Rewards with a formula of their own in the kernels."""

ROWS = 2048
"""Users whose whole rows of relevance are held at once, so that memory does not grow with n m numbers."""


class Requests(NamedTuple):
    """Sampled requests: mass of every user (m,), whose they are (r,), and two uniforms each (r,) for two matches."""

    mass: np.ndarray
    users: np.ndarray
    now: np.ndarray
    then: np.ndarray


class Turn(NamedTuple):
    """A turn of all creators; see `ecosystem.market.Market.respond`."""

    sets: Sets
    evaluation: int
    eta: np.ndarray
    order: np.ndarray
    directions: np.ndarray


class Pay(Protocol):
    """Pay computed from the book of a market."""

    def compare(self, book: Book, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's utility where it stands and at `candidate` (d,)."""
        ...

    def sampled(self, book: Book, i: int, candidate: np.ndarray, requests: Requests) -> tuple[float, float]:
        """Return creator i's mean pay over sampled requests where it stands and at `candidate` (d,)."""
        ...

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """Return the utilities of the first `n` items, (n,)."""
        ...

    def respond(self, book: Book, turn: Turn, accepted: np.ndarray) -> None:
        """Let every creator try its direction once; write whether it moved into `accepted` (n,)."""
        ...


def pay_of(reward: Reward) -> Pay:
    """Return the fastest way to work out a reward."""
    if type(reward) in CODES:
        return CodedPay(CODES[type(reward)])
    return ListedPay(reward) if hasattr(reward, "listed") else ArrayPay(reward)


class CodedPay:
    """Pay by a reward's code in the kernels."""

    def __init__(self, code: int) -> None:
        self.code = code

    def compare(self, book: Book, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """See `Pay`."""
        now, then = kernels.appraise(book, self.code, i, candidate)
        return float(now), float(then)

    def sampled(self, book: Book, i: int, candidate: np.ndarray, requests: Requests) -> tuple[float, float]:
        """See `Pay`."""
        now, then = sampling_kernels.sampled_stakes(book, self.code, i, candidate, *requests)
        return float(now), float(then)

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """See `Pay`."""
        utilities = np.empty(n)
        kernels.all_utilities(book, self.code, n, utilities)
        return utilities

    def respond(self, book: Book, turn: Turn, accepted: np.ndarray) -> None:
        """See `Pay`."""
        kernels.respond_all(book, turn.sets, self.code, *turn[1:], accepted)


class ListedPay:
    """Pay by a reward's own ``listed`` function, compiled."""

    def __init__(self, reward: Any) -> None:
        self.reward = reward
        self.rule = reward_kernels.compile_listed(reward.listed, label(reward))

    def __reduce__(self) -> tuple[Any, ...]:  # a compiled rule is an address: another process makes its own
        return ListedPay, (self.reward,)

    def compare(self, book: Book, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """See `Pay`."""
        now, then = reward_kernels.appraise_listed(book, self.rule, i, candidate)
        self._check(np.isfinite(now) and np.isfinite(then))
        return float(now), float(then)

    def sampled(self, book: Book, i: int, candidate: np.ndarray, requests: Requests) -> tuple[float, float]:
        """See `Pay`."""
        users = np.unique(requests.users)
        pays = np.empty((2, len(users)))
        reward_kernels.listed_dues(book, self.rule, i, candidate, users, *pays)
        self._check(np.isfinite(pays).all())
        return _sampled(book, i, candidate, requests, users, pays)

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """See `Pay`."""
        utilities = np.empty(n)
        reward_kernels.all_listed(book, self.rule, n, utilities)
        self._check(np.isfinite(utilities).all())
        return utilities

    def respond(self, book: Book, turn: Turn, accepted: np.ndarray) -> None:
        """See `Pay`."""
        self._check(reward_kernels.respond_listed(book, turn.sets, self.rule, *turn[1:], accepted))

    def _check(self, fine: Any) -> None:
        if not fine:
            raise BadInput(
                f"listed of reward {label(self.reward)} fails on a list, or pays something that is not finite; "
                "check its formula"
            )


class ArrayPay:
    """Pay by a reward's ``pay`` on the rows of the users concerned, in NumPy: for any formula, and slower."""

    def __init__(self, reward: Reward) -> None:
        self.reward = reward

    def compare(self, book: Book, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """See `Pay`."""
        m = book.users.shape[1]
        row, where = np.empty(m), np.empty(m, dtype=np.int64)
        count = reward_kernels.candidates(book, i, candidate, row, where)
        now, then = self._by_user(book, i, row, where[:count])
        return float(now.sum()), float(then.sum())

    def sampled(self, book: Book, i: int, candidate: np.ndarray, requests: Requests) -> tuple[float, float]:
        """See `Pay`."""
        users, row = np.unique(requests.users), np.empty(book.users.shape[1])
        kernels.relevance_row(book, candidate, row)
        return _sampled(book, i, candidate, requests, users, self._by_user(book, i, row, users))

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """See `Pay`."""
        utilities = np.zeros(n)
        everybody = np.arange(len(book.lists))
        for part, relevance in _rows(book, everybody):
            users = everybody[part]
            utilities += book.lists["weight"][users] @ self._paid(book, users, relevance)[:, :n]
        return utilities

    def respond(self, book: Book, turn: Turn, accepted: np.ndarray) -> None:
        """See `Pay`."""
        landing = np.empty(turn.directions.shape[1])
        for i in turn.order:
            candidate = book.strategies[i] + turn.eta[i] * turn.directions[i]
            kernels.project(turn.sets, i, candidate, landing)
            now, then = self.compare(book, i, candidate if turn.evaluation == PRINTED else landing)
            accepted[i] = then >= now
            if accepted[i]:
                kernels.move(book, i, landing)

    def _by_user(self, book: Book, i: int, row: np.ndarray, users: np.ndarray) -> np.ndarray:
        """Return what creator i earns at each of `users` (u,), now and with the relevance `row` (m,), (2, u)."""
        pays = np.empty((2, len(users)))
        for part, relevance in _rows(book, users):
            some = users[part]
            pays[0, part] = self._paid(book, some, relevance)[:, i]
            relevance[:, i] = row[some]
            pays[1, part] = self._paid(book, some, relevance)[:, i]
        return pays * book.lists["weight"][users]

    def _paid(self, book: Book, users: np.ndarray, relevance: np.ndarray) -> np.ndarray:
        beta, K = book.lists["beta"][users], book.lists["K"][users].astype(np.int64)
        return paid(self.reward, relevance, matching_probabilities(relevance, beta, K), beta, K)


def _sampled(
    book: Book, i: int, candidate: np.ndarray, requests: Requests, users: np.ndarray, pays: np.ndarray
) -> tuple[float, float]:
    """Return creator i's mean pay over requests, now and then, from what each of `users` (u,) pays it, (2, u).

    A request is matched where its uniform number is below P, and then pays its user's part, without mass, over P.
    """
    traffic, weight = np.empty((2, len(users))), book.lists["weight"][users]
    reward_kernels.coded_dues(book, TRAFFIC, i, candidate, users, *traffic)
    chance = np.divide(traffic, weight, out=np.zeros_like(traffic), where=weight > 0)
    price = np.divide(pays / requests.mass[users], chance, out=np.zeros_like(pays), where=chance > 0)
    request = np.searchsorted(users, requests.users)
    uniforms = np.array([requests.now, requests.then])
    now, then = np.where(uniforms < chance[:, request], price[:, request], 0.0).mean(axis=1)
    return float(now), float(then)


def _rows(book: Book, users: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield parts of `users` with the relevance of every item for them."""
    for start in range(0, len(users), ROWS):
        part = slice(start, start + ROWS)
        relevance = np.empty((len(users[part]), len(book.strategies)))
        reward_kernels.rows(book, users[part], relevance)
        yield part, relevance
