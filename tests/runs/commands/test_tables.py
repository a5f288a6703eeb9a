"""Tables in narrow and wide terminals: whole numbers in both, and texts as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import typer.main

from ecosystem_runs.arena.report import COLUMNS
from ecosystem_runs.command_line import app
from ecosystem_runs.commands.tables import columns_that_fit, show

SHARE = "+0.12 [-0.02, +0.22]"
ROW = (
    "contribution_at_4",
    "0.91234",
    "0.92345",
    "0.91111",
    SHARE,
    SHARE.replace("2", "3"),
    "120",
    "0.90909",
    "0.50001",
    "0.50002",
    "0.50003",
    "1.4%",
    "12.3456",
)
ARENA = (list(COLUMNS), [(*ROW, "0.01234", "120 (9/10)"), ("none", *["-"] * (len(COLUMNS) - 1))])
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


def test_brackets_and_colons_are_no_markup(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    texts = ["title [b]", "E[sigma_i P_i]", "heading [red]", "[/x]", ":up: [/]", "path [a].md"]
    title, name, heading, cell, caption, below = texts
    show(title, (name, heading), [(cell, "1")], below, caption=caption)
    out = capsys.readouterr().out
    for text in texts:
        assert text in out


def test_the_list_says_what_its_json_says(command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "500")
    shown = command("list").out
    kinds = json.loads(command("list", "--json").out)
    lines = [line for kind, names in kinds.items() if kind != "details" for line in names.values()]
    assert any("[sigma_i P_i]" in line for line in lines)
    for line in lines:
        assert line in shown


def test_no_help_holds_what_would_be_read_as_markup():
    for path, text in _helps(typer.main.get_command(app), "ecosystem"):
        assert not re.search(r"\[[a-zA-Z/#@][^\]]*\]|:[a-z_]+:", text), path


def _helps(command, path) -> Iterator[tuple[str, str]]:
    yield path, command.help or ""
    for parameter in command.params:
        yield f"{path} {parameter.name}", f"{getattr(parameter, 'help', '')} {parameter.default}"
    for name, one in getattr(command, "commands", {}).items():
        yield from _helps(one, f"{path} {name}")
