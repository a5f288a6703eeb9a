"""Lessons whose numbers are checked: every number their text states is the one their cells give.

A number in the text carries the expression it comes from, in a comment that readers do not see:
``13<!--=100 * share--> %``. A lesson read here ends in one more cell, which the site does not show: it fails unless
each number is that expression's value, rounded as it is printed.
"""

from __future__ import annotations

import re

import nbformat

STATED = re.compile(r"(?P<shown>-?\d+(?:\.\d+)?)<!--=(?P<source>.+?)-->")


def read(text: str) -> nbformat.NotebookNode:
    """Read a lesson from its file's text, with a last cell that fails where text and cells differ."""
    notebook = nbformat.reads(text, as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    stated = [(found["source"], found["shown"]) for found in STATED.finditer(prose)]
    values = (f"({s!r}, format(float({s}), '.{len(n.partition('.')[2])}f')),\n" for s, n in stated)
    check = f"stated = {stated!r}\nfound = [\n{''.join(values)}]\nassert found == stated, set(found) - set(stated)"
    notebook.cells.append(nbformat.v4.new_code_cell(check, metadata={"tags": ["remove-cell"]}))
    return notebook
