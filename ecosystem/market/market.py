"""The market: matching, utilities and welfare, kept up to date as creators move and terms change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

import ecosystem.market.gradient_kernels as gradient_kernels
import ecosystem.market.kernels as kernels
import ecosystem.market.sampling_kernels as sampling_kernels
from ecosystem.game import mass_of, user_utilities
from ecosystem.market.book import Book, Sets, new_book
from ecosystem.market.pay import Requests, Turn, pay_of
from ecosystem.matching import matching_probabilities, terms_of
from ecosystem.relevance import Relevance
from ecosystem.rewards import ContributionPay, Reward, reward_of
from ecosystem.rewards.contribution import utility_without
from ecosystem.sizes import BENCH, KEEP_ALL, LISTED, check_world
from ecosystem.state import State, arrays_of, put_back
from ecosystem.tiles import added, tile_sums, tiles_of
from ecosystem_agents.inputs.checks import BadInput, finite_array, point_of, points_of, same_dimensions, whole
from ecosystem_agents.inputs.room import check_room
from ecosystem_agents.mechanisms import Terms

Beta = float | np.ndarray | None
Length = int | np.ndarray | None
"""Terms for all users or one each, (m,); None for those shown."""
MADE_AGAIN = ("users", "mass", "_book.users")
"""What no move changes, and a state leaves out."""


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
        self._pi_values = np.empty((0, 0)) if utility is None else self._pi_of(items)
        self._terms = Terms(np.ones(m), self.beta, self.K)
        self._shows_more = (
            False  # to some user more than pay needs: moves keep lists as deep as pay needs them
        )
        self._book = new_book(self.users, items, relevance, self.beta, self.K, self.mass)
        self._deepen(self.K)
        self.refresh()

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d); a copy."""
        return self._book.strategies[: self.n_creators].copy()

    def utility(self, i: int) -> float:
        """Return creator i's utility where it stands, Eqs. (4) to (10)."""
        return self.compare(i, self._book.strategies[self._creator(i)])[0]

    def utility_at(self, i: int, candidate: np.ndarray) -> float:
        """Return the utility creator i would have at `candidate` (d,), the others staying."""
        return self.compare(i, candidate)[1]

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
            return np.array(
                [[self._paid_on_pi(i, self._book.strategies[i]), self._paid_on_pi(i, candidate), 0.0]]
            )
        return np.array([(*self._pay.compare(book, i, candidate), 0.0) for book in self._tiles(i)])

    def sample_compare(
        self, i: int, candidate: np.ndarray, users: np.ndarray, now: np.ndarray, then: np.ndarray
    ) -> tuple[float, float]:
        """Return creator i's mean pay over sampled requests, where it stands and at `candidate` (d,).

        One sample of `users` (r,) requests something in both; the uniform numbers `now` and `then` (r,) decide the
        match of each request, independently for the two.
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
        tiles = tiles_of(len(self.users))
        means = np.zeros((len(tiles), 2))
        for k, (tile, book) in enumerate(zip(tiles, self._tiles(i), strict=True)):
            here = (users >= tile.start) & (users < tile.stop)
            if here.any():
                some = Requests(self.mass[tile], users[here] - tile.start, now[here], then[here])
                means[k] = np.multiply(self._pay.sampled(book, i, candidate, some), here.sum() / of)
        return means

    def draw_matches(self, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draw one match a user by Eq. (1), from `uniforms` (m,) in [0, 1).

        Returns items (m,), those from n on static, and what each user's match was worth to it, (m,).
        """
        uniforms = point_of("uniforms", uniforms, len(self.users))
        if self._shows_more:
            self._deepen(self.K)
        items, utilities = np.empty(len(uniforms), dtype=np.int64), np.empty(len(uniforms))
        sampling_kernels.draw(self._book, self.beta, self.K, uniforms, items, utilities)
        if self.pi is not None:
            utilities = self._pi_values[np.arange(len(items)), items]
        return items, utilities

    def move(self, i: int, strategy: np.ndarray) -> None:
        """Move creator i to `strategy` (d,)."""
        i, strategy = self._creator(i), self._point(strategy)
        kernels.move(self._book, i, strategy)
        if self.pi is not None:
            self._pi_values[:, i] = self._pi_of(strategy[None])[:, 0]

    def respond(
        self,
        sets: Sets,
        evaluation: int,
        eta: np.ndarray,
        order: np.ndarray,
        directions: np.ndarray,
    ) -> np.ndarray:
        """Let every creator in `order` compare and move or stay (Algorithm 2), in one compiled call.

        `sets` is from `strategy_arrays`, `evaluation` one of `book.PRINTED` and `book.PROJECTED`; step lengths `eta`
        (n,) and unit `directions` (n, d) have a row a creator. Returns which creators moved, (n,) bool.
        """
        accepted = np.zeros(self.n_creators, dtype=np.bool_)
        self._pay.respond(self._book, Turn(sets, evaluation, eta, order, directions), accepted)
        return accepted

    def set_terms(self, terms: Terms) -> None:
        """Deploy other terms; matching, utilities and welfare follow at once."""
        m, N = len(self.users), self.n_items
        reward_weight = finite_array("reward_weight", terms.reward_weight, ndim=1)
        if reward_weight.shape != (m,) or (reward_weight < 0).any():
            came = (
                f"{reward_weight.min():g}" if reward_weight.shape == (m,) else f"{len(reward_weight)} numbers"
            )
            raise BadInput(f"reward_weight holds {came}; it must be {m} numbers at least 0, one a user")
        self._terms = terms
        self.beta, self.K = terms_of(terms.beta, terms.K, m, N)
        pay_beta, pay_K = terms_of(
            self.beta if terms.pay_beta is None else terms.pay_beta,
            self.K if terms.pay_K is None else terms.pay_K,
            m,
            N,
        )
        self._shows_more = bool((pay_K < self.K).any())
        lists = self._book.lists
        resort = lists["K"] != pay_K
        lists["weight"], lists["beta"], lists["K"] = self.mass * reward_weight, pay_beta, pay_K
        self._deepen(np.maximum(self.K, pay_K))
        kernels.settle_lists(self._book, resort)

    def set_static_items(self, static_items: np.ndarray | None) -> None:
        """Put other static items (s, d) beside the creators, or none; the terms stay as they are."""
        m, terms = len(self.users), self._terms
        items = _with_static(self.strategies, static_items)
        self._pi_values = np.empty((0, 0)) if self.pi is None else self._pi_of(items)
        _, K = terms_of(terms.beta, terms.K, m, len(items))
        self._book = new_book(self.users, items, self.relevance, self.beta, K, self.mass)
        self._deepen(K)
        self.set_terms(terms)

    def under(self, beta: float, K: int, static_items: np.ndarray | None) -> Market:
        """Return another market of the same content, under other terms and beside other static items (s, d)."""
        return Market(
            self.users,
            self.strategies,
            self.relevance,
            beta=beta,
            K=K,
            user_mass=self.mass,
            utility=self.pi,
            static_items=static_items,
            total_mass=1.0,
        )

    def state(self) -> dict[str, np.ndarray]:
        """Return all that changes as creators move and terms do, as plain arrays by name."""
        return arrays_of(vars(self), MADE_AGAIN)

    def restore(self, state: State) -> None:
        """Put back a `state` of a market of the same users, to the bit; BadInput if it is of another."""
        put_back(self, vars(self), state, MADE_AGAIN)

    @property
    def n_items(self) -> int:
        """How many items compete: creators' and static ones."""
        return len(self._book.strategies)

    def refresh(self) -> None:
        """Sum every softmax afresh, so that rounding does not pile up over many moves."""
        kernels.settle_lists(self._book, np.zeros(len(self.users), dtype=np.bool_))

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
        others = beta is not None or K is not None
        if others:
            betas, lengths = terms_of(
                betas if beta is None else beta, lengths if K is None else K, m, self.n_items
            )
        if others or self._shows_more:
            self._deepen(lengths)
        utility, breadth = np.empty(m), np.empty(m)
        until = self.n_items if static else self.n_creators
        kernels.receive(self._book, betas, lengths, self._pi_values, until, utility, breadth)
        return utility, breadth

    def creator_utilities(self) -> np.ndarray:
        """Return every creator's utility (n,), Eqs. (4) to (10)."""
        return added(self.tile_utilities())

    def tile_utilities(self) -> np.ndarray:
        """Return what `creator_utilities` adds up, tile by tile, (tiles, n)."""
        if self._pays_on_pi:
            return np.array([[self._paid_on_pi(i, s) for i, s in enumerate(self.strategies)]])
        return np.array([self._pay.utilities(book, self.n_creators) for book in self._tiles()])

    def welfare(self, beta: Beta = None, K: Length = None, *, static: bool = True) -> float:
        """Return user welfare W(s), Eqs. (2) and (3); arguments as in `user_utilities`."""
        return float(added(tile_sums(self.mass, self.user_utilities(beta, K, static=static))))

    def welfare_gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of user welfare in every strategy (n, d), lists held fixed, and reach (n,).

        Reach is the mass of users a creator is matched with: its expected traffic. Under the terms pay is
        computed on; relevance as utility.
        """
        gradient, reach = np.empty((self.n_creators, self.users.shape[1])), np.empty(self.n_creators)
        gradient_kernels.welfare_gradient(self._book, self.mass, gradient, reach)
        return gradient, reach

    def _deepen(self, K: np.ndarray) -> None:
        """Make every list hold at least K + 1 entries, or everybody."""
        book, N = self._book, self.n_items
        needed = np.minimum(K + 1, N)
        room = book.lists["room"]
        if (needed > room).any():
            bench = N if N <= KEEP_ALL else BENCH
            room = np.where(needed > room, np.minimum(needed + bench, N), room)
            check_room(f"lists of {room.sum():,} candidates in all", LISTED * int(room.sum()), "lower K")
            lists = book.lists.copy()
            lists["room"], lists["first"] = room, np.cumsum(room) - room
            small = np.min_scalar_type(int(room.max()) + 1)  # holds every position and `nowhere`
            nowhere = int(np.iinfo(small).max)
            roomier = book._replace(
                lists=lists,
                value=np.empty(room.sum()),
                item=np.empty(room.sum(), dtype=book.item.dtype),
                slot=np.full(book.slot.shape, nowhere, dtype=small),
                nowhere=nowhere,
            )
            kernels.copy_lists(book, roomier)
            self._book = book = roomier
        shallow = np.flatnonzero(book.lists["length"] < needed)
        for j in shallow:
            kernels.refill_list(book, j)
            kernels.settle_list(book, j)

    def _tiles(self, i: int | None = None) -> Iterator[Book]:
        """Yield the book tile by tile, to be read: for all creators, or for one."""
        book, tiles = self._book, tiles_of(len(self.users))
        if len(tiles) == 1:
            yield book
            return
        whose = slice(None) if i is None else i
        for tile in tiles:
            slot = np.empty((self.n_items, tile.stop - tile.start), dtype=book.slot.dtype)
            slot[whose] = book.slot[whose, tile]
            yield book._replace(
                users=np.ascontiguousarray(book.users[:, tile]),
                slot=slot,
                lists=book.lists[tile],
                entry=book.entry[tile],
                floor=book.floor[tile],
            )

    def _paid_on_pi(self, i: int, strategy: np.ndarray) -> float:
        """Contribution pay where pi is not sigma: the reference, user by user, for creator i at `strategy`."""
        book, lists = self._book, self._book.lists
        relevance = self.relevance(self.users, book.strategies)
        relevance[:, i] = self.relevance(self.users, strategy[None])[:, 0]
        value = self._pi_values.copy()
        value[:, i] = self._pi_of(strategy[None])[:, 0]
        beta, K = lists["beta"], lists["K"]
        with_all = user_utilities(value, matching_probabilities(relevance, beta, K))
        return float(lists["weight"] @ (with_all - utility_without(i, relevance, value, beta, K)))

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


def verdict(sums: np.ndarray) -> int:
    """Return whether a creator moves, by the sums (tiles, 3) of a trial: 1, 0, or -1 where an exact one is needed."""
    now, then, off = added(sums)
    return -1 if abs(then - now) <= off and off > 0 else int(then >= now)


def _with_static(strategies: np.ndarray, static_items: np.ndarray | None) -> np.ndarray:
    if static_items is None or not len(static_items):
        return strategies.copy()
    static_items = finite_array("static_items", static_items, ndim=2)
    same_dimensions("static_items", static_items, "strategies", strategies)
    return np.vstack([strategies, static_items])
