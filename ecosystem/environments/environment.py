"""What an environment is: how a run starts, and the defaults it declares."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ecosystem.relevance import Relevance
from ecosystem.strategy_sets import Catalogue, StrategySet
from ecosystem_agents.inputs.checks import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

    Ids: TypeAlias = list[str] | list[int] | np.ndarray | pa.Array


@dataclass(frozen=True)
class Setting:
    """One sampled start of a run.

    Attributes
    ----------
    users : (m, d) array
        User embeddings.
    strategies : (n, d) array
        Where creators start.
    relevance : Relevance
        sigma.
    strategy_sets : sequence of StrategySet
        One a creator, or one for all.
    groups : (m,) int array, optional
        User groups, 0 to L - 1; None leaves them to K-means.
    user_mass : (m,) array, optional
        Mass of each user; uniform by default.
    utility : callable, optional
        pi, where it is not sigma.
    static_items : (s, d) array, optional
        Items that compete for places and are never paid.
    catalogue : Catalogue, optional
        The items creators choose among, all of them, to show them and to name them.
    titles : sequence of str, optional
        Names of the items of `catalogue`.
    n_users : int, optional
        m, where `users`, `groups` and `user_mass` are those of some users only; by default they are all there.
    user_ids, item_ids : sequence, optional
        What all users, and the items of `catalogue`, are called where they come from: text or whole numbers.
    group_names : sequence of str, optional
        Names of the groups.
    taken : mapping, optional
        Of data that came with the user: by part, which of their columns were taken for what.
    max_norm : float, optional
        Length of the longest item, to which `build` scaled all vectors.

    Examples
    --------
    >>> from ecosystem.plugins import Ball, DistanceRelevance
    >>> setting = Setting(np.eye(2), np.zeros((3, 2)), DistanceRelevance(), strategy_sets=Ball())
    >>> setting.with_users(range(1)).users.tolist()
    [[1.0, 0.0]]
    """

    users: np.ndarray
    strategies: np.ndarray
    relevance: Relevance
    strategy_sets: StrategySet | list[StrategySet]
    groups: np.ndarray | None = None
    user_mass: np.ndarray | None = None
    utility: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    static_items: np.ndarray | None = None
    catalogue: Catalogue | None = None
    titles: list[str] | None = None
    n_users: int | None = None
    user_ids: Ids | None = None
    item_ids: Ids | None = None
    group_names: list[str] | None = None
    taken: Mapping[str, str] | None = None
    max_norm: float | None = None

    def with_users(self, rows: range) -> Setting:
        """Return the same setting with the users of these numbers alone."""

        def some(of_all: np.ndarray) -> np.ndarray:
            return of_all[rows.start : rows.stop].copy()

        return replace(
            self,
            users=some(self.users),
            groups=None if self.groups is None else some(self.groups),
            user_mass=None if self.user_mass is None else some(self.user_mass),
            n_users=len(self.users),
        )


@dataclass
class Environment:
    """A kind of world, by name: how to sample it and what it takes for granted.

    Attributes
    ----------
    name, summary : str
        What people type, and a line on what it is.
    build : callable
        From a random generator and the options to a `Setting`.
    beta, K, eta, horizon, n_groups, lbr_evaluation
        Defaults of the run.
    options : mapping, optional
        Name and default of each option; by default the parameters of `build` after the generator.
    by_rows : bool
        Whether `build` takes ``rows``, a range of users' numbers, and makes no others, in the memory of these; see
        `ecosystem.chunks`. Otherwise worlds are built whole wherever some of their users are wanted.
    by_eta : bool
        Whether `build` takes ``eta``, the length of a step at the start of the run.

    Examples
    --------
    >>> from ecosystem.environments.figure1 import FIGURE1
    >>> FIGURE1.K, FIGURE1.build(np.random.default_rng(0)).strategies.shape
    (3, (5, 2))
    """

    name: str
    summary: str
    build: Callable[..., Setting]
    beta: float
    K: int
    eta: float
    horizon: int
    n_groups: int
    lbr_evaluation: str = "printed"
    options: Mapping[str, Any] = None  # type: ignore[assignment]  # filled in below
    by_rows: bool = False
    by_eta: bool = False

    def __post_init__(self) -> None:
        if self.options is None:
            named = self.parameters().values()
            self.options = {p.name: None if p.default is p.empty else p.default for p in named}

    def parameters(self) -> dict[str, inspect.Parameter]:
        """Return the parameters of `build` that are options, by name."""
        after = list(inspect.signature(self.build).parameters.values())[1:]
        named = [p for p in after if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        given = {name for name, takes in (("rows", self.by_rows), ("eta", self.by_eta)) if takes}
        return {p.name: p for p in named if p.name not in given}

    def build_rows(self, rng: np.random.Generator, rows: range, **options: Any) -> Setting:
        """Return the setting with the users of these numbers alone; all else is to the bit as in `build`."""
        if self.by_rows:
            return self.build(rng, rows=rows, **options)
        return self.build(rng, **options).with_users(rows)

    def check_options(self, options: Mapping[str, Any], parameters: Sequence[str]) -> None:
        """Raise BadInput if an option is not this environment's; the model's `parameters` are suggested, too."""
        for name in options:
            if name not in self.options:
                near = get_close_matches(name, [*self.options, *parameters], n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise BadInput(
                    f"{name} is no option of environment {self.name}, nor a parameter of the model; the options are: "
                    f"{', '.join(self.options) or 'none'}{hint}"
                )
