"""The live phase diagram: its worlds, what a cell says, what a visitor may ask, and the page in a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean
from ecosystem.policies import policy_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_server.arena.phase import PhasePlay, PhaseSetting
from ecosystem_server.arena.play import ArenaPlay
from ecosystem_server.arena.setting import ArenaSetting
from ecosystem_server.limits import OWN_MACHINE, PUBLIC
from ecosystem_server.live.setting import Setting

SHORT = PhaseSetting(steps=20)
LONG = replace(SHORT, steps=20_000)
WORLD = (
    "environment=niches&seed=4&n_creators=10&scale=2.0&zipf=2.0&arms=2"
    "&b.reward=contribution&b.turnover=least_paid"
)


def gains(heard):
    return heard.last("diagram")["gains"]


def test_a_cell_is_a_world_that_a_link_holds():
    setting = PhaseSetting.from_query("view=phase&zipf=2&seed=4", PUBLIC)
    assert setting.to_query() == "view=phase&zipf=2&seed=4&steps=300"
    world = setting.cell(6)  # the third column of the second row
    assert world.to_query() == WORLD
    assert Setting.from_query(WORLD).to_query() == WORLD
    none, policy = (world.model(arm, PUBLIC) for arm in (0, 1))
    assert (none.n_creators, none.market.relevance.scale) == (policy.n_creators, 2.0) == (10, 2.0)
    for arm, name in zip(world.arms, setting.names, strict=True):
        assert arm.items() <= policy_of(name).parameters().items()
    assert [setting.cell(k).shared["n_creators"] for k in (0, 4, 8, 15)] == [5, 10, 20, 50]


@pytest.mark.parametrize("query", ["zipf=3", "steps=1001", "environment=figure1", "policies=smt"])
def test_what_a_link_may_not_say_is_told(query):
    with pytest.raises(BadInput, match=query.partition("=")[0]):
        PhaseSetting.from_query(query, PUBLIC)


def test_cells_fill_one_after_the_other_with_what_two_runs_come_to(hear):
    heard = hear(PhasePlay, SHORT)
    assert gains(heard) == [None] * 16
    heard.play.play()
    heard.settle()
    heard.wait(lambda: not heard.status.playing)
    assert (heard.status.done, heard.status.total) == (32, 32)
    filled = [[gain is not None for gain in m["gains"]] for m in heard.messages if m["kind"] == "diagram"]
    assert all(now == sorted(now, reverse=True) for now in filled)
    welfare = []
    for parameters in ({}, {"reward": "contribution", "turnover": "least_paid"}):
        model = CreatorEconomy(
            environment="niches", n_creators=5, scale=1.5, zipf=1, rng=0, horizon=20, **parameters
        )
        model.run()
        welfare.append(tail_mean(model.datacollector.model_vars["welfare_default"], 20))
    assert gains(heard)[1] == pytest.approx(100 * (welfare[1] / welfare[0] - 1), rel=1e-9)
    heard.play.change("zipf", "0")
    heard.settle()
    assert gains(heard) == [None] * 16
    heard.play.change("environment", "figure1")
    heard.settle()
    assert "parameter is 'environment'" in heard.status.message


def test_a_cell_that_is_chosen_is_entered_and_nothing_else_is(hear):
    heard = hear(PhasePlay, replace(SHORT, zipf=2, seed=4))
    entered = []
    heard.play.enter = entered.append
    for cell in (-1, 16, 1.0, "6", [6], None, 6):
        heard.play.heard({"kind": "enter", "cell": cell})
    assert [world.to_query() for world in entered] == [WORLD]


def test_it_stops_when_it_is_left_and_counts_as_an_arena(hear):
    heard = hear(PhasePlay, LONG, replace(OWN_MACHINE, arenas=1))
    arena = hear(ArenaPlay, ArenaSetting(), replace(OWN_MACHINE, arenas=1))
    heard.play.play()
    heard.wait(lambda: heard.status.share > 0)
    arena.play.play()
    arena.settle()
    assert arena.status.message == "this server plays 1 arenas at once; press Run again later"
    heard.play.pause()
    heard.settle()
    arena.play.play()
    arena.settle()
    assert arena.status.playing
    heard.play.close()
    assert not heard.play._thread.is_alive()


@pytest.mark.browser
def test_a_visitor_fills_the_diagram_and_enters_a_world_by_keyboard(open_tab):
    tab = open_tab("?view=phase&steps=20", ready="page.gains")
    tab.page.get_by_label("Zipf exponent").select_option("2")
    tab.wait("location.search.includes('zipf=2')")
    tab.press("Run")
    tab.wait("page.gains.every((gain) => gain !== null)")
    colours = (
        "[...document.querySelectorAll('td button')].map((cell) => getComputedStyle(cell).backgroundColor)"
    )
    before = tab.page.evaluate(colours)
    tab.page.get_by_role("button", name="Theme").click()
    tab.wait(f"{colours}.join() !== {','.join(before)!r}")
    tab.page.set_viewport_size({"width": 390, "height": 800})
    tab.page.wait_for_function("() => document.querySelector('.scene').clientWidth < 400")
    boxes = "[...document.querySelectorAll('html, .bar, nav, td button')]"
    assert not tab.page.evaluate(f"{boxes}.some((box) => box.scrollWidth > box.clientWidth + 1)")
    tab.page.set_viewport_size({"width": 1280, "height": 720})
    tab.page.get_by_role("button", name="1 creators per cluster, scale 2:").focus()
    tab.page.keyboard.press("Enter")
    tab.wait("arms.length === 2 && arms[1].now.title === 'contribution · least_paid'")
    tab.wait(f"location.search === '?{WORLD.replace('seed=4', 'seed=0')}'")
    tab.page.get_by_role("tab", name="Phase diagram").click()
    tab.wait("page.gains && page.gains.every((gain) => gain !== null)")
    assert tab.errors == []
