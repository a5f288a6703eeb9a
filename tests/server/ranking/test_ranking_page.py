"""The ranking game's page in a browser: what a visitor does, and what the page then shows."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

READY = "page.now && page.game"


def cells(tab) -> list[list[str]]:
    return tab.page.evaluate(
        "() => [...document.querySelectorAll('tr.publisher')].map((row) =>"
        " [...row.querySelectorAll('td.cell span')].map((cell) => cell.textContent))"
    )


def status(tab) -> str:
    return tab.page.locator("[role=status]").inner_text()


def fill(tab, name: str, value: str) -> None:
    field = tab.page.get_by_label(name, exact=True)
    field.fill(value)
    field.blur()


def test_a_visit_by_the_tab(open_tab):
    tab = open_tab()
    tab.page.get_by_role("tab", name="Ranking game").click()
    tab.wait(READY)
    before = cells(tab)
    assert (len(before), len(before[0])) == (4, 9)
    tab.press("Step")
    tab.wait("page.now.step === 1")
    assert cells(tab) != before
    assert re.match(r"Publisher \d .*utility .* to ", tab.page.locator(".outcome .last").inner_text())
    tab.wait("location.search.includes('view=ranking') && location.search.includes('step=1')")
    scrolls = tab.page.evaluate(
        "() => [document.documentElement, document.querySelector('.ce-side'), document.querySelector('.fill')]"
        ".some((box) => box.scrollHeight > box.clientHeight + 1)"
    )
    assert not scrolls
    tab.page.get_by_role("tab", name="Live").click()
    tab.wait("arms[0].charts && location.search.includes('environment=figure1')")
    tab.page.get_by_role("tab", name="Ranking game").click()
    tab.wait(f"{READY} && page.now.step === 1")
    tab.page.get_by_role("button", name="Theme").click()
    tab.page.keyboard.press("Shift+ArrowLeft")
    tab.wait("page.now.step === 0")
    assert cells(tab) == before
    assert len(tab.requests) > 5
    local = r"(https?|ws)://127\.0\.0\.1:|data:|blob:"
    assert [url for url in tab.requests if not re.match(local, url)] == []
    assert tab.errors == []


def test_the_worked_example_and_a_threshold_too_high(open_tab):
    tab = open_tab("?view=ranking&n_publishers=2&n_queries=3&peak=1&threshold=1/2", ready=READY)
    assert tab.page.get_by_role("tab", name="Ranking game").get_attribute("aria-selected") == "true"
    tab.page.locator("body").click(position={"x": 700, "y": 30})
    tab.page.keyboard.press("Space")
    tab.wait("page.now.state === 'equilibrium'")
    assert status(tab).startswith("Equilibrium after")
    assert "no publisher" not in status(tab)
    assert sorted(cell for line in cells(tab) for cell in line) == ["0"] * 2 + ["1/2"] * 4
    assert tab.page.get_by_role("button", name="Play", exact=True).is_disabled()
    tab.page.get_by_label("Threshold slider").press("ArrowRight")
    tab.wait("page.game.threshold === '61/120' && page.now.unserved")
    assert "q = 61/120 is above 1/m = 1/2: at least 1 query must go unserved" in status(tab)
    tab.press("Play")
    tab.wait("page.now.state === 'equilibrium'")
    assert re.search(r"Query \d is served by no publisher", status(tab))
    assert tab.page.locator(".rail").inner_text().count("1/2") == 1
    assert tab.errors == []


def test_bad_input_is_answered_and_a_cycle_announced(open_tab):
    tab = open_tab("?view=ranking&n_publishers=1", ready=READY)
    alert = tab.page.get_by_role("alert")
    alert.wait_for()
    assert "number of publishers n is 1" in alert.inner_text()
    fill(tab, "Peak p", "1/3")
    tab.wait("page.game.peak === '1/3'")
    fill(tab, "Threshold q", "half")
    tab.page.get_by_text("threshold q is 'half'; it must be a number").wait_for()
    tab.wait_for_value("Threshold q", "auto")
    tab.page.get_by_label("Examples").select_option("Unfair play goes round")
    tab.wait("page.game.n_queries === 5")
    for _ in range(4):
        tab.press("Step")
    tab.wait("page.now.state === 'cycle'")
    assert "Cycle: this is the profile of step 2 renamed" in status(tab)
    assert tab.errors == []
