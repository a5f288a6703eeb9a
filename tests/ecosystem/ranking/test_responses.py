"""Best responses against an independent reference that tries every outcome on every query."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.move import measure
from ecosystem.ranking.responses import (
    best_response,
    best_utility,
    improvers,
    is_equilibrium,
)

F = Fraction
GIVE_UP, TIE, WIN = range(3)


def naive(game, documents, mover):
    """All best responses as (utility, set of equities), straight from the table of outcomes and costs."""
    others = [i for i in range(game.n_publishers) if i != mover]
    old = game.profile(documents).utilities
    best, equities = F(-1), set()
    for outcome in product((GIVE_UP, TIE, WIN), repeat=game.n_queries):
        cost, strict, gain, utilities, possible = F(0), False, F(0), dict.fromkeys(others, F(0)), True
        for j, what in enumerate(outcome):
            top = max(documents[i][j] for i in others)
            q = game.thresholds[j]
            rivals = [i for i in others if documents[i][j] == top] if top >= q else []
            if what == GIVE_UP:
                for i in rivals:
                    utilities[i] += F(1, len(rivals))
            elif what == TIE:
                if not rivals:
                    possible = False
                    break
                cost += top
                gain += F(1, len(rivals) + 1)
                for i in rivals:
                    utilities[i] += F(1, len(rivals) + 1)
            elif not rivals:
                cost += q
                gain += 1
            elif top < game.peak:
                cost += top
                gain += 1
                strict = True
            else:
                possible = False
                break
        if not possible or cost > 1 or (strict and cost == 1):
            continue
        hurt = [new for i, new in utilities.items() if new < old[i]]
        if gain > best:
            best, equities = gain, set()
        if gain == best:
            equities.add(min(hurt, default=None))
    return best, equities


def least(equities):
    numbers = [e for e in equities if e is not None]
    return min(numbers, default=None)


def largest(equities):
    return None if None in equities else max(equities)


@st.composite
def games(draw):
    n, k = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    grid = draw(st.sampled_from([4, 6, 8]))
    peak = F(draw(st.integers(1, grid)), grid)
    top = int(peak * grid)
    uniform = draw(st.booleans())
    first = draw(st.integers(0, top))
    q = [F(first if uniform else draw(st.integers(0, top)), grid) for _ in range(k)]
    rows = []
    for _ in range(n):
        left, row = grid, []
        for _ in range(k):
            focus = draw(st.integers(0, min(left, top)))
            left -= focus
            row.append(F(focus, grid))
        rows.append(draw(st.permutations(row)))
    return RankingGame.make(n, k, peak, q), rows


def answer(profile, mover, prefer="fair"):
    """The move to a best response."""
    return measure(1, mover, profile, profile.replaced(mover, best_response(profile, mover, prefer)))


@settings(max_examples=150, deadline=None)
@given(games(), st.integers(0, 3), st.randoms())
def test_best_responses_equal_the_reference(drawn, mover, random):
    game, rows = drawn
    mover %= game.n_publishers
    profile = game.profile(rows)
    best, equities = naive(game, rows, mover)
    assert best_utility(profile, mover) == best
    priority = list(range(game.n_queries))
    random.shuffle(priority)
    for prefer, expected in (("fair", largest(equities)), ("unfair", least(equities))):
        after = profile.replaced(mover, best_response(profile, mover, prefer, priority))
        game.profile(after.documents)  # allowed documents only
        assert after.utilities[mover] == best
        assert measure(1, mover, profile, after).equity == expected


@settings(max_examples=60, deadline=None)
@given(games())
def test_whoever_breaks_the_equilibrium_has_a_witness(drawn):
    game, rows = drawn
    profile = game.profile(rows)
    better = [i for i in range(game.n_publishers) if naive(game, rows, i)[0] > profile.utilities[i]]
    assert improvers(profile) == better
    assert is_equilibrium(profile) == (not better)
    for who in better:
        assert answer(profile, who).after > profile.utilities[who]


def test_unfair_play_looks_for_harm_where_none_shows_yet():
    # Either query can be won alone for 1. Keeping the first hurts nobody; going for the second costs publisher 2 its
    # whole query and leaves it half of the first.
    profile = RankingGame.make(3, 2).profile([[1, 0], ["1/4", "3/4"], ["1/4", 0]])
    fair, unfair = (answer(profile, 0, prefer) for prefer in ("fair", "unfair"))
    assert (fair.document, fair.equity) == ((1, 0), None)
    assert (unfair.document, unfair.equity) == ((0, 1), F(1, 2))


def test_strictness_at_equality():
    game = RankingGame.make(2, 2)
    # The other holds 1/2 on both: matching both costs exactly 1, beating both would cost more than 1.
    assert best_utility(game.profile([[0, 0], ["1/2", "1/2"]]), 0) == 1
    assert best_utility(game.profile([[0, 0], ["1/2", "0.499"]]), 0) == 2
    # At the peak nothing beats a holder.
    game = RankingGame.make(2, 2, "1/4")
    assert best_utility(game.profile([[0, 0], ["1/4", "1/4"]]), 0) == 1


def test_what_is_left_is_spread_equally_and_capped_at_the_peak():
    game = RankingGame.make(2, 3, 1, "1/4")
    move = answer(game.profile([[0, 0, 0], ["1/2", 0, 0]]), 0)
    assert move.document == (F(1, 2), F(1, 4), F(1, 4))  # a tie on the first leaves nothing to spread
    assert move.after == F(5, 2)
    game = RankingGame.make(2, 3, 1, "1/4")
    move = answer(game.profile([[0, 0, 0], ["1/4", 0, 0]]), 0)
    assert move.document == (F(1, 3), F(1, 3), F(1, 3))  # three at 1/4 leave 1/4: a twelfth each
    assert move.after == 3
    game = RankingGame.make(2, 3, "2/5", "1/4")
    move = answer(game.profile([[0, 0, 0], [0, 0, "2/5"]]), 0)
    # Costs 1/4 + 1/4 + 2/5 (a tie at the peak) leave 1/10: a thirtieth each, none on the one at the peak.
    assert move.document == (F(17, 60), F(17, 60), F(2, 5))
    assert move.after == F(5, 2)


def test_the_search_is_quick_where_responses_are_many():
    # 6 publishers and 12 queries at the edge of the promise: every query alike, thousands of best responses.
    rng = np.random.default_rng(0)
    game = RankingGame.make(6, 12, 1, 0)
    rows = [[F(int(w), 24) for w in rng.multinomial(24, [1 / 12] * 12)] for _ in range(6)]
    profile = game.profile(rows)
    for mover in range(6):
        fair, unfair = (answer(profile, mover, prefer) for prefer in ("fair", "unfair"))
        assert fair.after == unfair.after == best_utility(profile, mover)
        if fair.equity is not None:
            assert unfair.equity is not None
            assert fair.equity >= unfair.equity


@pytest.mark.parametrize("prefer", ["fair", "unfair"])
def test_priority_breaks_ties(prefer):
    profile = RankingGame.make(2, 3, 1, 1).profile([[0, 0, 0], [0, 0, 0]])
    for first in range(3):
        priority = [first, *(j for j in range(3) if j != first)]
        assert best_response(profile, 0, prefer, priority)[first] == 1
