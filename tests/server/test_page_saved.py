"""What a visitor saves of the live page is what the visitor sees."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

pytestmark = pytest.mark.browser


def saved(tab, kind: str):
    """Save the picture; return the file's path."""
    tab.page.get_by_label("Download").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_text(f"Picture as {kind}").click()
    assert download.value.suggested_filename == f"figure1-seed3-step4.{kind.lower()}"
    return download.value.path()


def test_a_picture_is_the_screen_in_its_theme_with_its_marks(open_tab):
    tab = open_tab("?environment=figure1&seed=3&b.mechanism=uir&step=4")
    tab.wait_for_step(4)
    for theme in ("light", "dark"):
        tab.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        tab.ask("page.shared.follow = { kind: 'creator', index: 2 }, page.invalidate(true)")
        tab.wait("arms.every(({ space }) => space.why?.image)")
        tab.page.wait_for_timeout(1000)  # it is coarse first
        picture = imread(saved(tab, "PNG"))[..., :3]
        seen = imread(io.BytesIO(tab.page.locator(".scene").screenshot()))[..., :3]
        assert (seen.mean() < 0.5) == (theme == "dark")
        height, width = seen.shape[:2]
        finer = picture[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
        # Letters' edges differ; a mark that is missing, or of another colour, would show in its place.
        off = np.abs(finer - seen)[: height // 6 * 6, : width // 6 * 6].mean(axis=2)
        # The slider is no part of the picture.
        top, bottom = tab.ask(
            "['top', 'bottom'].map((side) => Math.round("
            "document.querySelector('.under').getBoundingClientRect()[side] - page.root.getBoundingClientRect().top))"
        )
        off[top:bottom] = 0
        places = off.reshape(height // 6, 6, width // 6, 6).mean(axis=(1, 3))
        assert off.mean() < 0.012
        assert places.max() < 0.3
    drawing = ElementTree.parse(saved(tab, "SVG"))
    words = [(one.text or "").strip() for one in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A", "no intervention", "B", "UIR", "Welfare over time"} <= set(words)
    assert [word for word in words if word.startswith("creator 2: utility")]
    low, high = (tab.ask(f"page.shared.range[{k}].toFixed(2)") for k in (0, 1))
    assert {low, high} <= set(words)
    # A user's mark is as large as its deployed weight has it, and of its utility's shade: here of five users in A.
    paths = [one.attrib for one in drawing.iter("{http://www.w3.org/2000/svg}path")]
    shades = tab.ask("[...page.colours.shades]")
    drawn = [one["fill"] for one in paths if one.get("fill") in shades and "L" in one["d"]]
    assert drawn == tab.ask(
        "arms.flatMap(({ space }) => { const [low, high] = page.shared.range, bins = new Set([...space.utility]"
        ".map((u) => Math.max(0, Math.min(11, Math.floor(((u - low) / (high - low || 1)) * 12)))));"
        " return [...bins].sort((a, b) => a - b).map((bin) => page.colours.shades[bin]) })"
    )
    assert not tab.errors


def test_the_run_is_taken_home_with_its_changes_and_its_fork(open_tab, tmp_path):
    changes = "3.b.mechanism:hmt~5.fork~6.a.turnover:least_paid"
    tab = open_tab(f"?environment=figure1&seed=3&b.mechanism=uir&changes={changes}&step=40")
    tab.wait_for_step(40)
    tab.page.get_by_label("Download").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_text("Replay as HTML").click()
    assert download.value.suggested_filename == "figure1-seed3-step40.html"
    path = tmp_path / "story.html"
    download.value.save_as(path)
    positions, events = [tab.positions(arm) for arm in range(2)], tab.ask("page.events")
    tab.close()
    page = tab.page
    page.goto(path.as_uri())
    board = "document.querySelector('.scene').page"
    page.evaluate(f"() => {board}.model.send({{ kind: 'seek', step: 40 }})")
    for arm in range(2):
        shown = f"{board}.arms[{arm}].space"
        there = page.evaluate(f"() => {shown}.columns.map((i) => {shown}.position(i)).flat()")
        np.testing.assert_allclose(there, positions[arm], atol=1e-4)
    assert page.evaluate(f"() => {board}.events") == events
    assert "fork" in " ".join(events)
