import json
from pathlib import Path

import pytest

from ecosystem_runs.ranking import figures


def test_all_figures_are_drawn(command, tmp_path, monkeypatch):
    # The two charts that play many games are checked by themselves below.
    for name in ("convergence", "welfare"):
        monkeypatch.setattr(figures, name, lambda seeds: figures.threshold_too_high())
    out = tmp_path / "figures"
    printed = json.loads(command("figure", "enrichment", "--seeds", 1, "--out", out, "--json").out)
    assert (printed["figure"], printed["seeds"], printed["out"]) == ("enrichment", 1, str(out))
    paths = [Path(file) for file in printed["files"]]
    assert [path.stem for path in paths] == [
        "figure1_threshold_a_hair_too_high",
        "figure2_fair_and_unfair",
        "figure3_welfare_trade_off",
        "figure4_per_query_cycle",
        "figure5_documents",
        "stability",
        "convergence",
        "welfare",
    ]
    for path in paths:
        assert path.is_absolute()
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_cannot_be_made_is_named(command, tmp_path):
    (tmp_path / "file").write_text("")
    printed = command("figure", "enrichment", "--out", tmp_path / "file" / "figures")
    assert (printed.code, printed.out) == (2, "")
    assert "cannot be written; give a writable folder" in printed.err


def test_the_figures_show_what_they_claim():
    titles = [ax.get_title() for ax in figures.threshold_too_high().axes]
    assert titles == ["q = 1/2: equilibrium, SW = -1/2", "q = 0.501: equilibrium, SW = -1"]
    titles = [ax.get_title() for ax in figures.fair_and_unfair().axes]
    assert [title.split(": ")[1].split(",")[0] for title in titles] == [
        "not stable",
        "not stable",
        "equilibrium",
    ]
    titles = [ax.get_title() for ax in figures.welfare_trade_off().axes]
    assert titles == [
        "uniform, 2 documents: equilibrium, SW = -1/2",
        "per query, 1 document: equilibrium, SW = -2/3",
    ]
    assert all("not stable" in ax.get_title() for ax in figures.per_query_cycle().axes)


def test_document_counts_show_the_table():
    three = figures.document_counts().axes[0]
    curves = {line.get_label(): [int(y) for y in line.get_ydata()] for line in three.get_lines()}
    assert curves["uniform, paper's bound"][:10] == [2, 3, 2, 3, 3, 3, 3, 3, 3, 3]
    assert curves["per query, as stated"][:10] == [1, 2, 1, 2, 3, 2, 2, 3, 2, 3]


@pytest.mark.slow
def test_charts_of_many_games():
    (convergence,) = figures.convergence(range(1)).axes
    for points in convergence.collections:
        assert all(steps <= bound for bound, steps in points.get_offsets())
    welfare, endings = figures.welfare(range(2)).axes
    top = {line.get_label(): line for line in welfare.get_lines()}
    assert max(top["fair dynamics, mean of the last profile"].get_ydata()) == pytest.approx(-2 / 3)
    settled = next(line for line in endings.get_lines() if line.get_label() == "equilibrium")
    assert all(share == (q >= 1 / 3) for q, share in zip(*settled.get_data(), strict=True))
