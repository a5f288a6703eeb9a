"""The page on a phone and on a projector."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll(".ce-page :is(button, select, input, summary)")]
  .filter((one) => one.checkVisibility() && one.type !== "file")
  .filter((one) => {
    const target = one.type === "checkbox" ? one.closest("label") : one;
    const { width, height } = target.getBoundingClientRect();
    return width < 40 || height < 40;
  }).map((one) => one.outerHTML.slice(0, 120))"""
TOP = "(selector) => document.querySelector(selector).getBoundingClientRect().top"


def test_on_a_phone_the_picture_comes_first_and_all_is_in_reach_of_a_finger(open_tab):
    tab = open_tab("?arms=2&seed=3")
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.page.wait_for_function("() => document.querySelector('.scene').clientWidth < 390")
    for name, ready, first, press in (
        ("Live", "arms[0].charts", "canvas.space", "Step"),
        ("Tour", "arms[0].charts", ".panel h2", "Play"),
        ("Ranking game", "page.game", ".board", "Step"),
        ("Arena", "page.table", ".results table", "Run"),
    ):
        tab.page.get_by_role("tab", name=name).click()
        tab.wait(ready)
        tab.page.locator(first).first.wait_for()
        tab.page.evaluate("() => window.scrollTo(0, 0)")
        assert tab.page.evaluate(SMALL) == [], name
        assert tab.page.evaluate("() => document.scrollingElement.scrollWidth") == 390
        assert tab.page.evaluate(TOP, first) < 300
        if press != "Play":
            assert tab.page.evaluate(TOP, ".ce-side fieldset") > tab.page.evaluate(TOP, first) + 250
        tab.page.evaluate("() => window.scrollTo(0, document.scrollingElement.scrollHeight)")
        box = tab.page.get_by_role("button", name=press, exact=True).bounding_box()
        assert 780 < box["y"] < 844 - 40
    assert tab.errors == []


def test_a_projector_has_the_picture_alone_and_large(open_tab):
    tab = open_tab("?arms=2&seed=3&step=20")
    tab.wait_for_step(20)
    tab.page.set_viewport_size({"width": 1920, "height": 1080})
    side, canvas = tab.page.locator(".ce-side"), tab.page.locator(".arm-a canvas.space")
    gap = (
        "Math.hypot(...[0, 1].map((k) => arms[0].space.toScreen(1, 0)[k] - arms[0].space.toScreen(0, 0)[k]))"
    )
    before = tab.ask(gap)
    tab.press("Projector")
    side.wait_for(state="hidden")
    tab.wait("arms[0].space.canvas.width > arms[0].space.w * 1.4")  # as sharp as the screen
    assert 1.5 * tab.ask(gap) > before  # the picture itself does not shrink
    box = canvas.bounding_box()
    assert box["width"] > 900
    # What is pointed at is where it is drawn.
    x, y = tab.ask("arms[0].space.toScreen(...arms[0].space.position(1))")
    tab.page.mouse.move(box["x"] + 1.5 * x, box["y"] + 1.5 * y)
    tab.page.locator(".arm-a .tip", has_text="creator 1: utility").wait_for()
    tab.page.keyboard.press("Space")
    tab.wait_for_step(25)
    tab.page.keyboard.press("Escape")
    side.wait_for()
    tab.press("Projector")
    tab.press("Controls")
    side.wait_for()
    assert tab.errors == []
