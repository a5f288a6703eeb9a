"""The tour asks, shows and tells; how often is counted on the spot; the sandbox leads to other pages."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll(".ce-side :is(button, a)")].filter((one) => {
  const { width, height } = one.getBoundingClientRect();
  return width < 40 || height < 40;
}).map((one) => one.textContent)"""

HIDDEN = """() => [...document.querySelectorAll(".foot button")].filter((one) => {
  const { left, top, right, bottom } = one.getBoundingClientRect();
  const corners = [[left + 4, top + 4], [right - 4, bottom - 4]];
  return !corners.every(([x, y]) => one.contains(document.elementFromPoint(x, y)));
}).map((one) => one.textContent)"""


def test_a_stop_is_guessed_shown_told_and_counted(open_tab):
    tab = open_tab("?view=tour")
    page, told = tab.page, tab.page.locator(".watch")
    # By keys alone: the second answer, from the first by Tab.
    page.get_by_role("button", name="None", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told.wait_for()
    assert told.inner_text().startswith("This run: Some\n")
    assert tab.step() == 30
    assert page.get_by_role("button", pressed=True).inner_text() == "✓ Some\nyour guess"
    page.get_by_role("button", name="All four", exact=True).dispatch_event("click")  # too late
    tab.press("How often, in 50 seeds?")
    page.get_by_text("mean of 50 seeds").wait_for()
    notes = page.locator(".guess small").all_inner_texts()
    assert sum(int(re.search(r"in (\d+) of 50", note)[1]) for note in notes) == 50
    assert [note.startswith("your guess") for note in notes] == [False, True, False]
    assert page.locator(".foot button").all_inner_texts() == ["Play", "Start over", "Back", "Next"]
    page.evaluate("() => document.querySelector('.ce-side').scrollTo(0, 0)")
    assert page.evaluate(HIDDEN) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("() => document.querySelector('.scene').clientWidth < 390")
    page.evaluate("() => window.scrollTo(0, 0)")
    assert page.evaluate(SMALL) == page.evaluate(HIDDEN) == []
    assert page.evaluate("() => document.scrollingElement.scrollWidth") == 390
    tab.press("Start over")
    tab.wait("arms[0].now.step === 0")
    told.wait_for(state="detached")
    assert tab.errors == []


def test_a_link_opens_a_stop_whose_run_goes_on_to_its_answer_and_the_live_page_has_none(open_tab):
    tab = open_tab("?view=tour&stop=2&environment=figure1&seed=3&arms=1&step=5")
    tab.page.get_by_text("Tour, 2 of 10").wait_for()
    tab.wait("location.search === '?view=tour&stop=2&environment=figure1&seed=3&arms=1&step=30'")
    tab.press("Yes, all five users are served")
    tab.press("Pause")
    tab.press("On to step 300")
    tab.page.locator(".watch").wait_for()
    assert tab.step() == 300
    tab.press("Next")
    tab.wait("/view=tour&stop=3&/.test(location.search)")
    tab.page.reload()
    tab.page.get_by_text("Tour, 3 of 10").wait_for()
    tab.wait("location.search.startsWith('?view=tour&stop=3&') && arms.length === 2")
    tab.page.get_by_role("tab", name="Live").click()
    tab.wait("location.search.startsWith('?environment=figure1&seed=3&')")
    assert tab.errors == []


def test_the_sandbox_leads_to_the_live_page_and_the_threshold_to_the_ranking_game(open_tab):
    tab = open_tab("?view=tour&stop=9")
    tab.page.get_by_text("Tour, 9 of 10").wait_for()
    tab.press("Just show me")
    tab.page.locator(".watch", has_text="This run: No, not in 100 moves").wait_for()
    link = tab.page.get_by_role("link", name="To the Ranking game page")
    assert "view=ranking&n_publishers=2&n_queries=3" in link.get_attribute("href")
    assert tab.page.get_by_role("button", pressed=True).count() == 0
    tab.press("Next")
    tab.press("Niches")
    tab.wait("/environment=niches/.test(location.search)")
    tab.press("Play")
    tab.wait_for_step(10)
    tab.press("Pause")
    tab.wait("page.root.dataset.playing === 'false'")  # and so is the address
    tab.page.get_by_role("link", name="All controls: the Live page").click()
    tab.page.get_by_role("button", name="Fork").wait_for()
    tab.wait_for_step(10)
    assert "environment=niches&seed=3" in tab.page.url
    assert "view=tour" not in tab.page.url
    assert tab.errors == []
