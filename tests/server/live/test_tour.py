"""The tour tells what was measured: outcomes by hand, those of the seed it shows, and the live view beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.ranking.competition import RankingCompetition
from ecosystem.ranking.theory import is_settled, uniform_bound
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live import outcomes
from ecosystem_server.live.outcomes import End
from ecosystem_server.live.play import LivePlay
from ecosystem_server.live.setting import LAST_STOP, TELLING
from ecosystem_server.live.stops import GAMES, STOPS, WORLDS

ASKING = [stop for stop in STOPS if stop.answers]
ONE = [stop for stop in ASKING if not stop.of_seeds]


def end(served: int, crowd: int = 0, welfare: float = 1.0, settled: bool = False, places: int = 5) -> End:
    return End(served, places, crowd, welfare, settled)


@pytest.mark.parametrize(
    ("told", "of_each"),
    [
        (outcomes.outer, ([end(1, 5)], [end(1)], [end(5, 1)])),  # the centre is not counted
        (outcomes.outer, ([end(0)], [end(4, 1)], [end(4, 0)])),
        (outcomes.crowded, ([end(5, 2)], [end(4, 2)], [end(4, 1)])),
        (outcomes.serves_more, ([end(3), end(4)], [end(3), end(3)], [end(3), end(1)])),
        (outcomes.crowds_more, ([end(3, 2), end(2, 3)], [end(3, 2), end(5, 2)], [end(3, 2), end(3, 1)])),
        (outcomes.too_late, ([end(3), end(4)], [end(3), end(3, 0, 1.009)], [end(3), end(3, 0, 1.02)])),
        (outcomes.too_late, ([end(3), end(5)], [end(3), end(3, 0, 0.991)], [end(3), end(2)])),
        (outcomes.often, ([end(5), end(5), end(1)], [end(5), end(1)], [end(5), *[end(4)] * 10])),
        (outcomes.often, ([end(5)], [end(5), *[end(4)] * 9], [end(4)])),
        (outcomes.spread, ([end(5)], [end(3)], [end(2)])),
        (outcomes.spread, ([end(10, places=10)], [end(6, places=10)], [end(5, places=10)])),
        (outcomes.settles, ([end(5, settled=True), end(1)], [end(4, settled=True)], [end(5)])),
    ],
)
def test_an_outcome_is_told_from_ends_made_by_hand(told, of_each):
    assert [told(ends) for ends in of_each] == [0, 1, 2]


def test_how_a_world_ends_is_measured_at_the_middle_of_its_groups():
    model = CreatorEconomy(environment="figure1", rng=TELLING)
    model.run(40)
    gaps = np.linalg.norm(model.users[:, None] - model.strategies, axis=2)
    assert End.of(model) == End(
        int((gaps.min(axis=1) <= 0.3).sum()), 5, int((gaps[0] <= 0.3).sum()), model.welfare
    )
    niches = CreatorEconomy(environment="niches", rng=0)  # all start at the largest
    assert (End.of(niches).served, End.of(niches).places, End.of(niches).crowd) == (1, 10, 10)


def test_how_a_ranking_game_ends_is_counted_by_hand():
    both = RankingCompetition(
        n_publishers=2, n_queries=3, threshold="1/2", start=[["1/2", "1/2", 0]] * 2, rng=0
    )
    assert End.of_game(both) == End(2, 3, 2, float(both.profile.welfare), settled=False)
    both.run()
    assert End.of_game(both).settled


@pytest.mark.parametrize(
    ("stop", "told"), [*zip(ONE, [1, 1, 0, 1, 0, 2, 0, 2], strict=True)], ids=[stop.title for stop in ONE]
)
def test_the_seed_that_is_shown_bears_out_what_the_story_needs(stop, told):
    assert stop.told(stop.ends(TELLING)) == told


def test_at_two_fifths_no_profile_is_an_equilibrium_and_at_a_half_one_is():
    assert is_settled(2, 3, 1)
    bound = uniform_bound(2, 3, 1)
    assert [bound.met_by(RankingCompetition(**size).game.uniform_threshold) for size in sizes()] == [
        False,
        True,
        True,
    ]


def sizes() -> list[dict]:
    return [{"n_publishers": 2, "n_queries": 3, "threshold": q} for q in GAMES]


@pytest.fixture
def wait_for(hear):
    def play_to(start, setting):
        heard = hear(LivePlay, start)
        heard.wait(lambda: not heard.status.playing and not heard.status.busy)
        heard.play.set_speed(1e6)
        heard.play.go_on(setting)
        heard.settle()
        return heard

    return play_to


def test_the_live_view_ends_as_the_survey_does_and_is_known_by_its_setting(wait_for):
    late = STOPS[3]
    heard = wait_for(late.start, late.setting)
    heard.wait(lambda: not heard.status.playing)
    assert heard.play.now() == late.setting
    assert tuple(End.of(arm.model) for arm in heard.play.arms) == late.ends(TELLING)


def test_a_run_that_left_the_way_is_played_anew(wait_for):
    stop = STOPS[2]
    heard = wait_for(stop.start, replace(stop.setting, step=20))
    heard.wait(lambda: not heard.status.playing)
    heard.play.change("b", "beta", 5.0)
    heard.settle()
    assert heard.play.now() != replace(stop.setting, step=20)
    heard.play.go_on(replace(stop.setting, step=30))
    heard.settle()
    heard.wait(lambda: not heard.status.playing)
    assert heard.play.now() == replace(stop.setting, step=30)


def test_every_stop_can_be_asked_and_told():
    assert len(STOPS) == LAST_STOP
    assert [stop.title for stop in STOPS if not stop.answers] == ["Sandbox"]
    assert {stop.setting.seed for stop in STOPS} | {world.seed for world in WORLDS.values()} == {TELLING}
    for stop in ASKING:
        assert len(stop.answers) == len({text for text, _ in stop.answers}) == 3
        assert 0 <= stop.before <= stop.setting.step
        # Buttons are found by name, by people who listen to the page as well.
        names = ("play", "pause", "step", "reset", "fork", "next", "back", "start over")
        assert not any(text.lower().startswith(names) for text, _ in stop.answers)
        assert [stop.most(PUBLIC), stop.most(replace(OWN_MACHINE, survey=3))] == [stop.seeds, 3]
