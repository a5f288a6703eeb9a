"""What the page lets one vary: a line of help each, the allowed values, and whether it takes hold at once.

To offer another parameter of `ecosystem.CreatorEconomy`, name it in `FIELDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log10
from typing import Any

from ecosystem import CreatorEconomy
from ecosystem.economy.parameters import CHOICES, DEFAULTS, Parameters, arrivals_of, described
from ecosystem.retention import retention_of
from ecosystem.sizes import check_world
from ecosystem.turnover import turnover_of
from ecosystem_agents.inputs.checks import choice, real, whole
from ecosystem_agents.inputs.lookup import parse, short
from ecosystem_agents.mechanisms import mechanism_of
from ecosystem_agents.reweighting import weight_bounds
from ecosystem_server.address import typed
from ecosystem_server.board import Json
from ecosystem_server.limits import Limits, refuse_more
from ecosystem_server.offered import ENVIRONMENTS, MECHANISMS, OWN_RULES, REWARDS, RULES, RULES_OF

TITLES = {
    "none": "no intervention",
    "uir": "UIR · reweight rewards",
    "smt": "SMT · soft truncation",
    "hmt": "HMT · hard truncation",
    'smt(mapping="power(2)")': "SMT by the weight squared",
    'hmt(mapping="table_1")': "HMT by Table 1",
    "halved": "first user halved",
    "smt_sharpness": "SMT control · uniform",
    "hmt_sharpness": "HMT control · uniform",
}
"""How mechanisms are called on the page; others go by the name people type."""


@dataclass(frozen=True)
class Field:
    """One parameter on the page, by the name that `CreatorEconomy` has for it."""

    name: str
    label: str
    where: str  # part of the panel; parameters of an "arm" may differ between the two arms
    live: bool  # a running model takes it at once; the others need a reset
    options: Mapping[str, str] | None = None  # allowed values and their titles; None for what is typed
    is_whole: bool = False
    low: float = 0.0
    high: float = inf
    nudge: float = 0.1
    slides: tuple[float, float] | None = None  # ends of a slider beside the number; whole ones end at n too

    @property
    def help(self) -> str:
        """One line that names symbol and equation, without its full stop: what the reference says, too."""
        return _HELP[self.name]

    def read(self, value: Any) -> Any:
        """Return what was put into a control, or stands in a link, as the model wants it, if it is allowed."""
        if self.name == "mechanism" and "(" in str(value) and parse(self.name, value)[0] in ("smt", "hmt"):
            return mechanism_of(value) and value  # with a mapping of its own; no file is looked at
        if self.options is not None:
            return choice(self.name, value, self.options)
        number = typed(value)
        if self.name == "arrivals":
            return arrivals_of(self.name, number)
        if self.is_whole:
            if isinstance(number, float) and number.is_integer():  # as a browser sends it
                number = int(number)
            return whole(self.name, number, at_least=int(self.low), at_most=int(min(self.high, 1e9)))
        return real(self.name, number, at_least=self.low, at_most=min(self.high, 1e9))

    def shown(self) -> Json:
        """Return what controls show of it, whatever its value."""
        about: Json = {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "options": None,
            "type": "text" if self.name == "arrivals" else "number",
            "wide": self.name in ("mechanism", "reward"),
        }
        if self.options is not None:
            return about | {"options": [{"value": key, "text": text} for key, text in self.options.items()]}
        highest = self.high if self.high < 1e9 else None
        return about | {"min": self.low, "max": highest, "step": self.nudge if self.is_whole else "any"}

    def slider(self, n: int) -> Json | None:
        """Return the ends and steps of a slider in a world of `n` creators: powers of ten, unless it is whole."""
        if self.slides is None:
            return None
        low, high = self.slides
        if self.is_whole:
            return {"min": low, "max": min(high, n), "step": 1, "powers": False}
        return {"min": log10(low), "max": log10(high), "step": 0.01, "powers": True}

    def default_in(self, environment: str) -> Any:
        """Return the value an environment takes for granted; None where it has no such parameter."""
        spec = ENVIRONMENTS[environment]
        if self.name in spec.options:
            return spec.options[self.name]
        default = DEFAULTS.get(self.name)
        return getattr(spec, self.name, None) if default is None else default

    def applies_to(self, environment: str) -> bool:
        """Whether the environment has this parameter."""
        own = self.name in ("n_creators", "n_users", "scale", "zipf")
        return not own or ENVIRONMENTS[environment].options.get(self.name) is not None


_HELP = {name: sentence.removesuffix(".") for name, (_, sentence) in described(Parameters).items()}
_HELP |= {
    "n_creators": "How many creators compete, n",
    "n_users": "How many users there are, m",
    "scale": "Distance at which relevance is 0; clusters of niches are 1.41 apart",
    "zipf": "How steeply clusters fall in size: the k-th has k^-zipf users for one in the first",
    "arrivals": "How many creators come a step: one_for_one that left, none, or a number in the mean",
    "rules": "How every creator changes what it makes: lbr is Algorithm 2",
}


def _titles(names: Any) -> dict[str, str]:
    return {name: short(name) for name in names}


FIELDS: dict[str, Field] = {
    f.name: f
    for f in (
        Field("mechanism", "Mechanism", "arm", True, TITLES | _titles(MECHANISMS) | TITLES),
        Field("beta", "Temperature β", "arm", True, low=0.001, high=100, nudge=0.01, slides=(0.01, 10)),
        Field("K", "List length K", "arm", True, is_whole=True, low=1, nudge=1, slides=(1, inf)),
        Field("reward", "Reward R", "arm", False, _titles(REWARDS)),
        *(Field(name, name.capitalize(), "arm", True, _titles(rules)) for name, rules in RULES_OF.items()),
        Field("eta", "Step length η", "creators", True, low=0.001, high=10, nudge=0.05, slides=(0.01, 1)),
        Field("lbr_evaluation", "LBR evaluation", "creators", True, _titles(CHOICES["lbr_evaluation"])),
        Field("accept", "Accept a move", "creators", True, _titles(CHOICES["accept"])),
        Field("moving_cost", "Moving cost c", "creators", True, nudge=0.05),
        Field("home_cost", "Home cost h", "creators", True, nudge=0.05),
        Field("arrivals", "Arrivals", "creators", True),
        Field("newcomer", "Newcomers at", "creators", True, _titles(CHOICES["newcomer"])),
        Field("n_creators", "Creators n", "creators", False, is_whole=True, low=1, high=5000, nudge=50),
        Field("n_users", "Users m", "creators", False, is_whole=True, low=10, high=200_000, nudge=500),
        Field("scale", "Relevance scale", "creators", False, low=0.001, high=1000, nudge=0.5),
        Field("zipf", "Zipf exponent", "creators", False, high=100, nudge=0.5),
        Field("alpha", "Weight update α", "platform", True, high=100, nudge=0.1),  # noqa: RUF001
        Field("w_min", "Bound w_min", "platform", True, high=1000, nudge=0.1),
        Field("w_max", "Bound w_max", "platform", True, low=0.001, high=1000, nudge=0.5),
        Field("matching", "Matching", "platform", True, _titles(CHOICES["matching"])),
        Field("epoch_length", "Epoch length M", "platform", True, is_whole=True, low=1, high=1000, nudge=1),
    )
}
"""Every parameter on the page, in the order it is shown."""
if OWN_RULES:
    FIELDS["rules"] = Field("rules", "Creator rule", "creators", False, _titles(RULES))


def title_of(mechanism: str) -> str:
    """Return how a mechanism is called in headings: as in the menu, without what it does."""
    return TITLES.get(mechanism, short(mechanism)).partition(" · ")[0]


def assign(model: CreatorEconomy, name: str, value: Any) -> None:
    """Give a running model another value of a live parameter, in force from the next step on."""
    if name == "mechanism":
        model.switch_mechanism(value)
    elif name in ("w_min", "w_max"):
        bounds = {"w_min": model.w_min, "w_max": model.w_max, name: value}
        model.w_min, model.w_max = weight_bounds(bounds["w_min"], bounds["w_max"])
    else:
        made = {"turnover": turnover_of, "retention": retention_of}.get(name)
        setattr(model, name, made(value) if made else value)
        if name in ("beta", "K"):
            model.deploy()


def check_arrivals(arrivals: Any, limits: Limits) -> None:
    """Refuse more creators a step than this server allows."""
    if not isinstance(arrivals, str):
        refuse_more("arrivals", arrivals, limits.arrivals)


def check_population(n_creators: int, n_users: int, limits: Limits, dim: int = 1, K: int = 1) -> None:
    """Refuse a world larger than this server allows."""
    refuse_more("n_creators", n_creators, limits.n_creators)
    refuse_more("n_users", n_users, limits.n_users)
    check_world(n_users, n_creators, dim, K, limits.world)
