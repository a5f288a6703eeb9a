from __future__ import annotations

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem_agents.creator import (
    RULES,
    Creator,
    ExploringCreator,
    StillCreator,
    rule_name,
    rule_of,
    rules_of,
    unit_vectors,
)
from ecosystem_agents.inputs.checks import BadInput


def test_rules_by_count():
    assert rules_of("lbr", 2) == [Creator, Creator]
    assert rules_of("still=1,explore=2", 4) == [StillCreator, ExploringCreator, ExploringCreator, Creator]


def test_a_rule_goes_by_the_name_people_type():
    class Own(Creator):
        pass

    assert [rule_name(rule_of(name)) for name in RULES] == list(RULES)
    assert rule_name(Own) == "Own"


@pytest.mark.parametrize(
    ("text", "named"), [("stil", "did you mean 'still'"), ("still=x", "still=20"), ("still=9", "9 creators")]
)
def test_bad_rules_are_named(text, named):
    with pytest.raises(BadInput, match=named):
        rules_of(text, 4)


def test_directions_have_length_one():
    g = unit_vectors(np.random.default_rng(0), (50, 4))
    np.testing.assert_allclose(np.linalg.norm(g, axis=1), 1)


def test_still_creators_stay_and_the_others_move():
    model = CreatorEconomy(environment="figure1", rules="still=2", rng=1)
    start = model.strategies
    model.run(60)
    assert (model.strategies[:2] == start[:2]).all()
    assert (model.strategies[2:] != start[2:]).any(axis=1).all()


def test_an_exploring_creator_takes_the_best_of_its_directions():
    # Alone with users, it climbs at least as fast as by single trials, and never loses utility.
    def utilities(rules):
        model = CreatorEconomy(environment="figure1", rules=f"{rules}still=4", rng=3)
        mover, seen = 0 if rules else 4, []
        for _ in range(30):
            model.step()
            seen.append(model.market.utility(mover))
        return np.array(seen)

    explored = utilities("explore=1,")
    assert (np.diff(explored) >= -1e-12).all()
    assert explored[-1] > explored[0]


def test_exploring_arms_stay_aligned():
    # A creator's rule draws from its own stream: the others' moves are the same whichever mechanism runs.
    a = CreatorEconomy(environment="figure1", rules="explore=1", mechanism="none", rng=5)
    b = CreatorEconomy(environment="figure1", rules="explore=1", mechanism="uir", rng=5)
    for model in (a, b):
        model.run(7)
    for i in range(5):
        assert (a.direction_of(i) == b.direction_of(i)).all()
    assert (a.stream_of("explore").random(3) == b.stream_of("explore").random(3)).all()
