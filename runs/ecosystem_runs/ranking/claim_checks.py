"""What decides the claims of the second paper: exact searches, constructed profiles, and play.

A check takes a job and returns how many cases it tried, the most steps it saw, and of each claim that failed a
counterexample, as commands that can be typed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations_with_replacement, permutations, product
from typing import Any

import numpy as np

from ecosystem.ranking import theory
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.constructions import stated_construction, uniform_equilibrium
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.existence import Condition, Kind, search
from ecosystem.ranking.game import Profile, RankingGame, thresholds_of
from ecosystem.ranking.move import Move, deviation_type, measure
from ecosystem.ranking.responses import best_utility, improvers, is_equilibrium
from ecosystem.ranking.retrieval import piecewise
from ecosystem_agents.publisher import greedy_response
from ecosystem_agents.world import Document
from ecosystem_runs.ranking.examples import EXAMPLES, SECOND_MOVE

FINE = 60  # constructed profiles are checked at peaks that are multiples of 1/60
FLAT = "piecewise(points=((0, 0), ('1/10', 1), ('99/100', 1), (1, 2)))"


@dataclass
class Found:
    """What a job found."""

    cases: int = 0
    longest: int = 0  # steps of a path
    against: dict[str, str] = field(default_factory=dict)  # by claim, the first counterexample

    def note(self, claim: str, holds: bool, profile: Profile | str) -> None:
        """Keep a counterexample if a claim does not hold and has none yet."""
        if not holds and claim not in self.against:
            self.against[claim] = profile if isinstance(profile, str) else typed(profile)


def typed(profile: Profile, retrieval: str = "") -> str:
    """Return commands that show a profile, and say who can improve."""
    game = profile.game
    rows = json.dumps([[str(x) for x in row] for row in profile.documents])
    rule = f' --retrieval "{retrieval}"' if retrieval else f" --peak {game.peak}"
    q = ",".join(map(str, game.thresholds)) if game.uniform_threshold is None else game.uniform_threshold
    size = f"{game.n_publishers} {game.n_queries}"
    return f"echo '{rows}' > rows.json; ecosystem enrich {size}{rule} --threshold {q} --start rows.json"


# --- exact search --------------------------------------------------------------------------------------------


def stable_below(claim: str, n: int, k: int) -> Found:
    """Search for an equilibrium where a theorem says that there is none, at all peaks of its range."""
    found = Found()
    for kind, conditions in _forbidden(claim, n, k):
        result = search(n, k, kind, conditions)
        found.cases += result.patterns
        if result.found is not None:
            found.note(claim, False, result.found)
    return found


def _forbidden(claim: str, n: int, k: int) -> Iterator[tuple[Kind, list[Condition]]]:
    most, m, (a, b) = -(-2 * k // n), theory.queries_each(n, k), divmod(k, n)
    large = Condition(1, 0, -Fraction(1, m), True)
    norm = Fraction(k - n, a + 1)
    if claim == "theorem 3.1":
        yield "none", [Condition(1, 0, -Fraction(1, most - 1), True)]
    elif claim == "large uniform":
        low = Condition(0, -1, Fraction(1, m), True) if b else Condition(0, -1, Fraction(m - 1, m * m))
        yield "uniform", [large, low]
    elif claim == "corrected":
        yield "uniform", [large, Condition(0, -1, Fraction(1, 4))]
    elif claim == "large general":
        yield "free", [large, Condition(0, -1, Fraction(k - n + 1, a + 1) if b == n - 1 else norm, True)]
    elif claim == "conjecture":
        yield "free", [large, Condition(0, -1, norm, True)]
    for kappa in range(m, most - 1):  # kappa = floor(1/p) at medium peaks
        medium = [Condition(-1, 0, Fraction(1, kappa)), Condition(1, 0, -Fraction(1, kappa + 1), True)]
        rest, r = 2 * k - n * kappa - n, most - kappa
        if claim == "medium uniform":
            low = Condition(1 - Fraction(kappa + 1, r), -1, Fraction(1, r))
            yield "uniform", [*medium, low]
        elif claim == "medium general":
            yield "free", [*medium, Condition(rest - n * kappa, -1, n, True)]
        elif claim == "conjecture":
            yield "free", [*medium, Condition(rest, -1, 0, True), Condition(0, -1, norm, True)]


# --- constructed profiles ------------------------------------------------------------------------------------


def constructed(n: int, k: int) -> Found:
    """Check the profiles of the constructive halves of the theorems, at all multiples of 1/60."""
    found = Found()
    for p in (Fraction(i, FINE) for i in range(3, FINE + 1)):
        where, bound = theory.region(n, k, p), theory.stated_uniform_bound(n, k, p)
        least = bound.value + Fraction(1, 10**6) if bound.strict else bound.value
        best = theory.recommended_threshold(n, k, p)
        for q in {least, best, p, theory.uniform_bound(n, k, p).value + Fraction(1, 10**6)}:
            documents = uniform_equilibrium(n, k, p, min(q, p))
            if documents is not None:
                profile = RankingGame.make(n, k, p, min(q, p)).profile(documents)
                found.note(f"{where} uniform", is_equilibrium(profile), profile)
                if q == best:
                    found.note("welfare", profile.worst_value == theory.best_worst_value(n, k, p), profile)
                if where == "medium":
                    found.note("at the peak", set(profile.values) == {p}, profile)
        found.note("documents", theory.fewest_uniform_documents(k, bound) <= n, f"n = {n}, k = {k}, p = {p}")
        made = stated_construction(n, k, p)
        profile = RankingGame.make(n, k, p, made.thresholds).profile(made.documents)
        found.note(f"{where} general", is_equilibrium(profile), profile)
        fewer = len(static_documents(made.thresholds).documents)
        found.note("documents", fewer <= n, profile)
        found.cases += 1
    return found


def single_peaked(seed: int) -> Found:
    """Check that a focus past the peak changes nothing, and documents and their thresholds are the same game."""
    rng, found = np.random.default_rng(seed), Found()
    n, k, grid = int(rng.integers(2, 5)), int(rng.integers(2, 6)), 12
    peak = int(rng.integers(3, grid + 1))
    up, down = np.cumsum(rng.integers(1, 5, peak)), np.cumsum(rng.integers(0, 3, grid - peak))
    scores = [0, *map(int, up), *(max(0, int(up[-1] - d)) for d in down)]
    rule = piecewise([(Fraction(x, grid), score) for x, score in enumerate(scores)])
    rows = [_random_document(rng, k, grid) for _ in range(n + 2)]
    q = thresholds_of(rows[n:], k, rule)
    stuffed = RankingGame.make(n, k, retrieval=rule).with_thresholds(q).profile(rows[:n])
    least = [[rule.reach(rule.score(x)) for x in row] for row in rows[:n]]
    plain = RankingGame.make(n, k, rule.peak, q).profile(least)
    same = stuffed.utilities == plain.utilities and improvers(stuffed) == improvers(plain)
    found.note("past the peak", same, stuffed)
    documents = [j for j in range(k) if max(rule.score(row[j]) for row in rows[n:]) != rule.score(q[j])]
    found.note("translation", not documents, stuffed)
    found.cases = 1
    return found


def flat() -> Found:
    """Check that with scores flat below the peak there is an equilibrium that Theorem 3.1 excludes."""
    found = Found(1)
    profile = RankingGame.make(2, 3, retrieval=FLAT).profile([["1/3"] * 3] * 2)
    found.note("flat", not is_equilibrium(profile), typed(profile, FLAT))
    return found


def documents_saved(n: int) -> Found:
    """Count documents at p = 1, uniform and per query; the difference falls from k = n + 1.. to 6n."""
    found, p = Found(5 * n), Fraction(1)
    saved = [
        theory.fewest_uniform_documents(k, theory.stated_uniform_bound(n, k, p))
        - len(static_documents(stated_construction(n, k, p).thresholds).documents)
        for k in range(n + 1, 6 * n + 1)
    ]
    found.note("figure 5", min(saved) >= 0 and sum(saved[:n]) > sum(saved[-n:]), f"n = {n}: {saved} saved")
    return found


def _random_document(rng: np.random.Generator, k: int, grid: int) -> Document:
    cuts = np.diff(np.sort(rng.integers(0, grid + 1, k)), prepend=0)
    return tuple(Fraction(int(x), grid) for x in rng.permutation(cuts))


def example(name: str) -> Found:
    """Check an example's profiles."""
    found = Found(len(EXAMPLES[name]))
    for path in EXAMPLES[name]:
        why = path.against()
        found.note(name, not why, why)
    return found


