"""The creator economy as a Mesa model: creators compete, users are matched, the platform intervenes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mesa import Agent, Model

from ecosystem.economy import pictures
from ecosystem.economy.attendance import Attendance
from ecosystem.economy.collection import new_collector, record_groups, record_strategies
from ecosystem.economy.creators import Creators
from ecosystem.economy.deployment import Deployment, Quantity
from ecosystem.economy.grouping import put_into_groups
from ecosystem.economy.moves import Moves
from ecosystem.economy.newcomers import Newcomers
from ecosystem.economy.parameters import DEFAULTS, Parameters
from ecosystem.economy.population import Population
from ecosystem.economy.quantities import Mean, OfUsers
from ecosystem.economy.schedule import once_weighted, swaps_of
from ecosystem.economy.streams import Streams
from ecosystem.environments import Environment, environment_of
from ecosystem.heartbeat import beat
from ecosystem.market import Market
from ecosystem.mesa_versions import begin_step, seed_of
from ecosystem.metrics import gini
from ecosystem.retention import Retention, retention_of
from ecosystem.rewards import Reward, reward_of
from ecosystem.sharding.opening import open_world
from ecosystem.sharding.shard import Recipe
from ecosystem.sizes import AS_AGENTS, check_agents, check_all, check_run
from ecosystem.strategy_sets import StrategySet
from ecosystem.turnover import Nobody, Turnover, turnover_of
from ecosystem_agents.creator import Creator, rule_of, rules_of
from ecosystem_agents.inputs.checks import whole
from ecosystem_agents.mechanisms import Mechanism, mechanism_of
from ecosystem_agents.platform import Platform
from ecosystem_agents.user import AgentsByType, User
from ecosystem_agents.world import UserWorld


class CreatorEconomy(Model):
    """Creators, users and a platform, step by step (Sections 3 to 5; Algorithms 1 to 5).

    In a step every creator moves once, in random order; users are matched; the platform watches. After each
    epoch the platform computes new weights and deploys them from the next step on.

    Parameters
    ----------
    environment, mechanism, horizon, epoch_length, ...
        All by keyword: see `ecosystem.Parameters`, which documents and checks them.
    seed
        Another word for `rng`; give one of them.
    shards : int, optional
        Spread users over so many processes, each with whole tiles of them, which changes no result.
    scheduler : str, optional
        Address of a Dask scheduler, on whose workers these are; by default they are on this machine.
    model_reporters, agent_reporters, agenttype_reporters, tables : mapping, optional
        What is collected besides the built-in series, as `mesa.DataCollector` has it; agents cost time.
    **kwargs
        The environment's own options, such as ``n_users`` of "synthetic" or ``file`` of "embeddings".

    Raises
    ------
    BadInput
        If a parameter is outside its range; one line that names it, the range and the fix.

    Examples
    --------
    >>> model = CreatorEconomy(environment="figure1", mechanism="uir", rng=0)
    >>> model.run(10)
    >>> model.steps, model.strategies.shape, len(model.datacollector.model_vars["welfare"])  # with the start
    (10, (5, 2), 11)
    """

    steps = 0
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
    accept: str
    moving_cost: float
    home_cost: float
    arrivals: str | float
    newcomer: str
    order: str
    weights_from: str
    renormalise_after_clip: bool
    directions_tried: int
    requests_per_trial: int
    one_by_one: bool
    trajectory: bool
    user_agents: bool | None

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
        accept: str = Parameters.accept,
        moving_cost: float = Parameters.moving_cost,
        home_cost: float = Parameters.home_cost,
        turnover: str | Turnover = Parameters.turnover,
        arrivals: str | float = Parameters.arrivals,
        newcomer: str = Parameters.newcomer,
        retention: str | Retention = Parameters.retention,
        order: str = Parameters.order,
        weights_from: str = Parameters.weights_from,
        renormalise_after_clip: bool = Parameters.renormalise_after_clip,
        schedule: str | None = Parameters.schedule,
        rules: str | type[Creator] = Parameters.rules,
        directions_tried: int = Parameters.directions_tried,
        requests_per_trial: int = Parameters.requests_per_trial,
        one_by_one: bool = Parameters.one_by_one,
        trajectory: bool = Parameters.trajectory,
        user_agents: bool | None = Parameters.user_agents,
        rng: Any = Parameters.rng,
        seed: Any = None,
        shards: int | None = None,
        scheduler: str | None = None,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
        agenttype_reporters: Mapping[type[Agent], Mapping[str, Any]] | None = None,
        tables: Mapping[str, list[str]] | None = None,
        **kwargs: Any,  # by this name Mesa's SolaraViz knows that there may be more
    ) -> None:
        given, options = locals(), kwargs
        super().__init__(rng=seed_of(rng, seed))  # never as `seed`, which Mesa is giving up
        spec = environment_of(environment)
        for name, value in Parameters(**{name: given[name] for name in DEFAULTS}).in_force(spec).items():
            setattr(self, name, value)
        self.environment = spec.name
        mechanism = once_weighted(mechanism_of(mechanism), weighting)
        self.schedule = swaps_of(schedule, mechanism, weighting)
        self.turnover, self.retention = turnover_of(turnover), retention_of(retention)
        spec.check_options(options, list(DEFAULTS))

        self._streams = Streams(self.rng)
        elsewhere = {} if scheduler is None else {"n_users": 1}
        requests = self.requests_per_trial if matching == "sampled" else 0
        check_all({**spec.options, **options, **elsewhere}, self.K, requests, self.horizon, trajectory)
        own = options | ({"eta": self.eta} if spec.by_eta else {})
        recipe = Recipe(environment, own, self._streams["environment"])
        self.setting, self._audience = open_world(recipe, shards, scheduler, self.user_agents is True)
        self._open_markets(reward)
        put_into_groups(self._audience, self.setting, spec, n_groups, self._streams)
        self.n_groups = self._audience.n_groups
        self._let_in(rules, mechanism, shards is not None)
        self.accepted_share, self.moved = float("nan"), 0
        self._apply_schedule(0)
        self.deploy()
        self._match()
        self.datacollector = new_collector(self, self.dim, given)
        self._collect()

    # --- what happens ------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let every creator move once, match users, and at an epoch's end reweight and deploy."""
        begin_step(self)
        pay = (self.creator_utilities if self._pay is None else self._pay) if self._creators_go else None
        self._apply_schedule(self.steps - 1)
        self._attendance.begin_step(self.retention, self.steps, self._streams["retention"])
        if pay is not None:
            newcomers = Newcomers(self.arrivals, self.newcomer, self._streams)
            self._creators.turn_over(self.turnover, newcomers, self.steps, self.horizon, pay)
        self._move_creators()
        self._match()
        weighs_deployed = self.weights_from == "deployed" or self._deployment.is_default
        self._audience.ask("observe", *((None, None) if weighs_deployed else (self.beta, self.K)))
        epoch_ends = self.steps % self.epoch_length == 0
        deployed = self.platform.weights
        if epoch_ends:
            self.platform.end_epoch(self._attendance.epoch_means())
            self._audience.ask("begin_epoch")
        self._collect()
        if epoch_ends:
            table = self.datacollector.tables["groups"]
            sizes = self._audience.group_sizes
            record_groups(table, self.steps, sizes, deployed, self.platform.group_utilities)
            self.deploy()
        beat()

    @property  # type: ignore[override]  # a plain attribute of Mesa's
    def running(self) -> bool:
        """Whether `run_model` goes on: until the horizon, unless this is set to False before."""
        return self._running and self.steps < self.horizon

    @running.setter
    def running(self, goes_on: bool) -> None:
        self._running = goes_on

    def run(self, steps: int | None = None) -> None:
        """Take `steps` steps, or as many as are left until the horizon."""
        left = max(self.horizon - self.steps, 0) if steps is None else whole("steps", steps, at_least=0)
        check_run(left, self.n_creators * (self.dim + 2) if self.trajectory else 0)
        for _ in range(left):
            self.step()

    def switch_mechanism(self, mechanism: str | Mechanism, *, reset_weights: bool = False) -> None:
        """Swap the intervention; the present weights, or 1 if they are reset, are deployed from the next step on."""
        self.platform.mechanism = once_weighted(mechanism_of(mechanism), self.weighting)
        if reset_weights:
            self.platform.weights = np.ones(self.n_groups)
        self.deploy()

    def add_creator(self, strategy: np.ndarray, rule: str | type[Creator] = "lbr") -> Creator:
        """Let a creator in at the projection of `strategy` (d,); it moves from the next step on.

        It takes the first slot that is free, with its strategy set and its random numbers, or one more.

        Parameters
        ----------
        strategy : (d,) array
            Where it is born.
        rule : str or subclass of Creator
            One rule, such as "explore".

        Returns
        -------
        Creator
            The agent; it leaves with its ``remove()``.

        Raises
        ------
        BadInput
            If the strategy is no point of the space, or there is no such rule.
        """
        return self._creators.enter(strategy, rule_of(rule), self.steps)

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

    users = OfUsers("users", "User embeddings, (m, d).")
    user_mass = OfUsers("mass", "Share of each user, (m,), sums to 1.")
    groups = OfUsers("groups", "The group of each user, 0 to L - 1, (m,).")
    attending = OfUsers("present", "Which users are there, (m,) bool.")
    expected_utilities = OfUsers(
        "expected_utilities", "Expected utility of each user in the last step, (m,)."
    )
    user_utilities = OfUsers(
        "user_utilities", "What each was matched with: the expectation, or a draw, (m,)."
    )
    matches = OfUsers("matches", "The item each was matched with, (m,), where matching is sampled.")
    welfare = Mean("expected_utilities", "Expected user welfare of the last step, on its terms (Eqs. 2, 3).")
    effective_creators = Mean(
        "breadth", "How many creators a user effectively sees: the mean of 1 / sum P^2."
    )

    @property
    def strict(self) -> bool:
        """Whether creators stay where a move would pay as much."""
        return self.accept == "better"

    @property
    def market(self) -> Market:
        """The market of all users."""
        return self._audience.market

    @property
    def creators(self) -> list[Creator]:
        """Creators, in the order of rows."""
        return self._creators.agents

    @property
    def sampled_welfare(self) -> float:
        """Mean of what users were matched with: `welfare`, unless matching is sampled."""
        return self._audience.mean("user_utilities") if self.matching == "sampled" else self.welfare

    @property
    def alive(self) -> int:
        """How many creators there are, n."""
        return self.n_creators

    @property
    def welfare_all(self) -> float:
        """Welfare of all users, where those who are away get nothing."""
        return self._audience.total("expected_utilities")

    @property
    def strategy_sets(self) -> list[StrategySet]:
        """Where each creator may stand, n of them."""
        return self.population.strategy_sets

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d)."""
        return self._audience.strategies

    @property
    def weights(self) -> np.ndarray:
        """Group weights the platform holds, (L,)."""
        return self.platform.weights

    @property
    def welfare_default(self) -> float:
        """User welfare the same content has under the default beta and K."""
        return self._audience.mean(*self._default_utilities)

    @property
    def default_utilities(self) -> np.ndarray:
        """What the same content gives each user under the default beta and K, (m,)."""
        return self._audience.of_users(*self._default_utilities)

    @property
    def welfare_creators(self) -> float:
        """The part of `welfare` that comes from creators: matches with static items count nothing."""
        return self.welfare if self.n_items == self.n_creators else self._audience.mean("from_creators")

    @property
    def n_items(self) -> int:
        """How many items compete for places: creators' and static ones."""
        return self._audience.n_items

    @property
    def group_utilities(self) -> np.ndarray:
        """Mean expected user utility of each group in the last step in which anybody of it was there, (L,)."""
        return self._attendance.group_means

    @property
    def min_group_utility(self) -> float:
        """The worst group's mean utility in the last step."""
        return float(self.group_utilities.min())

    @property
    def creator_gini(self) -> float:
        """Gini coefficient of creator utilities, negative ones counted as 0; 0 where nobody is paid."""
        return gini(self.creator_utilities)

    @property
    def creator_utilities(self) -> np.ndarray:
        """Every creator's utility, (n,), under the present terms."""
        return self._audience.added("market.tile_utilities")

    __repr__ = pictures.line
    _repr_html_ = pictures.table
    plot = pictures.plot
    plot_series = pictures.plot_series

    def titles_of(self, strategies: np.ndarray) -> list[str]:
        """Return the titles of strategies (n, d); none where the environment names no items."""
        if self.catalogue is None or self.titles is None:
            return []
        return [self.titles[self.catalogue.nearest(s)] for s in strategies]

    @property
    def agents_by_type(self) -> AgentsByType:
        """Agents by their class; where users are in arrays alone, asking for them says so."""
        return AgentsByType(super().agents_by_type)  # type: ignore[misc]  # Mesa has no types

    @property
    def agent_types(self) -> list[type[Agent]]:
        """Classes of agents, `User` always among them, so that what reports on users asks for them."""
        return list(self.agents_by_type | {User: None})

    # --- what agents ask for -----------------------------------------------------------------------------

    def direction_of(self, i: int) -> np.ndarray:
        """Return the direction drawn for creator i this step, (d,), of length 1."""
        return self._moves.direction(i)

    def last_trial(self, i: int) -> tuple[np.ndarray, bool] | None:
        """Return the direction drawn for creator i in the last step, (d,), and whether it was accepted.

        None where it had no turn, as at the start.
        """
        return self._moves.last(i)

    def stream_of(self, rule: str) -> np.random.Generator:
        """Return the random stream of a creator rule; by any other name one that depends on it and the seed."""
        return self._streams[rule]

    def project(self, i: int, point: np.ndarray) -> np.ndarray:
        """Return the projection of `point` (d,) onto creator i's strategy set."""
        return self._moves.project(i, point)

    def compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's utility now and then, exact or a mean over sampled requests, less what it costs.

        Then is at `candidate` (d,) itself as Algorithm 2 is printed, or where the creator would land.
        """
        i = whole("creator", i, at_least=0, at_most=self.n_creators - 1)
        exact = type(self.creators[i]) is not Creator  # who asks for nothing but which is larger
        return self._moves.compare(i, candidate, exact)

    def move(self, i: int, candidate: np.ndarray) -> None:
        """Move creator i to the projection of `candidate` (d,); at the step's end if all move at once."""
        self._moves.move(i, candidate)

    def number_of(self, i: int) -> int:
        """Return the number that the creator in row i has for life."""
        return int(self.population.numbers[i])

    def leave(self, i: int) -> None:
        """Strike creator i from the world, for good: what its ``remove()`` does first."""
        self._creators.leave(i, self.steps)
        self._moves.leave(i)

    # --- how ---------------------------------------------------------------------------------------------

    def _open_markets(self, reward: str | Reward) -> None:
        """Put the setting's users and strategies into markets, under the default terms."""
        setting = self.setting
        self.catalogue, self.titles = setting.catalogue, setting.titles
        self.reward = reward_of(reward)
        self._audience.open_markets(self.beta, self.K, reward)
        self.start, self.n_users = self.strategies, self._audience.n_users
        self.n_creators, self.dim = setting.strategies.shape
        self.population = Population(self.start, setting.strategy_sets)
        self._moves = Moves(self, self._audience, self.population, self._streams)

    def _let_in(self, rules: str | type[Creator], mechanism: Mechanism, sharded: bool) -> None:
        """Make the agents: creators by their rules, users, and the platform."""
        kinds = rules_of(rules, self.n_creators) + rules_of(rules, self.n_creators + 1)[-1:]
        self._creators = Creators(self, self._audience, self.population, kinds, self._recount)
        self._pay: np.ndarray | None = None  # in the step before; None where it is as worked out now
        self._attendance = Attendance(self._audience)
        if self.user_agents is None:
            self.user_agents = self.n_users <= AS_AGENTS and not sharded
        if self.user_agents:
            check_agents(self.n_users)
            world: UserWorld = self  # what Mesa makes of it has no types
            User.create_agents(world, self.n_users, np.arange(self.n_users))
        self.platform = Platform(self, mechanism)
        self._deployment = Deployment(self._audience, self.setting.static_items)
        self._creators.first_id = len(self.agents) - self.n_creators + 1
        # Mesa 3.3 counts agent ids in a table on the class that would keep every model alive for good.
        getattr(Agent, "_ids", {}).pop(self, None)

    def _move_creators(self) -> None:
        """Let every creator move once."""
        self._moves.play(self._creators)
        self.accepted_share, self.moved = self._moves.accepted_share, int(self._moves.moved.sum())

    def _match(self) -> None:
        """Let every user be matched, as an expectation or by one draw."""
        self._audience.match()
        self._matched_on_default = self._deployment.is_default
        if self.matching == "sampled":
            self._audience.draw_matches(self._streams["requests"])
        self._pay = self.creator_utilities if self._creators_go else None
        self._attendance.end_step(self.retention)

    def _recount(self) -> None:
        """Go by the number of creators as it is now, in terms too, on the same weights."""
        self.n_creators, self._pay = len(self.population), None
        self.deploy()

    @property
    def _creators_go(self) -> bool:
        return type(self.turnover) is not Nobody or not isinstance(self.arrivals, str)

    @property
    def _default_utilities(self) -> Quantity:
        if self._matched_on_default and not self._deployment.is_enriched:
            return ("expected_utilities",)
        return self._deployment.default_utilities(self.beta, self.K)

    def _apply_schedule(self, completed: int) -> None:
        if completed in self.schedule:
            self.platform.mechanism = mechanism_of(self.schedule[completed])
            self.deploy()

    def _collect(self) -> None:
        self.entered, self.left = self._creators.counts()
        self.present, self.users_lost = self._attendance.present, self._attendance.lost
        self.datacollector.collect(self)
        if self.trajectory:
            table, numbers = self.datacollector.tables["strategies"], self.population.numbers
            record_strategies(table, self.steps, numbers, self.strategies)
