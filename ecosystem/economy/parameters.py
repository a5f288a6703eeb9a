"""What may be varied in `CreatorEconomy`: names, defaults, ranges and what they mean, for all who need to know."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ecosystem.mesa_versions import seed_of
from ecosystem_agents.inputs.checks import choice, real, whole, yes_or_no
from ecosystem_agents.reweighting import starting_bounds

if TYPE_CHECKING:
    from ecosystem.environments import Environment
    from ecosystem.retention import Retention
    from ecosystem.rewards import Reward
    from ecosystem.turnover import Turnover
    from ecosystem_agents.creator import Creator
    from ecosystem_agents.mechanisms import Mechanism

LEFT_TO_ENVIRONMENT = ("beta", "K", "eta", "n_groups", "lbr_evaluation", "horizon")
"""Parameters for which None means the environment's own value."""

NAMING = ("environment", "mechanism", "schedule", "rules", "reward", "turnover", "retention")
"""Parameters whose texts name things that are looked up, plug-ins among them, when a model is made."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "pay_terms": ("deployed", "default"),
        "weighting": ("mechanism", "uir"),
        "matching": ("expected", "sampled"),
        "lbr_evaluation": ("printed", "projected"),
        "order": ("random", "fixed", "simultaneous"),
        "weights_from": ("deployed", "default"),
        "accept": ("no_worse", "better"),
        "newcomer": ("user", "incumbent", "random"),
    }
)
"""What parameters that are one of a few words may be."""


def arrivals_of(name: str, value: Any) -> str | float:
    """Return how many creators come: a word, or a number a step."""
    if isinstance(value, str):
        return choice(name, value, allowed=("one_for_one", "none"), also=" or a number of creators a step")
    return real(name, value, at_least=0, at_most=100_000)


CHECKS: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {
        "horizon": partial(whole, at_least=0),
        "epoch_length": partial(whole, at_least=1),
        "alpha": partial(real, at_least=0),
        "late_alpha": partial(real, at_least=0),
        "w_min": partial(real, at_least=0),
        "w_max": partial(real, above=0),
        "beta": partial(real, above=0),
        "K": partial(whole, at_least=1),
        "eta": partial(real, above=0),
        **{name: partial(choice, allowed=words) for name, words in CHOICES.items()},
        "renormalise_after_clip": yes_or_no,
        "directions_tried": partial(whole, at_least=1, at_most=100_000),
        "requests_per_trial": partial(whole, at_least=1),
        "one_by_one": yes_or_no,
        "trajectory": yes_or_no,
        "arrivals": arrivals_of,
        "moving_cost": partial(real, at_least=0),
        "home_cost": partial(real, at_least=0),
        "user_agents": lambda name, value: None if value is None else yes_or_no(name, value),
    }
)
"""From a name and a value to the plain value, by parameter; what is out of range is a `BadInput`."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What may be varied in `CreatorEconomy`.

    What a name stands for is looked up when a model is made, and not before.

    Parameters
    ----------
    environment : str or Environment
        Where the run starts. None below means: the environment's own value.
    mechanism : str or Mechanism
        What the platform does with the group weights w: UIR pays w times (Eq. 8), SMT sets the temperature β(w)
        (Eq. 9), HMT the list length K(w) (Eq. 10). Names may be of plug-ins: see `lookup`.
    horizon : int, optional
        T: alpha drops to `late_alpha` half-way, and `run` ends there.
    epoch_length : int
        Steps between two weight updates, M of Algorithm 1, at least 1.
    alpha : float
        How strongly groups that get little gain weight, α of Eq. (14), at least 0; from half of the horizon on, the
        smaller late value holds.
    late_alpha : float
        What alpha drops to in the second half of the horizon, at least 0.
    w_min : float
        Group weights are clipped from below at w_min (Algorithm 1, line 9), at most 1 at the start.
    w_max : float
        Group weights are clipped from above at w_max (Algorithm 1, line 9), at least 1 at the start.
    n_groups : int, optional
        L, for K-means; an environment with groups of its own has as many as it declares.
    beta : float, optional
        Softmax temperature β of the matching (Eq. 1), above 0: small shows each user the best match, large mixes.
    K : int, optional
        List length K (Eq. 1), at least 1: how many creators compete for one user's attention.
    eta : float, optional
        How far a creator tries to move in one step, η of Algorithm 2, above 0.
    reward : str or Reward
        What a match pays its creator, R: its relevance (Eq. 5), each view the same (Eq. 6), or what the user would
        lose without the creator (contribution). A name of `ecosystem.rewards.REWARDS`, such as
        ``"backward(weights=(1, 0.5))"``.
    pay_terms : {"deployed", "default"}
        Whether pay is computed on the terms the mechanism deploys, or on the default beta and K whatever it deploys.
    weighting : {"mechanism", "uir"}
        Whether rewards are weighted as the mechanism says, or by Algorithm 1's weights besides (Eq. 8): a factor on
        what the mechanism says, which mechanism "uir" has already.
    matching : {"expected", "sampled"}
        Whether utilities are expectations over Eq. (1), or one draw of it a user and step as on a real platform.
    lbr_evaluation : {"printed", "projected"}, optional
        Where a creator compares (LBR, Algorithm 2): at the point as printed there, or where it would land once
        projected onto its strategy set.
    accept : {"no_worse", "better"}
        Whether a creator takes a move that pays as much as staying, as Algorithm 2 is printed, or only one that pays
        more: whoever nobody is shown then stays.
    moving_cost : float
        What a move costs a creator per distance, c, at least 0: part of what it compares, and of nothing else. Under
        the printed evaluation every move is eta long, and costs c η.
    home_cost : float
        What standing away from where it was born costs a creator per distance, h, at least 0.
    turnover : str or Turnover
        Which creators give up as a step begins, by the pay of the step before: a name of
        `ecosystem.turnover.TURNOVERS`, such as ``"patience(share=0.2, steps=50)"``.
    arrivals : {"one_for_one", "none"} or float
        How many creators come as a step begins: one for each that gave up, none, or so many in the mean.
    newcomer : {"user", "incumbent", "random"}
        Where they come: near a user drawn by mass, near a creator, or anywhere where users are.
    retention : str or Retention
        Which users stay, and who comes back: a name of `ecosystem.retention.RETENTIONS`, such as
        ``"returning(middle=0.4, back=0.1)"``.
    order : {"random", "fixed", "simultaneous"}
        Whether creators move one after the other, in random or in index order, seeing earlier moves, or all
        at once, answering the same profile.
    weights_from : {"deployed", "default"}
        Whether Algorithm 1 weighs what users got, or what they would get under the default beta and K.
    renormalise_after_clip : bool
        Whether clipped weights are scaled to sum L again.
    schedule : str, optional
        Mechanism swaps, such as ``"none@0,hmt@1500"``.
    rules : str or subclass of Creator
        Creator rules, such as ``"lbr"`` or ``"still=20,explore=5"``; see `ecosystem_agents.creator.rules_of`.
    directions_tried : int
        Directions an exploring creator tries a step, 1 to 100,000.
    requests_per_trial : int
        Where matching is sampled: requests a creator's two evaluations are means over, at least 1.
    one_by_one : bool
        Step stock creators agent by agent instead of in one compiled call; the result is the same, to the bit.
    trajectory : bool
        Whether to keep every creator's strategy after every step, in the data collector's table "strategies".
    user_agents : bool, optional
        Whether users are Mesa agents besides rows of arrays; None means up to 100,000 of them.
    rng : int, list of int, Generator, BitGenerator or SeedSequence, optional
        Seed of everything random in this model. ``CreatorEconomy(seed=...)`` says the same.

    Raises
    ------
    BadInput
        If a parameter is outside its range; one line that names it, the range and the fix.

    Examples
    --------
    >>> from ecosystem.environments import ENVIRONMENTS
    >>> Parameters(mechanism="hmt", alpha=1).in_force(ENVIRONMENTS["figure1"])["K"]  # its own value
    3
    """

    environment: str | Environment = "synthetic"
    mechanism: str | Mechanism = "none"
    horizon: int | None = None
    epoch_length: int = 5
    alpha: float = 0.5
    late_alpha: float = 0.1
    w_min: float = 0.2
    w_max: float = 5.0
    n_groups: int | None = None
    beta: float | None = None
    K: int | None = None
    eta: float | None = None
    reward: str | Reward = "relevance"
    pay_terms: str = "deployed"
    weighting: str = "mechanism"
    matching: str = "expected"
    lbr_evaluation: str | None = None
    accept: str = "no_worse"
    moving_cost: float = 0.0
    home_cost: float = 0.0
    turnover: str | Turnover = "none"
    arrivals: str | float = "one_for_one"
    newcomer: str = "user"
    retention: str | Retention = "none"
    order: str = "random"
    weights_from: str = "deployed"
    renormalise_after_clip: bool = False
    schedule: str | None = None
    rules: str | type[Creator] = "lbr"
    directions_tried: int = 4
    requests_per_trial: int = 100
    one_by_one: bool = False
    trajectory: bool = False
    user_agents: bool | None = None
    rng: Any = None

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            value = getattr(self, name)
            if value is not None or name not in LEFT_TO_ENVIRONMENT:
                check(name, value)
        seed_of(self.rng)
        starting_bounds(self.w_min, self.w_max)
        if self.n_groups is not None:
            whole("n_groups", self.n_groups, at_least=1)

    def in_force(self, environment: Environment) -> dict[str, Any]:
        """Return what a run goes by: numbers, words and booleans as plain values, None replaced by the environment's.

        Raises
        ------
        BadInput
            If one of the environment's own values is outside its range.
        """
        given = {name: getattr(self, name) for name in CHECKS}
        own = {name: getattr(environment, name) for name in LEFT_TO_ENVIRONMENT}
        return {
            name: CHECKS[name](name, own.get(name) if value is None else value)
            for name, value in given.items()
        }


DEFAULTS: Mapping[str, Any] = MappingProxyType({field.name: field.default for field in fields(Parameters)})
"""Every parameter with its default, in the order they are documented."""


def described(documented: Any) -> dict[str, tuple[str, str]]:
    """Return the type and the first sentence of each parameter in a NumPy docstring, by name."""
    text = inspect.getdoc(documented) or ""
    body = re.split(r"^Parameters\n-+\n", text, flags=re.M)[1]
    body = re.split(r"\n\n\w+\n-+\n", body)[0]
    found: dict[str, tuple[str, str]] = {}
    for entry in re.split(r"\n(?=\S)", body):
        head, *rest = entry.split("\n")
        first = re.match(r".*?(?<!Eq)(?<!Eqs)\.(?=\s|$)", " ".join(line.strip() for line in rest))
        names, _, kind = head.partition(" : ")
        found |= {name: (kind, first.group() if first else "") for name in names.split(", ")}
    return found
