"""The market: matching, utilities and welfare, kept up to date as creators move and terms change."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

import ecosystem.market.entries as entries
import ecosystem.market.lists as lists
import ecosystem.market.outcomes as outcomes
import ecosystem.market.trials as trials
from ecosystem.game import mass_of, one_a_user, user_utilities
from ecosystem.market.book import Book, Costs, Sets, Turn, new_book
from ecosystem.market.pay import KernelPay, Requests, pay_of, sampled
from ecosystem.market.screen import new_desk
from ecosystem.matching import matching_probabilities, terms_of
from ecosystem.relevance import Relevance
from ecosystem.rewards import ContributionPay, LiftPay, RelevancePay, Reward, reward_of
from ecosystem.rewards.contribution import utility_without
from ecosystem.rewards.reward import label, pays_places
from ecosystem.sizes import BENCH, ENTRY, KEEP_ALL, check_world
from ecosystem.tiles import added, tile_sums
from ecosystem_agents.inputs.checks import BadInput, finite_array, point_of, points_of, same_dimensions, whole
from ecosystem_agents.inputs.room import check_room
from ecosystem_agents.mechanisms import Terms

Beta = float | np.ndarray | None
Length = int | np.ndarray | None
"""Terms for all users or one each, (m,); None for those shown."""


class Market:
    """Who is matched with whom and what it is worth, incrementally (Section 3, Eqs. 1 to 10).

    Parameters
    ----------
    users : (m, d) array
        User embeddings, fixed.
    strategies : (n, d) array
        Where creators start.
    relevance : DistanceRelevance or DotRelevance
        sigma.
    beta : float or (m,) array
        Softmax temperature, above 0.
    K : int or (m,) int array
        List length, at least 1; above the number of items it counts as that number.
    reward : str or Reward
        How creators are paid: a name of `ecosystem.rewards.REWARDS`, with arguments if it takes any, or an object.
    user_mass : (m,) array, optional
        Mass of each user, normalised to 1; uniform by default.
    utility : callable, optional
        pi where it is not sigma: from users (m, d) and strategies (n, d) to (m, n).
    static_items : (s, d) array, optional
        Items that compete for places on the lists and are never paid.
    total_mass : float, optional
        What all masses of the world sum to, where these users are some of it; by default what theirs sum to.

    Raises
    ------
    BadInput
        If a shape or a number is outside its range.

    Examples
    --------
    >>> from ecosystem.relevance import DistanceRelevance
    >>> users, strategies = np.zeros((1, 2)), np.zeros((2, 2))  # a user, and two creators where it is
    >>> market = Market(users, strategies, DistanceRelevance(scale=5), beta=0.1, K=1)
    >>> market.creator_utilities().tolist(), market.welfare()  # they share it
    ([0.5, 0.5], 1.0)
    >>> market.compare(0, np.array([3.0, 4.0])), market.strategies[0].tolist()  # asked, not moved
    ((0.5, 0.0), [0.0, 0.0])
    """

    def __init__(
        self,
        users: np.ndarray,
        strategies: np.ndarray,
        relevance: Relevance,
        *,
        beta: float | np.ndarray,
        K: int | np.ndarray,
        reward: str | Reward = "relevance",
        user_mass: np.ndarray | None = None,
        utility: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
        static_items: np.ndarray | None = None,
        total_mass: float | None = None,
    ) -> None:
        self.users = points_of("users", users).copy()
        items = points_of("strategies", strategies)
        self.n_creators = len(items)
        items = _with_static(items, static_items)
        same_dimensions("users", self.users, "strategies", items)
        m, N = len(self.users), len(items)
        self.beta, self.K = terms_of(beta, K, m, N)
        check_world(m, N, items.shape[1], int(self.K.max()))
        self.relevance = relevance
        self.reward = reward_of(reward)
        self.mass = mass_of(user_mass, m, total_mass)
        self.pi = utility
        self._pay = pay_of(self.reward)
        # Contribution alone is a matter of utility; all others pay on relevance.
        self._pays_on_pi = utility is not None and isinstance(self.reward, ContributionPay)
        self.present: np.ndarray | None = None
        self._book: Book
        self._places: np.ndarray  # in the book, of each user, (m,)
        self._pi_values: np.ndarray  # (m, N) where pi is not sigma
        self._earned: np.ndarray | None = None  # by tile, since the last move
        self._open(items)
        self.set_terms(Terms(np.ones(m), self.beta, self.K))

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d); a copy."""
        return self._book.strategies[: self.n_creators].copy()

    @property
    def items(self) -> np.ndarray:
        """Where all that compete stand, creators and then static items, (N, d); a copy."""
        return self._book.strategies[: self.n_items].copy()

    def utility(self, i: int) -> float:
        """Return creator i's utility where it stands, Eqs. (4) to (10)."""
        return self.compare(i, self._book.strategies[self._creator(i)])[0]

    def utility_at(self, i: int, candidate: np.ndarray) -> float:
        """Return the utility creator i would have at `candidate` (d,), the others staying."""
        return self.compare(i, candidate)[1]

    def utilities_at(self, i: int, candidates: np.ndarray) -> np.ndarray:
        """Return what `utility_at` is at each of `candidates` (k, d), (k,), in one compiled call if there is one."""
        i, candidates = self._creator(i), points_of("candidates", candidates)
        same_dimensions("candidates", candidates, "users", self.users)
        if self._pays_on_pi or not isinstance(self._pay, KernelPay):
            return np.array([self.utility_at(i, candidate) for candidate in candidates])
        return self._pay.prospects(self._book, i, candidates)

    def dues(self, i: int) -> np.ndarray:
        """Return what creator i earns from each user where it stands, (m,): `utility` is their sum."""
        i = self._creator(i)
        here = self._book.strategies[i]
        if self._pays_on_pi:
            return self._book.lists["weight"][self._places] * self._lost_on_pi(i, here)
        return self._pay.dues(self._book, i, here, self._places)[0]

    def compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's utility where it stands and at `candidate` (d,)."""
        now, then, _ = added(self.trial(i, candidate, exact=True))
        return float(now), float(then)

    def trial(self, i: int, candidate: np.ndarray, exact: bool) -> np.ndarray:
        """Return what `compare` adds up, tile by tile, and how much their difference may be off, (tiles, 3).

        See `verdict`; nothing is off where it is to be `exact`.
        """
        i, candidate = self._creator(i), self._point(candidate)
        if self._pays_on_pi:
            now, then = self._paid_on_pi(i, self._book.strategies[i]), self._paid_on_pi(i, candidate)
            return np.array([[now, then, 0.0]])
        return self._pay.trial(self._book, i, candidate, exact)

    def sample_compare(
        self, i: int, candidate: np.ndarray, users: np.ndarray, now: np.ndarray, then: np.ndarray
    ) -> tuple[float, float]:
        """Return creator i's mean pay over sampled requests, where it stands and at `candidate` (d,).

        One sample of `users` (r,) requests something in both; the uniform numbers `now` and `then` (r,) decide the
        match of each request, independently for the two. Pay for places on lists does not ask for a match.
        """
        paid_now, paid_then = added(self.sample_trial(i, candidate, users, now, then, len(users)))
        return float(paid_now), float(paid_then)

    def sample_trial(
        self, i: int, candidate: np.ndarray, users: np.ndarray, now: np.ndarray, then: np.ndarray, of: int
    ) -> np.ndarray:
        """Return what `sample_compare` adds up, by tile, (tiles, 2), where these are some `of` so many requests."""
        i, candidate = self._creator(i), self._point(candidate)
        if self._pays_on_pi:
            raise BadInput(
                "contribution pay on a utility that is not relevance cannot be sampled; use expected"
            )
        requests = Requests(self.mass[users], self._places[users], np.array([now, then]), of)
        return sampled(self._pay, self._book, i, candidate, requests, self._pays_places)

    @cached_property
    def _pays_places(self) -> bool:
        return pays_places(self.reward)

    def draw_matches(self, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw one match a user by Eq. (1), from `uniforms` (m,) in [0, 1).

        Returns items (m,), those from n on static, -1 without any, and what each was worth to its user, (m,).
        """
        uniforms = point_of("uniforms", uniforms, len(self.users))
        if self._shows_more:
            self._deepen(self.K)
        items, utilities = np.full(len(uniforms), -1), np.zeros(len(uniforms))
        if not self.n_items:
            return items, utilities
        outcomes.draw(self._book, self.beta, self.K, uniforms, items, utilities)
        if self.pi is not None:
            utilities = self._pi_values[np.arange(len(items)), items]
        return items, utilities

    def move(self, i: int, strategy: np.ndarray) -> None:
        """Move creator i to `strategy` (d,)."""
        i, strategy, self._earned = self._creator(i), self._point(strategy), None
        trials.move(self._book, i, strategy, new_desk(self._book))
        if self.pi is not None:
            self._pi_values[:, i] = self._pi_of(strategy[None])[:, 0]

    def remove(self, i: int) -> None:
        """Strike creator i off every list, for good; those after it count one less."""
        i, self._earned = self._creator(i), None
        if self.n_items == 1:
            self.populate(np.empty((0, self.users.shape[1])))
            return
        self._book, self.n_creators = entries.without(self._book, i), self.n_creators - 1
        if self.pi is not None:
            self._pi_values = np.delete(self._pi_values, i, axis=1)
        if self._longest > self.n_items:
            self.set_terms(self._terms)

    def add(self, strategy: np.ndarray) -> int:
        """Let a creator in at `strategy` (d,); return its number, the one after all others'."""
        strategy, n, self._earned = self._point(strategy), self.n_creators, None
        if not self.n_items or not entries.has_room(self._book, self._longest, KEEP_ALL):
            self.populate(np.vstack([self.strategies, strategy]))
            return n
        self._book, self.n_creators = entries.with_item(self._book, n, strategy), n + 1
        if self.pi is not None:
            self._pi_values = np.insert(self._pi_values, n, self._pi_of(strategy[None])[:, 0], axis=1)
        if self._longest >= self.n_items:
            self.set_terms(self._terms)
        return n

    @property
    def n_items(self) -> int:
        """How many items compete: creators' and static ones."""
        return 0 if self._is_empty else len(self._book.strategies)

    def populate(self, strategies: np.ndarray) -> None:
        """Put other creators, at `strategies` (n, d), in the place of all; there may be none."""
        static = self._book.strategies[self.n_creators : self.n_items]
        self.n_creators = len(strategies)
        self._open(_with_static(strategies, static))
        self.set_terms(self._terms)

    def set_present(self, present: np.ndarray | None) -> None:
        """Say which users are there, (m,) bool, or that all are: the others are matched too, and pay nobody."""
        self.present = present
        self.set_terms(self._terms)

    def respond(
        self,
        sets: Sets,
        evaluation: int,
        eta: np.ndarray,
        order: np.ndarray,
        directions: np.ndarray,
        strict: bool = False,
        costs: Costs | None = None,
    ) -> np.ndarray:
        """Let every creator in `order` compare and move or stay (Algorithm 2), in one compiled call.

        `sets` is from `strategy_arrays`, `evaluation` one of `book.PRINTED` and `book.PROJECTED`; step lengths `eta`
        (n,) and unit `directions` (n, d) have a row a creator. Where `strict`, they stay unless it pays more.
        Returns whose step was accepted, (n,) bool; `moved` then says whom it led elsewhere.
        """
        pay, (accepted, self.moved) = self._pay, np.zeros((2, self.n_creators), dtype=np.bool_)
        if self.pi is not None or not isinstance(pay, KernelPay):
            raise BadInput(f"reward {label(self.reward)} is not compiled; let creators move one by one")
        costs = Costs(0.0, 0.0, directions) if costs is None else costs
        turn, self._earned = Turn(evaluation, eta, order, directions, strict, costs), None
        if not trials.respond(self._book, sets, pay.code, pay.rule, turn, accepted, self.moved):
            pay.checked(np.nan)
        return accepted

    @property
    def is_compiled(self) -> bool:
        """Whether creators can `respond` in one call."""
        return isinstance(self._pay, KernelPay) and self.pi is None

    def set_terms(self, terms: Terms) -> None:
        """Deploy other terms; matching, utilities and welfare follow at once."""
        m, N = len(self.users), max(self.n_items, 1)
        reward_weight = one_a_user("reward_weight", terms.reward_weight, m)
        self._terms = terms
        self._longest = max(int(np.max(K)) for K in (terms.K, terms.pay_K) if K is not None)
        self.beta, self.K = terms_of(terms.beta, terms.K, m, N)
        pay_beta, pay_K = terms_of(
            self.beta if terms.pay_beta is None else terms.pay_beta,
            self.K if terms.pay_K is None else terms.pay_K,
            m,
            N,
        )
        self._shows_more = bool((pay_K < self.K).any())
        shown = np.array_equal(pay_beta, self.beta) and np.array_equal(pay_K, self.K)
        self._pays_as_shown, self._earned = shown and self.pi is None, None
        at, places, weight = self._book.lists, self._places, self.mass * reward_weight
        if self.present is not None:
            weight = weight * self.present
        of_pay = {"weight": weight, "beta": pay_beta, "sharpness": 1.0 / pay_beta, "K": pay_K}
        unchanged = all(np.array_equal(at[name][places], values) for name, values in of_pay.items())
        for name, values in of_pay.items():
            at[name][places] = values
        self._deepen(np.maximum(self.K, pay_K))
        if not unchanged:
            self.refresh()

    def set_static_items(self, static_items: np.ndarray | None) -> None:
        """Put other static items (s, d) beside the creators, or none; the terms stay as they are."""
        self._open(_with_static(self.strategies, static_items))
        self.set_terms(self._terms)

    def under(self, beta: float, K: int, static_items: np.ndarray | None) -> Market:
        """Return another market of the same content, under other terms and beside other static items (s, d)."""
        nobody = self.n_creators == 0
        market = Market(
            self.users,
            self.users[:1] if nobody else self.strategies,
            self.relevance,
            beta=beta,
            K=K,
            user_mass=self.mass,
            utility=self.pi,
            static_items=static_items,
            total_mass=1.0,
        )
        if nobody:
            market.populate(self.strategies)
        return market

    def refresh(self) -> None:
        """Sum every softmax afresh, so that rounding does not pile up over many moves."""
        lists.settle_all(self._book)

    def user_utilities(self, beta: Beta = None, K: Length = None, *, static: bool = True) -> np.ndarray:
        """Return each user's expected utility (m,), under the terms shown or any other.

        Parameters
        ----------
        beta, K : optional
            Terms to count under; those shown by default.
        static : bool
            Whether a match with a static item counts; without, it is worth 0.
        """
        return self.matched(beta, K, static=static)[0]

    def matched(
        self, beta: Beta = None, K: Length = None, *, static: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return `user_utilities` and how many items each user effectively sees (m,): 1 / sum of P^2, from 1 to K."""
        m, betas, lengths = len(self.users), self.beta, self.K
        if not self.n_items:
            return np.zeros(m), np.zeros(m)
        others = beta is not None or K is not None
        if others:
            betas, lengths = terms_of(
                betas if beta is None else beta, lengths if K is None else K, m, self.n_items
            )
        if others or self._shows_more:
            self._deepen(lengths)
        utility, breadth = np.empty(m), np.empty(m)
        if not others and static and self._pays_as_shown and isinstance(self._pay, KernelPay):
            self._earned = self._pay.deal(self._book, self.n_creators, utility, breadth)
            return utility, breadth
        until = self.n_items if static else self.n_creators
        outcomes.receive(self._book, betas, lengths, self._pi_values, until, utility, breadth)
        return utility, breadth

    def creator_utilities(self) -> np.ndarray:
        """Return every creator's utility (n,), Eqs. (4) to (10)."""
        return added(self.tile_utilities())

    def tile_utilities(self) -> np.ndarray:
        """Return what `creator_utilities` adds up, tile by tile, (tiles, n)."""
        if self._pays_on_pi:
            return np.array([[self._paid_on_pi(i, s) for i, s in enumerate(self.strategies)]])
        if self._earned is None:
            self._earned = self._pay.utilities(self._book, self.n_creators)
        return self._earned

    def welfare(self) -> float:
        """Return user welfare W(s), Eqs. (2) and (3)."""
        return float(added(tile_sums(self.mass, self.user_utilities())))

    def welfare_gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of user welfare in every strategy (n, d), lists held fixed, and reach (n,).

        Reach is the mass of users a creator is matched with: its expected traffic. Under the terms pay is
        computed on; relevance as utility.
        """
        gradient, reach = np.empty((self.n_creators, self.users.shape[1])), np.empty(self.n_creators)
        outcomes.welfare_gradient(self._book, self.mass, gradient, reach)
        return gradient, reach

    def _open(self, items: np.ndarray) -> None:
        """Open a book on `items` (N, d)."""
        self._is_empty = not len(items)  # then one in the book stands for nobody
        items = np.zeros((1, self.users.shape[1])) if self._is_empty else items
        zero_pays = not isinstance(self.reward, RelevancePay | LiftPay | ContributionPay)
        self._book = new_book(self.users, items, self.relevance, zero_pays)
        self._places = np.argsort(self._book.order[self._book.order >= 0])
        self._pi_values = np.empty((0, 0)) if self.pi is None else self._pi_of(items)

    def _deepen(self, K: np.ndarray) -> None:
        """Make every list hold at least K + 1 entries (m,), or everybody."""
        book, N = self._book, len(self._book.strategies)
        needed = np.minimum(K + 1, N)
        if needed.max() > book.room:
            room = N if N <= KEEP_ALL else int(needed.max()) + BENCH
            width = 8 * (room // 8 + 1)  # whole cache lines, and at least one -inf at the end
            room = width - 1 if N <= KEEP_ALL else room  # for those who come
            M = len(book.lists)
            size = M * width
            check_room(f"lists of {size:,} candidates in all", ENTRY * size, "lower K")
            value, item = np.full((M, width), -np.inf), np.full((M, width), -1, book.item.dtype)
            narrower = slice(book.value.shape[1])
            value[:, narrower], item[:, narrower] = book.value, book.item
            self._book = book = book._replace(room=room, value=value, item=item)
        for p in self._places[book.lists["length"][self._places] < needed]:
            lists.fill_up(book, p)
            lists.settle(book, p)

    def _paid_on_pi(self, i: int, strategy: np.ndarray) -> float:
        """Contribution pay where pi is not sigma: the reference, user by user, for creator i at `strategy`."""
        return float(self._book.lists["weight"][self._places] @ self._lost_on_pi(i, strategy))

    def _lost_on_pi(self, i: int, strategy: np.ndarray) -> np.ndarray:
        """Return what each user would lose without creator i at `strategy`, (m,)."""
        book, at = self._book, self._book.lists[self._places]
        relevance = self.relevance(self.users, book.strategies)
        relevance[:, i] = self.relevance(self.users, strategy[None])[:, 0]
        value = self._pi_values.copy()
        value[:, i] = self._pi_of(strategy[None])[:, 0]
        beta, K = at["beta"], at["K"]
        with_all = user_utilities(value, matching_probabilities(relevance, beta, K))
        return np.asarray(with_all - utility_without(i, relevance, value, beta, K))

    def _pi_of(self, strategies: np.ndarray) -> np.ndarray:
        assert self.pi is not None
        value = finite_array("utility", self.pi(self.users, strategies), ndim=2)
        if value.shape != (len(self.users), len(strategies)):
            raise BadInput(
                f"utility returned shape {value.shape}; it must return one value for each of "
                f"{len(self.users)} users and {len(strategies)} strategies"
            )
        return value.copy()

    def _creator(self, i: int) -> int:
        return whole("creator", i, at_least=0, at_most=self.n_creators - 1)

    def _point(self, strategy: np.ndarray) -> np.ndarray:
        return point_of("strategy", strategy, self.users.shape[1])


def _with_static(strategies: np.ndarray, static_items: np.ndarray | None) -> np.ndarray:
    if static_items is None or not len(static_items):
        return strategies.copy()
    static_items = finite_array("static_items", static_items, ndim=2)
    same_dimensions("static_items", static_items, "strategies", strategies)
    return np.vstack([strategies, static_items])
