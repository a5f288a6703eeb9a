from dataclasses import FrozenInstanceError
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.ranking import documents as packing
from ecosystem.ranking.documents import static_documents
from ecosystem.ranking.game import read_document, thresholds_of
from ecosystem.ranking.theory import uniform_documents

F = Fraction

# First-fit decreasing puts the two largest together; one each with two small ones is better.
AWKWARD = [F(4, 10), F(4, 10), F(3, 10), F(3, 10), F(3, 10), F(3, 10)]


def fewest_by_trying(items):
    """Fewest bins of size 1, by putting every item into every open bin or a new one."""
    best = [len(items)]

    def place(at, rooms):
        if len(rooms) >= best[0]:
            return
        if at == len(items):
            best[0] = len(rooms)
            return
        for b, room in enumerate(rooms):
            if items[at] <= room:
                place(at + 1, [*rooms[:b], room - items[at], *rooms[b + 1 :]])
        place(at + 1, [*rooms, 1 - items[at]])

    place(0, [])
    return best[0]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.fractions(0, 1, max_denominator=12), min_size=1, max_size=7))
def test_the_fewest_documents_realise_the_thresholds(thresholds):
    packed = static_documents(thresholds)
    assert packed.at_least == len(packed.documents)
    assert len(packed.documents) == fewest_by_trying([q for q in thresholds if q])
    for document in packed.documents:
        read_document("document", document, len(thresholds), F(1))
    assert list(thresholds_of(packed.documents, len(thresholds))) == thresholds


def test_the_solver_beats_first_fit():
    assert len(packing._first_fit(AWKWARD, range(6))) == 3
    packed = static_documents(AWKWARD)
    assert packed.at_least == len(packed.documents) == 2


@pytest.mark.parametrize(("k", "q"), [(7, F(1, 3)), (8, F(251, 1000)), (5, F(1)), (4, F(0)), (500, F(1, 10))])
def test_uniform_thresholds_agree_with_the_formula(k, q):
    packed = static_documents([q] * k)
    assert packed.at_least == len(packed.documents) == uniform_documents(k, q)


def test_beyond_the_limit_the_answer_says_how_far_it_may_be_off(monkeypatch):
    monkeypatch.setattr(packing, "MOST_PATTERNS", 1)
    packed = static_documents(AWKWARD)
    assert packed.at_least == 2
    assert len(packed.documents) == 3


@pytest.mark.parametrize(("most", "exact"), [(8, True), (7, False)])
def test_as_many_sets_as_the_limit_are_tried_and_no_more(most, exact, monkeypatch):
    # With the largest twice, once and never, 1 + 3 + 4 numbers of the others fit.
    monkeypatch.setattr(packing, "MOST_PATTERNS", most)
    packed = static_documents(AWKWARD)
    assert (packed.at_least == len(packed.documents)) == exact


def test_nobody_can_change_what_was_found():
    with pytest.raises(FrozenInstanceError):
        static_documents(AWKWARD).at_least = 1


def test_exactness_at_the_brim():
    # Three thirds fit one document, three of a hair more do not.
    assert len(static_documents([F(1, 3)] * 3).documents) == 1
    assert len(static_documents([F(1, 3) + F(1, 10**30)] * 3).documents) == 2


def test_many_distinct_thresholds_stay_quick():
    primes = [p for p in range(30, 400) if all(p % d for d in range(2, p))]
    thresholds = [F(7, p) for p, _ in zip(primes, count())]
    packed = static_documents(thresholds)
    assert packed.at_least <= len(packed.documents)
    assert all(sum(document) <= 1 for document in packed.documents)
