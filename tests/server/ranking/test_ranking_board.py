"""What the ranking game's board is sent, on games worked out by hand."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from ecosystem.ranking.competition import RankingCompetition
from ecosystem_server.ranking.board import short, table, unserved, verdict, words


def game(n, k, start=None, **options):
    return RankingCompetition(n_publishers=n, n_queries=k, start=start, rng=0, **options)


def test_the_equilibrium_of_two_publishers_and_three_queries():
    model = game(2, 3, [["1/2", "1/2", 0], [0, "1/2", "1/2"]], threshold="1/2")
    now = words(model)
    assert [[cell["text"] for cell in line] for line in now["cells"]] == [
        ["1/2", "1/2", "0"],
        ["0", "1/2", "1/2"],
    ]
    assert [[cell.get("share") for cell in line] for line in now["cells"]] == [
        ["1", "1/2", None],
        [None, "1/2", "1"],
    ]
    assert now["values"] == ["1/2"] * 3
    assert now["state"] == "equilibrium"
    assert verdict(model) == "Equilibrium after 0 steps: nobody can improve."
    assert unserved(model) == ""
    json.dumps(now)


def test_a_threshold_a_hair_too_high_leaves_a_query():
    model = game(2, 3, [[1, 0, 0], [0, 1, 0]], threshold="0.501")
    assert model.converged
    assert words(model)["served"] == [True, True, False]
    assert unserved(model) == (
        "Query 3 is served by no publisher. q = 0.501 is above 1/m = 1/2: at least 1 query must go unserved."
    )


def test_too_low_a_threshold_is_told():
    assert "At q = 2/5 no profile is an equilibrium." in verdict(game(2, 3, threshold="2/5"))
    assert "At q = 2/5 no equilibrium is known." in verdict(game(3, 5, threshold="2/5"))
    assert "no profile" not in verdict(game(2, 3, threshold="2/5,0,1/2"))


def test_a_move_shows_who_gained_and_who_was_hurt():
    model = game(2, 4, [["1/2", "2/5", 0, 0], ["2/5", 0, "1/2", 0]], threshold="2/5")
    model.move(1, [0, "1/2", "2/5", 0])
    now = words(model)
    assert now["mover"] == 1
    assert now["utilities"] == ["1", "2"]
    assert now["change"] == ["−1", "+1"]  # noqa: RUF001
    assert "publisher 1 falls to 1" in now["last_move"]


@pytest.mark.parametrize(
    ("n", "k", "peak", "bound", "strict", "reach"),
    [(2, 3, 1, "1/2", False, "1/2"), (2, 4, 1, "1/4", True, "1/2"), (5, 8, "1/2", "1/4", True, "1/2")],
)
def test_the_slider_has_a_place_for_every_mark(n, k, peak, bound, strict, reach):
    about = table(game(n, k, peak=peak))
    texts = [text for text, _ in about["stops"]]
    assert about["bound"] == {"text": bound, "at": float(Fraction(bound)), "strict": strict}
    assert about["reach"]["text"] == reach
    assert {bound, reach, about["threshold"], "0", str(peak)} <= set(texts)
    values = [value for _, value in about["stops"]]
    assert values == sorted(values)
    assert len(about["stops"]) > 40


def test_the_slider_holds_what_was_typed_and_nothing_of_a_vector():
    about = table(game(2, 3, threshold="0.501"))
    assert about["threshold"] == "501/1000"
    assert "501/1000" in [text for text, _ in about["stops"]]
    assert table(game(2, 3, threshold="1/2,0,1/2"))["threshold"] is None


def test_texts_fit_their_cells():
    assert short(Fraction(113, 240)) == "113/240"
    assert short(Fraction(113, 240), wide=False) == "0.47"
    assert short(Fraction(1, 3), wide=False) == "1/3"
    assert short(Fraction(12345, 99991)) == "0.123"
