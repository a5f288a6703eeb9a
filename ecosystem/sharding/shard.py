"""A shard: whole tiles of a world's users, with all that there is of each of them; and how one is made."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ecosystem import sizes
from ecosystem.chunks import nearest
from ecosystem.environments import Environment, Setting, environment_of
from ecosystem.market import Market
from ecosystem.requests import Drawn, placed, tile_masses, users_of
from ecosystem.retention import Retention
from ecosystem.rewards import Reward
from ecosystem.tiles import tile_sums, tiles_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import Terms


class Shard:
    """Users of whole tiles beside all creators: their market, groups and mass, and what each of them got.

    A world has one, or several in as many threads or processes. Sums are answered tile by tile, so that they come to
    the same whatever shards there are.

    Parameters
    ----------
    setting : Setting
        These users, all strategies.
    first : int
        How many users of the world come before.
    """

    def __init__(self, setting: Setting, first: int) -> None:
        self.setting, self.first, self.n_users = setting, first, len(setting.users)
        self.tiles = tiles_of(self.n_users)
        self.groups = np.zeros(0, dtype=np.int64) if setting.groups is None else setting.groups
        self.expected_utilities = self.user_utilities = self.breadth = np.zeros(self.n_users)
        self.present = np.ones(self.n_users, dtype=np.bool_)
        self.smoothed: np.ndarray | None = None  # what each got lately, once it matters
        self.observed = self.observed_steps = np.zeros(self.n_users)

    def mass_sums(self) -> np.ndarray:
        """Return what masses sum to before they are normalised, (tiles,)."""
        mass = self.setting.user_mass
        return np.array([tile.stop - tile.start if mass is None else mass[tile].sum() for tile in self.tiles])

    def open_market(self, total_mass: float, beta: float, K: int, reward: str | Reward) -> None:
        """Open the market under default terms; `total_mass` is what all masses of the world sum to."""
        setting = self.setting
        self.market = Market(
            setting.users,
            setting.strategies,
            setting.relevance,
            beta=beta,
            K=K,
            reward=reward,
            user_mass=setting.user_mass,
            utility=setting.utility,
            static_items=setting.static_items,
            total_mass=total_mass,
        )
        self.users, self.mass = self.market.users, self.market.mass
        self.attending = self.mass  # of those present
        del self.setting  # the market has copies of its own

    # --- groups ------------------------------------------------------------------------------------------

    def declared_groups(self) -> int:
        """Return how many groups there are, as far as these users tell."""
        return int(self.groups.max()) + 1

    def picked(self, numbers: np.ndarray) -> np.ndarray:
        """Return the embeddings of those users, numbered as in the world, who are here."""
        here = (numbers >= self.first) & (numbers < self.first + self.n_users)
        return np.asarray(self.users[numbers[here] - self.first])

    def join_nearest(self, centres: np.ndarray) -> np.ndarray:
        """Put every user into the group of the nearest of `centres` (L, d); return the sizes, (tiles, L)."""
        self.groups, self.n_groups = nearest(centres, self.users), len(centres)
        return self.group_sizes()

    def number_groups(self, numbers: np.ndarray) -> None:
        """Give groups the numbers that they keep, (L,)."""
        self.groups, self.n_groups = numbers[self.groups], int(numbers.max()) + 1

    # --- what happens ------------------------------------------------------------------------------------

    def set_terms(self, terms: Terms, by_group: bool) -> None:
        """Deploy terms, one a user or one a group."""
        self.market.set_terms(terms_at(terms, self.groups) if by_group else terms)

    def set_users(self, users: np.ndarray) -> None:
        """Put these users elsewhere, (m, d): the market makes all lists anew."""
        self.market.users[:] = users
        self.market.populate(self.market.strategies)

    def match(self) -> None:
        """Let every user be matched, in expectation."""
        self.expected_utilities, self.breadth = self.market.matched()
        self.user_utilities = self.expected_utilities

    def draw_matches(self, rng: np.random.Generator) -> None:
        """Draw one match a user, from the part of the stream of all users' that is these users'."""
        skip(rng, self.first)
        self.matches, self.user_utilities = self.market.draw_matches(rng.random(self.n_users))

    def observe(self, beta: float | None, K: int | None) -> None:
        """Take note of what each user got, or of what it would get on the terms given (Algorithm 1, line 5)."""
        got = self.user_utilities if beta is None else self.market.user_utilities(beta, K)
        self.observed = self.observed + got * self.present
        self.observed_steps = self.observed_steps + self.present

    def begin_epoch(self) -> None:
        """Forget what was observed."""
        self.observed, self.observed_steps = np.zeros(self.n_users), np.zeros(self.n_users)

    # --- users who come and go ---------------------------------------------------------------------------

    def attend(self, rule: Retention, step: int, rng: np.random.Generator) -> np.ndarray:
        """Let users stay, go or come back; return how many are there and how many went, (tiles, 2).

        By the part of the stream of all users' that is these users'.
        """
        skip(rng, self.first)
        if self.smoothed is None:
            self.smoothed = self.user_utilities.copy()
        stays = np.asarray(call("retention", rule, step, rule.stays, self.smoothed))
        if stays.shape != (self.n_users,) or not np.all((stays >= 0) & (stays <= 1)):
            came = f"{stays.min()} to {stays.max()}" if stays.size else "nothing"
            raise BadInput(
                f"stays of retention {type(rule).__name__} returned {came}, of shape {stays.shape}; it must return "
                f"a chance in [0, 1] for each of {self.n_users} users"
            )
        before = self.present
        self.set_present(rng.random(self.n_users) < np.where(before, stays, rule.back))
        went = before & ~self.present
        return np.array([(self.present[tile].sum(), went[tile].sum()) for tile in self.tiles])

    def set_present(self, present: np.ndarray) -> None:
        """Say who is there, (m,) bool."""
        self.present, self.attending = present, self.mass * present
        self.market.set_present(present)

    def remember(self, smoothing: float) -> None:
        """Let those present remember what they got."""
        assert self.smoothed is not None
        self.smoothed += smoothing * self.present * (self.user_utilities - self.smoothed)

    def drawn_user(self, tile: int, within: float) -> np.ndarray | None:
        """Return where the user is who has so much mass before it in a tile, (d,); None if that is elsewhere."""
        tile -= self.first // sizes.TILE
        if not 0 <= tile < len(self.tiles):
            return None
        here = self.tiles[tile]
        return np.asarray(self.users[here][placed(self.attending[here], within)])

    def span(self) -> np.ndarray:
        """Return the least and the largest coordinates of these users, (2, d)."""
        return np.array([self.users.min(axis=0), self.users.max(axis=0)])

    def put(self, values: dict[str, Any]) -> None:
        """Put values in the place of attributes: groups that were found, or all that a run goes on from."""
        vars(self).update(values)

    # --- what it is asked --------------------------------------------------------------------------------

    def hear_requests(self, drawn: Drawn) -> None:
        """Take note of the requests on which creators will be judged this step, (n, requests)."""
        tiles = drawn.tiles - self.first // sizes.TILE
        here = (tiles >= 0) & (tiles < len(self.tiles))
        users = np.full(tiles.shape, -1)
        users[here] = users_of(self.attending, tiles[here], drawn.within[here])
        self._requests = users, drawn.now, drawn.then

    def sample_trial(self, i: int, turn: int, candidate: np.ndarray) -> np.ndarray:
        """See `Market.sample_trial`; on the requests of that turn."""
        users, now, then = (numbers[turn] for numbers in self._requests)
        here = users >= 0
        return self.market.sample_trial(i, candidate, users[here], now[here], then[here], len(here))

    def of_users(self, quantity: str, *terms: Any) -> np.ndarray:
        """Return a quantity of these users, (m, ...): an attribute or a method of this class by its name."""
        found = getattr(self, quantity)
        return np.asarray(found(*terms) if callable(found) else found)

    def sums(self, quantity: str, *terms: Any) -> np.ndarray:
        """Return a quantity's mass-weighted sums, (tiles,)."""
        return tile_sums(self.attending, self.of_users(quantity, *terms))

    def group_sums(self, quantity: str | None, *terms: Any) -> np.ndarray:
        """Return a quantity's mass-weighted sums by group, (tiles, L); those of mass itself without one."""
        weighted = self.attending * self.of_users(quantity, *terms) if quantity else self.attending
        return np.array([self._by_group(tile, weighted) for tile in self.tiles])

    def tile_masses(self) -> np.ndarray:
        """Return the masses of tiles, (tiles,)."""
        return tile_masses(self.attending)

    def group_sizes(self) -> np.ndarray:
        """Return how many users are in each group, (tiles, L)."""
        return np.array([self._by_group(tile) for tile in self.tiles])

    def epoch_means(self) -> np.ndarray:
        """Return what was observed, as a mean over the epoch so far, (m,); NaN before its first step."""
        seen = self.observed_steps > 0
        return np.divide(self.observed, self.observed_steps, out=np.full(self.n_users, np.nan), where=seen)

    def epoch_sums(self) -> np.ndarray:
        """Return by group what was observed, and how often, weighted by mass, (tiles, 2, L)."""
        by = self.mass * self.observed, self.mass * self.observed_steps
        return np.array([[self._by_group(tile, weighted) for weighted in by] for tile in self.tiles])

    def from_creators(self) -> np.ndarray:
        """Return what users get from creators: matches with static items count nothing, (m,)."""
        return self.market.user_utilities(static=False)

    def utilities_on(self, beta: float, K: int) -> np.ndarray:
        """Return what users would get on other terms, (m,)."""
        return self.market.user_utilities(beta, K)

    def utilities_beside(self, beta: float, K: int, items: np.ndarray | None) -> np.ndarray:
        """Return what users would get on other terms and beside other static items (s, d), (m,)."""
        return self.market.under(beta, K, items).user_utilities()

    def _by_group(self, tile: slice, weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(self.groups[tile], None if weights is None else weights[tile], self.n_groups)


@dataclass(frozen=True)
class Recipe:
    """Some users of a world.

    Attributes
    ----------
    environment, options, rng
        The world: where it starts, with which options, and the stream it is drawn from.
    rows : range
        Numbers of the users.
    """

    environment: str | Environment
    options: Mapping[str, Any]
    rng: np.random.Generator
    rows: range = range(0)

    def setting(self) -> Setting:
        """Return the setting with these users alone, and all strategies."""
        return environment_of(self.environment).build_rows(deepcopy(self.rng), self.rows, **self.options)

    def shard(self) -> Shard:
        """Return these users as a shard."""
        return Shard(self.setting(), self.rows.start)


def rows_of(m: int, shards: int) -> list[range]:
    """Return the numbers of the users of each shard: whole tiles, as many as in the others or one more.

    There are fewer shards where there are fewer tiles.
    """
    tiles = -(-m // sizes.TILE)
    ends = [min(sizes.TILE * (tiles * k // shards), m) for k in range(shards + 1)]
    return [range(*between) for between in pairwise(ends) if between[0] < between[1]]


def terms_at(terms: Terms, rows: np.ndarray | slice) -> Terms:
    """Return the terms in some rows."""
    return Terms(
        **{name: column[rows] if np.ndim(column) else column for name, column in vars(terms).items()}
    )


def skip(rng: np.random.Generator, count: int) -> None:
    """Leave out so many uniform numbers of a stream."""
    bits = rng.bit_generator
    if isinstance(bits, np.random.PCG64 | np.random.PCG64DXSM):
        bits.advance(count)  # one step a number
        return
    for tile in tiles_of(count):
        rng.random(tile.stop - tile.start)
