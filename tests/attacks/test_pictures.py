"""Pictures come last, alone, and as this project draws them: no settings, names or fonts cost anybody a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ecosystem.own_look import own_look
from ecosystem_runs import pictures
from ecosystem_runs.command_line import main
from ecosystem_runs.jobs.engines import InProcess
from ecosystem_runs.pictures import draw_last, panels, save
from ecosystem_runs.sweeps.plan import parse_plan
from ecosystem_runs.sweeps.report import report
from ecosystem_runs.sweeps.sweep import sweep

QUOTA = """
from ecosystem.plugins import default_terms
class Quota:
    def deploy(self, weights, beta, K, n_creators):
        return default_terms(weights, beta, K, n_creators)
"""
ODD = ("$_$", "$\\frac{", "line\nbreak", "\N{GRINNING FACE}", "שלום", "long " * 100, "%", "\x07")


def ecosystem(*words: object, code: int, capsys) -> tuple[str, str]:
    """Call the command line here; return what it printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["ecosystem", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
    printed = capsys.readouterr()
    assert ended.value.code == code, printed.err
    return printed


def test_a_matplotlibrc_and_an_odd_backend_change_not_a_byte(tmp_path, capsys):
    """The first import of matplotlib reads them, so this takes a process; without them it is drawn here."""
    plain, odd = tmp_path / "plain", tmp_path / "odd"
    odd.mkdir()
    (odd / "matplotlibrc").write_bytes(b"text.usetex: True\nfont.family: \xff\nbackend: nonsense\n")
    words = ("run", "figure1", "--steps", "3", "--json", "--out")
    ecosystem(*words, plain, code=0, capsys=capsys)
    done = subprocess.run(
        [sys.executable, "-m", "ecosystem_runs.command_line", *words, str(odd)],
        cwd=odd,
        env=os.environ | {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": str(odd)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    drawn = {path.name: path.read_bytes() for path in plain.glob("figure.*")}
    assert set(drawn) == {"figure.png", "figure.svg"}
    assert drawn == {path.name: path.read_bytes() for path in odd.glob("figure.*")}


def test_names_are_plain_text_in_every_place_of_a_picture(tmp_path):
    def draw(path: Path) -> None:
        figure, ((axes, other),) = panels((6, 3), columns=2)
        for k, name in enumerate(ODD):
            axes.plot([0.001, 1], [k, k], label=name)
        axes.legend(title=ODD[0])
        axes.set(title=ODD[1], xlabel=ODD[0], ylabel=ODD[3], xscale="log")
        axes.set_yticks(range(len(ODD)), ODD)
        other.text(0, 0, ODD[0])
        figure.suptitle(ODD[0])
        figure.colorbar(other.imshow([[0, 1]]), label=ODD[0])
        save(figure, path, "svg", dpi=50)
        texts = [one.get_text() for one in axes.get_xticklabels()]
        assert "0.01" in texts
        assert not any("$" in text for text in texts)

    with mpl.rc_context({"text.usetex": True, "font.family": ["None Such"], "figure.dpi": 5}):
        assert draw_last(tmp_path / "picture.svg", draw)
        assert mpl.rcParams["text.usetex"]  # as it was
    assert list(tmp_path.iterdir()) == [tmp_path / "picture.svg"]


def test_a_plug_in_called_by_a_dollar_is_drawn_and_its_tables_are_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("q$_$.py").write_text(QUOTA)
    for world, sizes in (("figure1", ()), ("synthetic", SMALL)):
        words = ("--steps", 2, "--mechanism", "q$_$.py:Quota", "--out", world, "--json")
        ecosystem("run", world, *words, *sizes, code=0, capsys=capsys)
        assert Path(world, "figure.png").stat().st_size > 1000
        assert len(pd.read_parquet(Path(world, "series.parquet"))) == 3


@pytest.fixture
def no_picture(monkeypatch):
    """Let every picture fail as it is saved, with many lines, as a parser or a font does."""

    def fail(*_, **__):
        raise ValueError("no\n such\nglyph")

    monkeypatch.setattr(Figure, "savefig", fail)


SMALL = tuple(part for one in ("n_users=60", "n_creators=8", "n_groups=4", "K=4") for part in ("--set", one))
ABTEST = ("--users", 300, "--days", 2, "--burn-in", 2, "--resamples", 20, "--threads", 1)
COMMANDS = {
    "run": (("run", "figure1", "--steps", 2), ("figure.png", "figure.svg"), "series.parquet"),
    "figure 1": (("figure", 1, "--steps", 2), ("figure1.png", "figure1.svg"), "runs.parquet"),
    "figure 2": (
        ("figure", 2, "--steps", 10, "--seeds", 1, "--workers", 0, *SMALL),
        ("figure2.png", "figure2.svg"),
        "claims.html",
    ),
    "arena": (
        ("arena", "figure1", "--policies", "lift", "--seeds", 1, "--steps", 10, "--workers", 0),
        ("worst_group.png", "sd_groups.png", "payout.png"),
        "arena.html",
    ),
    "abtest": (("abtest", *ABTEST), ("lifts.png", "days.png", "table2.png"), "lifts.parquet"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_pictures_that_fail_are_a_line_each_and_all_else_is_kept(name, tmp_path, capsys, no_picture):
    words, undrawn, kept = COMMANDS[name]
    printed = ecosystem(*words, "--out", tmp_path, "--json", code=1, capsys=capsys)
    lines = [
        f"ecosystem: {file} could not be drawn (ValueError: no such glyph); all other results are kept"
        for file in undrawn
    ]
    assert printed.err.splitlines() == lines
    assert json.loads(printed.out)
    assert (tmp_path / kept).stat().st_size
    assert (tmp_path / "config.json").is_file()
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".png", ".svg")]
    # The next command of this process starts afresh.
    ecosystem("list", "--json", code=0, capsys=capsys)


def test_a_sweep_s_report_keeps_its_tables(tmp_path, capsys, no_picture):
    plan = parse_plan({"environment": "figure1", "steps": 2, "parameters": {"eta": [0.1, 0.2]}})
    sweep(plan, InProcess(), tmp_path, quiet=True)
    found = report(tmp_path)
    assert [Path(file).name for file in found.files] == [
        "arms_welfare.csv",
        "points_welfare.csv",
        "main_effects_welfare.csv",
    ]
    assert pictures.UNDRAWN[-1].name == "response_eta_welfare.png"
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_look_lasts_as_long_as_the_drawing():
    with mpl.rc_context({"lines.linewidth": 9}):
        with own_look():
            assert mpl.rcParams["lines.linewidth"] == mpl.rcParamsDefault["lines.linewidth"]
            assert not mpl.rcParams["text.parse_math"]
        assert mpl.rcParams["lines.linewidth"] == 9
