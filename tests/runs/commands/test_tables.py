"""Tables in narrow and wide terminals: whole numbers in both."""

from __future__ import annotations

import pytest

from runs.arena.report import HEADINGS
from runs.commands.tables import columns_that_fit, show

ROW = ("contribution_at_4", "0.91234", "0.92345", "12.3%", "0.50001", "0.50002", "0.50003", "1.4%", "12.3456")
ARENA = (HEADINGS, [(*ROW, "0.01234", "120 (9/10)"), ("none", *["-"] * 10)])
GAIN = "+0.0123 [+0.0012, +0.0024]"
FIGURE = (
    ("arm", "deployed terms", "less none", "default terms", "less none"),
    [("SMT sharpness for all", "0.5123 ± 0.0012", GAIN, "0.6123 ± 0.0034", GAIN.replace("12", "34"))],
)


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
@pytest.mark.parametrize(("headings", "rows"), [ARENA, FIGURE], ids=["arena", "figure 2"])
def test_no_number_is_cut(headings, rows, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    show("title", headings, rows, "below", caption="caption")
    out = capsys.readouterr().out
    assert "…" not in out
    for cell in rows[0][1:]:
        assert cell in out
    assert out.count("title") == out.count("caption") == 1
    if columns >= 60:
        assert all(len(line) <= columns for line in out.splitlines())
    if columns == 200:
        assert out.count("┏") == 1


def test_every_part_has_the_first_column_and_what_fits():
    assert columns_that_fit([5, 5, 5], 25) == [[0, 1, 2]]
    assert columns_that_fit([5, 5, 5], 24) == [[0, 1], [0, 2]]
    assert columns_that_fit([5, 90, 5], 20) == [[0, 1], [0, 2]]