# --- play ----------------------------------------------------------------------------------------------------


def audited(n: int, k: int, games: int) -> Found:
    """Let fair publishers play from random starts at q = 1/m, p > 1/m, and hold each move against the lemmas."""
    found, m = Found(), theory.queries_each(n, k)
    for seed in range(games):
        peak = Fraction(1) if seed % 2 else (1 + Fraction(1, m)) / 2
        model = RankingCompetition(n_publishers=n, n_queries=k, peak=peak, threshold=Fraction(1, m), rng=seed)
        moved: set[int] = set()
        while model.running:
            before = model.profile
            model.step()
            made = model.history[-1]
            hold(found, before, made, model.profile, made.mover in moved)
            moved.add(made.mover)
        found.cases += 1
        found.longest = max(found.longest, len(model.history))
        found.note("convergence", model.converged, before)
        found.note("rate", len(model.history) <= recursion(n), before)
        found.note("n m", len(model.history) <= theory.step_bound(n, k), before)
    return found


def hold(found: Found, before: Profile, made: Move, after: Profile, again: bool) -> None:
    """Hold a fair best response against the lemmas of Section 5; `again` says that its publisher moved before."""
    n, k = before.game.n_publishers, before.game.n_queries
    m, faced = theory.queries_each(n, k), before.opposition(made.mover)
    free = sum(not who for _, who in faced)
    kinds = {1} if free < m - 2 else {2} if free > m - 2 else {1, 2}
    found.note("pattern", made.kind in kinds, before)
    bound = m - 2 if made.kind == 1 else m - Fraction(3, 2)
    found.note("equity", made.equity is None or made.equity > bound, before)
    greedy = greedy_response([who for _, who in faced], n, before.game.peak, range(k))
    answer = measure(1, made.mover, before, before.replaced(made.mover, greedy))
    enough = answer.equity is None or answer.equity > (m - 2 if answer.kind == 1 else m - Fraction(3, 2))
    found.note("algorithm 1", answer.after == made.after and enough, before)
    if again:
        found.note("second move", made.kind == 2, before)
        found.note("doors", set(improvers(after)) <= set(improvers(before)), after)


