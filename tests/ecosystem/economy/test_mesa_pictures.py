"""A model shows itself in a line, a table and two pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from ecosystem import CreatorEconomy
from ecosystem.economy import pictures
from ecosystem.environments.embeddings import embeddings
from ecosystem.projection import projection_of
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_agents.mechanisms import HMT


def five(**changes):
    model = CreatorEconomy(**({"environment": "figure1", "mechanism": "hmt", "rng": 0} | changes))
    model.run(3)
    return model


def test_the_line():
    assert repr(five()) == (
        "<CreatorEconomy environment figure1, mechanism HMT, creators 5, users 5, groups 5, dimensions 2, "
        "step 3 of 2000>"
    )


def test_the_line_is_one_line_of_a_model_that_is_not_made_yet_too():
    class Mine(CreatorEconomy):
        def __init__(self, **given):
            self.told = repr(self)
            super().__init__(**given)

    assert Mine(environment="figure1", rng=0).told == "<Mine not made yet>"


class Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_the_table_says_the_same_with_welfare_escaped():
    hidden = type("<script>&", (HMT,), {})
    model = five(mechanism=hidden())
    model.environment = "a\n<b>x</b>"
    assert "\n" not in repr(model)
    page = Cells()
    page.feed(model._repr_html_())
    assert set(page.tags) == {"table", "caption", "tr", "th", "td"}
    cells = dict(zip(page.texts[1::2], page.texts[2::2], strict=True))
    assert cells["mechanism"] == "<script>&"
    assert cells["environment"] == "a <b>x</b>"
    assert cells["step"] == "3 of 2000"
    assert cells["welfare"] == f"{model.welfare:.4f}"


def test_the_plane_is_where_all_stand():
    model = five()
    ax = model.plot()
    users, start, now = (np.asarray(marks.get_offsets()) for marks in ax.collections)
    assert (users == model.users).all()
    assert (start == model.start.astype(np.float32)).all()
    assert (now == model.strategies.astype(np.float32)).all()
    assert ax.get_title() == "step 3"
    assert model.plot(ax) is ax


@pytest.mark.parametrize("dim", [1, 3])
def test_any_number_of_dimensions_is_a_plane(dim, monkeypatch):
    monkeypatch.setattr(pictures, "SHOWN", 10)
    model = CreatorEconomy(n_users=40, n_creators=4, dim=dim, K=2, n_groups=2, rng=0)
    ax = model.plot()
    users, _, now = (np.asarray(marks.get_offsets()) for marks in ax.collections)
    assert users.shape == (10, 2)
    if dim == 1:
        assert (now == np.column_stack([model.strategies.astype(np.float32), np.zeros(4)])).all()
    else:  # an independent one: directions in which the drawn users differ most
        shown = model.users[::4]
        axes = np.linalg.eigh(np.cov(shown.T))[1][:, ::-1][:, :2]
        expected = (model.strategies - shown.mean(axis=0)) @ axes
        np.testing.assert_allclose(np.abs(now), np.abs(expected), atol=1e-6)


@pytest.mark.parametrize(("max_norm", "relevance"), [(0.1, "dot"), (0.1, "distance"), (None, "dot")])
def test_creators_among_scaled_vectors_are_as_widely_spread_as_users(max_norm, relevance):
    rng = np.random.default_rng(0)
    own, items = rng.standard_normal((40, 4)), rng.standard_normal((30, 4))
    world = embeddings(own, items, max_norm=max_norm, relevance=relevance, n_creators=9)
    model = CreatorEconomy(environment=world, K=2, n_groups=2, rng=0)
    ax = model.plot()
    users, start, _ = (np.asarray(marks.get_offsets()) for marks in ax.collections)
    if max_norm is None or relevance == "distance":  # one scale, which needs no word
        np.testing.assert_array_equal(start, projection_of(model.users)(model.start))
        assert "drawn" not in ax.get_xlabel()
        return
    factor = float(re.search(r"creators drawn (\S+) times as large", ax.get_xlabel())[1].replace(",", ""))
    lengths = np.linalg.norm(items, axis=1)
    assert factor == pytest.approx(
        (lengths.max() / max_norm) ** 2, rel=0.5
    )  # users as much longer as items shorter
    assert start.std() == pytest.approx(users.std(), rel=0.5)


def test_series_are_drawn_by_name():
    model = five(model_reporters={"mine": lambda m: m.steps})
    ax = model.plot_series()
    series = model.datacollector.model_vars
    assert [(one.get_label(), list(one.get_ydata())) for one in ax.lines] == [
        (name, series[name]) for name in ("welfare", "welfare_default")
    ]
    more = model.plot_series("creator_gini", "mine", ax=ax)
    assert more is ax
    assert list(ax.lines[3].get_xdata()) == list(ax.lines[3].get_ydata()) == [0, 1, 2, 3]
    with pytest.raises(BadInput, match=r"series is 'welfar'; it must be one of welfare, .* did you mean"):
        model.plot_series("welfar")


def test_matplotlib_waits_until_something_is_drawn():
    script = (
        "import sys; from ecosystem import CreatorEconomy\n"
        "m = CreatorEconomy(environment='figure1', rng=0); repr(m); m._repr_html_()\n"
        "print('matplotlib' in sys.modules); m.plot(); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
