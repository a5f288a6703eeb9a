"""The page's SolaraViz app draws, steps, plays to the horizon and starts again."""

from __future__ import annotations

import re
import runpy
import time
from pathlib import Path

import pytest

pytest.importorskip("altair", reason="Mesa's visualization imports altair")
solara = pytest.importorskip("solara")
import ipyvuetify  # noqa: E402
import ipywidgets  # noqa: E402

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "mesa.md"


@pytest.fixture
def app(tmp_path):
    source = re.search(r"<!-- file: app.py -->\n```python\n(.*?)```", PAGE.read_text(), re.S)[1]
    (tmp_path / "app.py").write_text(source.replace('"horizon": 200', '"horizon": 6'))
    return runpy.run_path(str(tmp_path / "app.py"))


def until(holds):
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    assert holds()


@pytest.mark.filterwarnings("ignore")
def test_the_app_draws_and_plays(app):
    model = app["model"]
    _, rendered = solara.render(solara.AppLayout(children=[app["page"]]), handle_error=False)

    def button(label):
        return rendered.find(ipyvuetify.Btn, children=[label]).widget

    def pictures():
        return [bytes(picture.value) for picture in rendered.find(ipywidgets.Image).widgets]

    start = pictures()
    assert len(start) == 2
    button("Step").click()
    assert model.steps == 1
    until(lambda: all(one != other for one, other in zip(start, pictures(), strict=True)))
    button("▶").click()
    until(lambda: not model.running)
    assert model.steps == 6
    rendered.close()
