"""What the ranking game's page plays: its parameters, their limits, examples, and its address."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from ecosystem.ranking.competition import ORDERS, RankingCompetition
from ecosystem_agents.inputs.checks import BadInput, choice, exact, whole
from ecosystem_agents.publisher import RULES
from ecosystem_server.address import items_of, refuse_unknown, typed
from ecosystem_server.limits import OWN_MACHINE, Limits, refuse_more

MOST_CHANGES = 100
LARGEST_DENOMINATOR = 10_000
LONGEST = 400
_WHOLE = {
    "n_publishers": (2, OWN_MACHINE.publishers),
    "n_queries": (1, OWN_MACHINE.queries),
    "seed": (0, 2**53),
}
_NAMES = {"n_publishers": "number of publishers n", "n_queries": "number of queries k", "seed": "seed"}


@dataclass(frozen=True)
class RankingSetting:
    """A game and how it is played.

    Attributes
    ----------
    n_publishers, n_queries : int
        n and k.
    peak, threshold : str
        p, such as "1/3"; and q: a number, one per query with commas, "auto" for min(p, 1/m), or "none".
    rule, order : str
        How publishers answer, and who moves next.
    seed : int
        Of the random start and of everything random afterwards.
    changes : tuple of (int, str)
        Thresholds given later: after which step, and what.
    step : int
        How many steps to play at once.
    """

    n_publishers: int = 4
    n_queries: int = 9
    peak: str = "1"
    threshold: str = "auto"
    rule: str = "fair"
    order: str = "random"
    seed: int = 0
    changes: tuple[tuple[int, str], ...] = ()
    step: int = 0

    def with_value(self, name: str, value: Any) -> RankingSetting:
        """Return a setting with another value, from the start.

        Raises
        ------
        BadInput
            If it is none of the parameters, or the value is outside its range.
        """
        choice("parameter", name, PARAMETERS)
        return replace(self, **{name: _read(name, value)}, changes=(), step=0)

    def model(self, limits: Limits = OWN_MACHINE) -> RankingCompetition:
        """Build the game.

        Raises
        ------
        BadInput
            If the parameters do not go together, such as a threshold above the peak, or the game is larger or
            longer than this server allows.
        """
        refuse_more(_NAMES["n_publishers"], self.n_publishers, limits.publishers)
        refuse_more(_NAMES["n_queries"], self.n_queries, limits.queries)
        refuse_more("step", self.step, limits.ranking_steps)
        return RankingCompetition(
            n_publishers=self.n_publishers,
            n_queries=self.n_queries,
            peak=self.peak,
            threshold=self.threshold,
            rule=self.rule,
            order=self.order,
            rng=self.seed,
        )


EXAMPLES = {
    "Two and three settle: q = 1/2": RankingSetting(2, 3, threshold="1/2"),
    "Too low: q = 0.4 never settles": RankingSetting(2, 3, threshold="2/5"),
    "A hair too high: q = 0.501": RankingSetting(2, 3, threshold="501/1000"),
    "Unfair play goes round": RankingSetting(4, 5, rule="unfair", seed=11),
    "The same start, played fair": RankingSetting(4, 5, seed=11),
    "Trial and error": RankingSetting(3, 7, rule="local"),
}
"""Games worth seeing, by what is said of them."""


def read_threshold(value: Any) -> str:
    """Return a threshold as it is kept: exact fractions, or "auto" or "none".

    Raises
    ------
    BadInput
        If it is neither, or is finer than this page draws.
    """
    text = str(value).strip()
    if text in ("auto", "none"):
        return text
    if len(text) > LONGEST:
        raise BadInput(f"threshold q has {len(text)} characters; give at most {LONGEST}")
    return ",".join(str(_fine("threshold q", part)) for part in text.split(","))


PARAMETERS = tuple(f.name for f in fields(RankingSetting) if f.name not in ("changes", "step"))
"""What makes a game, by the names it has in an address, in their order."""


def to_query(setting: RankingSetting) -> str:
    """Return the part of the address that describes a setting."""
    items: list[tuple[str, Any]] = [("view", "ranking")]
    items += [(name, getattr(setting, name)) for name in PARAMETERS]
    if setting.changes:
        items.append(("changes", "~".join(f"{step}:{q}" for step, q in setting.changes)))
    if setting.step:
        items.append(("step", setting.step))
    return urlencode(items, safe=":~/,")


def from_query(query: str | None) -> RankingSetting:
    """Return the setting an address describes.

    Raises
    ------
    BadInput
        If a part of it is outside its range.
    """
    items = items_of(query)
    refuse_unknown(items, [f.name for f in fields(RankingSetting)])
    setting = RankingSetting()
    for name in PARAMETERS:
        if name in items:
            setting = setting.with_value(name, items[name])
    changes = []
    for part in filter(None, items.get("changes", "").split("~")):
        at, colon, q = part.partition(":")
        if not colon:
            raise BadInput(f"the link has the change {part[:40]!r}; write step:threshold")
        changes.append((_whole("step of a change", at, 0, OWN_MACHINE.ranking_steps), read_threshold(q)))
    if len(changes) > MOST_CHANGES:
        raise BadInput(f"the link has {len(changes)} changes; at most {MOST_CHANGES} are replayed")
    step = _whole("step", items.get("step", "0"), 0, OWN_MACHINE.ranking_steps)
    return replace(setting, changes=tuple(sorted(changes, key=lambda change: change[0])), step=step)


def _read(name: str, value: Any) -> Any:
    if name in _WHOLE:
        return _whole(_NAMES[name], value, *_WHOLE[name])
    if name == "peak":
        return str(_fine("peak p", str(value).strip(), above=0))
    if name == "threshold":
        return read_threshold(value)
    return choice(name, value, RULES if name == "rule" else ORDERS)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    return whole(name, typed(value), at_least=low, at_most=high)


def _fine(name: str, text: str, above: int | None = None) -> Fraction:
    number = exact(name, text, above=above, at_least=0 if above is None else None, at_most=1)
    if number.denominator > LARGEST_DENOMINATOR:
        shown = str(number) if len(str(number)) < 40 else f"{float(number):.6f}..."
        raise BadInput(f"{name} is {shown}; this page takes denominators up to {LARGEST_DENOMINATOR}")
    return number
