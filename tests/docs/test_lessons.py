"""The lessons run from top to bottom, and every number their text states is the one their cells give."""

from __future__ import annotations

import ast
import os
import re
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "docs" / "lessons").glob("*.ipynb"))
# Figures belong into the notebook, whatever backend the tests themselves draw with.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
MEASURED = re.compile(r"\d\.\d|\d %")  # what a cell must have given: decimals and percentages
# Settings rather than results: what the text says it sets, by lesson.
SETTINGS = {"1-figure-1": {"0.3", "0.5", "0.1"}, "2-sharper-matching": {"0.1", "0.02"}, "4-niches": {"1.41"}}


def text_of(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param, nbformat.read(request.param, as_version=4)


@pytest.fixture(scope="module")
def lessons(extension):
    """Give what reads lessons for the site."""
    return extension("lessons")


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


def test_each_measured_number_of_the_text_names_its_source(lesson, lessons):
    path, notebook = lesson
    for text in text_of(notebook):
        prose = re.sub(r"`[^`]*`|(Theorem|Section) [\d.]+|95 % interval", "", lessons.STATED.sub("", text))
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


@pytest.mark.parametrize(
    ("shown", "right"), [("2", True), ("2.0", True), ("2.01", True), ("2.00", False), ("-2", False)]
)
def test_a_number_that_the_cells_do_not_give_fails(lessons, shown, right):
    text = nbformat.v4.new_markdown_cell(f"It is {shown}<!--=2 * 1.004--> %.")
    read = lessons.read(nbformat.writes(nbformat.v4.new_notebook(cells=[text])))
    with nullcontext() if right else pytest.raises(AssertionError, match=r"2 \* 1\.004"):
        exec(read.cells[-1].source, {})


@pytest.mark.slow  # a minute and a half for all four, which the site's build takes for the same
def test_the_cells_give_what_the_text_states(lesson, lessons):
    path, _ = lesson
    notebook = lessons.read(path.read_text())
    assert notebook.cells[-1].source.count("float(") >= 5
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute(env=ENVIRONMENT)
    pictures = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= (1 if path.stem.startswith("2") else 2)
