"""The ranking game from the command line: how a competition ended, and what theory says about a game."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecosystem.ranking import theory
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.constructions import lean_construction, stated_construction
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.theory import Bound, Region
from ecosystem_agents.inputs.checks import MOST_BYTES, BadInput, exact, reason, regular_file


@dataclass(frozen=True)
class Facts:
    """What theory says about a game; None where it is silent."""

    n_publishers: int
    n_queries: int
    peak: Fraction
    region: Region
    largest_stable_peak: Fraction
    stable_without_documents: bool
    uniform_bound: Bound
    uniform_bound_searched: bool  # whether nothing below it is stable, by exact search
    uniform_bound_as_stated: Bound
    norm_as_stated: Bound
    norm_conjectured: Fraction
    documents: dict[str, int]  # how many static ones thresholds of a kind take
    recommended_threshold: Fraction
    best_worst_value: Fraction
    step_bound: int | None
    n_steps_suffice: str | None


def ending_of(model: RankingCompetition) -> dict[str, Any]:
    """Return how a competition ended, for JSON: every number is exact text.

    `threshold` is one number if it is the same for all queries, `documents` the fewest static ones found that set it.
    """
    uniform = model.game.uniform_threshold
    ending = {
        "converged": model.converged,
        "cycle": model.cycle is not None,
        "steps": len(model.history),
        "threshold": model.game.thresholds if uniform is None else uniform,
        "documents": len(model.static_documents()),
        "profile": model.profile.documents,
        "utilities": model.profile.utilities,
        "worst_value": model.profile.worst_value,
        "welfare": model.profile.welfare,
    }
    return exact_text(ending)


def facts_of(game: RankingGame) -> Facts:
    """Return what theory says about the game; its thresholds do not count."""
    n, k, p = game.n_publishers, game.n_queries, game.peak
    where, simple = theory.region(n, k, p), theory.simple_range(n, k)
    stated, bound = theory.stated_uniform_bound(n, k, p), theory.uniform_bound(n, k, p)
    best = theory.recommended_threshold(n, k, p)
    return Facts(
        n_publishers=n,
        n_queries=k,
        peak=p,
        region=where,
        largest_stable_peak=theory.largest_stable_peak(n, k),
        stable_without_documents=where == "small",
        uniform_bound=bound,
        uniform_bound_searched=theory.is_settled(n, k, p),
        uniform_bound_as_stated=stated,
        norm_as_stated=theory.stated_norm(n, k, p),
        norm_conjectured=theory.conjectured_norm(n, k, p),
        documents={
            "uniform": theory.fewest_uniform_documents(k, bound),
            "uniform_as_stated": theory.fewest_uniform_documents(k, stated),
            "recommended": theory.uniform_documents(k, best),
            "per_query": len(static_documents(stated_construction(n, k, p).thresholds).documents),
            "per_query_lean": len(static_documents(lean_construction(n, k, p).thresholds).documents),
        },
        recommended_threshold=best,
        best_worst_value=theory.best_worst_value(n, k, p),
        step_bound=theory.step_bound(n, k) if where == "large" else None,
        n_steps_suffice=f"{simple[0]} < q <= {simple[1]}" if simple else None,
    )


def exact_text(value: Any) -> Any:
    """Return a value for JSON, with every number in it as exact text."""
    if isinstance(value, dict):
        return {key: exact_text(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [exact_text(each) for each in value]
    # A path that never settles may end in fractions longer than Python converts unasked.
    sys.set_int_max_str_digits(0)
    return value if value is None or isinstance(value, bool) else str(value)


def read_documents(path: Path) -> list[list[Fraction]]:
    """Read documents, one row of numbers each, from JSON or from lines.

    JSON holds a list of lists, or an object with such a list under "profile" (what ``enrich --json`` prints).
    Lines are separated by commas, semicolons or blanks. Numbers may be written 1/3.

    Raises
    ------
    BadInput
        If the file cannot be read or holds anything else.
    """
    try:
        text = regular_file(path, MOST_BYTES).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({reason(error)}); give a text file of documents") from None
    try:
        rows = json.loads(text, parse_float=str)
        rows = rows["profile"] if isinstance(rows, dict) else rows
    except (ValueError, RecursionError):
        lines = (line.replace(",", " ").replace(";", " ").split() for line in text.splitlines())
        rows = [line for line in lines if line]
    except KeyError:
        raise BadInput(
            f'{path} has no key "profile"; give a list of documents or an object with it'
        ) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise BadInput(
            f"{path} holds no documents; give one row of numbers per document, as JSON or as lines"
        )
    return [
        [exact(f"{path}, row {i + 1}, focus on query {j + 1}", focus) for j, focus in enumerate(row)]
        for i, row in enumerate(rows)
    ]
