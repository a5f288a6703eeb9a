"""Creators who come and go, and users who are away, in a browser."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from dashboard import RULE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("world", "creators"),
    [
        ("environment=figure1", "5 creators (circles), 5 users (diamonds)"),
        pytest.param(
            "environment=synthetic&n_users=300&n_creators=20",
            "20 creators, 300 users in 5 dimensions",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_changing_population_plays(open_tab, world, creators):
    tab = open_tab(f"?{world}&arms=2&b.turnover={quote(RULE)}")
    assert tab.page.get_by_label("Turnover of arm B").input_value() == RULE
    scrolls = tab.page.evaluate(
        "() => ['html', '.ce-side', '.scene'].map((name) => document.querySelector(name)).some((box) =>"
        " box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth)"
    )
    assert not scrolls
    n = int(creators.split()[0])
    tab.press("Play")
    tab.wait("arms[1].now.step >= 40 && arms[1].space.ghosts.length")
    tab.press("Pause")
    assert tab.page.locator(".arm-b .note").inner_text().startswith(creators)
    # Creators of A are those of the start; newcomers in B have numbers, and with them colours, of their own.
    assert tab.ask("arms[0].space.columns.map((i) => arms[0].space.numbers[i])") == list(range(n))
    tab.wait("arms[1].space.columns.some((i) => arms[1].space.numbers[i] >= page.arms[0].now.alive + 15)")
    tab.wait("page.log.textContent.includes('B: ')")
    assert "creators left, " in tab.page.get_by_role("log").inner_text()
    tab.wait("!arms[1].space.ghosts.length")  # they fade while it stands, too
    # Whoever is followed is followed by number, and told to be gone once it is.
    newest = tab.ask("Math.max(...arms[1].space.columns.map((i) => arms[1].space.numbers[i]))")
    tab.ask(f"(page.shared.follow = {{ kind: 'creator', index: {newest} }}, page.invalidate())")
    tab.page.locator(".arm-b .tip", has_text=f"creator {newest}: utility").wait_for()
    tab.page.locator(".arm-a .tip", has_text=f"creator {newest} is not there").wait_for()
    assert tab.errors == []


def test_turnover_and_retention_are_switched_while_it_plays_and_the_link_replays_it(open_tab):
    tab = open_tab("?environment=synthetic&n_users=300&n_creators=20&arms=2&arrivals=1.5&step=20")
    tab.wait_for_step(20)
    columns = tab.ask("arms[0].about.columns")
    assert tab.ask("arms[0].now.alive") == tab.ask("arms[1].now.alive") > 20
    assert columns >= tab.ask("arms[0].now.alive")
    tab.page.get_by_label("Retention of arm B").select_option("returning")
    tab.page.get_by_label("Turnover of arm B").select_option(RULE)
    for step in (25, 30):
        tab.press("Epoch")
        tab.wait_for_step(step)
    tab.wait("arms[1].now.alive < arms[0].now.alive && arms[1].now.present < 300")
    present = tab.ask("arms[1].now.present")
    assert f"{present} of 300 users" in tab.page.locator(".arm-b .note").inner_text()
    assert tab.ask("[...arms[1].space.utility].filter(Number.isNaN).length") == 300 - present
    assert tab.errors == []
    tab.wait("location.search.includes('step=30') && location.search.includes('b.turnover:')")
    positions, query = [tab.positions(arm) for arm in (0, 1)], "?" + tab.page.url.partition("?")[2]
    tab.close()
    again = open_tab(query)
    again.wait_for_step(30)
    assert again.ask("arms[1].now.present") == present
    assert [again.positions(arm) for arm in (0, 1)] == positions
    assert again.errors == []
