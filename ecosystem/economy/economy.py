"""The creator economy as a Mesa model: creators compete, users are matched, the platform intervenes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from mesa import Agent, Model

from ecosystem.economy.collection import new_collector, record_groups, record_strategies
from ecosystem.economy.deployment import Deployment
from ecosystem.economy.draws import draw_moves, draw_requests
from ecosystem.economy.grouping import groups_of
from ecosystem.economy.parameters import DEFAULTS, Parameters
from ecosystem.economy.schedule import check_start, parse_schedule
from ecosystem.economy.streams import Streams
from ecosystem.environments import Environment, environment_of
from ecosystem.market import Market, kernels
from ecosystem.market.book import PRINTED, PROJECTED, strategy_arrays
from ecosystem.metrics import gini
from ecosystem.rewards import Reward
from ecosystem_agents.creator import Creator, rules_of
from ecosystem_agents.inputs.checks import BadInput, point_of, whole
from ecosystem_agents.inputs.plugin_calls import call
from ecosystem_agents.mechanisms import UIR, Mechanism, mechanism_of
from ecosystem_agents.platform import Platform
from ecosystem_agents.reweighting import group_means
from ecosystem_agents.user import User
from ecosystem_agents.world import UserWorld


class CreatorEconomy(Model):
    """Creators, users and a platform, step by step (Sections 3 to 5; Algorithms 1 to 5).

    In a step every creator moves once, in random order; users are matched; the platform watches. After each
    epoch the platform computes new weights and deploys them from the next step on.

    Parameters
    ----------
    environment, mechanism, horizon, epoch_length, ...
        All by keyword: see `ecosystem.Parameters`, which documents and checks them.
    **options
        The environment's own options, such as ``n_users`` of "synthetic" or ``file`` of "embeddings".

    Raises
    ------
    BadInput
        If a parameter is outside its range; one line that names it, the range and the fix.
    """

    horizon: int
    epoch_length: int
    alpha: float
    late_alpha: float
    w_min: float
    w_max: float
    beta: float
    K: int
    eta: float
    pay_terms: str
    weighting: str
    matching: str
    lbr_evaluation: str
    order: str
    weights_from: str
    renormalise_after_clip: bool
    directions_tried: int
    requests_per_trial: int
    one_by_one: bool
    trajectory: bool

    def __init__(
        self,
        *,
        environment: str | Environment = Parameters.environment,
        mechanism: str | Mechanism = Parameters.mechanism,
        horizon: int | None = Parameters.horizon,
        epoch_length: int = Parameters.epoch_length,
        alpha: float = Parameters.alpha,
        late_alpha: float = Parameters.late_alpha,
        w_min: float = Parameters.w_min,
        w_max: float = Parameters.w_max,
        n_groups: int | None = Parameters.n_groups,
        beta: float | None = Parameters.beta,
        K: int | None = Parameters.K,
        eta: float | None = Parameters.eta,
        reward: str | Reward = Parameters.reward,
        pay_terms: str = Parameters.pay_terms,
        weighting: str = Parameters.weighting,
        matching: str = Parameters.matching,
        lbr_evaluation: str | None = Parameters.lbr_evaluation,
        order: str = Parameters.order,
        weights_from: str = Parameters.weights_from,
        renormalise_after_clip: bool = Parameters.renormalise_after_clip,
        schedule: str | None = Parameters.schedule,
        rules: str | type[Creator] = Parameters.rules,
        directions_tried: int = Parameters.directions_tried,
        requests_per_trial: int = Parameters.requests_per_trial,
        one_by_one: bool = Parameters.one_by_one,
        trajectory: bool = Parameters.trajectory,
        rng: Any = Parameters.rng,
        **options: Any,
    ) -> None:
        given = locals()
        # Mesa gives np.int64(3) another stream than 3.
        super().__init__(rng=operator.index(rng) if hasattr(rng, "__index__") else rng)
        spec = environment_of(environment)
        for name, value in Parameters(**{name: given[name] for name in DEFAULTS}).in_force(spec).items():
            setattr(self, name, value)
        self.environment = spec.name
        mechanism = self._once_weighted(mechanism_of(mechanism))
        self.schedule = parse_schedule(schedule)
        check_start(self.schedule, mechanism)
        for swap in self.schedule.values():
            self._once_weighted(mechanism_of(swap))
        spec.check_options(options, list(DEFAULTS))

        self._streams = Streams(self.rng)
        setting = spec.build(self._streams["environment"], **options)
        self.setting = setting
        self.catalogue, self.titles = setting.catalogue, setting.titles
        self.market = Market(
            setting.users,
            setting.strategies,
            setting.relevance,
            beta=self.beta,
            K=self.K,
            reward=reward,
            user_mass=setting.user_mass,
            utility=setting.utility,
            static_items=setting.static_items,
        )
        self.users = self.market.users
        self.user_mass = self.market.mass
        self.n_creators, self.dim = setting.strategies.shape
        self.n_users = len(self.users)
        self.groups = groups_of(self.users, setting, spec, n_groups, self._streams["groups"])
        self.n_groups = int(self.groups.max()) + 1
        sets = setting.strategy_sets
        self.strategy_sets = list(sets) if isinstance(sets, list) else [sets] * self.n_creators
        self._sets = strategy_arrays(self.strategy_sets, self.dim)

        self.creators: list[Creator] = [
            rule(self, i) for i, rule in enumerate(rules_of(rules, self.n_creators))
        ]
        world: UserWorld = self  # what Mesa makes of it has no types
        User.create_agents(world, self.n_users, np.arange(self.n_users))
        self.platform = Platform(self, mechanism)
        self._deployment = Deployment(self.market, self.groups, setting.static_items)
        # Mesa 3.3 counts agent ids in a table on the class that would keep every model alive for good.
        getattr(Agent, "_ids", {}).pop(self, None)
        self._all_stock = all(type(creator) is Creator for creator in self.creators)

        self.start = self.market.strategies
        self.accepted_share = float("nan")
        self._moved = np.zeros(self.n_creators, dtype=np.bool_)
        self._directions = np.zeros((self.n_creators, self.dim))
        self._apply_schedule(0)
        self.deploy()
        self._match()
        self.datacollector = new_collector(self.dim)
        self._collect()

    # --- what happens ------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let every creator move once, match users, and at an epoch's end reweight and deploy."""
        self._apply_schedule(self.steps - 1)
        self._move_creators()
        self._match()
        self.platform.observe(self._weighed_utilities())
        epoch_ends = self.steps % self.epoch_length == 0
        deployed = self.platform.weights
        if epoch_ends:
            self.platform.end_epoch()
        self._collect()
        if epoch_ends:
            record_groups(self, deployed)
            self.deploy()

    def run(self, steps: int | None = None) -> None:
        """Take `steps` steps, or as many as are left until the horizon."""
        left = max(self.horizon - self.steps, 0)
        for _ in range(left if steps is None else whole("steps", steps, at_least=0)):
            self.step()

    def switch_mechanism(self, mechanism: str | Mechanism, *, reset_weights: bool = False) -> None:
        """Swap the intervention; the present weights are deployed from the next step on.

        Parameters
        ----------
        mechanism : str or Mechanism
            The new intervention.
        reset_weights : bool
            Whether all weights go back to 1 first.
        """
        self.platform.mechanism = self._once_weighted(mechanism_of(mechanism))
        if reset_weights:
            self.platform.weights = np.ones(self.n_groups)
        self.deploy()

    def deploy(self) -> None:
        """Deploy what the platform decides on the present `beta` and `K`; in force from the next step on."""
        self._deployment.deploy(self.platform, self.beta, self.K)

    def follow_weights(self, history: np.ndarray) -> None:
        """Let the platform deploy given weights, (E, L), epoch by epoch from now on.

        See `ecosystem_agents.platform.Platform.follow`.
        """
        self.platform.follow(history)
        self.deploy()

    # --- what there is to see ----------------------------------------------------------------------------

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d)."""
        return self.market.strategies

    @property
    def weights(self) -> np.ndarray:
        """Group weights the platform holds, (L,)."""
        return self.platform.weights

    @property
    def epoch_means(self) -> np.ndarray:
        """What Algorithm 1 goes by, as a mean over the epoch so far, (m,); NaN before its first step."""
        return self.platform.observed_mean

    @property
    def welfare(self) -> float:
        """Expected user welfare of the last step, under the terms it was matched on (Eqs. 2, 3)."""
        return float(self.user_mass @ self.expected_utilities)

    @property
    def welfare_default(self) -> float:
        """User welfare the same content has under the default beta and K."""
        return float(self.user_mass @ self.default_utilities)

    @property
    def default_utilities(self) -> np.ndarray:
        """What the same content gives each user under the default beta and K, (m,)."""
        if self._matched_on_default and not self._deployment.is_enriched:
            return self.expected_utilities
        return self._deployment.default_utilities(self.beta, self.K)

    @property
    def welfare_creators(self) -> float:
        """The part of `welfare` that comes from creators: matches with static items count nothing."""
        if self.market.n_items == self.n_creators:
            return self.welfare
        return self.market.welfare(static=False)

    @property
    def n_items(self) -> int:
        """How many items compete for places: creators' and static ones."""
        return self.market.n_items

    @property
    def sampled_welfare(self) -> float:
        """Mean of what users were matched with; equals `welfare` unless matching is sampled."""
        return float(self.user_mass @ self.user_utilities)

    @property
    def group_utilities(self) -> np.ndarray:
        """Mean expected user utility of each group in the last step, (L,)."""
        return group_means(self.expected_utilities, self.groups, self.n_groups, self.user_mass)

    @property
    def min_group_utility(self) -> float:
        """The worst group's mean utility in the last step."""
        return float(self.group_utilities.min())

    @property
    def effective_creators(self) -> float:
        """Mean over users of 1 / sum of P^2: how many creators a user effectively sees."""
        return float(self.user_mass @ self._breadth)

    @property
    def creator_gini(self) -> float:
        """Gini coefficient of creator utilities."""
        return gini(self.creator_utilities)

    @property
    def creator_utilities(self) -> np.ndarray:
        """Every creator's utility, (n,), under the present terms."""
        return self.market.creator_utilities()

    def titles_of(self, strategies: np.ndarray) -> list[str]:
        """Return the titles of strategies (n, d); none where the environment names no items."""
        if self.catalogue is None or self.titles is None:
            return []
        return [self.titles[self.catalogue.nearest(s)] for s in strategies]

    # --- what agents ask for -----------------------------------------------------------------------------

    def direction_of(self, i: int) -> np.ndarray:
        """Return the direction drawn for creator i this step, (d,), of length 1."""
        return np.asarray(self._directions[i])

    def stream_of(self, rule: str) -> np.random.Generator:
        """Return the random stream of a creator rule; by any other name one that depends on it and the seed."""
        return self._streams[rule]

    def project(self, i: int, point: np.ndarray) -> np.ndarray:
        """Return the projection of `point` (d,) onto creator i's strategy set."""
        # Compiled code checks no bounds: what a rule hands in is checked here.
        i = whole("creator", i, at_least=0, at_most=self.n_creators - 1)
        landing = np.empty(self.dim)
        kernels.project(self._sets, i, point_of("strategy", point, self.dim), landing)
        return landing

    def compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's utility now and then, exact or a mean over sampled requests.

        Then is at `candidate` (d,) itself as Algorithm 2 is printed, or where the creator would land.
        """
        if self.lbr_evaluation == "projected":
            candidate = self.project(i, candidate)
        if self.matching == "expected":
            return self.market.compare(i, candidate)
        return self.market.sample_compare(i, candidate, *(draws[i] for draws in self._requests))

    def move(self, i: int, candidate: np.ndarray) -> None:
        """Move creator i to the projection of `candidate` (d,); at the step's end if all move at once."""
        landing = self.project(i, candidate)
        if self.order == "simultaneous":
            self._landings.append((i, landing))
        else:
            self.market.move(i, landing)
        self._moved[i] = True

    # --- how ---------------------------------------------------------------------------------------------

    def _move_creators(self) -> None:
        order, self._directions = draw_moves(self._streams["moves"], self.n_creators, self.dim)
        if self.order == "fixed":
            order = np.arange(self.n_creators)
        compiled = self.matching == "expected" and self.market.pi is None and not self.one_by_one
        compiled = compiled and self.order != "simultaneous"
        if self._all_stock and compiled:
            evaluation = PROJECTED if self.lbr_evaluation == "projected" else PRINTED
            eta = np.full(self.n_creators, self.eta)
            self._moved = self.market.respond(self._sets, evaluation, eta, order, self._directions)
        else:
            if self.matching == "sampled":
                self._requests = draw_requests(
                    self._streams["requests"], self.user_mass, self.n_creators, self.requests_per_trial
                )
            self._moved[:] = False
            self._landings: list[tuple[int, np.ndarray]] = []
            for i in order:
                call("rules", self.creators[i], self.steps, self.creators[i].step)
            for i, landing in self._landings:
                self.market.move(i, landing)
        self.accepted_share = float(self._moved.mean())

    def _match(self) -> None:
        """Let every user be matched, as an expectation or by one draw."""
        self.expected_utilities, self._breadth = self.market.matched()
        self._matched_on_default = self._deployment.is_default
        self.user_utilities = self.expected_utilities
        if self.matching == "sampled":
            uniforms = self._streams["requests"].random(self.n_users)
            self.matches, self.user_utilities = self.market.draw_matches(uniforms)

    def _weighed_utilities(self) -> np.ndarray:
        """Return what Algorithm 1 goes by, (m,)."""
        if self.weights_from == "deployed" or self._deployment.is_default:
            return self.user_utilities
        return self.market.user_utilities(self.beta, self.K)

    def _once_weighted(self, mechanism: Mechanism) -> Mechanism:
        """Return `mechanism`, unless rewards would be multiplied by Algorithm 1's weights twice."""
        if self.weighting == "uir" and isinstance(mechanism, UIR):
            raise BadInput(
                "weighting is 'uir' and so is the mechanism, which would weight rewards twice; "
                "leave one of the two out"
            )
        return mechanism

    def _apply_schedule(self, completed: int) -> None:
        if completed in self.schedule:
            self.platform.mechanism = mechanism_of(self.schedule[completed])
            self.deploy()

    def _collect(self) -> None:
        self.datacollector.collect(self)
        if self.trajectory:
            record_strategies(self)
