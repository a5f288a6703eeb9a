"""The platform day by day: one arm of the test, a closed loop of users, creators and their content."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

import numpy as np

from ecosystem.heartbeat import beat
from ecosystem.market.book import relevance_code
from ecosystem.relevance import Relevance
from ecosystem.shortvideo import kernels
from ecosystem.shortvideo.contents import Contents
from ecosystem.shortvideo.creators import Creators
from ecosystem.shortvideo.population import QUARTERS, Population, Share, nearest
from ecosystem.shortvideo.settings import Settings
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import Mechanism, NoIntervention
from ecosystem_agents.reweighting import group_means, reweight

HOURS = 24
PARTS = 10_000
"""What mechanisms take for the size of the cold pool: list lengths are 10,000ths of it, whatever it holds."""


@dataclass(frozen=True)
class Period:
    """What happened over some days: `COUNTS` are likes, impressions, cold and fresh impressions, as in `kernels`."""

    user: np.ndarray  # (m, COUNTS) int
    # What each creator's content added to these: expected counts less those of what would have been shown instead, by
    # quarter of the traffic; after the last quarter, users of no group.
    worth: np.ndarray  # (n, 5, COUNTS)
    # A bit for each fold of creators that has shown this user that topic, and one for each fold but for which this
    # user would have been shown it.
    topics: np.ndarray  # (m, T) uint32
    instead: np.ndarray
    # Day by day:
    active: list[np.ndarray] = field(default_factory=list)  # (n,) bool, who was
    created: list[np.ndarray] = field(default_factory=list)  # (T,) int, items made
    delivered: list[np.ndarray] = field(default_factory=list)  # (T,) int, impressions
    group_ltr: list[np.ndarray] = field(default_factory=list)  # (L,)
    weights: list[np.ndarray] = field(default_factory=list)  # (L,), those in force
    moved: list[float] = field(default_factory=list)  # share of creators
    retrieved: list[float] = field(default_factory=list)  # share of the cold pool, by an average request
    totals: list[np.ndarray] = field(default_factory=list)  # (COUNTS,)


class Stopped(Exception):
    """A run that was stopped: what happened in it so far is of no use."""


class ClosedLoop:
    """One arm: its users see only content made by its creators; everything random in it comes from `stream`.

    Once `stop` is set, whichever thread sets it, no further day passes.
    """

    def __init__(
        self,
        population: Population,
        share: Share,
        settings: Settings,
        stream: np.random.SeedSequence,
        stop: Event | None = None,
    ) -> None:
        asking, publishing, serving, creating = (np.random.default_rng(s) for s in stream.spawn(4))
        self.settings = settings
        self.mechanism: Mechanism = NoIntervention()
        self.users = np.ascontiguousarray(population.users[share.users], dtype=np.float32)
        self.groups = population.groups[share.users]
        self.quarters = population.quarters[share.users]
        self.requests = population.requests[share.users]
        self.followers = population.followers[share.creators]
        self.topics = population.topics
        self.n_groups = population.n_groups
        self.weights = np.ones(self.n_groups)
        self.day = 0
        self._stop = Event() if stop is None else stop
        self.contents = Contents(len(self.users), self.users.shape[1])
        self.creators = Creators(population, share.creators, settings, creating)
        self._asking, self._publishing, self._serving = asking, publishing, serving
        self._rules = _rules(population.relevance, settings)
        self._reviewed = 0
        self._ltr: list[np.ndarray] = []

    def start(self, mechanism: Mechanism) -> None:
        """Deploy a mechanism `without_static_items` from the next day on, all weights at 1 (Algorithm 1, line 2)."""
        self.mechanism = without_static_items(mechanism)
        self.weights = np.ones(self.n_groups)

    def run(self, days: int) -> Period:
        """Let `days` days pass and return what happened in them; `Stopped` before the next one once `stop` is set."""
        m, n, n_topics = len(self.users), len(self.followers), len(self.topics)
        period = Period(
            user=np.zeros((m, kernels.COUNTS), np.int64),
            worth=np.zeros((n, QUARTERS + 1, kernels.COUNTS)),
            topics=np.zeros((m, n_topics), np.uint32),
            instead=np.zeros((m, n_topics), np.uint32),
        )
        for _ in range(days):
            if self._stop.is_set():
                raise Stopped
            beat()
            self._pass_day(period)
        return period

    def terms(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return each user's share of the cold pool, temperature and reward weight, (m,) each.

        Users of no group keep the default terms: nobody measures how they fare.
        """
        settings = self.settings
        default = max(round((1.0 - settings.percentile) * PARTS), 1)
        usual = NoIntervention().deploy(np.ones(len(self.groups)), settings.beta, default, PARTS)
        if not self.n_groups:
            return usual.K / PARTS, usual.beta, usual.reward_weight
        deployed = self.mechanism.deploy(self.weights[self.groups], settings.beta, default, PARTS)
        grouped = self.groups >= 0
        return (
            np.where(grouped, deployed.K, usual.K) / PARTS,
            np.where(grouped, deployed.beta, usual.beta),
            np.where(grouped, deployed.reward_weight, usual.reward_weight),
        )

    def _pass_day(self, period: Period) -> None:
        settings, hour = self.settings, HOURS * self.day
        self.contents.retire(hour - HOURS * settings.life_days)
        active = self.creators.show_up()
        published, created = self._publish(active, hour)
        asked = self._asking.poisson(self.requests)
        users = self._asking.permutation(np.repeat(np.arange(len(asked)), asked))
        at = np.sort(self._asking.integers(HOURS, size=len(users)))
        tallies = kernels.Tallies(
            user=np.zeros_like(period.user),
            worth=period.worth,
            reward=np.zeros(len(active)),
            topics=period.topics,
            instead=period.instead,
            delivered=np.zeros(len(self.topics), np.int64),
        )
        terms = self.terms()
        platform = kernels.Platform(
            self._rules,
            self.contents.items,
            kernels.Audience(self.users, *terms, self.quarters),
            tallies,
            self.contents.first,
            self.contents.seen,
        )
        requested = np.searchsorted(at, np.arange(HOURS), side="right")
        kernels.serve_day(self._serving, platform, kernels.Day(hour, published, users, requested))
        self.day += 1
        self.creators.remember(tallies.reward)
        mature = HOURS * (self.day - settings.reward_days)
        until = int(np.searchsorted(self.contents.items.born[: self.contents.count], mature, side="right"))
        moved = self.creators.review(self.contents, self._reviewed, until)
        self._reviewed = until

        np.add(period.user, tallies.user, out=period.user)
        period.active.append(active)
        period.created.append(created)
        period.delivered.append(tallies.delivered)
        period.weights.append(self.weights)
        period.moved.append(float(moved.mean()))
        period.retrieved.append(float(self.requests @ terms[0] / self.requests.sum()))
        period.totals.append(tallies.user.sum(axis=0))
        period.group_ltr.append(self._group_ltr(tallies.user))
        self._ltr = [*self._ltr[-2:], period.group_ltr[-1]]
        if self.n_groups:
            change = relative_change(self._ltr)
            self.weights = reweight(self.weights, change, settings.alpha, settings.w_min, settings.w_max)

    def _publish(self, active: np.ndarray, hour: int) -> tuple[np.ndarray, np.ndarray]:
        vector, creator, at_candidate = self.creators.make(active)
        vector = vector.astype(np.float32)
        at = self._publishing.integers(HOURS, size=len(creator))
        order = np.argsort(at, kind="stable")
        vector, creator, at_candidate, at = vector[order], creator[order], at_candidate[order], at[order]
        topic = nearest(vector, self.topics)
        before = self.contents.count
        self.contents.publish(vector, creator, topic, hour + at, at_candidate, self.creators.round[creator])
        published = before + np.searchsorted(at, np.arange(HOURS), side="right")
        return published, np.bincount(topic, minlength=len(self.topics))

    def _group_ltr(self, user: np.ndarray) -> np.ndarray:
        """Return each group's likes over impressions today, (L,); NaN where it saw nothing."""
        grouped = self.groups >= 0
        impressions = user[grouped, kernels.IMPRESSIONS]
        ltr = user[grouped, kernels.LIKES] / np.maximum(impressions, 1)
        with np.errstate(invalid="ignore"):
            return group_means(ltr, self.groups[grouped], self.n_groups, impressions)


