"""Corpus enrichment from the command line: how a competition ended, and what theory says about a game."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from ecosystem.ranking import theory
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.constructions import lean_enrichment, stated_enrichment
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import RankingGame
from ecosystem_agents.inputs.checks import BadInput, exact, reason

MOST_BYTES = 20_000_000


def result(model: RankingCompetition) -> dict[str, Any]:
    """Return how a competition ended; every number is an exact fraction as text.

    Keys: converged, cycle (whether a profile repeated up to renaming), steps, threshold (one number if it is
    the same for all queries), documents (the fewest static ones found that set it), profile, utilities,
    worst_value, welfare.
    """
    # A path that never settles may end in fractions longer than Python converts unasked.
    sys.set_int_max_str_digits(0)
    thresholds = model.game.thresholds
    return {
        "converged": model.converged,
        "cycle": model.cycle is not None,
        "steps": str(len(model.history)),
        "threshold": str(thresholds[0]) if len(set(thresholds)) == 1 else texts(thresholds),
        "documents": str(len(model.static_documents())),
        "profile": [texts(document) for document in model.profile.documents],
        "utilities": texts(model.profile.utilities),
        "worst_value": str(model.profile.worst_value),
        "welfare": str(model.profile.welfare),
    }


def known(n_publishers: Any, n_queries: Any, peak: Any) -> dict[str, Any]:
    """Return what theory says about a game; numbers are exact fractions as text, None where it is silent."""
    game = RankingGame.make(n_publishers, n_queries, peak)
    n, k, p = game.n_publishers, game.n_queries, game.peak
    stated, bound = theory.stated_uniform_bound(n, k, p), theory.uniform_bound(n, k, p)
    best = theory.recommended_threshold(n, k, p)
    lean = lean_enrichment(n, k, p)
    simple = theory.simple_range(n, k)
    return {
        "n_publishers": str(n),
        "n_queries": str(k),
        "peak": str(p),
        "region": theory.region(n, k, p),
        "largest_stable_peak": str(theory.largest_stable_peak(n, k)),
        "stable_without_documents": p <= theory.largest_stable_peak(n, k),
        "uniform_bound": _bound(bound),
        "uniform_bound_as_stated": _bound(stated),
        "norm_as_stated": _bound(theory.stated_norm(n, k, p)),
        "norm_conjectured": str(theory.conjectured_norm(n, k, p)),
        "documents": {
            "uniform": str(theory.fewest_uniform_documents(k, bound)),
            "uniform_as_stated": str(theory.fewest_uniform_documents(k, stated)),
            "recommended": str(theory.uniform_documents(k, best)),
            "per_query": str(len(static_documents(stated_enrichment(n, k, p).thresholds).documents)),
            "per_query_lean": str(len(static_documents(lean.thresholds).documents)) if lean else "0",
        },
        "recommended_threshold": str(best),
        "best_worst_value": str(theory.best_worst_value(n, k, p)),
        "step_bound": str(theory.step_bound(n, k)) if theory.region(n, k, p) == "large" else None,
        "n_steps_suffice": f"{simple[0]} < q <= {simple[1]}" if simple else None,
    }


def _bound(bound: theory.Bound) -> dict[str, Any]:
    return {"value": str(bound.value), "strict": bound.strict}


def texts(numbers: Sequence[Fraction]) -> list[str]:
    """Return exact fractions as text."""
    return [str(number) for number in numbers]


def read_documents(path: Path) -> list[list[Fraction]]:
    """Read documents, one row of weights each, from JSON or from lines of numbers.

    JSON holds a list of lists, or an object with such a list under "profile" (what ``enrich --json`` prints).
    Lines are separated by commas, semicolons or blanks. Numbers may be written 1/3.

    Raises
    ------
    BadInput
        If the file cannot be read or holds anything else.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} has more than {MOST_BYTES} bytes; give a file of documents")
        text = path.read_text(encoding="utf-8")
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
            f"{path} holds no documents; give one row of weights per document, as JSON or as lines"
        )
    return [
        [exact(f"{path}, row {i + 1}, weight {j + 1}", weight) for j, weight in enumerate(row)]
        for i, row in enumerate(rows)
    ]
