"""What the ranking game's board shows, as plain numbers and short texts: the table, the slider's zones, the words."""

from __future__ import annotations

from fractions import Fraction

from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.move import queries_by_number
from ecosystem.ranking.theory import best_worst_value, is_settled, queries_each, region, uniform_bound
from ecosystem_server.board import Json

STOPS = 120
"""Places of the slider between 0 and 1; finer for a small peak. Halves to sixths are among them."""


WIDE = 12
"""Queries up to which a cell has room for 113/240; beyond, it says 0.47."""


def short(number: Fraction, wide: bool = True) -> str:
    """Return a fraction as it is written in a cell: exact if that is short, else as a decimal."""
    if len(str(number.denominator)) > 3 or (not wide and len(str(number)) > 5):
        return f"{float(number):.{3 if wide else 2}f}"
    return str(number)


def row(model: RankingCompetition) -> list[float]:
    """Return what the charts need of this moment: welfare, worst value, then utilities."""
    now = model.profile
    return [float(now.welfare), float(now.worst_value), *map(float, now.utilities)]


def table(model: RankingCompetition) -> Json:
    """Return what stays while thresholds and the game stay: its size, the slider and its zones."""
    game = model.game
    n, k, peak = game.n_publishers, game.n_queries, game.peak
    bound = uniform_bound(n, k, peak)
    reach = Fraction(1, queries_each(n, k))
    uniform = game.uniform_threshold
    fineness = STOPS * -(-1 // (3 * peak))
    stops = {Fraction(i, fineness) for i in range(int(peak * fineness) + 1)} | {peak}
    stops |= {special for special in (bound.value, reach, uniform) if special is not None and special <= peak}
    best = best_worst_value(n, k, peak)
    return {
        "n_publishers": n,
        "n_queries": k,
        "peak": short(peak),
        "region": region(n, k, peak),
        "stops": [[str(q), float(q)] for q in sorted(stops)],
        "threshold": None if uniform is None else str(uniform),
        "bound": {"text": str(bound.value), "at": float(bound.value), "strict": bound.strict},
        "reach": {"text": str(reach), "at": float(reach)},
        "documents": len(model.static_documents()),
        "best": [float(best), float(best - peak)],
        "thresholds": [{"text": short(q, k <= WIDE), "height": float(q / peak)} for q in game.thresholds],
    }


def words(model: RankingCompetition) -> Json:
    """Return what every step changes: the cells, the rows' figures, and the sentences."""
    profile, peak = model.profile, float(model.game.peak)
    last = model.history[-1] if model.history else None
    utilities = profile.utilities
    change = [Fraction(0)] * len(utilities)
    if last is not None:
        change[last.mover] = last.after - last.before
        for loss in last.hurt:
            change[loss.publisher] = loss.after - loss.before
    wide = model.game.n_queries <= WIDE
    cells = [
        [
            {
                "text": short(focus, wide),
                "height": float(focus) / peak,
                "share": str(Fraction(1, len(who))) if i in who else None,
            }
            for focus, who in zip(profile.document(i), profile.winners, strict=True)
        ]
        for i in range(len(utilities))
    ]
    return {
        "step": len(model.history),
        "cells": cells,
        "values": [short(value, wide) for value in profile.values],
        "served": [bool(who) for who in profile.winners],
        "utilities": [str(u) for u in utilities],
        "change": ["" if not c else f"{'+' if c > 0 else '−'}{abs(c)}" for c in change],  # noqa: RUF001
        "mover": None if last is None else last.mover,
        "can_improve": list(model.can_improve),
        "worst": short(profile.worst_value),
        "welfare": short(profile.welfare).replace("-", "−"),  # noqa: RUF001
        "last_move": last.sentence() if last is not None else "Nobody has moved yet.",
        "state": "equilibrium" if model.converged else "cycle" if model.cycle else "open",
        "verdict": verdict(model),
        "unserved": unserved(model),
    }


def verdict(model: RankingCompetition) -> str:
    """Say how things stand: settled, going round, or open."""
    if model.converged:
        return f"Equilibrium after {_count(len(model.history), 'step')}: nobody can improve."
    if model.cycle:
        first, length = model.cycle
        again = f"this is the profile of step {first} renamed, so play can go round for ever"
        return f"Cycle: {again}, {_count(length, 'step')} a round."
    game, q = model.game, model.game.uniform_threshold
    unsettled = f"Not settled: {_count(len(model.can_improve), 'publisher')} can improve."
    bound = uniform_bound(game.n_publishers, game.n_queries, game.peak)
    if q is not None and not bound.met_by(q):
        known = "no profile is an equilibrium"
        if not is_settled(game.n_publishers, game.n_queries, game.peak):
            known = "no equilibrium is known"
        return f"{unsettled} At q = {short(q)} {known}."
    return unsettled


def unserved(model: RankingCompetition) -> str:
    """Say which queries no publisher serves, and how many never can be at such a threshold; empty if none."""
    n, k, q = model.game.n_publishers, model.game.n_queries, model.game.uniform_threshold
    sentences = []
    left = [j for j, who in enumerate(model.profile.winners) if not who]
    if left:
        are = "is" if len(left) == 1 else "are"
        sentences.append(f"{queries_by_number(left).capitalize()} {are} served by no publisher.")
    reach = Fraction(1, queries_each(n, k))
    if q is not None and q > reach:
        least = _count(k - n * int(1 / q), "query", "queries")
        sentences.append(f"q = {short(q)} is above 1/m = {reach}: at least {least} must go unserved.")
    return " ".join(sentences)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
