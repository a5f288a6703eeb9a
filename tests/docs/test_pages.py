"""Every page keeps its word: Python blocks run, commands exist with the options shown, links lead somewhere.

The Python blocks of a page are one session, in a folder of its own. A comment before a block says what to do with it:

``<!-- not run: REASON -->``      leave it out, and say why (a cluster, a download)
``<!-- run with mesa<3.5 -->``    only where that version is installed
``<!-- prints -->``               the block is what the Python block before it prints
``<!-- file: plan.toml -->``      write the block to that file first
``<!-- run -->``                  run these shell commands too, after the Python session, in the same folder
``<!-- after: the commands -->``  a Python block that reads what they wrote, by itself

Pages that run commands take minutes together, and are left to ``-m slow``.

Files of a folder beside the page and of its name (``plugins/`` of ``plugins.md``) are there as well, and all Python
files among them as one, ``mine.py``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
import typer.main
from packaging.requirements import Requirement
from typer.testing import CliRunner

from ecosystem_runs.command_line import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LESSONS = sorted((ROOT / "docs" / "lessons").glob("*.ipynb"))
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.M | re.S
)
INLINE = re.compile(r"`(ecosystem [^`]+)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")
CUT = "-- end of a block --"


@dataclass(frozen=True)
class Block:
    note: str
    language: str
    body: str


def blocks_of(page):
    return [Block(m["note"] or "", m["language"], m["body"]) for m in BLOCK.finditer(page.read_text())]


def named(paths):
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


def prose_of(path):
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return BLOCK.sub("", path.read_text())


def prepare(page, folder):
    """Put into `folder` what the page's blocks rely on."""
    beside = page.with_suffix("")
    if beside.is_dir():
        for path in filter(Path.is_file, beside.iterdir()):  # compiled plug-ins leave a folder of caches
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "mine.py").write_text("\n".join(path.read_text() for path in sorted(beside.glob("*.py"))))
    for block in blocks_of(page):
        if block.note.startswith("file: "):
            (folder / block.note.removeprefix("file: ")).write_text(block.body)


def runs_here(note):
    if note.startswith("not run: "):
        return False
    if note.startswith("run with "):
        wanted = Requirement(note.removeprefix("run with "))
        return wanted.specifier.contains(version(wanted.name))
    return not note.startswith(("file: ", "after: "))


def run_in(folder, *command):
    settings = {"MPLBACKEND": "Agg", "COLUMNS": "120"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600, env=os.environ | settings
    )
    assert done.returncode == 0, f"{command[:3]}...\n{done.stdout}\n{done.stderr}"
    return done.stdout


def session_of(page):
    """Return the Python blocks of a page that run here, and what each must print (None: anything)."""
    session, expected = [], []
    for block in blocks_of(page):
        if block.note == "prints":
            expected[-1] = block.body.strip()
        elif block.language == "python" and runs_here(block.note):
            session.append(block.body)
            expected.append(None)
    return session, expected


def commands_to_run(page):
    return [block.body for block in blocks_of(page) if block.note == "run"]


def marked(page):
    """Leave pages that start commands to those who ask for slow tests."""
    marks = [pytest.mark.slow] if commands_to_run(page) else []
    return pytest.param(page, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize(
    "page", [marked(page) for page in PAGES if session_of(page)[0] or commands_to_run(page)]
)
def test_the_blocks_of_a_page_run(page, tmp_path):
    session, expected = session_of(page)
    shell = commands_to_run(page)
    prepare(page, tmp_path)
    if session:
        # Not as a file: worker processes that some blocks start would run it all again.
        printed = run_in(tmp_path, sys.executable, "-c", "".join(f"{b}\nprint({CUT!r})\n" for b in session))
        for seen, wanted in zip(printed.split(CUT), expected, strict=False):
            if wanted is not None:
                assert seen.strip() == wanted
    for line in (line for body in shell for line in body.splitlines() if line.startswith("ecosystem ")):
        words = shlex.split(line, comments=True)[1:]
        run_in(tmp_path, sys.executable, "-m", "ecosystem_runs.command_line", *words)
    for block in blocks_of(page):
        if block.note.startswith("after: "):
            run_in(tmp_path, sys.executable, "-c", block.body)


def commands_of(path):
    """Return every documented command as words: those of shell blocks, and those in the text."""
    lines = []
    if path.suffix == ".md":
        for block in blocks_of(path):
            if block.language == "sh":
                body = block.body.replace("\\\n", " ")
                lines += [
                    part.strip()
                    for line in body.splitlines()
                    for part in line.split("&&")
                    if part.strip().startswith("ecosystem ")
                ]
    lines += [" ".join(found.split()) for found in INLINE.findall(prose_of(path))]
    return [shlex.split(re.sub(r"[\[\]]", "", line), comments=True)[1:] for line in lines]


def parse(words):
    """Parse a command as typer would, without running it; raises what typer would for an unknown name."""
    group = typer.main.get_command(app)
    context, words = None, list(words)
    words = ["1" if re.fullmatch("[A-Z]", word) else word for word in words]  # N and K stand for numbers
    while True:
        if not words and context is not None:
            return  # a command or group named in the text, with nothing said about its arguments
        context = group.make_context(context.info_name if context else "ecosystem", words, parent=context)
        if not hasattr(group, "commands"):
            return
        left = [*getattr(context, "_protected_args", []), *context.args]
        _, group, words = group.resolve_command(context, left)


@pytest.mark.parametrize("path", named([*PAGES, *LESSONS]))
def test_the_commands_of_a_page_exist(path):
    for words in commands_of(path):
        try:
            parse(words)
        except Exception as error:
            pytest.fail(f"ecosystem {shlex.join(words)}: {type(error).__name__}: {error}")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("run figure1 --speed 3", "--speed"),
        ("run figure1 --steps many", "valid integer"),
        ("walk", "walk"),
        ("figure 7", "7"),
        ("enrich theory 3 5 --peek 1", "--peek"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line, told):
    with pytest.raises(Exception, match=told):
        parse(line.split())


@pytest.mark.parametrize("path", named([*PAGES, *LESSONS]))
def test_quick_commands_of_a_page_run(path):
    for words in commands_of(path):
        if words[0] == "list" or (words[0] == "enrich" and any(word.isdecimal() for word in words)):
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, f"ecosystem {shlex.join(words)}\n{done.output}"
            assert done.stdout


@pytest.mark.parametrize("page", named(PAGES))
def test_toml_blocks_are_toml(page):
    for block in blocks_of(page):
        if block.language == "toml":
            assert tomllib.loads(block.body)


@pytest.mark.parametrize("page", named(PAGES))
def test_links_lead_somewhere(page):
    made_with_the_site = ROOT / "docs" / "reference" / "api"  # where its own tests follow links
    for target in LINK.findall(prose_of(page)):
        if (page.parent / target).resolve().is_relative_to(made_with_the_site):
            continue
        assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
