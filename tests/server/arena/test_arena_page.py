"""The arena's page in a browser: what a visitor does, and what the page then shows."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ecosystem import CreatorEconomy
from ecosystem.metrics import tail_mean

pytestmark = pytest.mark.browser

READY = "page.table"
SMALL = (
    "?view=arena&environment=synthetic&seeds=2&steps=40&n_creators=12&n_users=60&policies=smt,contribution"
)


def cell(tab, policy: str, key: str) -> str:
    return tab.page.locator(f"tr[data-policy={policy}] td[data-key={key}]").inner_text().split("\n")[0]


def test_a_visit_fills_the_table_with_the_models_own_numbers(open_tab):
    tab = open_tab()
    tab.page.get_by_role("tab", name="Arena").click()
    tab.wait(f"{READY} && location.search.includes('view=arena')")
    scrolls = tab.page.evaluate(
        "() => ['html', '.ce-side', '.fill', '.about'].map((name) => document.querySelector(name)).some((box) =>"
        " box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)"
    )
    assert not scrolls
    for left, name in enumerate(("smt", "relevance_sharp", "contribution", "contribution_sharp")):
        tab.page.get_by_label(name, exact=True).uncheck()
        tab.wait(f"page.table.rows.length === {5 - left}")
    for name, value, told in (("Number of seeds", "2", "2 seeds"), ("Steps of a run", "60", "60 steps")):
        tab.page.get_by_label(name).fill(value)
        tab.page.get_by_label(name).blur()
        tab.wait(f"page.table.title.includes('{told}')")
    tab.press("Run")
    tab.wait("page.table.rows.every((row) => row.seeds === 2)")
    finals = []
    for seed in range(2):
        model = CreatorEconomy(environment="figure1", mechanism="hmt", horizon=60, rng=seed)
        model.run()
        finals.append(tail_mean(model.datacollector.model_vars["welfare_default"], 60))
    assert cell(tab, "hmt", "welfare_default") == f"{sum(finals) / 2:.3f}"
    shown = tab.page.locator("tr[data-policy=hmt] td").first.inner_text()
    assert re.search(r"\[\S\d\.\d{3}, \S\d\.\d{3}\]$", shown), shown
    assert cell(tab, "none", "share") == "0.000"
    tab.page.get_by_text("4 of 4 runs").wait_for()
    tab.page.get_by_label("hmt", exact=True).focus()
    tab.page.locator(".about").get_by_text("HMT: a list length a user (Eq. 10)").wait_for()
    tab.page.get_by_role("button", name="Theme").click()
    local = r"(https?|ws)://127\.0\.0\.1:|data:|blob:"
    assert [url for url in tab.requests if not re.match(local, url)] == []
    assert tab.errors == []


def test_a_link_holds_the_setting_and_the_file_the_table(open_tab):
    tab = open_tab(SMALL, ready=READY)
    assert tab.page.get_by_role("tab", name="Arena").get_attribute("aria-selected") == "true"
    assert tab.page.evaluate("() => document.querySelector('.scene').page.table.rows[0].seeds") == 0
    tab.page.locator("h1").click()
    tab.page.keyboard.press("Space")
    tab.wait("page.table.rows.every((row) => row.seeds === 2)")
    assert tab.page.locator("td[data-key=share]").count() == 0
    tab.page.locator(".about").get_by_text("takes a planner, too slow for a page here").wait_for()
    with tab.page.expect_download() as waiting:
        tab.press("Download the table as CSV")
    lines = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    assert [line["policy"] for line in lines] == ["none", "smt", "contribution"]
    assert cell(tab, "smt", "payout") == f"{float(lines[1]['payout']):.3f}"
    before = tab.page.evaluate("() => document.querySelector('.chart canvas').toDataURL()")
    tab.page.get_by_label("Upwards in the chart").select_option("payout")
    tab.wait("location.search.includes('against=payout')")
    tab.wait(f"document.querySelector('.chart canvas').toDataURL() !== {before!r}")
    # Away and back: what is done is still there.
    tab.page.get_by_role("tab", name="Ranking game").click()
    tab.wait("page.game")
    tab.page.get_by_role("tab", name="Arena").click()
    tab.wait(f"{READY} && page.table.rows.every((row) => row.seeds === 2)")
    assert tab.errors == []


def test_stop_and_bad_input(open_tab):
    tab = open_tab(SMALL.replace("steps=40", "steps=20000"), ready=READY)
    tab.press("Run")
    tab.page.get_by_role("button", name="Stop", exact=True).wait_for()
    # What is being typed stays, while progress is told several times a second.
    shown = tab.page.locator("progress")
    before = shown.get_attribute("value")
    tab.page.get_by_label("Number of seeds").fill("7")
    tab.wait(f"document.querySelector('progress').getAttribute('value') !== '{before}'")
    assert tab.page.get_by_label("Number of seeds").input_value() == "7"
    tab.page.get_by_label("Number of seeds").fill("2")
    tab.press("Stop")
    tab.page.get_by_role("button", name="Run", exact=True).wait_for()
    tab.page.get_by_label("Number of seeds").fill("0")
    tab.page.get_by_label("Number of seeds").blur()
    tab.page.get_by_role("alert").get_by_text("seeds is 0").wait_for()
    tab.wait_for_value("Number of seeds", "2")
    tab.page.get_by_label("Environment").select_option("figure1")
    tab.wait("page.table.title.startsWith('figure1')")
    assert tab.errors == []


def test_a_link_that_asks_too_much_is_told(open_tab):
    tab = open_tab("?view=arena&policies=mine.py:Quota", ready=READY)
    tab.page.get_by_role("alert").get_by_text("policy is 'mine.py:Quota'").wait_for()
    assert tab.page.evaluate("() => document.querySelector('.scene').page.table.rows.length") == 6
