"""The lessons run from top to bottom, and every number their text states is the one their cells give.

A number in the text carries the expression it comes from, in a comment that readers do not see:
``13<!--=100 * share--> %``. It must equal that expression in the executed notebook, rounded as it is printed.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "docs" / "lessons").glob("*.ipynb"))
# Figures belong into the notebook, whatever backend the tests themselves draw with.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
STATED = re.compile(r"(?P<shown>-?\d+(?:\.\d+)?)<!--=(?P<source>.+?)-->")
MEASURED = re.compile(r"\d\.\d|\d %")  # what a cell must have given: decimals and percentages
# Settings rather than results: what the text says it sets, by lesson.
SETTINGS = {"1-figure-1": {"0.3", "0.5", "0.1"}, "2-sharper-matching": {"0.1", "0.02"}, "4-niches": {"1.41"}}


def text_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def rounded(value, shown):
    decimals = len(shown.partition(".")[2])
    return f"{value:.{decimals}f}"


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param, nbformat.read(request.param, as_version=4)


def test_there_are_four_lessons():
    assert [path.stem[0] for path in LESSONS] == ["1", "2", "3", "4"]


def test_a_lesson_is_stored_clean(lesson):
    path, notebook = lesson
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    asked = sum("Before you run the next cell" in text for text in text_of(notebook))
    assert asked >= 3, f"{path.name} asks its readers {asked} questions"


def test_each_measured_number_of_the_text_names_its_source(lesson):
    path, notebook = lesson
    for text in text_of(notebook):
        prose = re.sub(r"`[^`]*`|(Theorem|Section) [\d.]+|95 % interval", "", STATED.sub("", text))
        for line in prose.splitlines():
            for setting in SETTINGS.get(path.stem, ()):
                line = re.sub(rf"(?<![\d.]){re.escape(setting)}(?![\d])", "", line)
            assert not MEASURED.search(line), f"{path.name} states a number without its source: {line}"


def test_what_the_cells_import_is_there(lesson):
    _, notebook = lesson
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert any("ecosystem" in ast.unparse(node) for node in imports)
    exec(compile(ast.Module(imports, []), "<cells>", "exec"), {})


@pytest.mark.slow  # a minute and a half for all four
def test_the_cells_give_what_the_text_states(lesson):
    path, notebook = lesson
    stated = [match.groupdict() for text in text_of(notebook) for match in STATED.finditer(text)]
    assert len(stated) >= 5
    sources = ", ".join(f"({each['source']})" for each in stated)
    notebook.cells.append(
        nbformat.v4.new_code_cell(f"import json\nprint(json.dumps([float(x) for x in [{sources}]]))")
    )
    client = NotebookClient(notebook, timeout=600, kernel_name="python3")
    client.execute(env=ENVIRONMENT)
    printed = notebook.cells[-1].outputs  # a line may arrive in pieces
    values = json.loads("".join(each.text for each in printed if each.get("name") == "stdout"))
    found = {
        each["source"]: rounded(value, each["shown"]) for each, value in zip(stated, values, strict=True)
    }
    assert found == {each["source"]: each["shown"] for each in stated}
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= (1 if path.stem.startswith("2") else 2)
