"""Plans of a search for policies: a TOML file that says what may be varied, and what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any

from ecosystem.environments import environment_of
from ecosystem.extras import library
from ecosystem.policies import DECIDED, Policy
from ecosystem.policies import KEYS as OF_POLICIES
from ecosystem.sizes import MOST_RUNS
from ecosystem_agents.inputs.checks import BadInput, choice, parsed_toml, real, whole, yes_or_no
from ecosystem_agents.inputs.lookup import absolute
from ecosystem_runs.arena.table import MEASURES
from ecosystem_runs.paired.worlds import Worlds
from ecosystem_runs.parameters import try_out
from ecosystem_runs.sweeps.parameter_ranges import Range, Scalar
from ecosystem_runs.sweeps.plan import parameters_of, table_in, varied_in

KEYS = (
    "environment",
    "steps",
    "seeds",
    "first_seed",
    "held_out",
    "held_out_first",
    "trials",
    "sampler",
    "draw",
    "parameters",
    "search",
    "objectives",
    "constraints",
)
SAMPLERS = ("tpe", "nsga2")
DIRECTIONS = ("maximise", "minimise")
SEARCHED = tuple(key for key in OF_POLICIES if key not in ("reference", "needs"))
HOLE = re.compile(r"\{(\w+)\}")
"""The name of a number in a text: ``uniform(K={K})``."""

Span = Range | list[Scalar]


@dataclass(frozen=True)
class Bound:
    """What a mean over seeds must keep to: absolute, or times no intervention's in the same worlds."""

    at_least: float | None
    at_most: float | None
    relative: bool

    def __str__(self) -> str:
        """Return it in words."""
        ends = {"at least": self.at_least, "at most": self.at_most}
        words = " and ".join(f"{word} {end:g}" for word, end in ends.items() if end is not None)
        return f"{words} times no intervention's" if self.relative else words

    def excess(self, mean: float, idle: float) -> float:
        """Return how far a mean is out of bounds, 0 or less where it is not; `idle` is no intervention's."""
        unit = idle if self.relative else 1.0
        gaps = [] if self.at_most is None else [mean - self.at_most * unit]
        return max([*gaps, *([] if self.at_least is None else [self.at_least * unit - mean])])


@dataclass(frozen=True)
class Search:
    """What is searched, where, and where it is confirmed; whatever a policy does not say is as usual."""

    searched_in: Worlds
    held_out: Worlds
    trials: int
    sampler: str
    draw: int  # with a trial's number the seed of what is tried there
    fixed: Mapping[str, Scalar]
    spans: Mapping[str, Span]  # what is varied: keys of policies, and numbers that texts of theirs name
    objectives: Mapping[str, str]  # which way, by measure; the first decides among equals
    constraints: Mapping[str, Bound]

    @property
    def shared(self) -> dict[str, Any]:
        """Parameters of all runs."""
        return self.searched_in.parameters | {"horizon": self.searched_in.steps}

    def arena(self, policies: str) -> str:
        """Return the command by which policies of a file compete in as many worlds that were not seen before."""
        seen = (self.searched_in, self.held_out)
        new = replace(self.held_out, first_seed=1 + max(worlds.numbers[-1] for worlds in seen))
        where = f"ecosystem arena {quote(new.environment)} --policies {quote(policies)}"
        return f"{where} {new.options} {new.sets}".strip()

    def description(self) -> dict[str, Any]:
        """Return the search as plain JSON, equal for equal searches; more trials go on where fewer ended."""
        own = {name: getattr(self, name) for name in ("sampler", "draw", "fixed", "objectives")}
        own["spans"] = {k: vars(span) if isinstance(span, Range) else span for k, span in self.spans.items()}
        own["constraints"] = {name: vars(bound) for name, bound in self.constraints.items()}
        own["environment"] = self.searched_in.environment
        own["optuna"] = library("optuna", "ecosystem optimise", "analysis").__version__
        texts = [{key: text} for key, given in {**self.fixed, **self.spans}.items() for text in _texts(given)]
        return own | self.searched_in.description("optimise", *texts)

    def chosen(self, choose: Callable[[str, Span], Scalar]) -> dict[str, Scalar]:
        """Return what `choose` takes of each span: those of policies' keys, and of numbers that their texts name.

        Numbers are rounded to four digits, as people would write them.
        """
        found: dict[str, Scalar] = {}

        def take(name: str) -> None:
            if name in found:
                return
            value = found[name] = self.fixed[name] if name in self.fixed else choose(name, self.spans[name])
            if isinstance(value, float):
                found[name] = float(f"{value:.4g}")
            for named in HOLE.findall(str(value)):
                take(named)

        for name in SEARCHED if self.sampler == "tpe" else (*SEARCHED, *self.spans):
            if name in self.fixed or name in self.spans:
                take(name)  # NSGA-II crosses what all trials have
        return found

    def policy(self, chosen: Mapping[str, Scalar], name: str, reference: str = "") -> Policy:
        """Return the policy that values make, names in its texts replaced by numbers."""
        own: dict[str, Any] = {key: value for key, value in chosen.items() if key in SEARCHED}
        for key, value in own.items():
            if isinstance(value, str):
                own[key] = HOLE.sub(lambda hole: str(chosen[hole[1]]), value)
        return Policy(name, reference=reference, **own)


