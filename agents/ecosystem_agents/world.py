"""What an agent may ask of its world: all that `self.model` is to it, and the contract that plug-ins rely on.

There are n creators in d dimensions and m users in L groups; n publishers write for k queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np

Document = tuple[Fraction, ...]
Preference = Literal["fair", "unfair"]


class CreatorWorld(Protocol):
    """What a creator asks: where all stand, what it is paid, what it would be paid elsewhere.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> world: CreatorWorld = CreatorEconomy(environment="figure1", rng=0)
    >>> now, then = world.compare(0, world.strategies[0])  # to stay pays what it paid
    >>> now == then
    True
    """

    dim: int  # d
    eta: float  # length of a step, above 0 (Algorithm 2)
    directions_tried: int  # how many directions an exploring creator tries a step

    @property
    def strict(self) -> bool:
        """Whether creators stay where a move would pay as much."""

    @property
    def strategies(self) -> np.ndarray:
        """Where creators stand, (n, d)."""

    @property
    def creator_utilities(self) -> np.ndarray:
        """What each is paid where everybody stands now, (n,)."""

    def direction_of(self, i: int) -> np.ndarray:
        """Return the direction drawn for creator i this step, (d,), of length 1."""

    def stream_of(self, rule: str) -> np.random.Generator:
        """Return the random numbers of a rule: of any name, they depend on it and the run's seed alone."""

    def compare(self, i: int, candidate: np.ndarray) -> tuple[float, float]:
        """Return creator i's utility now and then: at `candidate` (d,), or where it would land, as the run has it."""

    def move(self, i: int, candidate: np.ndarray) -> None:
        """Move creator i to `candidate` (d,), projected onto its strategy set."""

    def number_of(self, i: int) -> int:
        """Return the number that the creator in row i has for life."""

    def leave(self, i: int) -> None:
        """Strike creator i from the world, for good; rows after it count one less."""


class UserWorld(Protocol):
    """What a user asks: its row in what is the case.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> world: UserWorld = CreatorEconomy(environment="figure1", rng=0)
    >>> world.users.shape, world.groups.tolist()
    ((5, 2), [0, 1, 2, 3, 4])
    """

    @property
    def users(self) -> np.ndarray:
        """Embeddings, (m, d)."""

    @property
    def groups(self) -> np.ndarray:
        """The group of each, 0 to L - 1, (m,)."""

    @property
    def user_utilities(self) -> np.ndarray:
        """What each got in the last step, (m,)."""


class PlatformWorld(Protocol):
    """What the platform asks: whom it serves, and its settings, which may change while it runs.

    Examples
    --------
    >>> from ecosystem import CreatorEconomy
    >>> world: PlatformWorld = CreatorEconomy(environment="figure1", rng=0)
    >>> world.K, world.beta, world.n_groups
    (3, 0.1, 5)
    """

    steps: int  # begun
    horizon: int  # T
    n_groups: int  # L
    beta: float  # default temperature, above 0
    K: int  # default list length, at least 1
    alpha: float  # of Eq. (14), in the first half
    late_alpha: float  # and in the second
    w_min: float
    w_max: float
    renormalise_after_clip: bool
    pay_terms: str  # "deployed" or "default"
    weighting: str  # "mechanism" or "uir"

    @property
    def groups(self) -> np.ndarray:
        """The group of each user, 0 to L - 1, (m,)."""

    @property
    def n_items(self) -> int:
        """How many items compete for places, static ones included."""


class PublisherGame(Protocol):
    """The rules of a ranking game: sizes n and k, peak p, and a threshold q_j for each query."""

    @property
    def n_publishers(self) -> int: ...
    @property
    def n_queries(self) -> int: ...
    @property
    def peak(self) -> Fraction: ...
    @property
    def thresholds(self) -> Document: ...
    @property
    def rises(self) -> bool: ...


class PublisherProfile(Protocol):
    """All documents: what each earns, one of them, and for each query what has to be matched and who wins it."""

    @property
    def utilities(self) -> tuple[Fraction, ...]: ...
    def document(self, publisher: int) -> Document: ...
    def opposition(self, publisher: int) -> list[tuple[int | Fraction, tuple[int, ...]]]: ...


class PublisherWorld(Protocol):
    """What publishers and the mediator ask; queries and publishers are numbered from 0.

    Examples
    --------
    >>> from ecosystem import RankingCompetition
    >>> world: PublisherWorld = RankingCompetition(n_publishers=2, n_queries=4, rng=0)
    >>> world.recommended_threshold()  # two queries each
    Fraction(1, 2)
    """

    rng: np.random.Generator
    eta: Fraction  # what a local publisher shifts, in (0, 1]

    @property
    def game(self) -> PublisherGame: ...
    @property
    def profile(self) -> PublisherProfile: ...
    def best_response(self, publisher: int, prefer: Preference, priority: Sequence[int]) -> Document: ...
    def utility_if(self, publisher: int, document: Document) -> Fraction: ...
    def recommended_threshold(self) -> Fraction: ...
    def thresholds_of(self, documents: Sequence[Any]) -> Document: ...
    def set_thresholds(self, threshold: Any) -> None: ...
