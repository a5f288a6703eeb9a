"""What the page lets one vary: a line of help each, the allowed values, and whether it takes hold at once.

To offer another parameter of `ecosystem.CreatorEconomy`, name it in `FIELDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecosystem import CreatorEconomy
from ecosystem.economy import EVALUATIONS
from ecosystem_agents.inputs.checks import choice, real, whole
from ecosystem_agents.inputs.lookup import short
from ecosystem_agents.reweighting import weight_bounds
from ecosystem_server.limits import Limits, refuse_more
from ecosystem_server.offered import ENVIRONMENTS, MECHANISMS, OWN_RULES, REWARDS, RULES

MECHANISM_TITLES = {
    "none": "no intervention",
    "uir": "UIR · reweight rewards",
    "smt": "SMT · soft truncation",
    "hmt": "HMT · hard truncation",
    "halved": "first user halved",
    "smt_sharpness": "SMT control · uniform",
    "hmt_sharpness": "HMT control · uniform",
}
"""How mechanisms are called on the page; others go by the name people type."""


@dataclass(frozen=True)
class Field:
    """One parameter on the page.

    Attributes
    ----------
    name : str
        As `CreatorEconomy` calls it.
    label, help : str
        What stands beside the control, and one line that names symbol and equation.
    where : {"arm", "creators", "platform"}
        Part of the panel; parameters of an arm may differ between the two arms.
    live : bool
        Whether a running model takes it at once; the others need a reset.
    options : mapping, optional
        Allowed values and their titles; None for numbers.
    is_whole : bool
        Whether it is a whole number.
    low, high, nudge : float
        Range and step of a number.
    default : Any
        Value where no environment has one of its own.
    """

    name: str
    label: str
    help: str
    where: str
    live: bool
    options: Mapping[str, str] | None = None
    is_whole: bool = False
    low: float = 0.0
    high: float = float("inf")
    nudge: float = 0.1
    default: Any = None

    def check(self, value: Any) -> Any:
        """Return `value` as the model wants it.

        Raises
        ------
        BadInput
            If it is outside the allowed values.
        """
        if self.options is not None:
            return choice(self.name, value, self.options)
        if self.is_whole:
            number = int(value) if isinstance(value, float) and value.is_integer() else value
            return whole(self.name, number, at_least=int(self.low), at_most=int(min(self.high, 1e9)))
        return real(self.name, value, at_least=self.low, at_most=min(self.high, 1e9))

    def default_in(self, environment: str) -> Any:
        """Return the value an environment takes for granted; None where it has no such parameter."""
        spec = ENVIRONMENTS[environment]
        if self.name in spec.options:
            return spec.options[self.name]
        return getattr(spec, self.name, None) if self.default is None else self.default

    def applies_to(self, environment: str) -> bool:
        """Whether the environment has this parameter."""
        return self.name not in ("n_creators", "n_users") or self.name in ENVIRONMENTS[environment].options


def _titles(names: Any) -> dict[str, str]:
    return {name: short(name) for name in names}


FIELDS: dict[str, Field] = {
    f.name: f
    for f in (
        Field(
            "mechanism",
            "Mechanism",
            "What the platform does with the group weights w: UIR pays w times (Eq. 8), SMT sets the temperature "
            "β(w) (Eq. 9), HMT the list length K(w) (Eq. 10)",
            "arm",
            True,
            {name: MECHANISM_TITLES.get(name, short(name)) for name in MECHANISMS},
            default="none",
        ),
        Field(
            "beta",
            "Temperature β",
            "Softmax temperature β of the matching (Eq. 1): small shows each user the best match, large mixes",
            "arm",
            True,
            low=0.001,
            high=100,
            nudge=0.01,
        ),
        Field(
            "K",
            "List length K",
            "List length K (Eq. 1): how many creators compete for one user's attention",
            "arm",
            True,
            is_whole=True,
            low=1,
            nudge=1,
        ),
        Field(
            "reward",
            "Reward R",
            "What a match pays its creator, R: its relevance (Eq. 5), each view the same (Eq. 6), or what the user "
            "would lose without the creator (contribution)",
            "arm",
            False,
            _titles(REWARDS),
            default="relevance",
        ),
        Field(
            "eta",
            "Step length η",
            "How far a creator tries to move in one step, η of Algorithm 2",
            "creators",
            True,
            low=0.001,
            high=10,
            nudge=0.05,
        ),
        Field(
            "lbr_evaluation",
            "LBR evaluation",
            "Where a creator compares (LBR, Algorithm 2): at the point as printed there, or where it would land once "
            "projected onto its strategy set",
            "creators",
            True,
            _titles(EVALUATIONS),
        ),
        Field(
            "n_creators",
            "Creators n",
            "How many creators compete, n",
            "creators",
            False,
            is_whole=True,
            low=1,
            high=5000,
            nudge=50,
        ),
        Field(
            "n_users",
            "Users m",
            "How many users there are, m",
            "creators",
            False,
            is_whole=True,
            low=10,
            high=200_000,
            nudge=500,
        ),
        Field(
            "alpha",
            "Weight update α",  # noqa: RUF001
            "How strongly groups that get little gain weight, α of Eq. (14); from half of the horizon on, the "  # noqa: RUF001
            "smaller late value holds",
            "platform",
            True,
            low=0,
            high=100,
            nudge=0.1,
            default=0.5,
        ),
        Field(
            "w_min",
            "Bound w_min",
            "Group weights are clipped from below at w_min (Algorithm 1, line 9)",
            "platform",
            True,
            low=0,
            high=1000,
            nudge=0.1,
            default=0.2,
        ),
        Field(
            "w_max",
            "Bound w_max",
            "Group weights are clipped from above at w_max (Algorithm 1, line 9)",
            "platform",
            True,
            low=0.001,
            high=1000,
            nudge=0.5,
            default=5.0,
        ),
        Field(
            "matching",
            "Matching",
            "Whether utilities are expectations over Eq. (1), or a sample of requests as on a real platform",
            "platform",
            True,
            {"expected": "expected", "sampled": "sampled"},
            default="expected",
        ),
        Field(
            "epoch_length",
            "Epoch length M",
            "Steps between two weight updates, M of Algorithm 1",
            "platform",
            False,
            is_whole=True,
            low=1,
            high=1000,
            nudge=1,
            default=5,
        ),
    )
}
"""Every parameter on the page, in the order it is shown."""
if OWN_RULES:
    FIELDS["rules"] = Field(
        "rules",
        "Creator rule",
        "How every creator changes what it makes: lbr is Algorithm 2",
        "creators",
        False,
        _titles(RULES),
        default="lbr",
    )


def title_of(mechanism: str) -> str:
    """Return how a mechanism is called in headings: as in the menu, without what it does."""
    return MECHANISM_TITLES.get(mechanism, short(mechanism)).partition(" · ")[0]


def assign(model: CreatorEconomy, name: str, value: Any) -> None:
    """Give a running model another value of a live parameter, in force from the next step on.

    Raises
    ------
    BadInput
        If the value does not fit the model as it stands.
    """
    if name == "mechanism":
        model.switch_mechanism(value)
    elif name in ("w_min", "w_max"):
        bounds = {"w_min": model.w_min, "w_max": model.w_max, name: value}
        model.w_min, model.w_max = weight_bounds(bounds["w_min"], bounds["w_max"])
    else:
        setattr(model, name, value)
        if name in ("beta", "K"):
            model.deploy()


def check_population(n_creators: int, n_users: int, limits: Limits) -> None:
    """Refuse a world larger than this server allows.

    Raises
    ------
    BadInput
        If it has too many creators or users.
    """
    refuse_more("n_creators", n_creators, limits.n_creators)
    refuse_more("n_users", n_users, limits.n_users)
