"""Pictures of a sweep: what is drawn where, by hand, and series over steps."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from ecosystem import CreatorEconomy
from ecosystem.own_look import own_look
from ecosystem.yardsticks.intervals import mean_interval
from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.sweeps import figures
from ecosystem_runs.sweeps.figures import Picture, levels_of, picture_of
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.report import report
from ecosystem_runs.sweeps.sweep import sweep


@pytest.fixture
def drawn(monkeypatch):
    """Return the axes that a picture of a made-up table is drawn on, and its legend's texts."""
    seen = []
    monkeypatch.setattr(figures, "save", lambda figure, path, **_: seen.append(figure))
    grid = [(beta, arm, seed) for beta in (0.01, 0.1, 1.0) for arm in ("none", "hmt") for seed in range(4)]
    table = pd.DataFrame(grid, columns=["beta", "arm", "seed"])
    table["welfare"] = np.random.default_rng(0).random(len(table))

    def draw(**names):
        with own_look():
            figures.draw(table, Picture(y="welfare", **names), "seed", 0.9, None)
        legend = [text.get_text() for one in seen[-1].legends for text in one.get_texts()]
        return table, seen[-1].axes, legend

    return draw


def test_numbers_have_lines_and_bands(drawn):
    table, (axis,), legend = drawn(x="beta", colour="arm")
    assert legend == ["none", "hmt"]
    assert axis.get_xscale() == "log"
    assert [text.get_text() for text in axis.get_xticklabels()] == ["0.01", "0.1", "1"]
    bands = [one for one in axis.collections if isinstance(one, PolyCollection)]
    assert len(bands) == len(axis.lines) == 2
    for arm, line, band in zip(legend, axis.lines, bands, strict=True):
        values = [part["welfare"].to_numpy() for _, part in table[table["arm"] == arm].groupby("beta")]
        assert line.get_xdata().tolist() == [0.01, 0.1, 1.0]
        assert line.get_ydata() == pytest.approx([one.mean() for one in values])
        corners = {(x, round(y, 9)) for x, y in band.get_paths()[0].vertices.tolist()}
        ends = [mean_interval(one, 0.9) for one in values]
        assert corners == {
            (x, round(y, 9)) for x, own in zip((0.01, 0.1, 1.0), ends, strict=True) for y in own
        }


def test_names_are_apart(drawn):
    _, axes, legend = drawn(x="arm", colour="beta", panel="seed")
    assert legend == ["0.01", "0.1", "1"]
    assert [axis.get_title() for axis in axes] == ["seed 0", "seed 1", "seed 2", "seed 3"]
    shown = [[text.get_text() for text in axis.get_xticklabels()] for axis in axes]
    assert shown == [[], *[["none", "hmt"]] * 3]  # the first has another below it
    for axis in axes:
        marks = [line for line in axis.lines if line.get_marker() in ("o", "s", "^")]
        assert [line.get_linestyle() for line in marks] == ["None"] * 3
        places = np.array([line.get_xdata() for line in marks])
        assert (np.diff(places, axis=0) > 0).all()  # side by side
        assert np.abs(places - [0, 1]).max() < 0.5


def test_many_numbers_are_groups_of_equally_many():
    found = levels_of(pd.Series(np.arange(40.0)))
    assert np.bincount(found.of).tolist() == [10] * 4
    assert found.places.tolist() == [4.5, 14.5, 24.5, 34.5]
    assert levels_of(pd.Series([True, False, True])).texts == ["True", "False"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x=beta", "without y; write, such as: x=beta,y=welfare"),
        ("x=bta,y=welfare", "x of --plot is 'bta'; it must be one of .*did you mean 'beta'"),
        ("x=beta,y=welfare,x=K", "which gives x twice"),
        ("x=beta,y=K", "y of --plot is 'K'; it must be one of welfare"),
        ("x=beta,y=welfare,color=arm", "did you mean 'colour'"),
        ("x=beta,y=welfare,panel=step", "panel of --plot is 'step'"),
        ("x=step,y=welfare", "kept the ends of runs alone; add, such as, every = 10"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(text, message):
    with pytest.raises(BadInput, match=message):
        picture_of(text, ["arm", "beta", "K"], ["welfare", "welfare_last"], [])


def test_series_over_steps(tmp_path, monkeypatch, capsys):
    parameters = {"mechanism": ["none", "hmt"], "K": [1, 2]}
    plan = {"environment": "figure1", "steps": 12, "seeds": 2, "every": 5, "parameters": parameters}
    sweep(parse_plan(plan), InProcess(), tmp_path, quiet=True)
    series = pd.read_parquet(tmp_path / "series.parquet")
    model = CreatorEconomy(environment="figure1", mechanism="hmt", K=2, horizon=12, rng=1)
    model.run()
    table = pd.read_parquet(tmp_path / "table.parquet").query("arm == 'hmt' and K == 2 and seed == 1")
    one = series[series["run"] == table["run"].item()]
    assert one["step"].tolist() == [0, 5, 10]
    assert one["welfare"].tolist() == model.datacollector.model_vars["welfare"][::5]
    assert not [name for name in table if name.endswith("_series")]
    plots = ["--plot", "x=step,y=welfare,colour=mechanism,panel=K", "--plot", "x=arm,y=welfare_last"]
    monkeypatch.setattr(sys, "argv", ["ecosystem", "sweep", "report", str(tmp_path), *plots])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "plot_step_welfare_mechanism_K.png" in capsys.readouterr().out
    pictures = {path.name for path in (tmp_path / "report").glob("*.png")}
    assert pictures == {"plot_step_welfare_mechanism_K.png", "plot_arm_welfare_last.png"}
    with pytest.raises(BadInput, match="y of --plot is 'welfare_last'"):
        report(tmp_path, plots=["x=step,y=welfare_last"])
    assert "every" not in parse_plan({key: plan[key] for key in plan if key != "every"}).description()
