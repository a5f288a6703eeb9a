"""How a market works out what creators are paid: in compiled code, or in NumPy where a reward has nothing else.

`KernelPay` for the rewards the kernels know by heart and those with a ``listed`` function, `ArrayPay` for those with
nothing but ``pay``. Both look only at users whose list the creator is on or would be on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

import ecosystem.market.outcomes as outcomes
import ecosystem.market.trials as trials
from ecosystem.market.book import CONTRIBUTION, LIFT, LISTED, RELEVANCE, TRAFFIC, Book
from ecosystem.market.reward_kernels import compile_listed, no_rule
from ecosystem.market.screen import new_desk
from ecosystem.matching import matching_probabilities
from ecosystem.rewards import ContributionPay, LiftPay, RelevancePay, Reward, TrafficPay, paid
from ecosystem.rewards.reward import label
from ecosystem_agents.inputs.checks import BadInput

CODES = {RelevancePay: RELEVANCE, TrafficPay: TRAFFIC, LiftPay: LIFT, ContributionPay: CONTRIBUTION}
"""Rewards with a formula of their own in the kernels."""

ROWS = 2048
"""Users whose whole rows of relevance are held at once, so that memory does not grow with n m numbers."""


class Requests(NamedTuple):
    """Sampled requests: their users' masses and places in the book (r,), two uniforms each (2, r), for two matches.

    They are some `of` so many.
    """

    mass: np.ndarray
    places: np.ndarray
    uniforms: np.ndarray
    of: int


class Pay(Protocol):
    """Pay computed from the book of a market."""

    def trial(self, book: Book, i: int, candidate: np.ndarray, exact: bool) -> np.ndarray:
        """Return creator i's utility where it stands and at `candidate` (d,), and a bound, by tile: (T, 3)."""

    def dues(self, book: Book, i: int, candidate: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return what creator i earns from the users at `places` (u,), now and at `candidate` (d,), (2, u)."""

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """Return the utilities of the first `n` items by tile, (T, n)."""


def pay_of(reward: Reward) -> KernelPay | ArrayPay:
    """Return the fastest way to work out a reward."""
    compiled = type(reward) in CODES or hasattr(reward, "listed")
    return KernelPay(reward) if compiled else ArrayPay(reward)


class KernelPay:
    """Pay in compiled code: by the reward's code in the kernels, or by its own ``listed`` function, compiled."""

    def __init__(self, reward: Any) -> None:
        self.reward = reward
        self.code = CODES.get(type(reward), LISTED)
        self.rule = compile_listed(reward.listed, label(reward)) if self.code == LISTED else no_rule()

    def __reduce__(self) -> tuple[Any, ...]:  # a compiled rule is an address: another process makes its own
        return KernelPay, (self.reward,)

    def trial(self, book: Book, i: int, candidate: np.ndarray, exact: bool) -> np.ndarray:
        """See `Pay`."""
        sums = np.empty((len(book.tiles), 3))
        trials.trial(book, self.code, self.rule, i, candidate, exact, new_desk(book), sums)
        return self.checked(sums) if self.code == LISTED else sums

    def prospects(self, book: Book, i: int, candidates: np.ndarray) -> np.ndarray:
        """Return what creator i would earn at each of `candidates` (k, d), (k,)."""
        earned = np.empty(len(candidates))
        trials.prospects(book, self.code, self.rule, i, candidates, earned)
        return self.checked(earned)

    def dues(self, book: Book, i: int, candidate: np.ndarray, places: np.ndarray) -> np.ndarray:
        """See `Pay`."""
        dues = np.empty((2, len(places)))
        trials.earnings(book, self.code, self.rule, i, places, candidate, dues)
        return self.checked(dues)

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """See `Pay`."""
        return self.deal(book, n, np.empty(0), np.empty(0))

    def deal(self, book: Book, n: int, utility: np.ndarray, breadth: np.ndarray) -> np.ndarray:
        """Return `utilities`, and write those of users and how many items they see into two arrays (m,)."""
        utilities = np.empty((len(book.tiles), n))
        outcomes.deal(book, self.code, self.rule, n, utilities, utility, breadth)
        return self.checked(utilities)

    def checked(self, figures: Any) -> Any:
        """Return figures, if they are finite: a rule may pay anything."""
        if not np.isfinite(figures).all():
            raise BadInput(
                f"listed of reward {label(self.reward)} fails on a list, or pays something that is not finite; "
                "check its formula"
            )
        return figures


class ArrayPay:
    """Pay by a reward's ``pay`` on the rows of the users concerned, in NumPy: for any formula, and slower."""

    def __init__(self, reward: Reward) -> None:
        self.reward = reward

    def trial(self, book: Book, i: int, candidate: np.ndarray, exact: bool) -> np.ndarray:
        """See `Pay`; always exact."""
        sums = np.zeros((len(book.tiles), 3))
        for t in range(len(sums)):
            places = trials.concerned(book, t, i, candidate, new_desk(book))
            sums[t, :2] = self.dues(book, i, candidate, places).sum(axis=1)
        return sums

    def utilities(self, book: Book, n: int) -> np.ndarray:
        """See `Pay`."""
        utilities = np.zeros((len(book.tiles), n))
        for t, tile in enumerate(book.tiles):
            for places, relevance in _rows(book, np.arange(tile["begin"], tile["end"])):
                utilities[t] += book.lists["weight"][places] @ self._paid(book, places, relevance)[:, :n]
        return utilities

    def dues(self, book: Book, i: int, candidate: np.ndarray, places: np.ndarray) -> np.ndarray:
        """See `Pay`."""
        pays, done = np.empty((2, len(places))), 0
        for some, relevance in _rows(book, places):
            part = slice(done, done := done + len(some))
            pays[0, part] = self._paid(book, some, relevance)[:, i]
            outcomes.tried(book, candidate, some, relevance[:, i])
            pays[1, part] = self._paid(book, some, relevance)[:, i]
        return pays * book.lists["weight"][places]

    def _paid(self, book: Book, places: np.ndarray, relevance: np.ndarray) -> np.ndarray:
        beta, K = book.lists["beta"][places], book.lists["K"][places].astype(np.int64)
        return paid(self.reward, relevance, matching_probabilities(relevance, beta, K), beta, K)


def sampled(
    pay: Pay, book: Book, i: int, candidate: np.ndarray, requests: Requests, for_places: bool
) -> np.ndarray:
    """Return creator i's mean pay over all requests, where it stands and at `candidate` (d,), by tile, (T, 2).

    A request is matched where its uniform number is below P, and then pays R times the user's reward weight. Where
    pay is `for_places` (see `ecosystem.rewards.reward.pays_places`) each request pays what is due, matched or not.
    """
    places, which = np.unique(requests.places, return_inverse=True)
    # Dues carry mass times reward weight: a request has no mass, and the price of its match is due / P.
    paid = pay.dues(book, i, candidate, places)[:, which] / requests.mass
    if not for_places:
        weight, traffic = book.lists["weight"][places], np.empty((2, len(places)))
        trials.earnings(book, TRAFFIC, no_rule(), i, places, candidate, traffic)
        chance = np.divide(traffic, weight, out=np.zeros_like(traffic), where=weight > 0)[:, which]
        price = np.divide(paid, chance, out=np.zeros_like(paid), where=chance > 0)
        paid = np.where(requests.uniforms < chance, price, 0.0)
    tile = np.searchsorted(book.tiles["begin"], requests.places, side="right") - 1
    sums = [np.bincount(tile, weights=row, minlength=len(book.tiles)) for row in paid]
    return np.stack(sums, axis=1) / requests.of


def _rows(book: Book, places: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield some of `places` after others, with the relevance of every item for the users there."""
    for start in range(0, len(places), ROWS):
        some = places[start : start + ROWS]
        relevance = np.empty((len(some), len(book.strategies)))
        outcomes.rows(book, some, relevance)
        yield some, relevance
