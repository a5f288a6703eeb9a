from fractions import Fraction
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.renaming import Repeats, hash_up_to_renaming, same_up_to_renaming

F = Fraction


@st.composite
def tables(draw):
    """Small tables of focus over few values, so that near-misses and symmetries are common."""
    n, k = draw(st.integers(2, 4)), draw(st.integers(1, 4))
    rows = [[draw(st.integers(0, 2)) for _ in range(k)] for _ in range(n)]
    return rows, [draw(st.integers(0, 1)) for _ in range(k)]


def profile(rows, thresholds, unit=8):
    game = RankingGame.make(len(rows), len(thresholds), 1, [F(q, unit) for q in thresholds])
    return game.profile([[F(w, unit) for w in row] for row in rows])


def canonical(rows, thresholds):
    columns = [(q, *column) for q, column in zip(thresholds, zip(*rows, strict=True), strict=True)]
    n = len(rows)
    return min(
        sorted((c[0], *(c[1 + i] for i in order)) for c in columns) for order in permutations(range(n))
    )


@settings(deadline=None)
@given(tables(), st.randoms())
def test_renamed_profiles_are_recognised(table, random):
    rows, thresholds = table
    columns = list(range(len(thresholds)))
    random.shuffle(columns)
    renamed = [[row[j] for j in columns] for row in random.sample(rows, len(rows))]
    one, other = profile(rows, thresholds), profile(renamed, [thresholds[j] for j in columns])
    assert same_up_to_renaming(one, other)
    assert hash_up_to_renaming(one) == hash_up_to_renaming(other)


@settings(max_examples=300, deadline=None)
@given(tables(), tables(), st.booleans(), st.integers(0, 15), st.integers(0, 2))
def test_sameness_equals_the_canonical_form(table, other_table, near, where, focus):
    rows, thresholds = table
    others, other_thresholds = other_table
    if near:  # one entry changed in a renamed copy
        others = [list(row) for row in reversed(rows)]
        others[where % len(rows)][where % len(thresholds)] = focus
        other_thresholds = thresholds
    if len(others) != len(rows) or len(other_thresholds) != len(thresholds):
        return
    one, other = profile(rows, thresholds), profile(others, other_thresholds)
    same = canonical(rows, thresholds) == canonical(others, other_thresholds)
    assert same_up_to_renaming(one, other) == same
    if same:
        assert hash_up_to_renaming(one) == hash_up_to_renaming(other)


def test_focus_counts_in_fractions_whatever_their_unit():
    game = RankingGame.make(2, 2, 1, ["1/2", 0])
    halves, quarters = game.profile([["1/2", 0], [0, "1/2"]]), game.profile([["2/4", 0], [0, "1/2"]])
    moved = quarters.replaced(0, (F(1, 3), F(1, 3))).replaced(0, (F(1, 2), F(0)))
    assert moved.unit != halves.unit
    assert hash_up_to_renaming(halves) == hash_up_to_renaming(moved)
    assert same_up_to_renaming(halves, moved)
    assert not same_up_to_renaming(halves, game.profile([["1/4", 0], [0, "1/4"]]))


def test_a_query_keeps_its_threshold_and_a_publisher_its_label():
    rows = [["1/2", 0], [0, "1/2"]]
    one = RankingGame.make(2, 2, 1, ["1/2", 0]).profile([["1/2", 0], [0, "1/4"]])
    other = RankingGame.make(2, 2, 1, ["1/2", 0]).profile([["1/4", 0], [0, "1/2"]])
    assert not same_up_to_renaming(one, other)
    same = RankingGame.make(2, 2).profile(rows)
    lopsided = RankingGame.make(2, 2).profile([["1/2", "1/2"], [0, "1/2"]])
    swapped = RankingGame.make(2, 2).profile([[0, "1/2"], ["1/2", "1/2"]])
    assert same_up_to_renaming(lopsided, swapped)
    assert not same_up_to_renaming(lopsided, swapped, ("fair", "unfair"))
    assert same_up_to_renaming(same, same, ("fair", "unfair"))


def test_publishers_and_queries_do_not_change_places():
    one, transposed = profile([[4, 4], [0, 0]], [0, 0]), profile([[4, 0], [4, 0]], [0, 0])
    assert not same_up_to_renaming(one, transposed)


def test_refinement_alone_cannot_tell_two_triangles_from_a_hexagon():
    # Publishers and queries as alternating corners of cycles: one of length 12 against two of length 6.
    def ring(lengths):
        rows, start, total = [], 0, sum(lengths)
        for length in lengths:
            for i in range(length):
                row = [0] * total
                row[start + i] = row[start + (i + 1) % length] = 1
                rows.append(row)
            start += length
        return profile(rows, [0] * total)

    hexagon, triangles = ring([6]), ring([3, 3])
    assert hash_up_to_renaming(hexagon) == hash_up_to_renaming(triangles)
    assert not same_up_to_renaming(hexagon, triangles)
    assert same_up_to_renaming(triangles, ring([3, 3]))


def test_large_symmetric_profiles_stay_quick():
    n, m = 30, 6
    rows = [[1 if j // m == i else 0 for j in range(n * m)] for i in range(n)]
    assert same_up_to_renaming(profile(rows, [0] * n * m), profile(rows[::-1], [0] * n * m))


def test_repeats_are_found_up_to_renaming():
    game = RankingGame.make(2, 2)
    repeats = Repeats()
    assert repeats.first_seen(0, game.profile([[1, 0], [0, "1/2"]])) is None
    assert repeats.first_seen(1, game.profile([[1, 0], [0, 1]])) is None
    assert repeats.first_seen(2, game.profile([["1/2", 0], [0, 1]])) == 0
