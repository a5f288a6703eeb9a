"""Hands and the way back, in a browser: drag, add, remove, go back and on."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def spot(tab, kind: str, k: int, arm: int = 0) -> tuple[float, float]:
    """Where a mark is on the screen."""
    x, y = tab.ask(
        f"(({{canvas}}, [x, y]) => {{ const r = canvas.getBoundingClientRect(); return [x + r.left, y + r.top] }})"
        f"(arms[{arm}].space, arms[{arm}].space.onScreen('{kind}', {k}))"
    )
    return x, y


def drag(tab, begin, end) -> None:
    mouse = tab.page.mouse
    mouse.move(*begin)
    mouse.down()
    mouse.move(*end, steps=3)
    mouse.up()


# The first line of the events is that one seed is a story.


def test_a_mouse_drags_adds_and_removes_and_what_was_done_is_gone_back_on(open_tab):
    tab = open_tab("?arms=2")
    tab.press("Epoch")
    tab.wait_for_step(5)
    before = tab.positions(0), tab.positions(1)
    x, y = spot(tab, "creator", 0)
    drag(tab, (x, y), (x + 70, y - 20))
    tab.wait("page.events.length === 2 && !arms[0].space.held")
    assert spot(tab, "creator", 0) == pytest.approx((x + 70, y - 20), abs=1)
    assert tab.positions(1) == before[1]
    assert "t=5  A: creator 0 dragged to (" in tab.page.get_by_role("log").inner_text()
    assert "changes=5.a.drag:0/" in tab.page.url
    tab.page.get_by_label("hands in both arms").check()
    x, y = spot(tab, "user", 1)
    tab.page.mouse.dblclick(x + 50, y - 60)
    tab.wait("arms.every(({space}) => space.columns.length === 6)")
    assert spot(tab, "creator", 5, 1)[1] == pytest.approx(y - 60, abs=1)
    tab.page.mouse.click(*spot(tab, "creator", 5))
    tab.page.get_by_role("button", name="Remove creator 5 in both").wait_for()
    tab.page.keyboard.press("Delete")
    tab.wait("arms.every(({space}) => space.columns.length === 5)")
    assert "~5.all.add:" in tab.page.url
    assert "~5.all.remove:5" in tab.page.url
    x, y = spot(tab, "user", 3)
    drag(tab, (x, y), (x, y - 30))
    tab.wait("page.events.length === 5")
    assert spot(tab, "user", 3, 1)[1] == pytest.approx(spot(tab, "user", 3)[1], abs=1)
    after = tab.positions(0)
    tab.page.keyboard.press("ArrowLeft")
    tab.wait("arms[0].now.step === 4 && page.events.length === 1")
    assert tab.page.locator(".under output").inner_text() == "step 4 of 5"
    tab.page.keyboard.press("ArrowRight")
    tab.wait("arms[0].now.step === 5 && page.events.length === 5")
    assert tab.positions(0) == after
    tab.page.get_by_label("Step", exact=True).fill("2")
    tab.wait("arms[0].now.step === 2")
    assert tab.errors == []


def test_the_ground_pans_0_shows_everything_and_among_many_a_finger_scrolls(open_tab):
    tab = open_tab("?environment=synthetic&n_users=400&n_creators=60&arms=1")
    view = "[page.shared.view.x, page.shared.view.y, page.shared.view.scale]"
    fitted, (x, y) = tab.ask(view), (300, 120)
    drag(tab, (x, y), (x + 40, y + 30))
    assert tab.ask(view)[:2] != fitted[:2]
    tab.page.keyboard.press("0")
    assert tab.ask(view) == pytest.approx(fitted)
    grip = "page.hands.grip(page.panels[0], ...arms[0].space.onScreen('creator', 7), {})"
    assert tab.ask(grip.format("false"))["kind"] == "creator"
    assert tab.ask(grip.format("true")) is None
    tab.page.evaluate("document.querySelector('.scene').page.shared.follow = { kind: 'creator', index: 7 }")
    near = tab.ask(grip.format("true"))
    assert near is None or near["index"] == 7
    assert "changes" not in tab.page.url
    assert tab.errors == []


def test_a_finger_drags_what_it_holds(open_tab):
    tab = open_tab("?arms=1")
    x, y = spot(tab, "creator", 4)
    touch = tab.context.new_cdp_session(tab.page)
    for kind, *to in (("Start", x, y), ("Move", x - 30, y + 20), ("Move", x - 60, y + 40), ("End",)):
        points = [{"x": to[0], "y": to[1]}] if to else []
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    tab.wait("page.events.length === 2 && !arms[0].space.held")
    assert spot(tab, "creator", 4) == pytest.approx((x - 60, y + 40), abs=1)
    assert tab.errors == []
