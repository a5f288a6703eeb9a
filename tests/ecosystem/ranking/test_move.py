"""A move by hand: its record, and its sentence."""

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction

import pytest

from ecosystem.ranking.game import RankingGame
from ecosystem.ranking.move import measure

F = Fraction


def test_a_move_is_measured_and_has_a_sentence():
    game = RankingGame.make(3, 3, 1, "1/2")
    old = game.profile([["1/2", "1/2", 0], [0, 0, 0], [0, 0, "1/2"]])
    move = measure(4, 1, old, old.replaced(1, (F(1, 2), F(0), F(1, 2))))
    assert (move.step, move.mover, move.before, move.after) == (4, 1, 0, 1)
    assert (move.won, move.given_up, move.kind) == ((0, 2), (), None)
    assert [(loss.publisher, loss.before, loss.after) for loss in move.hurt] == [
        (0, 2, F(3, 2)),
        (2, 1, F(1, 2)),
    ]
    assert move.equity == F(1, 2)
    assert move.values == (F(1, 2),) * 3
    assert move.welfare == F(-1, 2)
    assert move.sentence().startswith(
        "Publisher 2 goes for queries 1 and 3: utility 0 to 1; "
        "publisher 1 falls to 3/2, publisher 3 falls to 1/2; "
    )
    unsettled = replace(move, can_improve=(0, 2), hurt=()).sentence()
    assert (
        unsettled
        == "Publisher 2 goes for queries 1 and 3: utility 0 to 1; nobody is hurt; 2 can still improve."
    )
    settled = replace(move, won=(0, 1, 2), given_up=(3,), hurt=(), kind=2, can_improve=()).sentence()
    assert settled == (
        "Publisher 2 gives up query 4 for queries 1, 2 and 3 (type 2): utility 0 to 1; nobody is hurt; "
        "nobody can improve now."
    )
    with pytest.raises(FrozenInstanceError):
        move.hurt[0].after = F(0)
    still = measure(5, 1, old, old)
    assert not still.moved
    assert "kept its own" in still.sentence()