def doors() -> Found:
    """Check the second move that opens a door to somebody who had nothing to gain."""
    found, profiles = Found(1), SECOND_MOVE.profiles()
    before, after = profiles[-2:]
    shown = not SECOND_MOVE.against() and deviation_type(after, 2) == 2
    found.note("doors", not shown or set(improvers(after)) <= set(improvers(before)), after)
    return found


def recursion(n: int) -> int:
    """Return the paper's bound on steps: T_1 = 1, T_{l+1} = T_l + l + 1, and n more at the end."""
    return n * (n + 3) // 2


def walked(n: int, k: int, q: str, unit: int, claim: str) -> Found:
    """Follow all fair best responses of all movers from all profiles in parts of a unit, up to names, at p = 1."""
    found, game = Found(), RankingGame.make(n, k, 1, q)
    documents = [
        tuple(Fraction(x, unit) for x in row)
        for row in product(range(unit + 1), repeat=k)
        if sum(row) <= unit
    ]
    lengths: dict[tuple[tuple[Fraction, ...], ...], int] = {}

    def length(rows: Sequence[Document]) -> int:
        key = min(tuple(sorted(zip(*order, strict=True))) for order in permutations(rows))
        if key not in lengths:
            lengths[key] = -1  # on the way
            profile = game.profile(list(zip(*key, strict=True)))
            longest = 0
            for mover in improvers(profile):
                for after in _fair(profile, mover, documents):
                    if claim != "simple":
                        hold(found, profile, measure(1, mover, profile, after), after, False)
                    longest = max(longest, 1 + length(after.documents))
            lengths[key] = longest
        found.note(claim, lengths[key] >= 0, f"a cycle through {key}")
        return lengths[key]

    for rows in combinations_with_replacement(documents, n):
        found.longest = max(found.longest, length(rows))
    found.cases = len(lengths)
    for name, bound in [("rate", recursion(n)), ("n m", theory.step_bound(n, k)), ("simple", n)]:
        found.note(name, found.longest <= bound or (claim == "simple") != (name == "simple"), f"{n}, {k}")
    return found


def _fair(profile: Profile, mover: int, documents: Sequence[Document]) -> list[Profile]:
    best, before = best_utility(profile, mover), profile.points
    found: list[tuple[float, Profile]] = []
    for document in documents:
        after = profile.replaced(mover, document)
        if after.utilities[mover] == best:
            pairs = enumerate(zip(before, after.points, strict=True))
            hurt = [new for i, (old, new) in pairs if i != mover and new < old]
            found.append((min(hurt, default=float("inf")), after))
    most = max(equity for equity, _ in found)
    return [after for equity, after in found if equity == most]


CHECKS: dict[str, Callable[..., Found]] = {
    "search": stable_below,
    "constructed": constructed,
    "single-peaked": single_peaked,
    "example": example,
    "flat": flat,
    "figure 5": documents_saved,
    "doors": doors,
    "play": audited,
    "walk": walked,
}


def check(job: tuple[Any, ...]) -> Found:
    """Run a job: the name of a check, and what it takes."""
    return CHECKS[job[0]](*job[1:])
