"""Why a creator stays, and what a user is shown, in a browser."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_followed_creator_shows_its_landscape_its_pay_and_its_last_trial(open_tab):
    tab = open_tab("?arms=2&seed=3&b.mechanism=halved&step=30")
    tab.wait_for_step(30)
    canvas = tab.page.locator(".arm-a canvas.space")
    legend, tip = tab.page.locator(".arm-a .legend.why"), tab.page.locator(".arm-a .tip")
    at = "arms[0].space.toScreen(...arms[0].space.{})"
    x, y = tab.ask(at.format("position(2)"))
    canvas.click(position={"x": x, "y": y})
    tab.wait("arms.every(({ space }) => space.why?.image)")
    assert legend.inner_text().startswith("creator 2 would earn 0")
    tip.filter(has_text="paid by user 1: ").wait_for()
    assert "last trial " in tip.inner_text()
    # It is drawn below everything, in the creator's colour; and goes on with the run.
    pixel = "[...arms[0].space.canvas.getContext('2d').getImageData(3, arms[0].space.canvas.height / 2, 1, 1).data]"
    assert tab.ask(pixel)[3] > 0
    trial = tab.ask("arms[0].space.why.trial")
    tab.press("Step")
    tab.wait(f"String(arms[0].space.why.trial) !== '{','.join(map(str, trial))}'")
    # A user shows its list instead, as long as the pointer is on it.
    x, y = tab.ask("arms[0].space.onScreen('user', 4)")
    canvas.hover(position={"x": x, "y": y})
    tip.filter(has_text="sees creator ").wait_for()
    assert not legend.is_visible()
    canvas.hover(position={"x": 5, "y": 200})
    legend.wait_for()
    assert tab.errors == []


def test_a_landscape_of_many_dimensions_says_so(open_tab):
    tab = open_tab("?environment=niches&arms=1&seed=3")
    tab.ask("(page.shared.follow = { kind: 'creator', index: 0 }, page.invalidate())")
    legend = tab.page.locator(".arm-a .legend.why")
    legend.wait_for()
    assert "in this plane; other dimensions as they are" in legend.inner_text()
    tab.page.get_by_label("Environment").select_option("figure1")
    tab.wait("arms[0].about.users === 5 && page.shared.follow === null")
    tab.wait("document.querySelector('.arm-a .legend.why').hidden")
    assert tab.errors == []