def read_search(path: Path) -> Search:
    """Read a plan of a search; what cannot be used is one line that names the file, key and fix."""
    return parsed_toml("plan", path, parse_search)


def parse_search(raw: Mapping[str, Any]) -> Search:
    """Return the search that a TOML file's content says; a model is made at all ends of what is searched.

    Examples
    --------
    >>> span = {"mechanism": ["none", "uniform(K={K})"], "K": {"low": 1, "high": 5, "whole": True}}
    >>> raw = {"environment": "figure1", "search": span, "objectives": {"welfare_default": "maximise"}}
    >>> found = parse_search(raw)
    >>> found.policy({"mechanism": "uniform(K={K})", "K": 3}, "mine").mechanism
    'uniform(K=3)'
    """
    for key in raw:
        choice("a key", key, KEYS)
    if "environment" not in raw:
        raise BadInput('environment is missing; write, such as: environment = "niches"')
    spec = environment_of(raw["environment"])
    allowed = [name for name in varied_in(spec) if name not in DECIDED]
    settings = parameters_of(table_in(raw, "parameters"), allowed)
    if varied := [*settings.grid, *settings.ranges]:
        raise BadInput(f"{varied[0]} varies in [parameters], which all runs share; give it one value")
    fixed, spans = _search_of(table_in(raw, "search"))
    numbers = {
        "steps": whole("steps", raw.get("steps", spec.horizon), at_least=10),
        "seeds": whole("seeds", raw.get("seeds", 5), at_least=1, at_most=MOST_RUNS),
        "first_seed": whole("first_seed", raw.get("first_seed", 0), at_least=0, at_most=2**62),
    }
    searched_in = Worlds(absolute(raw["environment"]), settings=settings.fixed, **numbers)
    held_out = replace(
        searched_in,
        seeds=whole("held_out", raw.get("held_out", 10), at_least=2, at_most=MOST_RUNS),
        first_seed=whole("held_out_first", raw.get("held_out_first", 120), at_least=0, at_most=2**62),
    )
    if set(held_out.numbers) & set(searched_in.numbers):
        raise BadInput(
            f"held out are {held_out.span}, and searched {searched_in.span}; what is found would be confirmed where "
            "it was found: set held_out_first or first_seed to keep them apart"
        )
    found = Search(
        searched_in,
        held_out,
        trials=whole("trials", raw.get("trials", 100), at_least=1, at_most=100_000),
        sampler=choice("sampler", raw.get("sampler", "tpe"), SAMPLERS),
        draw=whole("draw", raw.get("draw", 0), at_least=0, at_most=2**31),
        fixed=fixed,
        spans=spans,
        objectives=_objectives_of(table_in(raw, "objectives")),
        constraints={name: _bound_of(name, own) for name, own in table_in(raw, "constraints").items()},
    )
    _check_ends(found)
    return found


def _search_of(table: Mapping[str, Any]) -> tuple[dict[str, Scalar], dict[str, Span]]:
    named = [hole for given in table.values() for text in _texts(given) for hole in HOLE.findall(text)]
    for name in table:
        if name not in (*SEARCHED, *named) and name in ("K", "beta"):
            raise BadInput(
                f"{name} in [search] is no part of a policy by itself, as default terms are the environment's; "
                f'say what it is for, such as: mechanism = "uniform({name}={{{name}}})"'
            )
    given = parameters_of(table, [*SEARCHED, *named], "search")
    spans: dict[str, Span] = {**given.grid, **given.ranges}
    if not spans:
        raise BadInput("[search] varies nothing; give a range or a list: w_max = {low = 1, high = 5}")
    if missing := [name for name in named if name not in spans]:
        raise BadInput(
            f"a text in [search] names {{{missing[0]}}}, and [search] has no range or list of that name; add "
            f"{missing[0]} = {{low = ..., high = ...}}"
        )
    return given.fixed, spans


def _texts(given: Any) -> Iterable[str]:
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]


def _objectives_of(table: Mapping[str, Any]) -> dict[str, str]:
    if not table:
        raise BadInput('[objectives] names none; write, such as: welfare_default = "maximise"')
    return {
        choice("a name in [objectives]", name, MEASURES): choice(f"{name} in [objectives]", way, DIRECTIONS)
        for name, way in table.items()
    }


def _bound_of(name: str, own: Any) -> Bound:
    choice("a name in [constraints]", name, MEASURES)
    ends = ("at_least", "at_most")
    if not isinstance(own, dict) or not set(own) & set(ends):
        raise BadInput(f"{name} in [constraints] is {own!r}; write, such as: {name} = {{at_most = 1.2}}")
    for key in own:
        choice(f"a key of {name} in [constraints]", key, (*ends, "relative"))
    low, high = (None if end not in own else real(f"{end} of {name}", own[end]) for end in ends)
    return Bound(low, high, yes_or_no(f"relative of {name}", own.get("relative", False)))


def _check_ends(search: Search) -> None:
    """Make a model at both ends of every range, with each entry of every list, so that no trial finds an error."""
    longest = max(len(span) if isinstance(span, list) else 1 for span in search.spans.values())
    for k in range(2 * longest):

        def end(name: str, span: Span, k: int = k) -> Scalar:
            return span.spaced(2)[k % 2] if isinstance(span, Range) else span[min(k // 2, len(span) - 1)]

        own = search.policy(search.chosen(end), "searched").parameters()
        try_out(search.shared | own)
