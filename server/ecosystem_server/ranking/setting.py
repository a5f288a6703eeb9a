"""What the ranking game's page plays: its parameters, their limits, examples, and its address."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from ecosystem.ranking.competition import ORDERS, RankingCompetition
from ecosystem_agents.inputs.checks import BadInput, exact
from ecosystem_agents.publisher import RULES
from ecosystem_server.address import LARGEST_SEED, Item, PageSetting, unless_zero
from ecosystem_server.limits import OWN_MACHINE, Limits

PAST = {"stays": "scores stay", "falls": "scores fall (stuffing)"}
"""What becomes of scores past the peak, and how the page says it."""
MOST_CHANGES = 100
LARGEST_DENOMINATOR = 10_000
LONGEST = 400


class Change(NamedTuple):
    """A threshold given later: after which step, and what."""

    step: int
    threshold: str

    def __str__(self) -> str:
        return f"{self.step}:{self.threshold}"


def read_threshold(value: Any) -> str:
    """Return a threshold as it is kept: exact fractions that this page can draw, or "auto" or "none"."""
    text = str(value).strip()
    if text in ("auto", "none"):
        return text
    if len(text) > LONGEST:
        raise BadInput(f"threshold q has {len(text)} characters; give at most {LONGEST}")
    return ",".join(str(_fine("threshold q", part)) for part in text.split(","))


def _read_change(part: str) -> Change:
    step, colon, q = part.partition(":")
    if not colon:
        raise BadInput(f"the link has the change {part[:40]!r}; write step:threshold")
    return Change(_step_of_change.read(step), read_threshold(q))


def _fine(name: str, text: str, above: int | None = None) -> Fraction:
    number = exact(name, text, above=above, at_least=0 if above is None else None, at_most=1)
    if number.denominator > LARGEST_DENOMINATOR:
        shown = str(number) if len(str(number)) < 40 else f"{float(number):.6f}..."
        raise BadInput(f"{name} is {shown}; this page takes denominators up to {LARGEST_DENOMINATOR}")
    return number


_step_of_change = Item.whole("step of a change", 0, OWN_MACHINE.ranking_steps)


@dataclass(frozen=True)
class RankingSetting(PageSetting):
    """A game and how it is played."""

    VIEW = "ranking"
    ITEMS: ClassVar = {
        "n_publishers": Item.whole("number of publishers n", 2, OWN_MACHINE.publishers, "publishers"),
        "n_queries": Item.whole("number of queries k", 1, OWN_MACHINE.queries, "queries"),
        "peak": Item(lambda value: str(_fine("peak p", str(value).strip(), above=0))),
        "past": Item.choice("past the peak", PAST),
        "threshold": Item(read_threshold),
        "rule": Item.choice("rule", RULES),
        "order": Item.choice("order", ORDERS),
        "seed": Item.whole("seed", 0, LARGEST_SEED),
        "changes": Item.changes(_read_change, MOST_CHANGES),
        "step": Item.whole("step", 0, OWN_MACHINE.ranking_steps, "ranking_steps", unless_zero),
    }

    n_publishers: int = 4
    n_queries: int = 9
    peak: str = "1"  # such as "1/3"
    threshold: str = "auto"  # a number, one per query with commas, "auto" for min(p, 1/m), or "none"
    rule: str = "fair"  # how publishers answer
    order: str = "random"  # who moves next
    seed: int = 0  # of the random start and of everything random afterwards
    past: str = "stays"  # what becomes of scores past the peak, of `PAST`
    changes: tuple[Change, ...] = ()  # in the order they happened
    step: int = 0  # how many to play at once

    def model(self, limits: Limits = OWN_MACHINE) -> RankingCompetition:
        """Build the game, if this server allows it and its parameters go together."""
        given = self.checked(limits).values()
        names = ("n_publishers", "n_queries", "peak", "threshold", "rule", "order")
        falls = {"retrieval": f"triangle(peak='{self.peak}')"} if self.past == "falls" else {}
        return RankingCompetition(**{name: given[name] for name in names}, **falls, rng=self.seed)


EXAMPLES = {
    "Two and three settle: q = 1/2": RankingSetting(2, 3, threshold="1/2"),
    "Too low: q = 0.4 never settles": RankingSetting(2, 3, threshold="2/5"),
    "A hair too high: q = 0.501": RankingSetting(2, 3, threshold="501/1000"),
    "Unfair play goes round": RankingSetting(4, 5, rule="unfair", seed=11),
    "The same start, played fair": RankingSetting(4, 5, seed=11),
    "Trial and error": RankingSetting(3, 7, rule="local"),
    "Keyword stuffing: 1/2 on a query is enough": RankingSetting(3, 5, peak="1/2", past="falls"),
}
"""Games worth seeing, by what there is to see."""
