"""What is told is told in full: in a window of 1024 by 700, and inside the charts."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CUT = """(selectors) => selectors.flatMap((one) => [...document.querySelectorAll(`.scene ${one}`)]).filter((node) => {
  if (!node.getClientRects().length) return false;
  const range = document.createRange();
  range.selectNodeContents(node);
  const words = range.getBoundingClientRect();
  for (let box = node; !box.classList.contains("scene"); box = box.parentElement) {
    const room = box.getBoundingClientRect(), clips = getComputedStyle(box).overflowX !== "visible";
    if (clips && (words.left < room.left - 1 || words.right > room.right + 1)) return true;
  }
  return false;
}).map((node) => node.textContent)"""
LISTEN = """() => {
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const width = this.measureText(text).width, left = x - width * { left: 0, start: 0, center: 0.5, right: 1 }[this.textAlign];
    window.written.push({ text, left, right: left + width, room: this.canvas.clientWidth });
    write.call(this, text, x, y);
  };
  document.querySelector(".scene").page.invalidate(true);
}"""  # noqa: E501


def cut(tab, *selectors: str) -> list[str]:
    """Return texts that do not fit where they stand in a small window."""
    tab.page.set_viewport_size({"width": 1024, "height": 700})
    tab.page.wait_for_function("() => document.querySelector('.scene').clientWidth < 800")
    return tab.page.evaluate(CUT, list(selectors))


def written(tab) -> list[dict]:
    """Return what the charts write, and where."""
    tab.page.evaluate(LISTEN)
    tab.page.wait_for_function("() => window.written.length > 10")
    return tab.page.evaluate("() => window.written")


def test_the_live_view_tells_titles_and_both_welfares_in_a_small_window(open_tab):
    tab = open_tab("?arms=2&b.mechanism=halved&step=30")
    tab.wait_for_step(30)
    assert cut(tab, ".mechanism", ".figures", "figcaption span:first-child") == []
    assert tab.page.evaluate("() => document.querySelector('.ce-head .bar').scrollWidth") <= 1024
    assert "default terms 1." in tab.page.locator(".arm-b .figures").inner_text()
    # Hints are there as a whole or not at all; the chart tells them under the pointer.
    tops = tab.page.evaluate(
        "() => [...document.querySelectorAll('.scene .hint')].map((hint) =>"
        " hint.offsetTop - hint.previousSibling.offsetTop)"
    )
    assert all(top <= 3 or top >= 15 for top in tops), tops
    weights = tab.page.locator(".chart").nth(1).get_attribute("title")
    assert weights.endswith("pale: computed, not used under none, halved")
    assert all(word["left"] >= 0 and word["right"] <= word["room"] for word in written(tab))
    # An arm whose mechanism uses weights is not pale.
    for arm, mechanism in (("A", "smt"), ("B", "hmt")):
        tab.page.get_by_label(f"Mechanism of arm {arm}").select_option(mechanism)
    tab.wait("arms.every((arm) => arm.now.uses_weights)")
    tab.page.wait_for_selector('.chart[title="User weights: w, Eq. (14)"]')


def test_axes_write_long_numbers_in_full(open_tab):
    tab = open_tab("?environment=synthetic&n_users=200&n_creators=20")
    words = written(tab)
    assert max(len(word["text"]) for word in words if word["text"].startswith("0.")) >= 6
    assert all(word["left"] >= 0 and word["right"] <= word["room"] for word in words)


def test_the_start_is_told_at_the_start_and_marks_where_they_are(open_tab):
    tab = open_tab("?arms=2&seed=3&step=400&changes=300.b.mechanism:halved")
    tab.wait_for_step(400)
    tab.wait("arms[1].swaps.length === 2")
    words = {word["text"].split(",")[0]: word for word in written(tab)}
    start, mark = words["starts below"], words["B: halved"]
    assert start["left"] < 80
    assert start["right"] < mark["left"]


def test_the_arena_tells_every_number_in_a_small_window(open_tab):
    tab = open_tab("?view=arena&seeds=2&steps=40", ready="page.table")
    tab.press("Run")
    tab.wait("page.table.rows.every((row) => row.seeds === 2)")
    assert (
        cut(
            tab, "td", "td small", "tbody th", "thead th", "header b", "header span", "figcaption", ".command"
        )
        == []
    )
    # Options are not parted from their hyphens, and copied as they are.
    command = tab.page.locator(".command")
    assert " --seeds 2 --steps 40" in command.text_content()
    lines = command.evaluate(
        "(node) => [...node.children].filter((part) => part.getClientRects().length > 1).length"
    )
    assert lines == 0
