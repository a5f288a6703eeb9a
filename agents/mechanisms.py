"""The platform's interventions: per-user weights in, terms out (Section 4.2, Appendix B).

To add one, write a frozen dataclass with a ``deploy`` method and name it in `MECHANISMS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from agents import catalogue
from agents.checks import BadInput


@dataclass(frozen=True)
class Terms:
    """What the platform deploys for each user: reward weight, temperature and list length.

    Attributes
    ----------
    reward_weight : (m,) array
        Factor on the rewards earned from each user, at least 0 (w of Eq. 8).
    beta : (m,) array
        Softmax temperature of each user's matching, above 0 (Eq. 9).
    K : (m,) int array
        Length of each user's candidate list, at least 1 (Eq. 10).
    pay_beta, pay_K : (m,) array, optional
        Terms that creators' pay is computed on, where they differ from the terms shown.
    """

    reward_weight: np.ndarray
    beta: np.ndarray
    K: np.ndarray
    pay_beta: np.ndarray | None = None
    pay_K: np.ndarray | None = None


class Mechanism(Protocol):
    """Anything that turns weights into terms; the platform holds one and may swap it at any step."""

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the terms for per-user `weights` (m,) and the default `beta` and `K`."""
        ...


@dataclass(frozen=True)
class NoIntervention:
    """The default terms for everybody: Eq. (5) pay and Eq. (1) matching."""

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return unit reward weights and the default beta and K (capped at `n_creators`)."""
        return _default_terms(weights, beta, K, n_creators)


@dataclass(frozen=True)
class UIR:
    """User Importance Reweighting, Eq. (8), Algorithm 3: rewards are multiplied by the user's weight."""

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the weights as reward weights, with the default beta and K."""
        default = _default_terms(weights, beta, K, n_creators)
        return Terms(np.array(weights, dtype=np.float64), default.beta, default.K)


@dataclass(frozen=True)
class HalvedUser:
    """Rewards from one user count by half, whatever the weights: the right panel of Figure 1 (Section 4.1).

    Parameters
    ----------
    user : int
        Whose rewards are halved; the first user by default, the centre in Figure 1.
    """

    user: int = 0

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return reward weight 0.5 for that user and 1 for all others, with the default beta and K."""
        default = _default_terms(weights, beta, K, n_creators)
        default.reward_weight[self.user] = 0.5
        return default


@dataclass(frozen=True)
class SMT:
    """Soft Matching Truncation, Eq. (9), Algorithm 4: the temperature follows the weight.

    Parameters
    ----------
    mapping : callable, optional
        Increasing function f of Algorithm 4, from weights (m,) to temperatures (m,) above 0. Default:
        ``beta * w`` (Section 5.1.3).
    """

    mapping: Callable[[np.ndarray], np.ndarray] | None = None

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the mapped temperatures, with unit reward weights and the default K."""
        default = _default_terms(weights, beta, K, n_creators)
        mapped = beta * weights if self.mapping is None else _mapped(self.mapping, weights)
        if not (mapped > 0).all():
            raise BadInput(
                f"SMT maps a weight of {weights[np.argmin(mapped)]:g} to the temperature {mapped.min():g}; "
                "temperatures must be above 0: raise w_min or change the mapping"
            )
        return Terms(default.reward_weight, mapped, default.K)


@dataclass(frozen=True)
class HMT:
    """Hard Matching Truncation, Eq. (10), Algorithm 5: the list length follows the weight.

    Parameters
    ----------
    mapping : callable, optional
        Increasing function g of Algorithm 5, from weights (m,) to list lengths (m,). Default:
        ``ceil(K * w)`` (Section 5.1.3). Lengths are kept between 1 and `n_creators`.
    """

    mapping: Callable[[np.ndarray], np.ndarray] | None = None

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the mapped list lengths, with unit reward weights and the default beta."""
        default = _default_terms(weights, beta, K, n_creators)
        lengths = K * weights if self.mapping is None else _mapped(self.mapping, weights)
        return Terms(default.reward_weight, default.beta, list_length(lengths, n_creators))


@dataclass(frozen=True)
class Enrichment:
    """Static items beside the creators' content: they compete for places on the lists and are never paid.

    The lever of corpus enrichment (Nachimovsky and Tennenholtz) in the creator economy: the platform shows a few
    fixed items of its own, on the default terms. They stay where they are put.

    Parameters
    ----------
    count : int
        How many items, each at the mean of one of the groups served worst when the mechanism is deployed.
    items : sequence of sequences of float, optional
        Items placed by hand instead, (s, d).
    """

    count: int = 3
    items: tuple[tuple[float, ...], ...] | None = None

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return unit reward weights and the default beta and K."""
        return _default_terms(weights, beta, K, n_creators)

    def static_items(
        self, users: np.ndarray, groups: np.ndarray, user_utilities: np.ndarray, user_mass: np.ndarray
    ) -> np.ndarray:
        """Return where to put the items, (s, d).

        Parameters
        ----------
        users : (m, d) array
        groups : (m,) int array
        user_utilities : (m,) array
            What each user gets when the items are placed.
        user_mass : (m,) array
        """
        if self.items is not None:
            return np.array(self.items, dtype=np.float64)
        mass = np.bincount(groups, weights=user_mass)
        served = np.bincount(groups, weights=user_mass * user_utilities) / mass
        centres = np.array([np.bincount(groups, weights=user_mass * x) / mass for x in users.T]).T
        return centres[np.argsort(served, kind="stable")[: self.count]]


@dataclass(frozen=True)
class SMTSharpness:
    """Control: no reweighting; everybody gets the mean temperature that SMT would deploy.

    It is as sharp as SMT on average and steers nobody. Where it is compared with an SMT run, let its
    platform follow that run's weights (`agents.platform.Platform.follow`); alone, it goes by the weights its
    own platform computes.
    """

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the user mean of SMT's temperatures for everybody, with unit reward weights."""
        shown = SMT().deploy(weights, beta, K, n_creators)
        return Terms(shown.reward_weight, np.full(len(weights), shown.beta.mean()), shown.K)