def relative_change(ltr: list[np.ndarray]) -> np.ndarray:
    """Return the relative change of each group's LTR over its mean of the two days before, (L,) (Section 5.2.1).

    `ltr` has (L,) arrays, today's last. Groups without an LTR on one of three days, or with 0 to compare with, count
    as unchanged.
    """
    if len(ltr) < 3:
        return np.zeros_like(ltr[-1])
    before = (ltr[-3] + ltr[-2]) / 2
    usable = np.isfinite(ltr[-1]) & (before > 0)
    return np.where(usable, ltr[-1] / np.where(usable, before, 1.0) - 1.0, 0.0)


def without_static_items(mechanism: Mechanism) -> Mechanism:
    """Return the mechanism; `BadInput` where it shows items of the platform's own: here all content is creators'."""
    if hasattr(mechanism, "static_items"):
        raise BadInput(
            f"mechanism {type(mechanism).__name__} shows static items, and the short-video platform shows creators' "
            "content only; choose one without static_items"
        )
    return mechanism


def _rules(relevance: Relevance, settings: Settings) -> kernels.Rules:
    return kernels.Rules(
        *relevance_code(relevance),
        slate=settings.slate,
        established=settings.established,
        cold_hours=HOURS * settings.cold_days,
        cold_impressions=settings.cold_impressions,
        life_hours=HOURS * settings.life_days,
        fresh_hours=settings.fresh_hours,
        reward_hours=HOURS * settings.reward_days,
    )