@dataclass(frozen=True)
class HMTSharpness:
    """Control: no reweighting; everybody gets the mean list length that HMT would deploy, rounded half up.

    To HMT what `SMTSharpness` is to SMT.
    """

    def deploy(self, weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
        """Return the user mean of HMT's list lengths for everybody, with unit reward weights."""
        shown = HMT().deploy(weights, beta, K, n_creators)
        length = int(np.floor(shown.K.mean() + 0.5))
        return Terms(shown.reward_weight, shown.beta, np.full(len(weights), length, dtype=np.int64))


@dataclass(frozen=True)
class PiecewiseConstant:
    """An increasing step function of the weight, as the paper's Table 1 has one.

    Parameters
    ----------
    edges : sequence of float
        Increasing weights at which the value changes; a weight equal to an edge takes the value after it.
    values : sequence of float
        One value more than there are edges.
    """

    edges: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.edges) + 1:
            raise BadInput(
                f"a piecewise-constant mapping has {len(self.edges)} edges and {len(self.values)} values; "
                "give one value more than edges"
            )
        if any(b <= a for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise BadInput(f"the edges {self.edges} of a piecewise-constant mapping must increase: sort them")

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Return the value at each weight, in the shape of `weights`."""
        return np.asarray(self.values, dtype=np.float64)[np.searchsorted(self.edges, weights, side="right")]


TABLE_1 = PiecewiseConstant((1.0, 1.19, 1.79, 2.13, 2.36, 2.68), (0.99, 0.95, 0.90, 0.85, 0.75, 0.7, 0.1))
"""The mapping of the paper's Table 1: from a user's weight to the relevance percentile a cold-start item
must reach to be retrieved for that user. A lower percentile retrieves more."""


@dataclass(frozen=True)
class RetrievedShare:
    """List lengths from percentiles: the top ``1 - percentile`` share of a catalogue of `size` items.

    Parameters
    ----------
    size : int
        How many items the percentile is taken of.
    percentile : callable
        From weights (m,) to percentiles in [0, 1].
    """

    size: int
    percentile: Callable[[np.ndarray], np.ndarray] = TABLE_1

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """Return how many items are retrieved at each weight, at least 1."""
        return np.maximum((1.0 - self.percentile(weights)) * self.size, 1.0)


def list_length(lengths: np.ndarray, n_creators: int | None = None) -> np.ndarray:
    """Round list lengths up, at least 1 and at most `n_creators`, forgiving rounding error.

    A product within 1e-9 above an integer counts as that integer: normalised weights are often 1 plus an
    ulp, and ``ceil(20 * 1.0000000000000002)`` would be 21.
    """
    rounded = np.ceil(np.asarray(lengths, dtype=np.float64) - 1e-9)
    return np.clip(rounded, 1, n_creators).astype(np.int64)


MECHANISMS: dict[str, Callable[[], Mechanism]] = {
    "none": NoIntervention,
    "uir": UIR,
    "smt": SMT,
    "hmt": HMT,
    "halved": HalvedUser,
    "enrichment": Enrichment,
    "smt_sharpness": SMTSharpness,
    "hmt_sharpness": HMTSharpness,
}
"""Every mechanism by the name people type."""


def mechanism_of(name_or_mechanism: str | Mechanism) -> Mechanism:
    """Return the mechanism of that name (see `agents.catalogue`), or the object itself if it can ``deploy``.

    Raises
    ------
    BadInput
        If there is no such mechanism, it cannot be made, or it has no ``deploy``.
    """
    mechanism: Mechanism | str = name_or_mechanism
    if isinstance(mechanism, str):
        mechanism = catalogue.make("mechanism", mechanism, MECHANISMS)
    if isinstance(mechanism, type) or not hasattr(mechanism, "deploy"):
        raise BadInput(f"mechanism is {name_or_mechanism!r}, which has no method deploy; give one that has")
    return mechanism


def _default_terms(weights: np.ndarray, beta: float, K: int, n_creators: int) -> Terms:
    m = len(weights)
    return Terms(np.ones(m), np.full(m, float(beta)), np.full(m, min(K, n_creators), dtype=np.int64))


def _mapped(mapping: Callable[[np.ndarray], np.ndarray], weights: np.ndarray) -> np.ndarray:
    mapped = np.asarray(mapping(np.array(weights)), dtype=np.float64)
    if mapped.shape != weights.shape or not np.isfinite(mapped).all():
        raise BadInput(
            f"the mapping returned shape {mapped.shape} for weights of shape {weights.shape}, or a value that is "
            "not finite; it must return one finite number a weight"
        )
    return mapped
